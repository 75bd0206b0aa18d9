/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A region that several processes map, where in it pages are touched, the
 * stamps that they leave for each other, and the meetings that keep them in
 * step.
 */
#ifndef STRAIN_KIT_SHARED_REGION_H
#define STRAIN_KIT_SHARED_REGION_H

#include "core/stressor.h"

#define SHARERS_MAX 256

/*
 * @chunks mappings of @length bytes, @step apart, of each of which @touches
 * pages, @stride apart, are touched. Filled in by the user.
 */
struct shared_region {
	int fd;
	unsigned chunks, touches;
	uint64_t length, step, stride, align;
	/* Attaches a chunk by other means than mmap(2) of .fd; NULL: mmap. */
	void (*map)(struct worker *w, const struct shared_region *r, void *at);
	long attach_number; /* of the system call that .map may use */
	bool owned; /* it is empty once whoever made it is gone (mshare) */
	char *base; /* where this process has attached it */
};

/* Maps the region at an address that is a multiple of .align. */
void shared_region_attach(struct worker *w, struct shared_region *r);
/* Writes into every page that is to be touched, beside the stamps. */
void shared_region_fill(const struct shared_region *r);
/* Reads every page that is to be touched; returns how many minor faults of this
 * process it took. */
uint64_t shared_region_touch(const struct shared_region *r);

/* Word @who of the stamps at the start of the region. */
volatile uint64_t *shared_region_stamp(const struct shared_region *r, unsigned who);
/* What process @who writes there in cycle @cycle. */
uint64_t shared_region_stamp_of(uint64_t cycle, unsigned who);
/* Evaluates @check: stamps 1 to @n are the cycle's, of process 0 and so on. */
void shared_region_check(struct worker *w, const struct shared_region *r,
			 unsigned check, unsigned n, uint64_t cycle);
/* For .recorded of it. */
bool shared_region_recorded(bool mutated);
/*
 * Evaluates @check after the end of the process that wrote stamp 0: an owned
 * region is empty, access is SIGSEGV; other memory lives as long as anyone has
 * it mapped.
 */
void shared_region_check_owner(struct worker *w, struct shared_region *r,
			       unsigned check, uint64_t cycle);
bool shared_region_owner_recorded(bool mutated);

/* Shared memory of a task and its helpers, the parties of a cycle. */
struct meeting {
	unsigned parties;
	volatile uint32_t arrived;
	volatile uint64_t attach_ns[SHARERS_MAX], faults[SHARERS_MAX];
};

/* Before a cycle's helpers are forked: all of it is zero, nobody has met. */
void meeting_open(struct meeting *m, unsigned parties);
/* All meet at step 0, then 1, and so on. A helper's trouble breaks the task. */
void meeting_wait(struct worker *w, struct meeting *m, unsigned step);

#endif
