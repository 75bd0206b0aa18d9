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
	const struct plan_archive *archive; /* NULL: patterns stand for nothing */
	bool patterns;     /* some kernels are as the archive has them */
	char **id;         /* of all cells, plan->n_all of them */
	size_t room;       /* for cells and ids */
};

/* Fields of every row; of one that is read into .is of another struct. */
/* clang-format off */
#define ARCHES_MOST 16
#define PLAN_FIELD(s, member, ...) .offset = offsetof(struct s, member), __VA_ARGS__
#define PLAN_ROW(s) \
	{ "name", FIELD_NAME, PLAN_FIELD(s, row.name) }, \
	{ "architectures", FIELD_TEXTS, PLAN_FIELD(s, row.arches, .min = 1, .max = ARCHES_MOST) }
#define PLAN_RAW_ROW(s) \
	{ "name", FIELD_NAME, PLAN_FIELD(s, is.row.name, .required = true) }, \
	{ "architectures", FIELD_TEXTS, PLAN_FIELD(s, is.row.arches, .min = 1, .max = ARCHES_MOST) }
/* clang-format on */

/* One row of an axis, as made by row_new(). NULL, or what is wrong, to free. */
char *row_kernel(struct plan_parts *parts, const json_t *value, const char *place,
		 struct plan_row *row);
char *row_machine(struct plan_parts *parts, const json_t *value, const char *place,
		  struct plan_row *row);
char *row_job(struct plan_parts *parts, const json_t *value, const char *place,
	      struct plan_row *row);
void row_job_free(struct plan_row *row);
struct plan_row *row_new(struct plan_parts *parts, enum axis axis);

void rows_add(struct rows *rows, struct plan_row *row);
struct plan_row *rows_find(const struct rows *rows, const char *name);
/* A copy of @text that lives as long as the plan. */
const char *plan_keep(struct plan_parts *parts, const char *text);

/*
 * @kernels with those that the archive offers for any of @arches in place of
 * patterns, in the order of their series; one that is listed too is the listed
 * one, in its place among them. @out->row is to free. NULL, or what is wrong.
 */
char *kernels_offered(struct matrix_plan *plan, const struct rows *kernels,
		      const struct rows *arches, struct rows *out);
bool kernels_have_pattern(const struct rows *kernels);

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
