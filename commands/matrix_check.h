/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can what a matrix file says be meant? What takes more than the file to know: options
 * of jobs are such as their commands take, sources of kernels such as there are. */
#ifndef STRAIN_COMMANDS_MATRIX_CHECK_H
#define STRAIN_COMMANDS_MATRIX_CHECK_H

#include "vm-matrix/plan/plan.h"

/* Of jobs and kernels that cells have; the first that is wrong ends the program, named. */
void matrix_check_cells(const struct matrix_plan *plan);

#endif
