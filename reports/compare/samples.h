/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports as samples: for each case what every trial of two sides measured,
 * when and in which boot. Documents are read one at a time and given back, so
 * that a thousand of them fit; what a comparison does not need is not kept.
 */
#ifndef STRAIN_REPORTS_COMPARE_SAMPLES_H
#define STRAIN_REPORTS_COMPARE_SAMPLES_H

#include "reports/json.h"

enum { SIDE_BASE, SIDE_NEW, SIDES };

/* Numbers of a metric of which a trial has one each; NaN: it has none. */
enum sample_column {
	SAMPLE_VALUE,      /* of the whole trial; a latency's mean */
	SAMPLE_CPU_RATE,   /* per CPU second */
	SAMPLE_MEDIAN,     /* of the slices that are not disturbed */
	SAMPLE_CPU_MEDIAN,
	SAMPLE_SLICES,     /* how many those are */
	SAMPLE_COUNT,      /* events */
	SAMPLE_P50,
	SAMPLE_P90,
	SAMPLE_P99,
	SAMPLE_P999,
	SAMPLE_COLUMNS,
};

struct sample_trial {
	double started; /* seconds since the epoch, NaN unknown */
	double cpu, wait, seconds; /* of the workers */
	const char *outcome;       /* of build_outcomes[] */
	char *reason;              /* owned; NULL */
	size_t report;             /* index in samples.report[side] */
	size_t boot;               /* index in samples.boot */
	int64_t pair;              /* -1: not paired */
	bool measured;             /* ended so that its numbers count */
};

struct sample_metric {
	char *id, *variant; /* variant NULL: there are none */
	char *name, *unit, *kind;
	int better;         /* 1 higher, -1 lower, 0 neither */
	bool primary;
	bool mixed;         /* versions of the definition differ within a side */
	int64_t version[SIDES];           /* -1: not there */
	double *value[SIDES][SAMPLE_COLUMNS]; /* a number a trial, or NULL */
};

struct sample_case {
	char *id;
	char *shown[SIDES];  /* id on that side: differs where options may */
	json_t *work[SIDES]; /* what changes the work; NULL: case is not there */
	bool mixed[SIDES];   /* reports of this side differ in it */
	char *skip[SIDES];   /* why it was skipped, NULL */
	double workers;
	struct sample_trial *trial[SIDES];
	size_t n[SIDES], room[SIDES];
	struct sample_metric *metric;
	size_t n_metrics;
};

struct sample_report {
	char *path, *boot, *release;
	double started;
	bool unfinished; /* not sealed, truncated or not ended */
};

struct samples {
	struct sample_case *cases;
	size_t n_cases;
	struct sample_report *report[SIDES];
	size_t n_reports[SIDES];
	char **boot;
	size_t n_boots;
	/* by the fact's name, a list of the different values of that side */
	json_t *facts[SIDES];
	json_t *group[SIDES]; /* facts as the last report has them */
	char *fingerprint;    /* of the machine of the first report, or NULL */
	char *setting[SIDES]; /* what strain ab set on that side, or NULL */
	bool free_options;    /* cases are the same whatever their options */
	struct words repeated; /* reports that were given twice on one side */
};

/*
 * Adds a report to a side. @label: only its cases of that label; NULL: all.
 * False: it has no such case.
 */
bool samples_add(struct samples *s, int side, const char *path, const json_t *doc,
		 const char *label);
void samples_free(struct samples *s);

/* Is the case of a report of that side the one in the samples? */
bool samples_same_case(const struct sample_case *c, int side, const json_t *case_of);
/* Has @case_of, or @doc for all cases, the label? NULL: any. */
bool samples_labelled(const json_t *doc, const json_t *case_of, const char *label);
/* Did a trial with this outcome do its work? */
bool samples_measured(const char *outcome);
/* Id without what follows '?': to free. */
char *samples_stem(const char *id);
/* The labels of a report's cases, in their order. */
void samples_labels(const json_t *doc, struct words *labels);

#endif
