/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A document as the renderers look at it: cells with labels that tell them
 * apart, jobs with the cases that any of their cells has. The document must
 * live as long; its texts may be hostile.
 */
#ifndef STRAIN_VM_MATRIX_DOCUMENT_VIEW_H
#define STRAIN_VM_MATRIX_DOCUMENT_VIEW_H

#include "vm-matrix/document/document.h"

/* The parts of an id, in its order. */
enum view_part { VIEW_KERNEL, VIEW_ARCH, VIEW_MACHINE, VIEW_CMDLINE, VIEW_JOB, VIEW_PARTS };

struct view_cell {
	const json_t *cell;
	enum matrix_outcome outcome;
	char *label;    /* the parts in which cells differ: "6.12-cloud/arm64" */
	json_t *cases;  /* by id, owned */
};

struct view_job {
	const char *name;
	size_t *cell; /* indices of its cells, in their order */
	size_t n;
	struct words cases; /* ids that any of them has, sorted as first seen */
};

struct view {
	const json_t *doc;
	struct view_cell *cell;
	size_t n;
	bool varies[VIEW_PARTS]; /* is there more than one of it? */
	struct view_job *job;
	size_t n_jobs;
};

struct view view_open(const json_t *doc);
void view_close(struct view *v);

const char *view_part(const json_t *cell, enum view_part part);
/* Outcome of a case in a cell; "" when it has none. */
const char *view_case(const struct view *v, size_t cell, const char *id);
/* Do two cells of the job say different things of the case? One that has no
 * report says nothing. */
bool view_differs(const struct view *v, const struct view_job *job, const char *id);
/* Cases of the cell that ended so; @outcome NULL: all. */
size_t view_count(const struct view *v, size_t cell, const char *outcome);
/* "12 of 14 cells passed". To free. */
char *view_headline(const struct view *v);
/* "31 s", "4 min 12 s". To free. */
char *view_seconds(double seconds);

#endif
