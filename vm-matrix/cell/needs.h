/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest has to be given for a run: it has no root filesystem, so modules
 * and programs are chosen on the host, from what the run's stressors declare.
 * Pure: asks neither the host nor a kernel what it has.
 */
#ifndef STRAIN_VM_MATRIX_CELL_NEEDS_H
#define STRAIN_VM_MATRIX_CELL_NEEDS_H

#include "core/plan.h"

struct cell_needs {
	/* Names and aliases as modprobe takes them ("fs-xfs", "devname:fuse"): to
	 * be loaded where the kernel has them as modules. */
	struct words modules;
	struct words programs; /* "mkfs.xfs" */
	bool libkmod;          /* something loads modules itself */
	uint64_t seconds;      /* ns that its trials take, without their setup */
};

/* Adds those of all cases of the plan, also of those that this host would skip:
 * the guest is another machine. */
void cell_needs_add(struct cell_needs *needs, const struct plan *plan,
		    const struct run_settings *settings);

/* Pure: what a kernel with this text of a .config lacks to be a guest's, as
 * "CONFIG_TMPFS"; to free. NULL: nothing. */
char *cell_kernel_lacks(const char *config);
void cell_needs_free(struct cell_needs *needs);

#endif
