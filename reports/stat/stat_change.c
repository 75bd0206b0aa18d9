/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/str.h"

struct split {
	double q;  /* of the best split */
	size_t at; /* values left of it; 0: no split possible */
};

/* One recursion's settings and its output. */
struct search {
	double alpha;
	unsigned permutations;
	struct rng rng;
	size_t *points, n;
};

/* Energy statistic of the first @left of @n, from sums of distances. */
static double energy(double left, double n, double between, double in_left,
		     double in_right)
{
	double right = n - left;

	return left * right / n *
	       (2 * between / (left * right) -
		2 * in_left / (left * (left - 1)) -
		2 * in_right / (right * (right - 1)));
}

/* Tries every split; the sums follow as one value after another moves over. */
static struct split best_split(const double *x, size_t n)
{
	double in_left = 0, between = 0, in_right = 0;
	struct split best = { .q = -INFINITY };

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			in_right += fabs(x[i] - x[j]);
	for (size_t at = 0; at + STAT_SEGMENT_MIN < n; at++) {
		double to_left = 0, to_right = 0, q;

		for (size_t i = 0; i < at; i++)
			to_left += fabs(x[at] - x[i]);
		for (size_t i = at + 1; i < n; i++)
			to_right += fabs(x[at] - x[i]);
		in_left += to_left;
		in_right -= to_right;
		between += to_right - to_left;
		if (at + 1 < STAT_SEGMENT_MIN)
			continue;
		q = energy((double)at + 1, (double)n, between, in_left, in_right);
		if (q > best.q)
			best = (struct split){ q, at + 1 };
	}
	return best;
}

static void shuffle(struct rng *rng, double *x, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = rng_below(rng, i);
		double swap = x[i - 1];

		x[i - 1] = x[j];
		x[j] = swap;
	}
}

/* Does a random order hardly ever split as well? Stops as soon as it cannot. */
static bool significant(struct search *s, const double *x, size_t n, double q)
{
	double *copy = stat_sorted(x, n);
	double limit = q - 1e-9 * fabs(q), all = (double)s->permutations + 1;
	double reached = 1;

	for (unsigned b = 0; b < s->permutations && reached / all <= s->alpha;
	     b++) {
		shuffle(&s->rng, copy, n);
		reached += best_split(copy, n).q >= limit;
	}
	free(copy);
	return reached / all <= s->alpha;
}

static void divide(struct search *s, const double *x, size_t from, size_t n)
{
	struct split split;

	if (n < 2 * STAT_SEGMENT_MIN)
		return;
	split = best_split(x + from, n);
	if (!significant(s, x + from, n, split.q))
		return;
	divide(s, x, from, split.at);
	s->points[s->n++] = from + split.at;
	divide(s, x, from + split.at, n - split.at);
}

size_t stat_ediv(const double *x, size_t n, double alpha, unsigned permutations,
		 uint64_t seed, size_t *points)
{
	struct search s = { .alpha = alpha, .permutations = permutations,
			    .points = points };

	rng_seed(&s.rng, seed);
	divide(&s, x, 0, n);
	return s.n;
}
