/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One boot of one side: from QEMU's start to the report of its job. */
#ifndef STRAIN_VM_MATRIX_PAIR_BOOT_H
#define STRAIN_VM_MATRIX_PAIR_BOOT_H

#include "reports/build.h"
#include "vm-matrix/cell/cell.h"
#include "vm-matrix/cell/console.h"
#include "vm-matrix/cell/outcome.h"
#include "vm-matrix/pair/side.h"

/* Whose business the turns of a guest are: timed pairs. Each may be NULL. */
struct pair_listener {
	void *ctx;
	void (*answer)(void *ctx, const char *line); /* of core/orders.h */
	void (*line)(void *ctx, json_t *line);       /* of the report, to be changed */
};

struct pair_boot {
	const struct pair_side *side;
	const struct cell_job *job;
	unsigned number;     /* which one of its side, from 0 */
	uint32_t seed;       /* 0: that of the side */
	unsigned pin;        /* as in struct vm_spec */
	struct pair_listener listener;

	struct vm *vm;
	struct cell_watch watch;
	struct cell_console console;
	struct build *build;
	char id[40];         /* of this boot, made by us */
	char *said;          /* the last line that the job printed */
	json_t *quiet;       /* how quiet the guest was, or NULL */
	uint64_t began, hello, ended; /* clock_now() */
	uint64_t cpu_ns;     /* of QEMU, at the end */

	enum matrix_outcome outcome;
	char *reason;        /* NULL for a pass */
	json_t *report;      /* strain-report/1, whole or not; NULL: none */
};

/* Fills in the fields above the empty line and calls it. False: *why, to free. */
bool pair_boot_start(struct pair_boot *b, char **why);
/* After poll(2) of vm_fds(b->vm); false once it is over. */
bool pair_boot_work(struct pair_boot *b);
/* The user wants out. */
void pair_boot_interrupt(struct pair_boot *b);
void pair_boot_free(struct pair_boot *b);

#endif
