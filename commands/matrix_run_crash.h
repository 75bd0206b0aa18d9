/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells of `strain matrix run` whose job is a crash test. */
#ifndef STRAIN_COMMANDS_MATRIX_RUN_CRASH_H
#define STRAIN_COMMANDS_MATRIX_RUN_CRASH_H

#include "vm-matrix/cell/work.h"

/*
 * As cell_work(), by `strain matrix crash` in a process of its own; .job is not
 * used. What it found is in the folder's crash.json and in the cell's "crash".
 */
int matrix_run_crash(const struct cell_work *w);

#endif
