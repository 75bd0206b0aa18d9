/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slices of one side of a trial, column by column, in bounded memory: when
 * the table is full, neighbours are added together and the slices get twice as
 * long, so that a run of days costs what a run of a minute does.
 */
#ifndef STRAIN_CORE_SLICES_H
#define STRAIN_CORE_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLICES_MAX 512

struct slices {
	size_t n, n_columns, room;
	unsigned merged;       /* borders that make one slice now: 1, 2, 4, ... */
	unsigned pending;      /* borders added to the last slice */
	double *start, *seconds, *cpu, *wait;
	uint8_t *flags;
	double **column;       /* n_columns of .room values each, one behind the other */
	bool *gauge;           /* a level: merging keeps the later one */
};

void slices_init(struct slices *s, size_t n_columns);
/* One border: the values of @column since the one before. */
void slices_add(struct slices *s, double start, double seconds, double cpu,
		double wait, uint8_t flags, const double *column);
void slices_free(struct slices *s);

#endif
