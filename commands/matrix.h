/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of `strain matrix`, one a file (matrix_NAME.c), listed in
 * matrix.c. Their names have the "matrix" before them.
 */
#ifndef STRAIN_COMMANDS_MATRIX_H
#define STRAIN_COMMANDS_MATRIX_H

#include "commands/command.h"
#include "vm-matrix/plan/plan.h"

extern const struct command command_matrix_crash, command_matrix_plan, command_matrix_report,
	command_matrix_merge, command_matrix_boot, command_matrix_run,
	command_matrix_fetch, command_matrix_compare;

/* The cells of @file (a file or a known name) that --only and --shard leave
 * (NULL: not given); what is wrong ends the program. */
struct matrix_plan *matrix_choose(const char *file, const char *only,
				  const char *shard);

#endif
