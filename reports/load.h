/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads reports: sealed documents and the lines that a run in progress or a
 * killed one has left. Both give the same document (strain-report(5)); the
 * latter says "sealed": false, and "truncated": true when its last line was cut.
 */
#ifndef STRAIN_REPORTS_LOAD_H
#define STRAIN_REPORTS_LOAD_H

#include "reports/json.h"

enum report_part {
	/* As the summary, but what only explains may be missing: of a trial
	 * "counters", "gauges", "fractions", "missing", "worker_ops" and what
	 * getrusage(2) says, checks, the kernel's log. For many reports at once. */
	REPORT_METRICS,
	REPORT_SUMMARY, /* all but "bulk", which is not even read */
	REPORT_WHOLE,
};

/*
 * What is read may be of anybody: a document that is given back has the types,
 * finite numbers, counts and lengths of lists that its schema promises
 * (check.c), is at most SKIM_DEPTH deep and of bounded size. A member that may
 * be missing may also be null. Numbers may still be of any magnitude, and texts
 * are any UTF-8 without NUL.
 * NULL, with one line in @why to free ("cannot read 'x': line 3: ...").
 */
json_t *report_load(const char *path, enum report_part part, char **why);
/* The same, but it may also be a comparison (strain compare --json). */
json_t *report_load_any(const char *path, enum report_part part, char **why);
/* The same for a text in memory, which @why calls @name. */
json_t *report_load_text(const char *text, size_t n, const char *name,
			 enum report_part part, char **why);
bool report_is_comparison(const json_t *doc);
#define COMPARISON_SCHEMA "strain-comparison/1"

/*
 * A document of the lines of a run that this process wrote, without bulk data.
 * NULL with @why, which names the line.
 */
json_t *report_read_lines(FILE *in, bool sealed, char **why);

/* The layout of the histograms in bulk data: the constants of core/hist.h. */
json_t *report_histogram_layout(void);

#endif
