/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages to be charged, each of which begins with a word that tells it. */
#include "kit/memcg.h"

#include <stdio.h>

#include "base/file.h"

uint64_t memcg_word(unsigned worker, uint64_t page)
{
	return (page << 16 | worker << 1) + 1;
}

char *memcg_map(struct worker *w, uint64_t pages)
{
	char *p = sys_mmap(w, pages * w->page_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, pages * w->page_size, MADV_NOHUGEPAGE); /* a kernel without them refuses */
	return p;
}

uint64_t *memcg_word_at(const struct worker *w, char *p, uint64_t page)
{
	return (uint64_t *)(void *)(p + page * w->page_size);
}

void memcg_touch(struct worker *w, char *p, uint64_t page)
{
	worker_time_begin(w);
	*(volatile uint64_t *)memcg_word_at(w, p, page) = memcg_word(w->index, page);
	worker_time_end(w, MEMCG_LATENCY);
}

int memcg_file(struct worker *w, unsigned worker, int flags)
{
	char name[32];

	snprintf(name, sizeof(name), "file-%u", worker);
	return sys_openat(w, w->scratch_fd, name, flags, 0600);
}

void memcg_file_make(struct worker *w, unsigned worker, uint64_t pages)
{
	_cleanup_close_ int fd = memcg_file(w, worker, O_RDWR | O_CREAT);
	_cleanup_free_ char *page = sys_alloc(w, w->page_size, w->page_size);

	for (uint64_t i = 0; i < pages; i++) {
		*memcg_word_at(w, page, 0) = memcg_word(worker, i);
		sys_pwrite(w, fd, page, w->page_size, (off_t)(i * w->page_size));
	}
	sys_must(w, fsync(fd));
}
