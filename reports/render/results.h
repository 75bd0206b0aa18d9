/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report or a comparison as a list of tests that passed or did not: what the
 * formats of test harnesses (ktap, junit, kcidb) have in common, so that all
 * of them say the same of the same outcome. Pure.
 *
 * Of a report the tests are its cases, in groups by stressor. Of a comparison
 * they are the primary metrics, the changed outcomes and what was refused, in
 * groups by case; other metrics do not gate and are lines only.
 */
#ifndef STRAIN_REPORTS_RENDER_RESULTS_H
#define STRAIN_REPORTS_RENDER_RESULTS_H

#include "reports/json.h"

enum result_status {
	RESULT_PASS,
	RESULT_FAIL,    /* the kernel broke a promise, or got worse */
	RESULT_TIMEOUT, /* workers hung */
	RESULT_ERROR,   /* nothing is known of the kernel: environment, harness */
	RESULT_MISSED,  /* never run, or not to its end */
	RESULT_SKIP,    /* cannot be run here; or inconclusive */
	RESULT_XFAIL,   /* failed, as the file of known issues says */
	RESULT_STATUSES,
};

struct result {
	char *group; /* stressor; case of a comparison */
	char *name;  /* within the group: "anon@xfs", "faults"; "" the group itself */
	enum result_status status;
	const char *type;     /* a word why not passed: "PerfRegression"; NULL */
	char *message;        /* a line; NULL where it passed */
	struct words numbers; /* "faults=303263 faults/s" */
	struct words log;     /* lines of the kernel's log, stuck tasks */
	double seconds;       /* of work, all trials */
	const json_t *of;     /* the case, metric, outcome or refusal */
	/* private */
	size_t group_rank, rank;
};

struct results {
	char *name;           /* of the whole: the report's path, "comparison" */
	const json_t *doc;    /* the report or comparison */
	struct result *result; /* those of a group side by side */
	size_t n;
	size_t count[RESULT_STATUSES];
	struct words lines;   /* what is no test: notes, other metrics */
};

/* All texts of a result are clean: one line without control characters. The
 * documents must live as long as the results. */
struct results results_of_report(const json_t *report, const char *path);
struct results results_of_comparison(const json_t *comparison);
void results_free(struct results *r);

/* One past the last result of the group that starts at @first. */
size_t results_group_end(const struct results *r, size_t first);
/* Is there anything but passes, skips and expected failures in the range? */
bool results_bad(const struct results *r, size_t first, size_t end);

/* --- for the two that make them --------------------------------------------- */

/* A new result of group @group; its texts are copied and cleaned. */
struct result *results_add(struct results *r, const char *group, const char *name);
void result_fail(struct result *result, enum result_status status,
		 const char *type, const char *message);
/* Adds a cleaned line. */
void results_line(struct words *lines, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Brings groups together and counts. */
void results_finish(struct results *r);

#endif
