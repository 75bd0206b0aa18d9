/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options of `strain run` to a job for a guest. */
#ifndef STRAIN_COMMANDS_MATRIX_JOB_H
#define STRAIN_COMMANDS_MATRIX_JOB_H

#include "vm-matrix/cell/ready.h"
#include "vm-matrix/plan/plan.h"

/*
 * Reads the @n words of @run as `strain run` does, and ends the program as it
 * does when they are wrong: nothing has been booted yet then. What modules and
 * programs the guest needs is found from the stressors that are selected.
 */
void matrix_job_read(char *const *run, size_t n, struct cell_job *job);
/* The same, and all else that the row of a matrix file says. */
void matrix_job_of(const struct plan_job *row, struct cell_job *job);

#endif
