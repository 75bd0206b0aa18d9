/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One cell: a machine that was made ready (ready.h) is booted, does its job and
 * is judged. The report is written while it comes, so that a guest that dies
 * leaves the trials it has finished.
 */
#ifndef STRAIN_VM_MATRIX_CELL_CELL_H
#define STRAIN_VM_MATRIX_CELL_CELL_H

#include "reports/writer.h"
#include "vm-matrix/cell/outcome.h"
#include "vm-matrix/cell/ready.h"

/* What is told while it goes on; each may be NULL. */
struct cell_hooks {
	void *ctx;
	void (*phase)(void *ctx, const char *phase); /* "booting", "running" */
	void (*line)(void *ctx, const json_t *line); /* of the report */
	void (*console)(void *ctx, const char *text, size_t n);
	void (*text)(void *ctx, const char *text, size_t n); /* stderr of the job */
	/* Asked some times a second, with the machine for vm_type() and so on:
	 * true ends the cell as interrupted. */
	bool (*stop)(void *ctx, struct vm *vm);
	int turn; /* ms between two calls of it; 0: 100 */
};

/* Where things go; NULL: nowhere, the report then in memory. */
struct cell_paths {
	const char *report, *console;
};

struct cell_result {
	enum matrix_outcome outcome;
	char *reason;          /* one line; NULL for a pass */
	int status;            /* of the job; -1: it has not ended */
	double started;        /* seconds since 1970 */
	double seconds, cpu_seconds, boot_seconds;
	unsigned boots;        /* more than one where its clock was wrong at first */
	bool restored;         /* from a saved state, instead of a boot */
	struct words tail;     /* last lines of the console */
	char *decoded;         /* the same with files and lines where the kernel's
				* build tree is there; or NULL */
	char *unsaved;         /* why its state was not saved for others; or NULL */
	char *guest_state;     /* of a guest that had to be ended; or NULL */
	char *text;            /* what the job printed beside its report; or NULL */
	json_t *document;      /* of a job that makes one and no report; or NULL */
	struct report_writer *report; /* NULL: none was begun. Sealed when whole. */
};

/* Always gives a result, to be freed. */
void cell_run(const struct cell_ready *ready, const struct cell_job *job,
	      const struct cell_paths *paths, const struct cell_hooks *hooks,
	      struct cell_result *out);
void cell_result_free(struct cell_result *r);

/*
 * Host's members of the first line of a report: what the guest cannot know of
 * the machine it runs in. Comparisons go by machine.accel and .hypervisor.
 */
void cell_mark_run(json_t *line, const char *accel, const char *emulator,
		   bool exact);

/*
 * What its kernel was configured with, which most guests cannot read: as a run on
 * that kernel has it, kernel.config.digest. 0: not known here either.
 */
void cell_mark_config(json_t *line, uint64_t digest);

/* How long the busiest thread of process @pid has waited for a CPU, ns. */
uint64_t cell_waited_ns(pid_t pid);

#endif
