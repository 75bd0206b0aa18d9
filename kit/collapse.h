/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rounds in which the blocks of an arena (kit/arena.h) become huge pages by
 * MADV_COLLAPSE or are split by unmapping a small page of each, while others
 * read and write there. What is huge is read from smaps.
 */
#ifndef STRAIN_KIT_COLLAPSE_H
#define STRAIN_KIT_COLLAPSE_H

#include "kit/arena.h"

/* The stressor's numbers. */
struct collapse_ids {
	unsigned latency; /* metric: duration of a join or split */
	int state;        /* smaps agrees with what was done */
	int error;        /* MADV_COLLAPSE fails for a passing reason only */
	int zero;         /* what was unmapped reads as zero */
};

struct collapse {
	struct worker *w;
	const struct collapse_ids *ids;
	struct arena *arena;
	size_t tried, done; /* blocks of this round; joined or split of them */
	uint64_t cpu;       /* ns of CPU time of that alone */
};

/* arena_begin(); and to be @split, the memory is closed to khugepaged. */
void collapse_begin(struct collapse *c, bool split);
/* A round on the first @blocks blocks, fewer when the run ends. */
void collapse_join(struct collapse *c, size_t blocks);
void collapse_split(struct collapse *c, size_t blocks);

/*
 * MADV_COLLAPSE where it has to work: pages that another CPU has not put on its
 * lists yet make it fail for a moment. 0, or -1 with errno.
 */
int collapse_patiently(void *start, size_t size);
/* A probe: a skip where it does not work on shared memory. */
void collapse_probe_shmem(struct worker *w);

/* For .recorded of .error: as seen on Linux 6.18, and as it must not be. */
bool collapse_error_recorded(bool mutated);

#endif
