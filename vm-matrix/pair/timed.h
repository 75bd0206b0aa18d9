/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two guests that run by turns on one CPU, for short windows, the other one stopped: what
 * the host has for them changes for both alike. The order in each pair of
 * windows is random. A window is as long in CPU time of the guest's virtual CPU
 * for both sides, and that time is what operations are divided by: waiting for a
 * CPU of the host is in neither.
 *
 * The guest sees nothing of the windows: it is let go once, stopped and continued
 * from outside in the middle of its work, and told to pause at the end. Its clock
 * is to be that of its instructions (struct vm_spec, paced), since the host's goes
 * on while others have the CPU, and the guest's ticks with it.
 */
#ifndef STRAIN_VM_MATRIX_PAIR_TIMED_H
#define STRAIN_VM_MATRIX_PAIR_TIMED_H

#include "vm-matrix/pair/exact.h"

struct timed_run {
	struct pair_run run; /* two sides; .at_once is not read */
	unsigned windows;    /* a side and trial */
	uint64_t window;     /* ns of CPU time of the virtual CPU */
	bool sequential;     /* in every second trial of a case, the first one too,
			      * all windows of a side and then all of the other:
			      * to see what the turns are good for */
};

/* As pair_run(); free with pair_run_free(&r->run). */
bool timed_run(struct timed_run *r, char **why);

/* Pure: @order gets 2 * @windows sides, one a window; each pair of windows has
 * both, in random order. */
struct rng;
void timed_order(struct rng *rng, unsigned windows, unsigned *order);

/* The metric of such a run, into a line of a report. Pure: @seconds of CPU time
 * that the virtual CPU took for the trial that a line is about. */
void timed_line(json_t *line, double seconds, unsigned pair, double started);

#endif
