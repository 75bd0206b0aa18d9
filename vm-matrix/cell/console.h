/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console of a guest as it comes, in pieces of any size and any bytes: its
 * last lines, and the first one that tells of the kernel's end. Pure.
 */
#ifndef STRAIN_VM_MATRIX_CELL_CONSOLE_H
#define STRAIN_VM_MATRIX_CELL_CONSOLE_H

#include "base/str.h"

#define CONSOLE_TAIL 80
#define CONSOLE_LINE 400 /* bytes; the rest of a longer line is dropped */

struct cell_console {
	char *line[CONSOLE_TAIL]; /* a ring */
	unsigned long lines;      /* seen so far */
	char now[CONSOLE_LINE];   /* the one that is not finished */
	size_t n;
	unsigned escape;          /* inside of a terminal's control sequence */
	/* the first line of each kind, without its time stamp; or NULL */
	char *panic;
	char *oops;
	char *complaint;          /* lockup, stall, warning, ... */
};

void cell_console_add(struct cell_console *c, const char *text, size_t n);
/* Adds the last @max lines to @out, the unfinished one too, oldest first. */
void cell_console_tail(const struct cell_console *c, size_t max, struct words *out);
void cell_console_free(struct cell_console *c);
/* What follows "[   12.345678][  T123] " at the start of @line. */
const char *cell_console_text(const char *line);

#endif
