/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/str.h"

/* Of rank tests against those of means where noise is normal: 3 / pi (Pitman). */
#define EFFICIENCY (3 / M_PI)
#define SPLITS 1000

/* Fewest units a side whose smallest possible p is at most @alpha. */
static size_t fewest(double alpha, bool paired)
{
	size_t n = 2;

	while (n < STAT_NEEDED_MAX && stat_smallest_p(n, n, paired) > alpha)
		n++;
	return n;
}

/* Sum of two normal quantiles to units; @extra for the small-sample correction. */
static size_t units(double sd, double effect, double z, double extra, bool paired,
		    size_t least)
{
	double ratio = sd / effect;
	double n = (paired ? 1 : 2) * z * z * ratio * ratio / EFFICIENCY +
		   (paired ? 2 : 1) * extra;

	if (isnan(n) || n <= (double)least)
		return least;
	return n < STAT_NEEDED_MAX ? (size_t)ceil(n) : STAT_NEEDED_MAX;
}

size_t stat_needed(double sd, double effect, double alpha, double power,
		   bool paired, size_t n_metrics)
{
	double lone = alpha / (double)(n_metrics ? n_metrics : 1);
	double z = stat_normal_quantile(1 - lone / 2);

	return units(sd, effect, z + stat_normal_quantile(power), z * z / 4,
		     paired, fewest(lone, paired));
}

size_t stat_needed_equal(double sd, double margin, double alpha, double power,
			 bool paired)
{
	double z = stat_normal_quantile(1 - alpha / 2);

	return units(sd, margin,
		     z + stat_normal_quantile((1 + power) / 2), z * z / 2,
		     paired, fewest(alpha, paired));
}

double stat_noise_floor(const double *x, size_t n, uint64_t seed)
{
	double *size, *copy, result;
	struct rng rng;

	if (n < 4)
		return NAN;
	size = xalloc(SPLITS * sizeof(*size));
	copy = stat_sorted(x, n);
	rng_seed(&rng, seed);
	for (size_t split = 0; split < SPLITS; split++) {
		for (size_t i = 0; i < n / 2; i++) {
			size_t j = i + rng_below(&rng, n - i);
			double swap = copy[i];

			copy[i] = copy[j];
			copy[j] = swap;
		}
		size[split] = fabs(stat_hl(copy, n / 2, copy + n / 2, n - n / 2));
	}
	result = stat_quantile(size, SPLITS, 0.95);
	free(copy);
	free(size);
	return result;
}

double stat_noise_floor_paired(const double *d, size_t n, uint64_t seed)
{
	double *size, *copy, result;
	struct rng rng;

	if (n < 2)
		return NAN;
	size = xalloc(SPLITS * sizeof(*size));
	copy = xalloc(n * sizeof(*copy));
	rng_seed(&rng, seed);
	for (size_t split = 0; split < SPLITS; split++) {
		for (size_t i = 0; i < n; i++)
			copy[i] = rng_next(&rng) >> 63 ? d[i] : -d[i];
		size[split] = fabs(stat_hl_paired(copy, n));
	}
	result = stat_quantile(size, SPLITS, 0.95);
	free(copy);
	free(size);
	return result;
}
