/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Order statistics of all n * m differences, or of all n (n + 1) / 2 Walsh
 * averages, without making them: quickselect over a matrix whose rows and
 * columns ascend. A pivot splits every row in O(n + m) steps by walking down the
 * staircase (the idea of J. F. Monahan, ACM TOMS 10, 1984).
 */
#include "reports/stat/stat_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/str.h"

/* Element (i, j) is row[i] + column[j]; of a triangle only j >= i counts. */
struct grid {
	double *row, *column; /* owned, ascending */
	size_t n, m;
	bool triangle;
	size_t *low, *high;   /* candidates of each row; owned */
	size_t *less, *after; /* first not below, first above the pivot; owned */
};

static void grid_open(struct grid *g)
{
	g->low = xalloc(g->n * sizeof(*g->low));
	g->high = xalloc(g->n * sizeof(*g->high));
	g->less = xalloc(g->n * sizeof(*g->less));
	g->after = xalloc(g->n * sizeof(*g->after));
}

static void grid_close(struct grid *g)
{
	free(g->row);
	if (!g->triangle)
		free(g->column);
	free(g->low);
	free(g->high);
	free(g->less);
	free(g->after);
}

static size_t row_start(const struct grid *g, size_t i)
{
	return g->triangle ? i : 0;
}

/* The same number each time, also where registers are wider than memory. */
static double element(const struct grid *g, size_t i, size_t j)
{
	volatile double sum = g->row[i] + g->column[j];

	return sum;
}

/* Fills less and after; how many elements are below, and not above, the pivot. */
static void grid_split(struct grid *g, double pivot, size_t *below, size_t *upto)
{
	size_t less, after;

	less = after = g->m;
	*below = *upto = 0;
	for (size_t i = 0; i < g->n; i++) {
		size_t start = row_start(g, i);

		while (less && element(g, i, less - 1) >= pivot)
			less--;
		while (after && element(g, i, after - 1) > pivot)
			after--;
		g->less[i] = less > start ? less : start;
		g->after[i] = after > start ? after : start;
		*below += g->less[i] - start;
		*upto += g->after[i] - start;
	}
}

static double grid_candidate(const struct grid *g, size_t index)
{
	for (size_t i = 0; i < g->n; i++) {
		size_t width = g->high[i] - g->low[i];

		if (index < width)
			return element(g, i, g->low[i] + index);
		index -= width;
	}
	return NAN;
}

/* The element with @k smaller ones before it in ascending order. */
static double grid_select(struct grid *g, size_t k)
{
	struct rng rng;

	rng_seed(&rng, 1); /* any pivots give the same result */
	for (size_t i = 0; i < g->n; i++) {
		g->low[i] = row_start(g, i);
		g->high[i] = g->m;
	}
	for (;;) {
		size_t left = 0, below, upto;
		double pivot;

		for (size_t i = 0; i < g->n; i++)
			left += g->high[i] - g->low[i];
		if (!left)
			return NAN;
		pivot = grid_candidate(g, rng_below(&rng, left));
		grid_split(g, pivot, &below, &upto);
		if (k >= below && k < upto)
			return pivot;
		for (size_t i = 0; i < g->n; i++) {
			if (k < below && g->high[i] > g->less[i])
				g->high[i] = g->less[i];
			if (k >= upto && g->low[i] < g->after[i])
				g->low[i] = g->after[i];
			if (g->high[i] < g->low[i])
				g->high[i] = g->low[i];
		}
	}
}

static double grid_median(struct grid *g, size_t elements)
{
	double low = grid_select(g, (elements - 1) / 2);

	return elements % 2 ? low : (low + grid_select(g, elements / 2)) / 2;
}

static struct grid differences(const double *a, size_t n, const double *b,
			       size_t m)
{
	struct grid g = { .n = n, .m = m };

	g.row = xalloc(n * sizeof(*g.row));
	for (size_t i = 0; i < n; i++)
		g.row[i] = -a[i];
	g.column = g.row;
	g.row = stat_sorted(g.column, n);
	free(g.column);
	g.column = stat_sorted(b, m);
	grid_open(&g);
	return g;
}

static struct grid walsh(const double *d, size_t n)
{
	struct grid g = { .n = n, .m = n, .triangle = true };

	g.row = g.column = stat_sorted(d, n);
	grid_open(&g);
	return g;
}

/* Not so, there is no order to select from. */
static bool all_finite(const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

double stat_hl(const double *a, size_t n, const double *b, size_t m)
{
	struct grid g;
	double estimate;

	if (!n || !m || !all_finite(a, n) || !all_finite(b, m))
		return NAN;
	g = differences(a, n, b, m);
	estimate = grid_median(&g, n * m);
	grid_close(&g);
	return estimate;
}

double stat_hl_paired(const double *d, size_t n)
{
	struct grid g;
	double estimate;

	if (!n || !all_finite(d, n))
		return NAN;
	g = walsh(d, n);
	estimate = grid_median(&g, n * (n + 1) / 2) / 2;
	grid_close(&g);
	return estimate;
}

/* Everything from a grid of so many elements, whose null has a critical value. */
static void shift_of(struct grid *g, size_t elements, double critical,
		     double scale, struct stat_shift *s)
{
	s->estimate = grid_median(g, elements) * scale;
	s->low = -INFINITY;
	s->high = INFINITY;
	if (critical >= 0) {
		size_t c = (size_t)critical;

		s->low = grid_select(g, c) * scale;
		s->high = grid_select(g, elements - 1 - c) * scale;
	}
	grid_close(g);
}

static bool nothing(struct stat_shift *s)
{
	s->estimate = s->low = s->high = s->confidence = NAN;
	return false;
}

bool stat_shift(const double *a, size_t n, const double *b, size_t m,
		double alpha, struct stat_shift *s)
{
	struct grid g;

	if (!n || !m || !all_finite(a, n) || !all_finite(b, m))
		return nothing(s);
	g = differences(a, n, b, m);
	shift_of(&g, n * m, stat_critical(n, m, alpha, &s->confidence), 1, s);
	return true;
}

bool stat_shift_paired(const double *d, size_t n, double alpha,
		       struct stat_shift *s)
{
	struct grid g;

	if (!n || !all_finite(d, n))
		return nothing(s);
	g = walsh(d, n);
	shift_of(&g, n * (n + 1) / 2,
		 stat_critical(n, 0, alpha, &s->confidence), 0.5, s);
	return true;
}
