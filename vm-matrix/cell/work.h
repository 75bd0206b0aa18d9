/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One cell of a matrix from its plan to its folder: kernel, image, machine, job,
 * outcome. In a process of its own (schedule.h).
 */
#ifndef STRAIN_VM_MATRIX_CELL_WORK_H
#define STRAIN_VM_MATRIX_CELL_WORK_H

#include "vm-matrix/cell/cell.h"
#include "vm-matrix/document/document.h"

struct cell_work {
	const struct cell_plan *plan;
	const struct cell_job *job;  /* of the plan's */
	const char *out;             /* folder of the matrix */
	struct kernel_cache_options cache;
	enum cell_accel accel;
	bool rerun;                  /* whatever was run before */
	bool no_state;
	/* As of struct cell_hooks, of which .stop is asked; NULL: no. */
	bool (*stop)(void);
	int say;                     /* phases go there, a line each */
};

/*
 * Does it; the result is in the folder then. 0, or another exit status after a
 * message: there is no result.
 */
int cell_work(const struct cell_work *w);
/* OUT/cells/FOLDER, to free. */
char *cell_work_folder(const char *out, const struct cell_plan *plan);

/* The machine of the plan for QEMU, without kernel and command line. @node and
 * @disk have room for those of the plan. */
struct vm_spec cell_machine(const struct cell_plan *plan, struct vm_node *node,
			    struct vm_disk *disk);

#endif
