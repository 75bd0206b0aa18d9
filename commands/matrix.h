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

/* Where kernels come from; what a plan asks it for is which series there are. */
struct matrix_source {
	const char *cache;   /* --cache, or NULL */
	const char *sources; /* --sources, or NULL */
	bool offline;        /* indices as they are in the cache, however old */
	bool refresh;        /* indices are fetched even if less than a day old */
};

/* The cells of @file (a file or a known name) that --only and --shard leave
 * (NULL: not given); what is wrong ends the program. */
struct matrix_plan *matrix_choose(const struct matrix_source *from, const char *file,
				  const char *only, const char *shard);

#endif
