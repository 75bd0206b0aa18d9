/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/mapped_file.h"

#include "base/file.h"
#include "core/sys.h"
#include "core/worker.h"

#define SAMPLES 4 /* pages of a cycle that are looked up in the file */

void mapped_file_make(struct worker *w, const char *name, const struct pages *s,
		      uint64_t seed, unsigned copies)
{
	_cleanup_free_ char *page = sys_alloc(w, s->page, s->page);
	_cleanup_close_ int fd = sys_openat(w, w->scratch_fd, name,
					    O_RDWR | O_CREAT | O_EXCL, 0600);

	for (size_t i = 0; i < s->walk.n * copies; i++) {
		pattern_fill(page, s->page, seed, i % s->walk.n * s->words);
		sys_pwrite(w, fd, page, s->page, (off_t)(i * s->page));
	}
}

void mapped_file_begin(const struct mapped_file *f, struct touch *t)
{
	bool shared = f->shared != worker_mutated(t->w, f->check);

	touch_begin(t, shared ? MAP_SHARED : MAP_PRIVATE, f->fd, f->offset);
}

/* Word 0 of page @at as read(2) and another mapping see it, if they agree. */
static bool holds(const struct mapped_file *f, const struct touch *t, size_t at,
		  uint64_t expected)
{
	const size_t page = t->pages.page;
	off_t offset = f->offset + (off_t)(at * page);
	uint64_t value, *p;
	bool same;

	sys_pread(t->w, f->fd, &value, sizeof(value), offset);
	p = sys_mmap(t->w, page, PROT_READ, MAP_SHARED, f->fd, offset);
	same = *p == expected && value == expected;
	sys_munmap(t->w, p, page);
	return same;
}

void mapped_file_check(struct mapped_file *f, const struct touch *t)
{
	const struct pages *s = &t->pages;
	struct worker *w = t->w;

	for (unsigned i = 0; i < SAMPLES; i++) {
		size_t n = i ? rng_below(&w->rng, t->done) : 0;
		size_t at = walk_at(&s->walk, n);

		worker_check(w, f->check,
			     holds(f, t, at, f->shared ? s->stamp + at :
							 pages_first(s, at)),
			     "the write to page %zu of a %s mapping is %s the file",
			     at, f->shared ? "shared" : "private",
			     f->shared ? "not in" : "in");
	}
	if (!f->shared || (f->synced && !w->verify))
		return;
	sys_must(w, msync(s->start, s->page, MS_SYNC));
	f->synced = true;
	worker_check(w, f->check, holds(f, t, 0, s->stamp),
		     "after msync page 0 of the file is not what was written");
}
