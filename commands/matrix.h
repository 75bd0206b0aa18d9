/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of `strain matrix`, one a file (matrix_NAME.c), listed in
 * matrix.c. Their names have the "matrix" before them.
 */
#ifndef STRAIN_COMMANDS_MATRIX_H
#define STRAIN_COMMANDS_MATRIX_H

#include "commands/command.h"

extern const struct command command_matrix_plan, command_matrix_report,
	command_matrix_merge, command_matrix_boot;

#endif
