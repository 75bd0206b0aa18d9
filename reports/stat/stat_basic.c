/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double *stat_sorted(const double *x, size_t n)
{
	double *sorted = xalloc((n ? n : 1) * sizeof(*sorted));

	if (n)
		memcpy(sorted, x, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), ascending);
	return sorted;
}

double stat_quantile(const double *x, size_t n, double q)
{
	double *sorted, at, share, result;
	size_t below;

	if (!n)
		return NAN;
	sorted = stat_sorted(x, n);
	at = q * (double)(n - 1);
	below = at <= 0 ? 0 : at >= (double)(n - 1) ? n - 1 : (size_t)at;
	share = at - (double)below;
	result = sorted[below];
	if (below + 1 < n && share > 0)
		result += share * (sorted[below + 1] - sorted[below]);
	free(sorted);
	return result;
}

double stat_median(const double *x, size_t n)
{
	return stat_quantile(x, n, 0.5);
}

double stat_mean(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return n ? sum / (double)n : NAN;
}

/* Sum of squares around the mean. */
static double squares(const double *x, size_t n)
{
	double mean = stat_mean(x, n), sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (x[i] - mean) * (x[i] - mean);
	return sum;
}

double stat_sd(const double *x, size_t n)
{
	return n < 2 ? NAN : sqrt(squares(x, n) / (double)(n - 1));
}

double stat_sd_pooled(const double *a, size_t n, const double *b, size_t m)
{
	if (n + m < 3)
		return NAN;
	return sqrt((squares(a, n) + squares(b, m)) / (double)(n + m - 2));
}

double stat_cv(const double *x, size_t n)
{
	double mean = stat_mean(x, n);

	return mean != 0 ? stat_sd(x, n) / fabs(mean) : NAN;
}

double stat_autocorrelation(const double *x, size_t n, unsigned lag)
{
	double mean = stat_mean(x, n), all = squares(x, n), sum = 0;

	if (n <= lag || !(all > 0))
		return NAN;
	for (size_t i = lag; i < n; i++)
		sum += (x[i] - mean) * (x[i - lag] - mean);
	return sum / all;
}

double stat_normal(double z)
{
	return 0.5 * erfc(-z / sqrt(2));
}

/*
 * Newton's steps from 0 outwards: the lower half of the distribution is convex,
 * so that none overshoots. Far out they are short, thus the number of them.
 */
double stat_normal_quantile(double p)
{
	double z = 0;

	if (!(p > 0) || !(p < 1))
		return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
	if (p > 0.5)
		return -stat_normal_quantile(1 - p);
	for (int i = 0; i < 1000; i++) {
		double density = exp(-z * z / 2) / sqrt(2 * M_PI);
		double step = (stat_normal(z) - p) / density;

		z -= step;
		if (fabs(step) < 1e-14 * (1 + fabs(z)))
			break;
	}
	return z;
}
