/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

/* Largest work for one distribution: additions, about ten milliseconds. */
#define WORK 8e6

void stat_null_free(struct stat_null *null)
{
	free(null->count);
	null->count = NULL;
}

/* Arrangements of n and m units, or infinity where 64 bits do not hold them. */
static double arrangements(size_t n, size_t m)
{
	double log_all = lgamma((double)(n + m) + 1) - lgamma((double)n + 1) -
			 lgamma((double)m + 1);

	return log_all > 63 * M_LN2 - 1e-6 ? INFINITY : exp(log_all);
}

/*
 * The generating function of U is the Gaussian binomial, the product of
 * (1 - q^(m + i)) / (1 - q^i) for i = 1..n. Each partial product has whole
 * coefficients, so that arithmetic modulo 2^64 is exact although the factors
 * alone have negative ones.
 */
struct stat_null stat_null_u(size_t n, size_t m)
{
	struct stat_null null = { .n = n * m + 1 };
	uint64_t *g;

	if (n > m)
		return stat_null_u(m, n);
	if (!n || isinf(arrangements(n, m)) ||
	    2 * (double)n * (double)null.n > WORK)
		return null;
	g = xalloc(null.n * sizeof(*g));
	g[0] = 1;
	for (size_t i = 1; i <= n; i++) {
		for (size_t u = n * m; u >= m + i; u--)
			g[u] -= g[u - m - i];
		for (size_t u = i; u <= n * m; u++)
			g[u] += g[u - i];
	}
	null.count = xalloc(null.n * sizeof(*null.count));
	for (size_t u = 0; u < null.n; u++) {
		null.count[u] = (double)g[u];
		null.total += null.count[u];
	}
	free(g);
	return null;
}

/* row[j][s]: ways to choose j of the numbers seen so far with sum s. */
struct stat_null stat_null_sums(const uint32_t *rank, size_t n, size_t k)
{
	struct stat_null null = { .n = 1 };
	double *row, *result;

	for (size_t i = n - k; i < n; i++)
		null.n += rank[i];
	if (!k || (double)n * (double)k * (double)null.n / 2 > WORK)
		return null;
	row = xalloc((k + 1) * null.n * sizeof(*row));
	row[0] = 1;
	for (size_t i = 0; i < n; i++) {
		uint32_t r = rank[i];

		for (size_t j = i < k ? i + 1 : k; j; j--) {
			double *to = row + j * null.n;
			const double *from = to - null.n;
			size_t top = j * r < null.n ? j * r : null.n - 1;

			for (size_t s = r; s <= top; s++)
				to[s] += from[s - r];
		}
	}
	result = xalloc(null.n * sizeof(*result));
	for (size_t s = 0; s < null.n; s++) {
		result[s] = row[k * null.n + s];
		null.total += result[s];
	}
	free(row);
	null.count = result;
	return null;
}

struct stat_null stat_null_signs(const uint32_t *rank, size_t n)
{
	struct stat_null null = { .n = 1, .total = 1 };
	size_t top = 0;

	if (n > STAT_SIGNS_MAX)
		return null;
	for (size_t i = 0; i < n; i++)
		null.n += rank[i];
	null.count = xalloc(null.n * sizeof(*null.count));
	null.count[0] = 1;
	for (size_t i = 0; i < n; i++) {
		top += rank[i];
		for (size_t s = top + 1; s-- > rank[i];)
			null.count[s] += null.count[s - rank[i]];
		null.total *= 2;
	}
	return null;
}

double stat_null_tails(const struct stat_null *null, double middle,
		       double distance)
{
	double sum = 0;

	for (size_t s = 0; s < null->n; s++)
		if (fabs((double)s - middle) >= distance)
			sum += null->count[s];
	return sum / null->total;
}

/* Of U, or of the sum of signed ranks, without ties. */
static double spread(size_t n, size_t m, double *middle)
{
	double a = (double)n, b = (double)m;

	*middle = m ? a * b / 2 : a * (a + 1) / 4;
	return m ? sqrt(a * b * (a + b + 1) / 12) :
		   sqrt(a * (a + 1) * (2 * a + 1) / 24);
}

static double critical_normal(size_t n, size_t m, double alpha, double *confidence)
{
	double middle, sd = spread(n, m, &middle);
	double c = floor(middle - 0.5 + stat_normal_quantile(alpha / 2) * sd);

	if (c < 0)
		return -1;
	*confidence = 1 - 2 * stat_normal((c + 0.5 - middle) / sd);
	return c;
}

static struct stat_null signs_without_ties(size_t n)
{
	uint32_t rank[STAT_SIGNS_MAX] = { 0 };

	for (size_t i = 0; i < n && i < STAT_SIGNS_MAX; i++)
		rank[i] = (uint32_t)i + 1;
	return stat_null_signs(rank, n);
}

double stat_critical(size_t n, size_t m, double alpha, double *confidence)
{
	struct stat_null null = m ? stat_null_u(n, m) : signs_without_ties(n);
	double below = 0, c = -1;

	*confidence = 0;
	if (!null.count)
		return critical_normal(n, m, alpha, confidence);
	for (size_t s = 0; s < null.n; s++) {
		below += null.count[s];
		/* A few units in the last place, as 0.05 has no exact double. */
		if (2 * below > alpha * null.total * (1 + 1e-12))
			break;
		c = (double)s;
		*confidence = 1 - 2 * below / null.total;
	}
	stat_null_free(&null);
	return c;
}
