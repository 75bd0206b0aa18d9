/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cells side by side, each in a process of its own on CPUs of its own: what one
 * does to itself is no matter of the others, and no two share a core. All of
 * them die with this process.
 */
#ifndef STRAIN_VM_MATRIX_CELL_SCHEDULE_H
#define STRAIN_VM_MATRIX_CELL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>

struct schedule_item {
	const char *name;
	unsigned cpus;     /* that it wants; over those there are: all of them */
	/* of the schedule */
	enum { ITEM_WAITS, ITEM_RUNS, ITEM_DONE } state;
	double seconds;    /* it took, or has taken up to now */
	char phase[64];    /* what it said last */
};

struct schedule {
	struct schedule_item *item; /* started in this order */
	size_t n;
	unsigned jobs;     /* CPUs to use; 0: all that this process may use */
	void *ctx;
	/* In the process of the item, which ends with what this returns. A line
	 * written to @say is its phase. SIGTERM asks it to end. */
	int (*run)(void *ctx, size_t item, int say);
	/* @status as of waitpid(). */
	void (*ended)(void *ctx, size_t item, int status);
	/* Some times a second. True: all are asked to end, killed after a second,
	 * and nothing more is started. */
	bool (*turn)(void *ctx, const struct schedule *s);
};

/* Returns when nothing runs any more. */
void schedule_run(struct schedule *s);
/* CPUs that would be used at most. */
unsigned schedule_cpus(void);
/*
 * Seconds until all is done, if the rest takes as long as what is done did on
 * average; below 0: nothing has ended yet.
 */
double schedule_left(const struct schedule *s);

#endif
