/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest of the crash test: it promises, it dies, another one tells. */
#ifndef STRAIN_VM_MATRIX_CRASH_MACHINE_H
#define STRAIN_VM_MATRIX_CRASH_MACHINE_H

#include "vm-matrix/cell/ready.h"

/* What the writer's promise is answered with. */
enum crash_answer {
	CRASH_GO_ON,
	CRASH_KILL, /* the machine, some time after it goes on */
	CRASH_QUIT, /* the machine ends in order, in the middle of its work */
};

struct crash_hooks {
	void *ctx;
	/* NULL where nothing is promised. */
	enum crash_answer (*promise)(void *ctx, uint64_t number);
	/* The guest looks at the disk of that serial now. */
	void (*look)(void *ctx, const char *serial);
	/* What is on a disk; @found is borrowed. */
	void (*found)(void *ctx, const json_t *found);
	/* Asked now and then, with .stop_ctx: true ends it. May be NULL. */
	bool (*stop)(void *ctx);
	void *stop_ctx;
	uint64_t kill_after; /* ns from the answer CRASH_KILL */
	/* Of a writer that waits when all is set up: the machine is saved there, with
	 * its disks as they are then, and ends; or NULL. */
	const char *save;
	/* Saved so, with disks as they were: goes on from there instead of a boot. */
	const char *state;
	const char *order;   /* what a writer that waits is told: "sync", "lie" */
};

/* All zero before crash_machine_run(). */
struct crash_result {
	bool killed;      /* by CRASH_KILL, or since it was saved */
	bool panicked;
	int status;       /* of the job; -1: it has not ended */
	double cpu_seconds;
	struct str text;  /* what the job said */
};

/*
 * Boots @ready with @disks, has it do @job (taken over; of no matter to a machine
 * that goes on from a saved state) and ends the machine. 0;
 * or -errno with *why: no boot, no sign of life, QEMU failed, interrupted.
 */
int crash_machine_run(const struct cell_ready *ready, const struct vm_disk *disks,
		      size_t n_disks, json_t *job, const struct crash_hooks *hooks,
		      struct crash_result *out, char **why);
void crash_result_free(struct crash_result *r);

#endif
