/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain matrix: one job in many kernels, architectures and machines. */
#include "commands/matrix.h"

/* clang-format off */
static const struct command *const matrix_commands[] = {
	&command_matrix_plan,
	&command_matrix_fetch,
	&command_matrix_run,
	&command_matrix_boot,
	&command_matrix_compare,
	&command_matrix_report,
	&command_matrix_merge,
	&command_matrix_crash,
	NULL,
};
/* clang-format on */

const struct command command_matrix = {
	.name = "matrix",
	.summary = "run a job in virtual machines: kernels, architectures, machines",
	.words = "COMMAND",
	.subs = matrix_commands,
};
