/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat.h"

#include <math.h>

static double log_choose(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/* Tables with these margins that are as likely as this one, or less. */
double stat_fisher(unsigned a, unsigned b, unsigned c, unsigned d)
{
	double row = (double)a + b, other = (double)c + d, column = (double)a + c;
	double all = log_choose(row + other, column), sum = 0;
	double here = log_choose(row, a) + log_choose(other, c) - all;
	double first = column > other ? column - other : 0;
	double last = row < column ? row : column;

	for (double x = first; x <= last; x++) {
		double p = log_choose(row, x) + log_choose(other, column - x) -
			   all;

		/* Equal ones differ by rounding. */
		if (p <= here + 1e-7)
			sum += exp(p);
	}
	return fmin(1, sum);
}

double stat_binomial_tail(unsigned k, unsigned n, double p)
{
	double sum = 0;

	if (!k || p >= 1)
		return k <= n ? 1 : 0;
	if (k > n || p <= 0)
		return 0;
	for (unsigned i = k; i <= n; i++)
		sum += exp(log_choose(n, i) + i * log(p) + (n - i) * log1p(-p));
	return fmin(1, sum);
}
