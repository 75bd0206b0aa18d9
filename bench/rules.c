/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/stat/verdict.h"

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* What is left of sorted values without the ends, as LKP takes them. */
struct range {
	double min, middle, max;
};

static struct range range_of(const double *x, size_t n)
{
	double sorted[RULES_MOST];
	size_t cut = n >> 5 < 3 ? n >> 5 : 3;

	memcpy(sorted, x, n * sizeof(*x));
	qsort(sorted, n, sizeof(*sorted), ascending);
	return (struct range){ sorted[cut], sorted[cut + (n - 2 * cut) / 2],
			       sorted[n - 1 - cut] };
}

static bool lkp_above(struct range high, struct range low)
{
	return high.min > low.middle && high.middle > low.max &&
	       high.middle / low.middle > 1.01;
}

static bool lkp_apart(struct range high, struct range low)
{
	return high.min - low.max > (high.middle - low.middle) / 2 &&
	       high.min > low.max && high.middle / low.middle > 1.01;
}

static int lkp_default(const double *a, const double *b, size_t n)
{
	struct range x = range_of(a, n), y = range_of(b, n);

	return lkp_above(y, x) - lkp_above(x, y);
}

static int lkp_distance(const double *a, const double *b, size_t n)
{
	struct range x = range_of(a, n), y = range_of(b, n);

	return lkp_apart(y, x) - lkp_apart(x, y);
}

/* Means further apart than the bands of 1.96 standard deviations together. */
static int mmtests(const double *a, const double *b, size_t n)
{
	double apart = stat_mean(b, n) - stat_mean(a, n);
	double band = 1.95996 * (stat_sd(a, n) + stat_sd(b, n));

	return (apart > band) - (apart < -band);
}

static int median_five(const double *a, const double *b, size_t n)
{
	double change = stat_median(b, n) / stat_median(a, n) - 1;

	return (change > 0.05) - (change < -0.05);
}

static int strain(const double *a, const double *b, size_t n)
{
	const struct verdict_options o = VERDICT_DEFAULTS;
	double x[RULES_MOST], y[RULES_MOST];
	struct judged j;

	for (size_t i = 0; i < n; i++) {
		x[i] = log(a[i]);
		y[i] = log(b[i]);
	}
	verdict_test(x, n, y, n, 1, &o, &j);
	j.threshold = log1p(RULES_THRESHOLD);
	verdict_decide(&j, 1, &o);
	return (j.verdict == VERDICT_IMPROVED) -
	       (j.verdict == VERDICT_REGRESSED);
}

const struct rule rules[RULES] = {
	{ "strain, one metric", strain },
	{ "LKP, default", lkp_default },
	{ "LKP, --distance", lkp_distance },
	{ "mmtests, significance mark", mmtests },
	{ "medians differ by 5 %", median_five },
};
