/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/draw.h"

#include <math.h>

#include "base/rng.h"

static struct rng rng;

void draw_seed(uint64_t seed)
{
	rng_seed(&rng, seed);
}

size_t draw_below(size_t n)
{
	return rng_below(&rng, n);
}

static double uniform(void)
{
	return ((double)(rng_next(&rng) >> 11) + 0.5) / 9007199254740992.0;
}

double draw_gauss(void)
{
	double radius = sqrt(-2 * log(uniform()));

	return radius * cos(2 * M_PI * uniform());
}

void draw_units(double *x, size_t n, double cv, bool disturbed, double effect)
{
	for (size_t i = 0; i < n; i++) {
		x[i] = cv * draw_gauss() + log1p(-effect);
		if (disturbed && uniform() < 0.1)
			x[i] -= fabs(4 * cv * draw_gauss());
	}
}
