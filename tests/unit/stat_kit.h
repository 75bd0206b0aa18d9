/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples and comparisons for the tests of the statistics. Vectors named scipy
 * were computed with scipy 1.10.1 and numpy 1.24.2.
 */
#ifndef STRAIN_TESTS_UNIT_STAT_KIT_H
#define STRAIN_TESTS_UNIT_STAT_KIT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "base/str.h"
#include "reports/stat/stat.h"

#define assert_near(got, want) near_at(got, want, 1e-10, __LINE__)
/* So many of so many is not implausible (1e-6) for probability p, or less. */
#define assert_at_most(k, n, p) at_most_at(k, n, p, __LINE__)

static inline void near_at(double got, double want, double relative, int line)
{
	if (!(fabs(got - want) <= relative * fabs(want) + 1e-300))
		fail_msg("line %d: %.15g instead of %.15g", line, got, want);
}

static inline void at_most_at(unsigned k, unsigned n, double p, int line)
{
	if (stat_binomial_tail(k, n, p) < 1e-6)
		fail_msg("line %d: %u of %u at %g", line, k, n, p);
}

/* start * factor^i modulo @modulus, i from 1, times @scale, plus @offset. */
static inline void powers(double *x, size_t n, unsigned start, unsigned factor,
			  unsigned modulus, double scale, double offset)
{
	unsigned value = start % modulus;

	for (size_t i = 0; i < n; i++) {
		value = value * factor % modulus;
		x[i] = (value + offset) * scale;
	}
}

static inline double uniform(struct rng *r)
{
	return ((double)(rng_next(r) >> 11) + 0.5) / 9007199254740992.0;
}

static inline double gauss(struct rng *r)
{
	double radius = sqrt(-2 * log(uniform(r)));

	return radius * cos(2 * M_PI * uniform(r));
}

static inline void gausses(struct rng *r, double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = gauss(r);
}

#endif
