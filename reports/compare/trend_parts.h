/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of a trend; see trend.h. */
#ifndef STRAIN_REPORTS_COMPARE_TREND_PARTS_H
#define STRAIN_REPORTS_COMPARE_TREND_PARTS_H

#include "reports/compare/compare_parts.h"
#include "reports/compare/trend.h"

/* A kernel: release, version string and configuration, all the same. */
struct trend_version {
	char *label; /* the release; "RELEASE (2)" where several kernels have it */
	char *release, *version, *config; /* "" where unknown */
	double started; /* of its first report */
	size_t given;   /* index of its first report */
	struct words paths;
	size_t boots, trials;
};

/* What a version measured of a metric: one value a unit. */
struct trend_point {
	double *x;    /* natural scale; owned */
	double *log;  /* as judged; owned */
	size_t n;     /* 0: nothing */
	double value; /* median of x */
};

/* A test of two versions. */
struct trend_pair {
	size_t from, to; /* versions */
	bool baseline;   /* @from is it; else the version before that has values */
	struct judged j;
};

/* A point at which the series changes. */
struct trend_change {
	size_t first, at, last; /* versions: of the segment before, the one behind,
				 * and the latter's last */
	size_t n[2];            /* versions that have values */
	struct stat_shift shift; /* of their medians; > 0 is better */
	enum verdict verdict;    /* regressed or improved */
};

struct trend_series {
	const struct series *of;
	bool boots;       /* are the units, else trials */
	bool linear;      /* not all values are positive: no logarithms */
	double scale;     /* of linear differences */
	double threshold; /* as judged */
	struct trend_point *point; /* one a version */
	struct trend_pair *pair;
	size_t n_pairs;
	struct trend_change *change;
	size_t n_changes;
	bool searched;        /* for changes: there are enough versions */
	enum verdict verdict; /* of the newest version */
	char *text;
};

/* A case ended differently in @to than in @from. */
struct trend_outcome {
	const struct sample_case *of;
	size_t from, to;
	bool baseline;
	struct verdict_outcomes bad[SIDES];
	enum verdict verdict;
	double p;
	const char *word, *reason; /* of the first bad trial; NULL */
};

struct trend {
	struct comparison c; /* the baseline against all other versions */
	const struct trend_options *o;
	struct trend_version *version;
	size_t n_versions, baseline, newest;
	size_t *of;                /* version of each source */
	size_t *version_of[SIDES]; /* by the index in samples.report[] */
	struct trend_series *series;
	size_t n_series;
	struct trend_outcome *outcome;
	size_t n_outcomes;
	double alpha; /* of a change point in a primary metric */
};

/* trend_version.c: whose report is it? Index of the version. */
size_t trend_version_of(struct trend *t, const json_t *doc, size_t given, const char *path);
/* Puts them in order, in t->of[] of @n sources too. */
void trend_sort(struct trend *t, size_t n);
/* False with @why: there is no such version. */
bool trend_find_baseline(struct trend *t, char **why);
/* Version that a trial of the case is of. */
static inline size_t trend_trial_version(const struct trend *t,
					 const struct sample_case *of, int side, size_t trial)
{
	return t->version_of[side][of->trial[side][trial].report];
}

/* trend_series.c: values of each version, and their tests. */
bool trend_series(struct trend *t, char **why);
void trend_judge(struct trend *t);
/* trend_change.c: change points of a series, and their false alarms. */
double trend_alpha(const struct trend *t);
void trend_changes(const struct trend *t, struct trend_series *s);
/* trend_outcome.c */
void trend_outcomes(struct trend *t);
/* trend_document.c */
json_t *trend_document(const struct trend *t);

#endif
