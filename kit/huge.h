/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rounds of making huge pages by faults: map blocks of one size, write once in
 * each, look whether the block became whole, check its content, ask smaps.
 * Anonymous memory, a memfd, and hugetlb behave the same here.
 */
#ifndef STRAIN_KIT_HUGE_H
#define STRAIN_KIT_HUGE_H

#include <stddef.h>
#include <stdint.h>

#include "kit/pages.h"
#include "kit/region.h"

enum huge_kind {
	HUGE_ANON,  /* with MADV_HUGEPAGE */
	HUGE_SHMEM, /* a memfd, shared, with MADV_HUGEPAGE */
	HUGE_POOL,  /* a private mapping of a file in a hugetlbfs */
};

/* The stressor's numbers. */
struct huge_ids {
	unsigned latency;          /* metric: duration of the fault */
	struct pages_checks pages; /* fresh pages are zero, and keep writes */
	int state;                 /* smaps agrees with what was done */
};

struct huge {
	struct worker *w;
	const struct huge_ids *ids;
	enum huge_kind kind;
	size_t size;         /* of a huge page; may change between rounds */
	int fd;              /* of the file, or -1: the caller's */
	struct region region;
	struct pages pages;  /* all small pages of this round */
	uint64_t wrong;      /* bits of fresh pages that were set */
	uint64_t cpu;        /* ns of CPU time of this round's faults alone */
};

/* Room for @blocks pages of @size. Opens a memfd for HUGE_SHMEM. */
void huge_make(struct huge *h, struct worker *w, const struct huge_ids *ids,
	       enum huge_kind kind, size_t size, size_t blocks);
/* Closes .fd too. */
void huge_free(struct huge *h);

/*
 * A round: begin maps @blocks fresh blocks (-errno when mmap refuses), touch
 * writes once in each until the run ends, and says in @blocks how many these
 * were; it returns how many of them that one write mapped whole (mincore;
 * HUGE_POOL: all).
 */
int huge_begin(struct huge *h, size_t blocks);
size_t huge_touch(struct huge *h, size_t *blocks);
/* Writes all small pages of the blocks and checks their content. */
void huge_check_pages(struct huge *h, size_t blocks);
/*
 * How many of @blocks smaps calls huge; checks that it agrees with @whole. Of
 * folios below the PMD's size smaps shows only that they are resident.
 */
size_t huge_check_state(struct huge *h, size_t blocks, size_t whole);
/*
 * HUGE_SHMEM: the file has what was written, and a hole punched in it is just
 * the hole. One a round: such a block is freed in pieces.
 */
void huge_check_hole(struct huge *h, size_t blocks);
void huge_end(struct huge *h);

#endif
