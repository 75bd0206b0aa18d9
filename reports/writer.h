/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a run's report: JSON lines while it runs, each trial on the disk
 * before the next begins, and one sealed document at its end. The path holds a
 * readable report before the first trial begins, or before the second where the
 * first is to end after a few operations or within a second: a run that is over at once
 * so has no other file than the document. None is written while a trial goes on,
 * for a filesystem under stress would keep the monitor from its work.
 */
#ifndef STRAIN_REPORTS_WRITER_H
#define STRAIN_REPORTS_WRITER_H

#include <stdio.h>

#include "reports/json.h"

/*
 * A report of a run that lasts for days stays bounded: after so many bytes
 * slices and histograms are left out, and after so many of other lines trials
 * that only repeat a pass are counted ("unrecorded_trials") and not written.
 */
#define REPORT_LIMIT_BULK (256ULL << 20)
#define REPORT_LIMIT_LINES (64ULL << 20)

struct report_writer;

/*
 * ${XDG_STATE_HOME:-$HOME/.local/state}/strain/reports/YYYYmmdd-HHMMSS-PID.json
 * in local time, its directories made with mode 0700; ./strain-...json where
 * that cannot be had. To free.
 */
char *report_default_path(void);

/*
 * Prepares a report at @path; NULL: in memory only. What is at the path stays
 * until the file gets its first lines. NULL with one line in @why: a usage error.
 */
struct report_writer *report_create(const char *path, char **why);
/*
 * A line as reports/lines.h makes them, for a report that is put together from
 * the lines of other processes; the first is the run's.
 */
void report_put(struct report_writer *w, json_t *line);
/* Other limits than REPORT_LIMIT_*, in bytes. */
void report_limits(struct report_writer *w, uint64_t bulk, uint64_t lines);
/* Something could not be written; it was told on stderr, once. */
bool report_failed(const struct report_writer *w);

/* Replaces the lines by the document. 0, or -errno with @why; the lines stay. */
int report_seal(struct report_writer *w, char **why);
/* The document without bulk data, for the table; NULL with @why. */
json_t *report_summary(struct report_writer *w, char **why);
/* The sealed document to @out (--json). 0, or -errno with @why. */
int report_print(struct report_writer *w, FILE *out, char **why);
/* The path as given, NULL for none. */
const char *report_path(const struct report_writer *w);
/* Nothing more will come: what is on the disk stays so. The file is there if the run
 * began. */
void report_end(struct report_writer *w);
/* That, and frees @w. */
void report_close(struct report_writer *w);

#endif
