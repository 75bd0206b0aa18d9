/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `strain matrix crash`. */
#ifndef STRAIN_COMMANDS_MATRIX_CRASH_H
#define STRAIN_COMMANDS_MATRIX_CRASH_H

#include "base/msg.h"
#include "base/str.h"
#include "vm-matrix/crash/pass.h"
#include "vm-matrix/kernel/kernel.h"
#include "vm-matrix/plan/plan.h"

struct crash_args {
	const char *filesystem, *writer, *mode, *disk, *arch, *cache, *output, *images, *only;
	uint32_t cuts, controls;
	uint64_t records, seed, memory;
	bool offline, json, quiet;
};

struct crash_run {
	const struct crash_args *args;
	struct kernel_cache *cache;
	char *dir;       /* of images; NULL: none is made yet */
	json_t *passes;
	enum exit_code code;
	bool draws, ran; /* stderr is ours; some pass could be done */
	/* Should it stop? */
	bool (*stop)(void *ctx);
};

/* What the words of the options mean; a bad one ends the program. */
struct crash_axes {
	struct words filesystem, writer, mode;
};

void matrix_crash_axes(const struct crash_args *args, struct crash_axes *a);
void matrix_crash_axes_free(struct crash_axes *a);

/* Ends the program where words of the cell's job are such that it would do so. */
void matrix_crash_check(const struct cell_plan *cell);

/* All passes of @run->args with a kernel. */
void matrix_crash_kernel(struct crash_run *run, const char *source);

/* On a terminal's last line; "" takes it away. */
void matrix_crash_progress(const struct crash_run *run, const char *text);
/* A line of the table, and what is below it. */
void matrix_crash_print(const struct crash_run *run, const char *kernel,
			const struct crash_plan *plan, const struct crash_pass *p);
/* Writes or prints the document, where that is wanted; the exit code then. */
enum exit_code matrix_crash_document(const struct crash_run *run);

#endif
