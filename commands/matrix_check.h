/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are the options of the jobs of a matrix file such as their commands take? */
#ifndef STRAIN_COMMANDS_MATRIX_CHECK_H
#define STRAIN_COMMANDS_MATRIX_CHECK_H

#include "vm-matrix/plan/plan.h"

/* Of the jobs that cells have; the first that is wrong ends the program, named. */
void matrix_check_jobs(const struct matrix_plan *plan);

#endif
