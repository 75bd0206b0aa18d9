/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

/* A value with what it says of its unit: of the second side; positive. */
struct item {
	double x;
	bool mark;
	uint32_t rank; /* doubled midrank, whole although ties halve it */
};

static int ascending(const void *a, const void *b)
{
	const struct item *p = a, *q = b;

	return (p->x > q->x) - (p->x < q->x);
}

/* Sorts and ranks; returns the sum over tied groups of t^3 - t. */
static double rank_items(struct item *item, size_t n)
{
	double ties = 0;
	size_t end;

	qsort(item, n, sizeof(*item), ascending);
	for (size_t i = 0; i < n; i = end) {
		double t;

		for (end = i + 1; end < n && item[end].x <= item[i].x;)
			end++;
		t = (double)(end - i);
		ties += t * t * t - t;
		for (size_t j = i; j < end; j++)
			item[j].rank = (uint32_t)(i + 1 + end);
	}
	return ties;
}

static double two_sided(double distance, double sd)
{
	double z = (distance - 0.5) / sd;

	return sd > 0 && z > 0 ? 2 * stat_normal(-z) : 1;
}

/* Of all ways to give the pooled midranks to the sides, how many are as far out. */
static bool count_sums(const struct item *item, size_t n, size_t k,
		       double distance, double *p)
{
	uint32_t *rank = xalloc(n * sizeof(*rank));
	struct stat_null null;

	for (size_t i = 0; i < n; i++)
		rank[i] = item[i].rank;
	null = stat_null_sums(rank, n, k);
	free(rank);
	if (!null.count)
		return false;
	/* Doubled ranks: their mean is n + 1, and the distance is twice as far. */
	*p = stat_null_tails(&null, (double)(k * (n + 1)), 2 * distance);
	stat_null_free(&null);
	return true;
}

static bool count_u(size_t n, size_t m, double distance, double *p)
{
	struct stat_null null = stat_null_u(n, m);

	if (!null.count)
		return false;
	*p = stat_null_tails(&null, (double)n * (double)m / 2, distance);
	stat_null_free(&null);
	return true;
}

struct stat_test stat_mann_whitney(const double *a, size_t n, const double *b,
				   size_t m)
{
	struct stat_test test = { .p = 1 };
	size_t all = n + m, smaller = n < m ? n : m;
	double ties, doubled = 0, distance, cells = (double)n * (double)m;
	struct item *item;

	if (!n || !m)
		return test;
	item = xalloc(all * sizeof(*item));
	for (size_t i = 0; i < all; i++)
		item[i] = (struct item){ .x = i < n ? a[i] : b[i - n],
					 .mark = i >= n };
	ties = rank_items(item, all);
	for (size_t i = 0; i < all; i++)
		doubled += item[i].mark ? item[i].rank : 0;
	test.statistic = doubled / 2 - (double)m * ((double)m + 1) / 2;
	distance = fabs(test.statistic - cells / 2);
	if (ties > 0)
		test.exact = count_sums(item, all, smaller, distance, &test.p);
	else
		test.exact = count_u(n, m, distance, &test.p);
	if (!test.exact) {
		double u = (double)all;

		test.p = two_sided(distance,
				   sqrt(cells / 12 *
					(u + 1 - ties / (u * (u - 1)))));
	}
	free(item);
	return test;
}

/* Signs of the ranks that are left when zeros gave theirs away. */
static struct stat_test test_signs(const struct item *item, size_t n)
{
	struct stat_test test = { .exact = true, .p = 1 };
	uint32_t *rank = xalloc((n ? n : 1) * sizeof(*rank));
	double all = 0, positive = 0, squares = 0, distance;
	struct stat_null null;

	for (size_t i = 0; i < n; i++) {
		rank[i] = item[i].rank;
		all += rank[i];
		squares += (double)rank[i] * rank[i];
		positive += item[i].mark ? rank[i] : 0;
	}
	test.statistic = positive / 2;
	distance = fabs(positive - all / 2);
	null = stat_null_signs(rank, n);
	if (null.count) {
		test.p = stat_null_tails(&null, all / 2, distance);
	} else {
		test.exact = false;
		test.p = two_sided(distance / 2, sqrt(squares) / 4);
	}
	stat_null_free(&null);
	free(rank);
	return test;
}

struct stat_test stat_signed_rank(const double *d, size_t n)
{
	struct item *item = xalloc((n ? n : 1) * sizeof(*item));
	struct stat_test test;
	size_t zeros = 0;

	for (size_t i = 0; i < n; i++)
		item[i] = (struct item){ .x = fabs(d[i]), .mark = d[i] > 0 };
	rank_items(item, n);
	while (zeros < n && !(item[zeros].x > 0))
		zeros++;
	test = test_signs(item + zeros, n - zeros);
	free(item);
	return test;
}

double stat_smallest_p(size_t n, size_t m, bool paired)
{
	double log_all = paired ? (double)n * M_LN2 :
				  lgamma((double)(n + m) + 1) -
					  lgamma((double)n + 1) -
					  lgamma((double)m + 1);

	return n && (m || paired) ? fmin(1, 2 * exp(-log_all)) : 1;
}
