/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/sys.h"
#include "core/worker.h"
#include "kit/smaps.h"

struct arena *arena_make(struct worker *w, size_t size, size_t blocks)
{
	struct arena *a = sys_mmap(w, sizeof(*a), PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t seed = rng_next(&w->rng);

	a->size = size;
	a->blocks = blocks;
	sys_must(w, -!!region_reserve(&a->region, blocks * size, size));
	sys_must(w, region_map(&a->region, a->region.size, MAP_PRIVATE, -1));
	pages_make(&a->pages, a->region.size, w->page_size, "forward");
	pages_renew(&a->pages, &w->rng, &seed);
	a->pages.start = a->region.start;
	a->slot = 1 + a->pages.probe % (a->pages.words - 1);
	return a;
}

void arena_begin(struct arena *a)
{
	pages_fill(&a->pages, false);
	__atomic_store_n(&a->ready, true, __ATOMIC_RELEASE);
}

char *arena_block(const struct arena *a, size_t b)
{
	return a->region.start + b * a->size;
}

uint64_t arena_huge(struct worker *w, const struct arena *a)
{
	struct smaps s;
	int rc = smaps_read(a->region.start, a->region.size, &s);

	if (rc)
		worker_broken(w, "cannot read smaps: %s", strerror(-rc));
	return s.anon_huge / a->size;
}

void arena_cut(struct worker *w, const struct arena *a)
{
	for (size_t b = 0; b < a->blocks; b++) {
		char *middle = arena_block(a, b) + a->size / 2;

		sys_must(w, madvise(middle, a->pages.page, MADV_DONTFORK));
		sys_must(w, madvise(middle, a->pages.page, MADV_DOFORK));
	}
}

void arena_take(struct worker *w, const struct arena *a, size_t at, bool replace)
{
	char *p = a->pages.start + at * a->pages.page;

	if (!replace)
		sys_must(w, madvise(p, a->pages.page, MADV_DONTNEED));
	else if (mmap(p, a->pages.page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != p)
		worker_broken(w, "mmap: %s", strerror(errno));
}

void arena_put_back(const struct arena *a, size_t at)
{
	const struct pages *s = &a->pages;

	*pages_word(s, at, 0) = pages_first(s, at);
	*pages_word(s, at, s->probe) = s->base + at * s->step;
}

static bool same(const struct arena *a, size_t at)
{
	const struct pages *s = &a->pages;

	return *pages_word(s, at, 0) == pages_first(s, at) &&
	       *pages_word(s, at, s->probe) == s->base + at * s->step;
}

void arena_judge(struct worker *w, const struct arena *a, unsigned check)
{
	size_t lost = PAGES_NONE;

	if (worker_mutated(w, check))
		*pages_word(&a->pages, 0, a->pages.probe) = 0;
	for (size_t at = 0; at < a->pages.walk.n; at++)
		if (!same(a, at))
			lost = at;
	worker_check(w, check, lost == PAGES_NONE,
		     "page %zu no longer holds what was written to it", lost);
}

/* False when the run ended before the memory was filled. */
static bool wait_ready(struct worker *w, const struct arena *a)
{
	while (worker_running(w)) {
		if (__atomic_load_n(&a->ready, __ATOMIC_ACQUIRE))
			return true;
		usleep(100);
	}
	return false;
}

static size_t random_even(struct worker *w, const struct arena *a)
{
	return 2 * rng_below(&w->rng, a->pages.walk.n / 2);
}

void arena_read(struct worker *w, const struct arena *a, unsigned check)
{
	if (!wait_ready(w, a))
		return;
	while (worker_running(w)) {
		size_t at = random_even(w, a);

		worker_check(w, check, same(a, at),
			     "a reader saw page %zu change", at);
	}
}

void arena_write(struct worker *w, const struct arena *a, unsigned check)
{
	uint64_t *last = sys_alloc(w, sizeof(*last),
				   a->pages.walk.n * sizeof(*last));
	uint64_t turn = 0;

	if (wait_ready(w, a))
		while (worker_running(w)) {
			size_t at = random_even(w, a);
			volatile uint64_t *slot =
				pages_word(&a->pages, at, a->slot);

			worker_check(w, check, *slot == last[at],
				     "a write to page %zu was lost", at);
			*slot = last[at] = ++turn;
		}
	free(last);
}
