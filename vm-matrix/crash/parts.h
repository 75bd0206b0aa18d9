/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a pass share. Internal. */
#ifndef STRAIN_VM_MATRIX_CRASH_PARTS_H
#define STRAIN_VM_MATRIX_CRASH_PARTS_H

#include "base/rng.h"
#include "vm-matrix/crash/machine.h"
#include "vm-matrix/crash/pass.h"

struct passing {
	const struct crash_plan *plan;
	const struct cell_ready *ready;
	struct crash_pass *out;
	struct rng rng;
	char *base; /* image of the filesystem that all cuts begin with */
	char *state; /* the machine of mode kill, whose disk is that; NULL: boot */
	uint64_t size;
	char **why;
};

void pass_say(const struct passing *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Paths of images; to free. */
char *pass_image(const struct passing *p, const char *name);
/* A new cut at the end; its number is in its serial. */
struct crash_cut *pass_cut(struct passing *p, bool control);
/*
 * A machine whose writer has the disk @image, of which QEMU keeps a log with
 * answered promises, or (NULL) not. As crash_machine_run(); 1: the pass is skipped.
 */
int pass_write(struct passing *p, const char *image, const char *log,
	       struct crash_hooks *hooks);
/* Looks at the images of the cuts from @from on, judges, removes them. */
int pass_verify(struct passing *p, size_t from);

/* The two modes. */
int pass_kill(struct passing *p);
int pass_cache(struct passing *p);

#endif
