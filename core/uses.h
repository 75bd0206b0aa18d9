/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine provides for a trial and takes away again. Whatever is
 * listed here is written to the undo log before it is made; the parent undoes
 * it, the guardian if the parent is gone, `strain restore` if all are gone.
 */
#ifndef STRAIN_CORE_USES_H
#define STRAIN_CORE_USES_H

#include <stdbool.h>
#include <stdint.h>

struct uses {
	/* An empty directory of ours: w->scratch. Implied by .fs. */
	bool scratch;
	/*
	 * Kinds of filesystem the stressor runs on by default, each a case of
	 * its own; names from core/fskind.h, "scratch" is the directory of
	 * --temp-path as it is. --fs overrides. NULL: "scratch".
	 */
	const char *fs;
	uint64_t fs_bytes; /* size of the loop image; 0: the kind's minimum */
	/* The scratch filesystem's block device is wanted as w->device. */
	bool device;
	/* A cgroup of its own for the workers. */
	bool cgroup;
	/*
	 * Setup skips what has no effect on the filesystem it finds; so
	 * `strain list --why-skip` has to make one and ask it.
	 */
	bool setup_decides;
	/* worker_set_value() and friends are used in setup. */
	bool settings;
};

#endif
