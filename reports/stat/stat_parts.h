/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the statistics share. */
#ifndef STRAIN_REPORTS_STAT_STAT_PARTS_H
#define STRAIN_REPORTS_STAT_STAT_PARTS_H

#include "reports/stat/stat.h"

/* A sorted copy, for free(); never NULL. */
double *stat_sorted(const double *x, size_t n);

/* Estimates of stat_shift() without their intervals; NaN where it is false. */
double stat_hl(const double *a, size_t n, const double *b, size_t m);
double stat_hl_paired(const double *d, size_t n);

/*
 * Null distributions: count[s] arrangements have statistic s, 0..n-1, @total in
 * all. NULL count: not counted, as too many.
 */
struct stat_null {
	double *count; /* owned */
	size_t n;
	double total;
};

/* U of n and m units without ties: products of Gaussian binomials. */
struct stat_null stat_null_u(size_t n, size_t m);
/* Sums of @k of the @n whole numbers @rank, ascending. */
struct stat_null stat_null_sums(const uint32_t *rank, size_t n, size_t k);
/* Sums of any of the @n whole numbers @rank, n <= STAT_SIGNS_MAX. */
#define STAT_SIGNS_MAX 50
struct stat_null stat_null_signs(const uint32_t *rank, size_t n);
void stat_null_free(struct stat_null *null);
/* Arrangements in at least this @distance of @middle, as a share of all. */
double stat_null_tails(const struct stat_null *null, double middle,
		       double distance);

/*
 * The largest c with 2 P(S <= c) <= @alpha, S being U or (m = 0) the sum of
 * signed ranks of n pairs, and the confidence 1 - 2 P(S <= c). -1: there is none.
 */
double stat_critical(size_t n, size_t m, double alpha, double *confidence);


#endif
