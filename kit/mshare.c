/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/mshare.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define PROTECTION (PROT_READ | PROT_WRITE)
#define FLAGS (MAP_ANONYMOUS | MAP_SHARED | MAP_FIXED)

struct mapping {
	uint64_t region_offset, size, offset;
	uint32_t prot, flags, fd;
};
#define MSHAREFS_CREATE_MAPPING _IOW('x', 0, struct mapping)

#define PATH 300

static char *path_of(const struct worker *w, const char *name, char *buf)
{
	snprintf(buf, PATH, "%s/m/%s", w->scratch, name);
	return buf;
}

void mshare_fs_mount(struct worker *w)
{
	char dir[PATH];
	int error;

	snprintf(dir, sizeof(dir), "%s/m", w->scratch);
	sys_must(w, mkdir(dir, 0700));
	error = worker_mount(w, "mshare", dir, "msharefs", 0, NULL);
	if (error)
		worker_skip(w, "cannot mount msharefs: %s", strerror(-error));
}

/* Regions are multiples of this many bytes, and aligned to it. */
static uint64_t granule(struct worker *w)
{
	uint64_t size = 0;
	char path[PATH];

	if (file_read_u64(path_of(w, "mshare_info", path), &size) || !size)
		worker_broken(w, "cannot read '%s'", path);
	return size;
}

void mshare_fs_create(struct worker *w, struct shared_region *r)
{
	struct mapping m = { .size = r->length, .prot = PROTECTION,
			     .flags = FLAGS, .fd = (uint32_t)-1 };
	char name[32], path[PATH];

	snprintf(name, sizeof(name), "region-%u", w->index);
	r->fd = sys_open(w, path_of(w, name, path), O_RDWR | O_CREAT, 0600);
	unlink(path);
	r->align = r->step = granule(w);
	sys_must(w, ftruncate(r->fd, (off_t)r->align));
	sys_must(w, ioctl(r->fd, MSHAREFS_CREATE_MAPPING, &m));
	r->length = r->align; /* attached whole, though only the start is mapped */
}

void mshare_calls_probe(struct worker *w, const char *numbers)
{
	_cleanup_str_ struct str symbols = STR_INIT;

	if (!numbers)
		worker_skip(w, "no system call numbers of mshare in the build's "
			       "headers; give them with --mshare-syscalls");
	if (file_read("/proc/kallsyms", &symbols) ||
	    !strstr(symbols.buf, "sys_mshare_create"))
		worker_skip(w, "this kernel has no mshare_create");
}

enum mshare_call { CREATE, MAP, ATTACH, CALLS };

static bool read_numbers(const char *text, long number[CALLS])
{
	for (size_t i = 0; i < CALLS; i++) {
		char *end;

		if (!isdigit((unsigned char)*text))
			return false;
		number[i] = strtol(text, &end, 10);
		if (number[i] > INT_MAX || *end != (i + 1 < CALLS ? ',' : '\0'))
			return false;
		text = end + 1;
	}
	return true;
}

char *mshare_calls_check(const char *numbers)
{
	long number[CALLS];

	return read_numbers(numbers, number) ? NULL :
		xasprintf("value '%s' is not CREATE,MAP,ATTACH, three numbers of system calls",
			  numbers);
}

static void attach_by_call(struct worker *w, const struct shared_region *r, void *at)
{
	sys_must(w, syscall(r->attach_number, r->fd, 0, (long)r->length, (long)at, 0));
}

void mshare_calls_create(struct worker *w, struct shared_region *r,
			 const char *numbers)
{
	long number[CALLS];

	if (!read_numbers(numbers ? numbers : "", number))
		worker_broken(w, "option 'syscalls' is not CREATE,MAP,ATTACH");
	r->fd = (int)sys_must(w, syscall(number[CREATE], 0, 0, 0, 0, 0));
	sys_must(w, ftruncate(r->fd, (off_t)r->length));
	sys_must(w, syscall(number[MAP], r->fd, 0, (long)r->length, PROTECTION,
			    FLAGS));
	r->attach_number = number[ATTACH];
	r->map = attach_by_call;
}
