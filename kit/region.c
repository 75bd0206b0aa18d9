/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/region.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOTHING (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

int region_reserve(struct region *r, size_t size, size_t align)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uintptr_t start;

	/* A page at least is left as a fence on either side. */
	r->reserved = size + align + 2 * page;
	r->base = mmap(NULL, r->reserved, PROT_NONE, NOTHING, -1, 0);
	if (r->base == MAP_FAILED)
		return -errno;
	start = ((uintptr_t)r->base + page + align - 1) & -(uintptr_t)align;
	r->start = (char *)r->base + (start - (uintptr_t)r->base);
	r->size = size;
	return 0;
}

int region_map(const struct region *r, size_t size, int flags, int fd)
{
	if (fd < 0)
		flags |= MAP_ANONYMOUS;
	return mmap(r->start, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED,
		    fd, 0) == MAP_FAILED ? -errno : 0;
}

int region_clear(const struct region *r)
{
	return mmap(r->start, r->size, PROT_NONE, NOTHING | MAP_FIXED, -1, 0) ==
			       MAP_FAILED ? -errno : 0;
}

void region_release(struct region *r)
{
	munmap(r->base, r->reserved);
	*r = (struct region){ 0 };
}

size_t region_resident(const void *p, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), n = 0;
	const size_t window = 512 * page;
	unsigned char vec[512];

	for (size_t done = 0; done < size; done += window) {
		size_t part = size - done < window ? size - done : window;

		if (mincore((char *)(uintptr_t)p + done, part, vec))
			return n;
		for (size_t i = 0; i < part / page; i++)
			n += vec[i] & 1;
	}
	return n;
}
