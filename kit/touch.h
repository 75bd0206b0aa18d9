/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cycles of page faults: map memory in small pages, touch every page once in
 * the order of a walk, look at all of it, unmap. A touch is a fault, whatever
 * the machine's huge page policy, and the kernel's own count is kept beside.
 * With .huge that policy decides, and a fault may save the next touches theirs.
 *
 *	touch_make(&t, w, &ids, TOUCH_WRITE, bytes, "forward");
 *	while (worker_running(w)) {
 *		touch_begin(&t, MAP_PRIVATE, -1, 0);
 *		touch_pages(&t, t.pages.walk.n);
 *		touch_check(&t);
 *		touch_end(&t);
 *	}
 */
#ifndef STRAIN_KIT_TOUCH_H
#define STRAIN_KIT_TOUCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kit/pages.h"
#include "kit/slow.h"

enum touch_how {
	TOUCH_WRITE,      /* one fault a page */
	TOUCH_READ_FIRST, /* a read, then a write: two faults of fresh memory */
	TOUCH_COMPARE,    /* word 0 must be what a seed says; reading it is free */
};

/* The stressor's numbers. */
struct touch_ids {
	unsigned faults;           /* metric: counts them */
	unsigned latency;          /* metric: duration of a touch */
	struct pages_checks pages; /* what touched and untouched words must be */
};

struct touch {
	struct worker *w;
	const struct touch_ids *ids;
	enum touch_how how;
	const uint64_t *seed; /* of the pages' content; NULL: zero. The caller's */
	struct pages pages;
	struct slow slow;     /* set .percent after touch_make() */
	bool huge;            /* huge pages as the machine is set; likewise */
	size_t done;          /* pages touched in this cycle, along the walk */
	uint64_t made;        /* faults that these touches were meant to be */
	uint64_t counted;     /* faults that the kernel counted for them */
	uint64_t wrong;       /* bits in which probes differed meanwhile */
};

/* Sets .pages up: @bytes, or what this worker may use, in pages; kit/walk.h. */
void touch_make(struct touch *t, struct worker *w, const struct touch_ids *ids,
		enum touch_how how, uint64_t bytes, const char *order);
/* Maps the pages: anonymous memory when @fd is -1. None is touched yet. */
void touch_begin(struct touch *t, int flags, int fd, off_t offset);
/* Touches pages up to @limit, fewer when the run ends: .done says how many. */
void touch_pages(struct touch *t, size_t limit);
/*
 * MADV_POPULATE_WRITE instead, 512 pages a call. Evaluates @check: what is
 * populated is present. Then writes without a fault what a touch writes.
 */
void touch_populate(struct touch *t, unsigned check);
/* Evaluates the checks of .ids over the pages that were touched. */
void touch_check(struct touch *t);
/*
 * Evaluates @check: no touch passed without a fault, or with .huge one at least
 * did not. A few more are made by the bookkeeping, and up to an eighth more by
 * the machine.
 */
void touch_check_counted(struct touch *t, unsigned check);
void touch_end(struct touch *t);

/* What the two sides of a fork share; in memory that both have. */
struct touch_pair {
	volatile size_t done;
	volatile bool stop;
};

/*
 * One fork, and both sides write all pages at the same time; the parent's
 * touches are timed, both sides' counted. The child evaluates @check: it sees
 * the pages of the time of the fork, then its own writes. Between begin, with
 * the pages filled, and end as often as one likes.
 */
void touch_fork(struct touch *t, struct touch_pair *pair, unsigned check);

#endif
