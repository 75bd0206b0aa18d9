/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a report is read from: a file or a pipe, nothing that could go on
 * without end. Opening never waits; reading waits only for a pipe that somebody
 * has open for writing.
 */
#ifndef STRAIN_REPORTS_SOURCE_H
#define STRAIN_REPORTS_SOURCE_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Bytes; a run writes 320 MiB at most (REPORT_LIMIT_* in sink_json.h). */
#define SOURCE_LARGEST (512LL << 20)

struct source {
	FILE *in; /* at most SOURCE_LARGEST bytes; then EFBIG */
	int fd;
	off_t size; /* when it was opened; -1: a pipe */
	off_t left;
};

/* 0, or -1 with a reason in @why to free. Opened or not, to be closed. */
int source_open(struct source *s, const char *path, char **why);
/* Are the last @n bytes of the file these? Never of a pipe. */
int source_ends_with(const struct source *s, const char *bytes, size_t n);
void source_close(struct source *s);

#endif
