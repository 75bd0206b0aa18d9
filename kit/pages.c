/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/pages.h"

#include <stdio.h>

#define SPARSE 16 /* without --verify every 16th page is read again */

void pages_make(struct pages *s, size_t bytes, size_t page, const char *order)
{
	*s = (struct pages){ .page = page, .words = page / sizeof(uint64_t) };
	s->walk = walk_make(order, (bytes + page - 1) / page);
	s->bytes = s->walk.n * page;
}

void pages_renew(struct pages *s, struct rng *r, const uint64_t *seed)
{
	s->stamp = rng_next(r);
	s->probe = 1 + rng_below(r, s->words - 1);
	s->zero = !seed;
	s->seed = seed ? *seed : 0;
	s->base = seed ? pattern_word(*seed, s->probe) : 0;
	s->step = seed ? s->words * PATTERN_STEP : 0;
}

void pages_fill(const struct pages *s, bool whole)
{
	for (size_t at = 0; at < s->walk.n; at++) {
		if (whole)
			pattern_fill(s->start + at * s->page, s->page, s->seed,
				     at * s->words);
		*pages_word(s, at, 0) = pages_first(s, at);
		*pages_word(s, at, s->probe) = s->base + at * s->step;
	}
}

/* All of a page but word 0. */
static bool page_whole(const struct pages *s, size_t at)
{
	const char *rest = s->start + at * s->page + sizeof(uint64_t);
	size_t n = s->page - sizeof(uint64_t);

	if (s->zero)
		return pattern_not_zero(rest, n) == PATTERN_SAME;
	return pattern_differs(rest, n, s->seed, at * s->words + 1) ==
	       PATTERN_SAME;
}

struct pages_verdict pages_judge(const struct pages *s, size_t done,
				 size_t every, bool whole)
{
	struct pages_verdict v = { PAGES_NONE, PAGES_NONE, PAGES_NONE };

	for (size_t i = 0; i < done; i += every) {
		size_t at = walk_at(&s->walk, i);

		if (*pages_word(s, at, 0) != s->stamp + at)
			v.lost = at;
		if (*pages_word(s, at, s->probe) != s->base + at * s->step)
			v.changed = at;
		if (whole && !page_whole(s, at))
			v.torn = at;
	}
	return v;
}

void pages_check(struct worker *w, const struct pages *s, size_t done,
		 uint64_t wrong, const struct pages_checks *checks)
{
	struct pages_verdict v;
	char why[WORKER_REASON];

	if (worker_mutated(w, checks->before))
		*pages_word(s, 0, s->probe) ^= 1;
	if (worker_mutated(w, checks->stamp))
		*pages_word(s, 0, 0) ^= 1;
	if (worker_mutated(w, checks->whole))
		*pages_word(s, 0, 1 + s->probe % (s->words - 1)) ^= 1;
	v = pages_judge(s, done, w->verify ? 1 : SPARSE, w->verify);
	if (wrong)
		snprintf(why, sizeof(why), "word %zu of a page is wrong in bits %#llx",
			 s->probe, (unsigned long long)wrong);
	else
		snprintf(why, sizeof(why), "word %zu of page %zu is not what was there",
			 s->probe, v.changed);
	worker_check(w, checks->before, !wrong && v.changed == PAGES_NONE, "%s", why);
	worker_check(w, checks->stamp, v.lost == PAGES_NONE,
		     "page %zu no longer holds what was written to it", v.lost);
	if (w->verify)
		worker_check(w, checks->whole, v.torn == PAGES_NONE,
			     "page %zu has bytes that nobody wrote", v.torn);
}
