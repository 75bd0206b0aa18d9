/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rounds of making huge pages by faults: map blocks of one size, write once in
 * each, look whether the block became whole, check its content, ask smaps.
 * Anonymous memory, a memfd, and hugetlb behave the same here.
 */
#ifndef STRAIN_KIT_HUGE_H
#define STRAIN_KIT_HUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/hugetlb.h"
#include "kit/pages.h"
#include "kit/region.h"

enum huge_kind {
	HUGE_ANON,  /* with MADV_HUGEPAGE */
	HUGE_SHMEM, /* a memfd, shared, with MADV_HUGEPAGE */
	HUGE_POOL,  /* a private mapping of a file in a hugetlbfs */
};

/* The stressor's numbers. */
struct huge_ids {
	unsigned made;             /* metrics: huge pages, */
	unsigned ratio;            /* their share of what was tried, */
	unsigned cpu;              /* us of CPU time for each, */
	unsigned latency;          /* and duration of the fault */
	struct pages_checks pages; /* fresh pages are zero, and keep writes */
	int state;                 /* smaps agrees with what was done */
};

/* What a task has tried to make huge so far, and how much of it became so. */
struct huge_score {
	const struct huge_ids *ids;
	uint64_t tried, huge;
};

/* Counts and gauges; @cpu is ns for all that was tried. */
void huge_score(struct worker *w, struct huge_score *s, size_t tried, size_t huge,
		uint64_t cpu);
/* Ends the task as broken when there was not one huge page in 8 attempts. */
void huge_score_end(struct worker *w, const struct huge_score *s);

struct huge {
	struct worker *w;
	const struct huge_ids *ids;
	enum huge_kind kind;
	size_t size;         /* of a huge page; may change between rounds */
	int fd;              /* of the file, or -1: the caller's */
	struct hugetlb_pool *pool; /* HUGE_POOL: where the file is; the caller's */
	struct region region;
	struct huge_score score;
	/* the last round's */
	struct pages pages;  /* all small pages */
	size_t blocks;       /* mapped, and then those that were touched */
	size_t whole;        /* of them: mapped by one write (mincore; HUGE_POOL: all) */
	uint64_t wrong;      /* bits of fresh pages that were set */
	uint64_t cpu;        /* ns of CPU time of the faults alone */
};

/* Room for @blocks pages of @size. Opens a memfd for HUGE_SHMEM. */
void huge_make(struct huge *h, struct worker *w, const struct huge_ids *ids,
	       enum huge_kind kind, size_t size, size_t blocks);
/* huge_score_end(), and closes .fd too. */
void huge_free(struct huge *h);

/*
 * A round: maps @blocks fresh blocks; writes once in each until the run ends,
 * and asks mincore(2) whether that mapped the whole block; writes all small
 * pages and checks what they held and hold; with @look asks smaps how many
 * blocks are huge, which has to agree (of folios below the PMD's size it shows
 * only that they are resident); unmaps. Of a memfd one page is punched out
 * before; in a pool the free pages are counted at each step. False when
 * somebody else has the pool's pages.
 */
bool huge_round(struct huge *h, size_t blocks, bool look);

#endif
