/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of the distribution: apt, depmod, mkfs, addr2line. They die with us,
 * speak English and read nothing.
 */
#ifndef STRAIN_VM_MATRIX_KERNEL_TOOL_H
#define STRAIN_VM_MATRIX_KERNEL_TOOL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

struct tool {
	pid_t pid;
	int out; /* what it prints: read end */
};

/* As execvp() would find it, and in the folders of the administrator. NULL: it
 * is not here. To free. */
char *tool_find(const char *name);
/* Starts argv[0], a path; stderr goes to .out too, or nowhere. 0, or -errno. */
int tool_start(struct tool *t, const char *const argv[], bool stderr_too);
/* Closes .out, waits. The exit status, or 128 and the signal. */
int tool_wait(struct tool *t);
/*
 * Until it ends, what it prints is added to @said (may be NULL). @tick, unless
 * NULL, is called about five times a second, and ends it (SIGTERM) by false. As
 * tool_wait().
 */
int tool_finish(struct tool *t, struct str *said, bool (*tick)(void *ctx), void *ctx);
/* All at once, stderr too. The exit status as of tool_wait(), or -errno. */
int tool_run(const char *const argv[], struct str *said, bool (*tick)(void *ctx),
	     void *ctx);

#endif
