/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From samples to verdicts, in two steps: verdict_test() for each metric, then
 * verdict_decide() for all metrics of the comparison together. Pure.
 *
 * Values, effects and thresholds are on one scale, the logarithm for everything
 * that is a ratio: log1p(0.02) is a threshold of 2 %, expm1() makes a change.
 */
#ifndef STRAIN_REPORTS_STAT_VERDICT_H
#define STRAIN_REPORTS_STAT_VERDICT_H

#include "reports/stat/stat.h"

/* In order of importance. */
enum verdict {
	VERDICT_REGRESSED,
	VERDICT_IMPROVED,
	VERDICT_INCONCLUSIVE,
	VERDICT_UNCHANGED,
};

/* Why not something else. */
enum verdict_reason {
	VERDICT_CHANGED,       /* regressed, improved: significant and large enough */
	VERDICT_EQUIVALENT,    /* unchanged: interval inside the threshold */
	VERDICT_ONE_UNIT,      /* one unit a side, no spread known */
	VERDICT_TOO_FEW,       /* no result could be significant with so few units */
	VERDICT_INSIGNIFICANT, /* adjusted p above the rate, interval too wide */
	VERDICT_SMALL,         /* significant, but below the threshold; and the
				* interval reaches beyond it */
};

/* What holds for all metrics of a comparison. */
struct verdict_options {
	double fdr;        /* false discovery rate; a look's alpha where looked often */
	double confidence; /* of intervals and of equivalence; 1 - alpha of the look */
	double power;      /* for judged.needed */
};

#define VERDICT_DEFAULTS { .fdr = 0.05, .confidence = 0.95, .power = 0.8 }

struct judged {
	/* by verdict_test() */
	bool paired, exact;
	size_t n[2];             /* units of base and new; pairs: both the same */
	struct stat_shift shift; /* new - base, sign turned so that > 0 is better */
	double sd;               /* of a unit, paired: of a difference; NaN unknown */
	double p;                /* raw */
	/* by the caller, between the steps */
	bool primary;            /* gates; others are a family of their own */
	double threshold;        /* smallest effect that counts, > 0 */
	/* by verdict_decide() */
	double p_adjusted;
	enum verdict verdict;
	enum verdict_reason reason;
	double missed; /* largest effect that the interval does not exclude; NaN
			* where there is no interval */
	size_t needed; /* inconclusive: units a side that would decide; else 0 */
};

/* @better: > 0 where more is better, < 0 where less is. Both sides non-empty. */
void verdict_test(const double *base, size_t n, const double *new, size_t m,
		  int better, const struct verdict_options *o, struct judged *j);
/* @d: new - base of each pair. */
void verdict_test_paired(const double *d, size_t n, int better,
			 const struct verdict_options *o, struct judged *j);
void verdict_decide(struct judged *j, size_t n, const struct verdict_options *o);

/*
 * Outcomes of a case: units that ended badly (failed check, kernel complaint,
 * crash) of all that had an outcome. Bad where it never was on the base side is
 * a regression at once, *p is NaN; flaky on both sides: Fisher's test at
 * @alpha. A base that was always bad and a new side never: improved only where
 * the test says so.
 */
struct verdict_outcomes {
	unsigned bad, total;
};
enum verdict verdict_outcomes(struct verdict_outcomes base,
			      struct verdict_outcomes new, double alpha,
			      double *p);

/* "regressed", "improved", "inconclusive", "unchanged" */
const char *verdict_name(enum verdict v);

#endif
