/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/collapse.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/file.h"
#include "core/compat.h"
#include "core/sys.h"
#include "core/worker.h"
#include "kit/thp.h"

#define TRIES 40 /* a hundredth of a second apart */

/* Reasons that pass: no page, its memory group is full, a page was busy. */
static bool may_fail_with(int error)
{
	return error == ENOMEM || error == EBUSY || error == EAGAIN;
}

bool collapse_error_recorded(bool mutated)
{
	return may_fail_with(mutated ? EINVAL : EAGAIN);
}

static bool join_block(struct collapse *c, size_t b)
{
	const struct arena *a = c->arena;
	int rc = madvise(arena_block(a, b), a->size, MADV_COLLAPSE);
	int error = rc ? errno : 0;

	worker_check(c->w, c->ids->error, !error || may_fail_with(error),
		     "MADV_COLLAPSE of suitable memory: %s", strerror(error));
	return !error;
}

static void advise(struct collapse *c, size_t first, size_t blocks, int advice)
{
	sys_must(c->w, madvise(arena_block(c->arena, first),
			       blocks * c->arena->size, advice));
}

void collapse_begin(struct collapse *c, bool split)
{
	arena_begin(c->arena);
	if (split) {
		advise(c, 0, c->arena->blocks, MADV_NOHUGEPAGE);
		arena_cut(c->w, c->arena);
	}
}

void collapse_join(struct collapse *c, size_t blocks)
{
	struct worker *w = c->w;
	struct arena *a = c->arena;
	uint64_t before, after, seen;
	size_t joined = 0, b = 0;

	arena_cut(w, a);
	before = arena_huge(w, a);
	if (worker_mutated(w, c->ids->error)) {
		advise(c, 0, a->blocks, MADV_NOHUGEPAGE);
		join_block(c, 0);
		advise(c, 0, a->blocks, MADV_HUGEPAGE);
	}
	c->cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	do {
		worker_time_begin(w);
		joined += join_block(c, b);
		worker_time_end(w, c->ids->latency);
	} while (++b < blocks && worker_running(w));
	c->cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - c->cpu;
	after = seen = arena_huge(w, a);
	if (worker_mutated(w, c->ids->state)) {
		arena_cut(w, a);
		seen = arena_huge(w, a);
	}
	worker_check(w, c->ids->state, seen >= joined,
		     "MADV_COLLAPSE says that %zu blocks are huge, smaps %llu",
		     joined, (unsigned long long)seen);
	c->tried = b;
	c->done = after > before ? after - before : 0;
}

/*
 * In memory that khugepaged must leave alone. MADV_HUGEPAGE wakes it up, so no
 * more than this block may be open to it.
 */
static void join_alone(struct collapse *c, size_t b)
{
	advise(c, b, 1, MADV_HUGEPAGE);
	join_block(c, b);
	advise(c, b, 1, MADV_NOHUGEPAGE);
}

/* Unmaps one small page of a block, by two ways in turn, and puts it back. */
static void split_block(struct collapse *c, size_t b)
{
	struct arena *a = c->arena;
	struct worker *w = c->w;
	const size_t each = a->size / a->pages.page;
	size_t at = b * each + 2 * rng_below(&w->rng, each / 2) + 1;
	volatile uint64_t *first = pages_word(&a->pages, at, 0);

	worker_time_begin(w);
	arena_take(w, a, at, b & 1);
	worker_time_end(w, c->ids->latency);
	/* The same flags before its first fault: the mappings become one again,
	 * without which the block could never be joined. */
	if (b & 1)
		sys_must(w, madvise((void *)(uintptr_t)first, a->pages.page,
				    MADV_NOHUGEPAGE));
	if (worker_mutated(w, c->ids->zero))
		*first = 1;
	worker_check(w, c->ids->zero, !*first && !first[a->pages.probe],
		     "page %zu was unmapped and is not zero", at);
	arena_put_back(a, at);
}

void collapse_split(struct collapse *c, size_t blocks)
{
	struct worker *w = c->w;
	struct arena *a = c->arena;
	uint64_t before, after, seen;
	size_t n = 0;

	do
		join_alone(c, n);
	while (++n < blocks && worker_running(w));
	if (worker_mutated(w, c->ids->error))
		join_block(c, 0);
	before = arena_huge(w, a);
	c->cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (size_t b = 0; b < n; b++)
		split_block(c, b);
	c->cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - c->cpu;
	after = seen = arena_huge(w, a);
	if (worker_mutated(w, c->ids->state)) {
		join_alone(c, 0);
		seen = arena_huge(w, a);
	}
	worker_check(w, c->ids->state, !seen,
		     "all of %zu huge blocks were split, smaps still has %llu",
		     n, (unsigned long long)seen);
	c->tried = n;
	c->done = before > after ? before - after : 0;
}

int collapse_patiently(void *start, size_t size)
{
	struct timespec pause = { 0, 10000000 };

	for (int i = 0; i < TRIES; i++) {
		if (!madvise(start, size, MADV_COLLAPSE))
			return 0;
		if (errno == ENOMEM)
			break;
		nanosleep(&pause, NULL);
	}
	return -1;
}

void collapse_probe_shmem(struct worker *w)
{
	const size_t size = thp_require(w);
	_cleanup_close_ int fd = sys_memfd(w, "strain-probe", 0, size);
	struct region r;

	sys_must(w, -!!region_reserve(&r, size, size));
	sys_must(w, region_map(&r, size, MAP_SHARED, fd));
	memset(r.start, 1, size);
	if (collapse_patiently(r.start, size) && errno == EINVAL)
		worker_skip(w, "MADV_COLLAPSE does not collapse shared memory");
	region_release(&r);
}
