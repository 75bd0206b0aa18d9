/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is compared with what: kernels, each with a command line, ready to boot. */
#ifndef STRAIN_VM_MATRIX_PAIR_SIDE_H
#define STRAIN_VM_MATRIX_PAIR_SIDE_H

#include "vm-matrix/cell/ready.h"

#define PAIR_SIDES 16

struct pair_side {
	const char *source;  /* of the kernel, as typed */
	const char *cmdline; /* words after the default ones; NULL: none */
	char *label;         /* tells it from the others */
	struct cell_ready ready;
};

struct pair_sides {
	struct pair_side side[PAIR_SIDES];
	size_t n;
};

/*
 * Makes all sides ready for @machine, whose command line is each side's own. 0,
 * or what cell_ready() returns. Always to be closed.
 */
int pair_sides_open(struct pair_sides *s, const struct vm_spec *machine,
		    const struct cell_job *job, const struct cell_host *host, char **why);
void pair_sides_close(struct pair_sides *s);

/* Labels out of names and command lines: the shortest that differ. Pure. */
void pair_labels(struct pair_sides *s);

#endif
