/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With F_i the distribution of trial i less the mean of all trials', the squared
 * energy distance of the sides' mean distributions is a sum over pairs of trials
 * of one side of the integrals of F_i F_j. Those are made once, and an
 * arrangement of the trials costs no look at the histograms.
 */
#include "reports/stat/stat_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/str.h"

/* Additions for all permutations of one test, about a fifth of a second. */
#define WORK 2e8
#define FEWEST_PERMUTATIONS 999

struct trials {
	size_t n, k;  /* all, and those of the smaller side */
	double *gram; /* n * n integrals; owned */
	size_t *side; /* indices of the smaller side's trials first; owned */
};

/* All values of all trials, ascending and distinct. */
static double *grid_of(const struct stat_hist *const *hist, size_t n, size_t *points)
{
	size_t all = 0, kept = 0;
	double *value, *sorted;

	for (size_t i = 0; i < n; i++)
		all += hist[i]->n;
	value = xalloc((all ? all : 1) * sizeof(*value));
	all = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < hist[i]->n; k++)
			value[all++] = hist[i]->value[k];
	sorted = stat_sorted(value, all);
	free(value);
	for (size_t k = 0; k < all; k++)
		if (!kept || sorted[k] > sorted[kept - 1])
			sorted[kept++] = sorted[k];
	*points = kept;
	return sorted;
}

/* The distribution function on the grid. */
static void cumulate(const struct stat_hist *h, const double *grid, size_t points,
		     double *f)
{
	double sum = 0, below = 0;
	size_t at = 0;

	for (size_t k = 0; k < h->n; k++)
		sum += h->count[k];
	for (size_t g = 0; g < points; g++) {
		while (at < h->n && h->value[at] <= grid[g])
			below += h->count[at++];
		f[g] = below / sum;
	}
}

static void subtract_mean(double *f, size_t n, size_t points)
{
	for (size_t g = 0; g < points; g++) {
		double mean = 0;

		for (size_t i = 0; i < n; i++)
			mean += f[i * points + g] / (double)n;
		for (size_t i = 0; i < n; i++)
			f[i * points + g] -= mean;
	}
}

static void make_gram(struct trials *t, const struct stat_hist *const *hist)
{
	size_t points;
	double *grid = grid_of(hist, t->n, &points);
	double *f = xalloc((points ? points : 1) * t->n * sizeof(*f));

	for (size_t i = 0; i < t->n; i++)
		cumulate(hist[i], grid, points, f + i * points);
	subtract_mean(f, t->n, points);
	for (size_t i = 0; i < t->n; i++)
		for (size_t j = 0; j <= i; j++) {
			const double *p = f + i * points, *q = f + j * points;
			double sum = 0;

			for (size_t g = 0; g + 1 < points; g++)
				sum += p[g] * q[g] * (grid[g + 1] - grid[g]);
			t->gram[i * t->n + j] = t->gram[j * t->n + i] = sum;
		}
	free(f);
	free(grid);
}

/* Squared size of the sum of the first k of @side; grows with the distance. */
static double spread(const struct trials *t, const size_t *side)
{
	double sum = 0;

	for (size_t i = 0; i < t->k; i++) {
		const double *row = t->gram + side[i] * t->n;

		for (size_t j = 0; j < i; j++)
			sum += 2 * row[side[j]];
		sum += row[side[i]];
	}
	return sum;
}

/* The next k of n in lexicographic order; false after the last. */
static bool next_choice(size_t *side, size_t k, size_t n)
{
	size_t i = k;

	while (i && side[i - 1] == n - k + i - 1)
		i--;
	if (!i)
		return false;
	side[i - 1]++;
	for (; i < k; i++)
		side[i] = side[i - 1] + 1;
	return true;
}

static double visit_all(const struct trials *t, double limit)
{
	size_t *side = xalloc(t->k * sizeof(*side));
	double extreme = 0, all = 0;

	for (size_t i = 0; i < t->k; i++)
		side[i] = i;
	do {
		extreme += spread(t, side) >= limit;
		all++;
	} while (next_choice(side, t->k, t->n));
	free(side);
	return extreme / all;
}

static double visit_some(struct trials *t, double limit, uint64_t seed)
{
	double each = (double)t->k * (double)t->k / 2, extreme = 0;
	double times = fmin(STAT_PERMUTATIONS,
			    fmax(FEWEST_PERMUTATIONS, floor(WORK / each)));
	struct rng rng;

	rng_seed(&rng, seed);
	for (double b = 0; b < times; b++) {
		for (size_t i = 0; i < t->k; i++) {
			size_t j = i + rng_below(&rng, t->n - i);
			size_t swap = t->side[i];

			t->side[i] = t->side[j];
			t->side[j] = swap;
		}
		extreme += spread(t, t->side) >= limit;
	}
	return (extreme + 1) / (times + 1);
}

static void judge(struct trials *t, uint64_t seed, struct stat_energy *e)
{
	double here = spread(t, t->side), other = (double)(t->n - t->k);
	double scale = (double)t->n / (double)t->k / other;
	/* Equal arrangements differ by rounding, which the trials' size bounds. */
	double size = 0, limit;

	for (size_t i = 0; i < t->n; i++)
		size += t->gram[i * t->n + i];
	limit = here - 1e-10 * size;
	e->distance = sqrt(2 * fmax(0, here)) * scale;
	e->exact = 2 <= STAT_ENUMERATED * stat_smallest_p(t->k, t->n - t->k,
							    false);
	e->p = e->exact ? visit_all(t, limit) : visit_some(t, limit, seed);
}

struct stat_energy stat_energy(const struct stat_hist *a, size_t n,
			       const struct stat_hist *b, size_t m,
			       uint64_t seed)
{
	struct trials t = { .n = n + m, .k = n < m ? n : m };
	struct stat_energy e = { .p = 1 };
	const struct stat_hist **hist;

	if (!n || !m)
		return e;
	hist = xalloc(t.n * sizeof(const struct stat_hist *));
	t.gram = xalloc(t.n * t.n * sizeof(*t.gram));
	t.side = xalloc(t.n * sizeof(*t.side));
	for (size_t i = 0; i < t.n; i++) {
		/* The smaller side comes first. */
		size_t at = n <= m ? i : (i + n) % t.n;

		hist[i] = at < n ? &a[at] : &b[at - n];
		t.side[i] = i;
	}
	make_gram(&t, hist);
	judge(&t, seed, &e);
	free(t.side);
	free(t.gram);
	free(hist);
	return e;
}
