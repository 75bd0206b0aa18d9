/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the plan share. */
#ifndef STRAIN_VM_MATRIX_PLAN_PARTS_H
#define STRAIN_VM_MATRIX_PLAN_PARTS_H

#include "vm-matrix/plan/plan.h"
#include "vm-matrix/plan/read.h"

enum axis { KERNELS, ARCHES, MACHINES, CMDLINES, JOBS, AXES };

extern const struct axis_name {
	const char *many; /* "kernels": member of the file */
	const char *one;  /* "kernel": in patterns and excludes */
} axis_names[AXES];

/* Rows, each of which begins with a struct plan_row. */
struct rows {
	struct plan_row **row; /* owned by plan_parts.made */
	size_t n;
};

/* What the "defaults" of a file say. */
struct plan_defaults {
	unsigned cpus;
	uint64_t memory, timeout, quiet;
	bool exact, timed;
};

struct plan_parts {
	json_t *file;      /* all texts are borrowed from it */
	struct words kept; /* and from here: names that were made */
	struct rows made[AXES]; /* every row there is, to be freed */
	struct rows top[AXES];  /* those of the file itself, to be named */
	struct plan_defaults defaults;
	char **id;         /* of all cells, plan->n_all of them */
	size_t room;       /* for cells and ids */
};

/* A member of the file, or of one of its includes: the rows of an axis. NULL, or
 * what is wrong, to free. */
char *rows_read(struct plan_parts *parts, enum axis axis, const json_t *list,
		const char *place, struct rows *rows);
/* Those of the file that does not say: one architecture, machine, command line. */
void rows_default(struct plan_parts *parts, enum axis axis, struct rows *rows);
void rows_free(struct plan_parts *parts);

/* Makes plan->cell. @wanted: members "include" and "exclude", or NULL. */
char *cells_make(struct matrix_plan *plan, const json_t *include, const json_t *exclude);
/* Name of a cell on an axis. */
const char *cell_name(const struct cell_plan *cell, enum axis axis);
/* The shard, from 1, of @n. */
unsigned plan_shard_of(const char *id, unsigned n);
/* Does the pattern of the shell fit? */
bool cell_fits(const char *pattern, const char *name);

#endif
