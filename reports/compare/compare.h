/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two sets of reports to one document of verdicts (strain-comparison/1,
 * schema/strain-comparison-1.schema.json), which every renderer reads. How
 * verdicts are made: docs/statistics.md and reports/stat/verdict.h.
 *
 * Reports are read one at a time: summaries of all; those of a few once more,
 * with counters and histograms, for what changed.
 */
#ifndef STRAIN_REPORTS_COMPARE_COMPARE_H
#define STRAIN_REPORTS_COMPARE_COMPARE_H

#include "reports/json.h"

#define COMPARE_SCHEMA "strain-comparison/1"
#define COMPARE_THRESHOLD 0.02        /* smallest change that counts */
#define COMPARE_THRESHOLD_EXACT 0.003 /* where instructions are counted */
/* Waiting for a CPU, as a part of wait and CPU time, above which a machine is
 * contended (research: wall rates follow it with r = -0.9). */
#define COMPARE_CONTENDED 0.05

/* One report. */
struct compare_source {
	const char *path;  /* for reading and for messages */
	const json_t *doc; /* the document, borrowed; NULL: read the path */
};

struct compare_side {
	const char *label; /* what the side is called: "base" */
	const char *pick;  /* label of the cases to take, NULL: all */
	const struct compare_source *source;
	size_t n;
};

/* One row of the comparison, for a look-up. */
struct compare_row {
	const char *fingerprint; /* of the machine, or NULL */
	const char *case_id, *metric, *variant; /* variant may be NULL */
	const char *statistic, *rate;           /* rate NULL: is no rate */
	bool paired;
};

/* What an A/A run of this machine found (strain selfcheck). */
struct compare_floor {
	/* Smallest change that means something there, as a ratio - 1; NaN: not
	 * known. NULL: there is no such run. */
	double (*floor)(void *ctx, const struct compare_row *row);
	/* Why nothing may gate on that machine, to free; NULL: it may. */
	char *(*refuses)(void *ctx, const char *fingerprint);
	/* The document of that run, borrowed until the comparison is made; NULL:
	 * there is none, or none to tell of. */
	const json_t *(*about)(void *ctx, const char *fingerprint);
	void *ctx;
};

struct compare_options {
	double threshold;  /* 0: the default, or the floor where that is larger */
	double fdr, confidence, power; /* 0: the defaults of reports/stat/verdict.h */
	/* Comma-separated patterns (fnmatch) of METRIC, METRIC:STATISTIC,
	 * CASE:METRIC or CASE:METRIC:STATISTIC; NULL: what the stressors say. */
	const char *primary;
	uint64_t seed;
	bool force;              /* compare also what should not be */
	bool allow_uncontrolled; /* gate whatever the order and the load */
	bool setting;            /* the sides differ in an option on purpose */
	bool brief;              /* no counters, no distributions */
	struct compare_floor floor;
	const json_t *looks;     /* method.looks, or NULL */
};

/* The document; NULL with one line in @why (a usage error). */
json_t *compare_reports(const struct compare_side *base, const struct compare_side *new,
			const struct compare_options *o, char **why);

struct text_style;

struct compare_show {
	bool all;   /* metrics that do not gate and did not change too */
	bool quiet; /* only what changed, is refused or failed */
};
/* The document as a table for people. */
void compare_text(const json_t *doc, const struct text_style *style,
		  const struct compare_show *show, FILE *out);

/* How to compare by reboots, as text. */
struct compare_plan {
	size_t boots;         /* a side; 0: from the rest */
	double effect, noise; /* ratio - 1: to find; of a boot's result */
	double fdr, power;
	size_t metrics;       /* primary ones */
	uint64_t seed;
	const char *label[2];
};
/* Fills in .boots; the schedule to @out. */
void compare_plan(struct compare_plan *p, FILE *out);

#endif
