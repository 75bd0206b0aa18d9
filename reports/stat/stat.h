/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The statistics of a comparison: pure functions of numbers, without clock,
 * files or state. Method, formulas and literature: docs/statistics.md.
 *
 * Samples are finite numbers, one for each independent unit (a boot, or a
 * fresh process group), in any order unless stated; who wants ratios passes
 * logarithms. Arrays are never changed. Random choices come from a seed, and
 * the same seed gives the same result on every machine.
 */
#ifndef STRAIN_REPORTS_STAT_STAT_H
#define STRAIN_REPORTS_STAT_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Permutations drawn where all of them are too many to visit. */
#define STAT_PERMUTATIONS 9999
/* Up to so many arrangements all are visited instead. */
#define STAT_ENUMERATED 20000

/* --- describing one sample: stat_basic.c ----------------------------------- */

/* NaN for n = 0; the mean of the middle two for an even n. */
double stat_median(const double *x, size_t n);
/* Linear between neighbours, q in 0..1 (type 7 of Hyndman and Fan). NaN for n = 0. */
double stat_quantile(const double *x, size_t n, double q);
double stat_mean(const double *x, size_t n);
/* Standard deviation, n - 1 in the denominator; NaN for n < 2. */
double stat_sd(const double *x, size_t n);
/* Standard deviation within both samples (pooled variance); NaN for n + m < 3. */
double stat_sd_pooled(const double *a, size_t n, const double *b, size_t m);
/* Standard deviation divided by the mean's size: of values, not of logarithms. */
double stat_cv(const double *x, size_t n);
/* Of the series in its order, -1..1; NaN where it is constant or n <= lag. */
double stat_autocorrelation(const double *x, size_t n, unsigned lag);
/* The standard normal distribution and its inverse (0 < p < 1). */
double stat_normal(double z);
double stat_normal_quantile(double p);

/* --- effect with its interval: stat_shift.c -------------------------------- */

/*
 * An interval of at least the wanted confidence. confidence is what it really
 * reaches; 0 where so few units give none: then it is -infinity..infinity.
 */
struct stat_shift {
	double estimate, low, high;
	double confidence;
};

/* Hodges-Lehmann: median of all b - a. False, all NaN: a side is empty, or
 * has a value that is not finite. */
bool stat_shift(const double *a, size_t n, const double *b, size_t m,
		double alpha, struct stat_shift *s);
/* The same of differences of pairs: median of their Walsh averages. */
bool stat_shift_paired(const double *d, size_t n, double alpha,
		       struct stat_shift *s);

/* --- rank tests, two-sided: stat_rank.c, stat_null.c ----------------------- */

struct stat_test {
	double p;         /* 1 where a side is empty */
	double statistic; /* U of the second side; sum of the positive ranks */
	bool exact;       /* counted over all arrangements; else approximated */
};

/*
 * Mann-Whitney. All arrangements are counted, also with ties (midranks), up to
 * 25 units a side and beyond while that is cheap; else the normal
 * approximation with correction for ties and continuity.
 */
struct stat_test stat_mann_whitney(const double *a, size_t n, const double *b,
				   size_t m);
/* Wilcoxon's signed ranks; all signs counted up to n = 50. Zeros by Pratt. */
struct stat_test stat_signed_rank(const double *d, size_t n);
/* What is possible at best: every unit of one side above all of the other.
 * Paired: n pairs, @m is not used. */
double stat_smallest_p(size_t n, size_t m, bool paired);

/* --- many metrics, many looks: stat_family.c ------------------------------- */

/* Benjamini-Hochberg. A NaN is not of the family and stays NaN. */
void stat_bh(const double *p, size_t n, double *adjusted);

#define STAT_LOOKS_MAX 4
struct stat_looks {
	unsigned n;                    /* number of looks, at least 1 */
	size_t at[STAT_LOOKS_MAX];     /* units a side (pairs), ascending */
	double alpha[STAT_LOOKS_MAX];  /* error of this look: as fdr and as
					* 1 - confidence; they add up to the total */
};

/*
 * When to look at a comparison that ends as soon as it is decided, and with
 * what error, so that all looks together stay within @total_error. The last
 * look is at @max_units; there is none that could not find a lone change among
 * @n_metrics, except the last.
 */
void stat_looks(size_t max_units, double total_error, bool paired,
		size_t n_metrics, struct stat_looks *looks);

/* --- counts: stat_count.c -------------------------------------------------- */

/* Fisher's exact test of the table (a b / c d), two-sided. */
double stat_fisher(unsigned a, unsigned b, unsigned c, unsigned d);
/* P(X >= k), X binomial of n trials with probability p. */
double stat_binomial_tail(unsigned k, unsigned n, double p);

/* --- planning: stat_power.c ------------------------------------------------ */

/*
 * Units a side (pairs) that find a shift of @effect with probability @power, at
 * a false discovery rate of @alpha among @n_metrics of which it is the only
 * change. @sd: of a unit; paired: of a pair's difference; NaN: unknown, then
 * the answer is the number below which no result can be significant. Never
 * more than STAT_NEEDED_MAX.
 */
#define STAT_NEEDED_MAX 1000000
size_t stat_needed(double sd, double effect, double alpha, double power,
		   bool paired, size_t n_metrics);
/* Units a side (pairs) until the interval of an absent effect lies inside
 * +-@margin with probability @power. */
size_t stat_needed_equal(double sd, double margin, double alpha, double power,
			 bool paired);
/*
 * 95th percentile of the size of the shift between random halves of units that
 * do not differ: what this machine shows where nothing changed. NaN for n < 4.
 * Paired: differences of equal pairs, with random signs; NaN for n < 2.
 */
double stat_noise_floor(const double *x, size_t n, uint64_t seed);
double stat_noise_floor_paired(const double *d, size_t n, uint64_t seed);

/* --- distributions: stat_energy.c ------------------------------------------ */

/* One trial's distribution: borrowed arrays, values ascending and distinct. */
struct stat_hist {
	const double *value;
	const double *count; /* >= 0; their sum is > 0 */
	size_t n;
};

struct stat_energy {
	double distance; /* sqrt(2 * integral of (F - G)^2), in the values' unit */
	double p;        /* whole trials permuted */
	bool exact;      /* all arrangements visited */
};

/* Distance of the two sides' mean distributions. p is 1 where a side is empty. */
struct stat_energy stat_energy(const struct stat_hist *a, size_t n,
			       const struct stat_hist *b, size_t m,
			       uint64_t seed);

/* --- series: stat_change.c ------------------------------------------------- */

#define STAT_SEGMENT_MIN 2
/*
 * E-divisive (Matteson, James 2014): where the series changes. @points gets the
 * index of each segment's first value except 0, ascending, and has room for
 * n / STAT_SEGMENT_MIN; returns how many.
 */
size_t stat_ediv(const double *x, size_t n, double alpha, unsigned permutations,
		 uint64_t seed, size_t *points);

#endif
