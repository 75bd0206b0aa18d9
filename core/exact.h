/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exact mode: where the machine's clock advances by one nanosecond for every
 * instruction (QEMU's -icount shift=0), a duration is a path length, and that
 * repeats where times do not. Every case does a fixed number of operations with
 * one worker; the task itself reads the clock, at the end of the operations that
 * warm up and at the end of all. Nothing else happens meanwhile: the monitor
 * sleeps.
 *
 * A kernel puts off some of an operation's work: what was freed goes back to its
 * slab after a grace period of RCU, in batches of some hundreds. So the task
 * rests between warm-up and operations, until nothing is left of the former, and
 * at the end again, and that rest is counted for what it takes longer than one
 * that follows nothing. What was put off is then counted once, by the operations
 * that it belongs to.
 */
#ifndef STRAIN_CORE_EXACT_H
#define STRAIN_CORE_EXACT_H

#include "core/stressor.h"

/* What such a figure cannot know; in every report. */
#define EXACT_BLIND "caches, TLBs, contention, real devices"

/* Operations where neither the method nor the user says how many. */
#define EXACT_OPS 4096

/* Operations before those that are measured: lists, caches of objects and page
 * tables are then what they stay. */
static inline uint64_t exact_warm(uint64_t ops)
{
	return ops < 4 ? 1 : ops / 4;
}

/*
 * Spins through a fixed number of instructions, twenty ticks of 4 ms in exact
 * mode, and returns the ns that passed. In user space, where every tick finds
 * that a grace period may end.
 */
uint64_t exact_rest(void);

/* Pure: @ns of the operations, and what they have put off: the rest after them
 * took @first, and the next one, after which nothing was left to do, @second. */
static inline uint64_t exact_sum(uint64_t ns, uint64_t first, uint64_t second)
{
	return first > second ? ns + first - second : ns;
}

/* Why instructions cannot be counted here, or NULL. Tries it, once a process. */
const char *exact_refusal(void);

/* Pure: do two loops of @count instructions take as many nanoseconds? */
bool exact_agrees(const uint64_t count[2], const uint64_t ns[2]);

/* How many operations a case does. */
uint64_t exact_ops(const struct stressor *s, const struct method *m);

/* Why a case of this method, on a filesystem of this type (NULL: none), is not
 * exact; or NULL. */
const char *exact_unfit(const struct stressor *s, const struct method *m,
			const char *fs);

/* The only metric of a case in exact mode. */
extern const struct metric exact_metric;

/* Sleeps until the machine has come to rest and the next second has begun. */
void exact_settle(void);

#endif
