/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a matrix is at: on a terminal one line that is drawn again, elsewhere a
 * line for each cell that has ended.
 */
#ifndef STRAIN_COMMANDS_MATRIX_PROGRESS_H
#define STRAIN_COMMANDS_MATRIX_PROGRESS_H

#include "reports/json.h"
#include "vm-matrix/cell/schedule.h"

struct matrix_progress {
	unsigned width;   /* of the terminal on stderr; 0: there is none */
	bool quiet;
	unsigned ended, bad;
};

void matrix_progress_open(struct matrix_progress *p, bool quiet);
void matrix_progress_turn(struct matrix_progress *p, const struct schedule *s);
/* @cell of strain-matrix/1; NULL: it left no result. */
void matrix_progress_ended(struct matrix_progress *p, size_t n, const char *name,
			   const json_t *cell);
/* Wipes the line. */
void matrix_progress_close(struct matrix_progress *p);

#endif
