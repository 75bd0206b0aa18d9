/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boots of all sides until each has its number, as many at once as the host has
 * cores for: where instructions are counted, neighbours change no figure. The
 * order is random all the same, so that a failing host hits all sides alike.
 */
#ifndef STRAIN_VM_MATRIX_PAIR_EXACT_H
#define STRAIN_VM_MATRIX_PAIR_EXACT_H

#include "vm-matrix/pair/boot.h"

struct pair_run {
	struct pair_sides *sides;
	const struct cell_job *job;
	bool fixed;          /* the same seed in all boots */
	unsigned boots;      /* a side */
	unsigned at_once;
	uint64_t seed;       /* of the order and of the guests */
	/* After each boot that is over; @left to go. */
	void (*over)(void *ctx, const struct pair_boot *b, unsigned left);
	void *ctx;
	volatile const bool *interrupted; /* set by a signal; or NULL */
	/* result: one a boot, side by side; freed by pair_run_free() */
	struct pair_boot *boot;
	size_t n;
};

/* False: a machine could not be started, *why to free. */
bool pair_run(struct pair_run *r, char **why);
void pair_run_free(struct pair_run *r);
/* Makes .boot, all of them, none started: part of pair_run(). */
void pair_lay_out(struct pair_run *r);

/* Pure: indexes of the n_sides * boots boots in the order in which they start:
 * number by number, the sides of one number in random order. */
void pair_order(size_t n_sides, unsigned boots, uint64_t seed, size_t *order);

#endif
