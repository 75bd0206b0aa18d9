/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rounds in which all tasks do as many operations at the same time, and only
 * the operations are timed. A round that starts small grows until this part
 * takes 10 ms and shrinks when it, or what goes with it, takes far too long: so
 * a slow machine, a guest without KVM say, ends in time, and looks as often as
 * a fast one.
 */
#ifndef STRAIN_KIT_ROUNDS_H
#define STRAIN_KIT_ROUNDS_H

#include <stdint.h>

#include "core/worker.h"

#define ROUNDS_TASKS 4096

/* Shared by the tasks. */
struct rounds {
	volatile uint32_t size; /* operations of each task in the next round */
	bool fixed;             /* the size is the same in every round */
	uint64_t began;         /* the round, with what is prepared for it */
	uint64_t from[ROUNDS_TASKS], to[ROUNDS_TASKS];
	uint64_t cpu[ROUNDS_TASKS]; /* CPU time of the timed part */
};

struct rounds_time { /* ns */
	uint64_t all;              /* from the first to begin to the last to end */
	uint64_t fastest, slowest; /* task's timed part; slowest is not 0 */
	uint64_t cpu;              /* of all tasks in their timed parts */
};

/* In setup. No round is ever larger than @most. */
void rounds_make(struct rounds *r, struct worker *w, uint32_t most);
/* By the first task, when all have timed themselves. Chooses the next size. */
struct rounds_time rounds_measure(struct rounds *r, unsigned tasks, uint32_t most);

/* Before what is prepared for a round. */
static inline void rounds_begin(struct rounds *r, const struct worker *w)
{
	if (!w->task)
		r->began = clock_now();
}

/* Around a task's timed part. */
static inline void rounds_time_begin(struct rounds *r, const struct worker *w)
{
	r->cpu[w->task] = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	r->from[w->task] = clock_now();
}

static inline void rounds_time_end(struct rounds *r, const struct worker *w)
{
	r->to[w->task] = clock_now();
	r->cpu[w->task] = clock_ns(CLOCK_THREAD_CPUTIME_ID) - r->cpu[w->task];
}

#endif
