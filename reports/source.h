/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a report is read from: a file or a pipe, nothing that could go on
 * without end. Opening never waits; reading waits only for a pipe that somebody
 * has open for writing.
 */
#ifndef STRAIN_REPORTS_SOURCE_H
#define STRAIN_REPORTS_SOURCE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Bytes; a run writes 320 MiB at most (REPORT_LIMIT_* in writer.h). */
#define SOURCE_LARGEST (512LL << 20)

struct source {
	FILE *in; /* at most SOURCE_LARGEST bytes; then EFBIG */
	int fd;
	const char *text; /* instead of a file */
	off_t size;       /* when it was opened; -1: a pipe */
	off_t left;
};

/* 0, or -1 with a reason in @why to free. Opened or not, to be closed. */
int source_open(struct source *s, const char *path, char **why);
/* The same for @n bytes in memory. */
int source_open_text(struct source *s, const char *text, size_t n, char **why);
/* Are the last @n bytes of the file these? Never of a pipe. */
bool source_ends_with(const struct source *s, const char *bytes, size_t n);
void source_close(struct source *s);

#endif
