/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to vm-matrix/cell/cell.c and listen.c: a cell while it runs. */
#ifndef STRAIN_VM_MATRIX_CELL_CELL_PARTS_H
#define STRAIN_VM_MATRIX_CELL_CELL_PARTS_H

#include <stdio.h>

#include "vm-matrix/cell/cell.h"
#include "vm-matrix/cell/console.h"

struct cell_running {
	const struct cell_ready *ready;
	const struct cell_job *job;
	const struct cell_paths *paths;
	const struct cell_hooks *hooks;
	struct cell_result *out;
	struct vm *vm;
	struct cell_watch watch;
	struct cell_console console;
	struct str text;
	FILE *log;
	uint64_t start, off_since;
	bool sent;      /* the job */
	bool off;       /* was told to power off */
	bool again;     /* its clock is wrong: another boot may do better */
};

/* Where QEMU's process hands over what it hears; @r is their context. */
struct vm_events cell_listen(struct cell_running *r);
/* The guest said what it cannot have meant: @what, copied; the first counts. */
void cell_nonsense(struct cell_running *r, const char *what);
/* How long QEMU has waited for a CPU of the host, ns; 0 when it has ended. */
uint64_t cell_waited_now(const struct cell_running *r);

#endif
