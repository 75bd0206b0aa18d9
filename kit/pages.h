/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of pages whose every word is known before and after it is touched.
 *
 * Untouched, a page is zero or, with a seed, has the words of one long pattern
 * (kit/pattern.h). Touching page i writes stamp + i into its word 0 and leaves
 * the rest. One more word, the probe, is read at every touch: when it was
 * chosen anew for each round, all words of a page are seen in time at the
 * price of one load.
 */
#ifndef STRAIN_KIT_PAGES_H
#define STRAIN_KIT_PAGES_H

#include <stdbool.h>

#include "base/rng.h"
#include "core/worker.h"
#include "kit/pattern.h"
#include "kit/walk.h"

struct pages {
	char *start;         /* where they are mapped; the caller's to set */
	size_t bytes;        /* of all */
	size_t page, words;  /* of one: bytes, and words of 8 bytes */
	struct walk walk;    /* over all; .n pages */
	uint64_t stamp, seed;
	bool zero;           /* untouched words are zero, .seed is not used */
	size_t probe;
	uint64_t base, step; /* the probe of page i must be base + i * step */
};

#define PAGES_NONE SIZE_MAX

/* Pages that are not as they must be, the last found of each, or PAGES_NONE. */
struct pages_verdict {
	size_t lost;    /* word 0 is not the stamp */
	size_t changed; /* the probe is not what was there before */
	size_t torn;    /* some other word is not */
};

/* @bytes are rounded up to pages of @page bytes; order: kit/walk.h. */
void pages_make(struct pages *s, size_t bytes, size_t page, const char *order);
/* A new round: new stamp and probe. Pages are zero, or follow *@seed. */
void pages_renew(struct pages *s, struct rng *r, const uint64_t *seed);
/* Writes what untouched pages hold: word 0 and the probe, or with @whole all. */
void pages_fill(const struct pages *s, bool whole);
/* Looks at every @every-th of the first @done pages of the walk. */
struct pages_verdict pages_judge(const struct pages *s, size_t done,
				 size_t every, bool whole);

/* The checks of a stressor that pages_check() evaluates. */
struct pages_checks {
	int before; /* the probes: what was there before */
	int stamp;  /* word 0: what was written */
	int whole;  /* all words, with --verify only */
};

/*
 * Judges and evaluates: sparsely, or all with --verify. @wrong: bits in which
 * probes differed while pages were touched. Applies the mutations of these
 * checks to the first page of the walk, which @done > 0 includes.
 */
void pages_check(struct worker *w, const struct pages *s, size_t done,
		 uint64_t wrong, const struct pages_checks *checks);

static inline volatile uint64_t *pages_word(const struct pages *s, size_t page,
					    size_t i)
{
	return (uint64_t *)(void *)(s->start + page * s->page) + i;
}

/* What word 0 of a page with a seed holds until it is touched. */
static inline uint64_t pages_first(const struct pages *s, size_t page)
{
	return pattern_word(s->seed, page * s->words);
}

#endif
