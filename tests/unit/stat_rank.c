/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat_parts.h"
#include "tests/unit/stat_kit.h"

static const double a8[] = { 100, 101.2, 98.7, 102.3, 97.9, 100.6, 99.4, 101.7 };
static const double b8[] = { 96.8, 98.1, 95.2, 99, 94.7, 97.3, 96.1, 98.5 };

/* scipy: mannwhitneyu(b, a, method="exact") */
static void mann_whitney_counts(void **state)
{
	static const struct {
		size_t n, m;
		double u, p;
	} cases[] = {
		{ 3, 7, 12, 0.833333333333333 },
		{ 10, 25, 133, 0.787669592289104 },
		{ 25, 25, 503, 0.000129365907361996 },
		{ 2, 40, 66, 0.148664343786295 },
	};
	struct stat_test t = stat_mann_whitney(a8, 8, b8, 8);

	(void)state;
	assert_near(t.statistic, 4);
	near_at(t.p, 0.00186480186, 1e-8, __LINE__);
	assert_near(t.p, 24 / 12870.0);
	assert_true(t.exact);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double a[25], b[40];

		powers(a, cases[i].n, 5, 31, 10007, 1, 0);
		powers(b, cases[i].m, 77, 37, 10009, 1,
		       cases[i].n < 25 ? 700 : 2500);
		t = stat_mann_whitney(a, cases[i].n, b, cases[i].m);
		assert_true(t.exact);
		assert_near(t.statistic, cases[i].u);
		assert_near(t.p, cases[i].p);
	}
}

/* scipy: mannwhitneyu(b, a, method="asymptotic") */
static void mann_whitney_approximates(void **state)
{
	double a[120], b[130];
	struct stat_test t;

	(void)state;
	powers(a, 40, 5, 31, 10007, 1, 0);
	powers(b, 50, 77, 37, 10009, 1, 1000);
	t = stat_mann_whitney(a, 40, b, 50);
	assert_false(t.exact);
	assert_near(t.statistic, 1208);
	assert_near(t.p, 0.0920086902528621);
	powers(a, 120, 5, 31, 10007, 1, 0);
	powers(b, 130, 77, 37, 10009, 1, 1000);
	t = stat_mann_whitney(a, 120, b, 130);
	assert_near(t.statistic, 9259);
	assert_near(t.p, 0.0106714354936521);
	powers(a, 120, 5, 2, 11, 1, 0);
	powers(b, 130, 77, 2, 13, 1, 1);
	t = stat_mann_whitney(a, 120, b, 130);
	assert_false(t.exact);
	assert_near(t.statistic, 10296);
	assert_near(t.p, 1.16215618645221e-05);
}

/* All choices of n of the pooled midranks, by brute force. */
static double enumerated(const double *a, size_t n, const double *b, size_t m)
{
	double x[16], rank[16], middle = 0, here = 0;
	unsigned extreme = 0, all = 0;

	for (size_t i = 0; i < n + m; i++)
		x[i] = i < n ? a[i] : b[i - n];
	for (size_t i = 0; i < n + m; i++) {
		rank[i] = 0.5;
		for (size_t j = 0; j < n + m; j++)
			rank[i] += x[j] < x[i] ? 1 : x[j] > x[i] ? 0 : 0.5;
		here += i < n ? rank[i] : 0;
	}
	middle = (double)(n * (n + m + 1)) / 2;
	for (unsigned set = 0; set < 1u << (n + m); set++) {
		double sum = 0;

		if ((unsigned)__builtin_popcount(set) != n)
			continue;
		for (size_t i = 0; i < n + m; i++)
			sum += set >> i & 1 ? rank[i] : 0;
		all++;
		extreme += fabs(sum - middle) >= fabs(here - middle);
	}
	return (double)extreme / all;
}

static void ties_count_all_arrangements(void **state)
{
	static const double a[] = { 1, 2, 2, 3, 3 }, b[] = { 2, 3, 4, 4, 4, 5 };
	static const double c[] = { 1, 1, 1, 2 }, d[] = { 1, 2, 2, 2, 2, 2, 3 };
	struct stat_test t = stat_mann_whitney(a, 5, b, 6);
	struct rng r;

	(void)state;
	/* Enumerated with Python's itertools over scipy's rankdata. */
	assert_true(t.exact);
	assert_near(t.p, 30 / 462.0);
	assert_near(stat_mann_whitney(c, 4, d, 7).p, 45 / 330.0);
	rng_seed(&r, 11);
	for (unsigned i = 0; i < 60; i++) {
		double x[7], y[7];
		size_t n = 1 + rng_below(&r, 6), m = 1 + rng_below(&r, 6);
		unsigned values = 2 + (unsigned)rng_below(&r, 30);

		for (size_t k = 0; k < 7; k++) {
			x[k] = (double)rng_below(&r, values);
			y[k] = (double)rng_below(&r, values);
		}
		t = stat_mann_whitney(x, n, y, m);
		assert_true(t.exact);
		assert_near(t.p, enumerated(x, n, y, m));
	}
}

static void sides_are_alike(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 12);
	for (unsigned i = 0; i < 40; i++) {
		size_t n = 1 + rng_below(&r, 30), m = 1 + rng_below(&r, 40);
		double x[30], y[40], moved[30];
		struct stat_test t, turned;

		gausses(&r, x, n);
		gausses(&r, y, m);
		t = stat_mann_whitney(x, n, y, m);
		turned = stat_mann_whitney(y, m, x, n);
		assert_near(turned.p, t.p);
		assert_near(t.statistic + turned.statistic, (double)(n * m));
		/* Ranks do not see a monotone change. */
		for (size_t k = 0; k < n; k++)
			moved[k] = exp(x[k]);
		for (size_t k = 0; k < m; k++)
			y[k] = exp(y[k]);
		assert_near(stat_mann_whitney(moved, n, y, m).p, t.p);
		assert_true(t.p > 0 && t.p <= 1);
	}
}

/* Where counting ends, the approximation goes on. */
static void approximation_meets_the_count(void **state)
{
	double a[60], b[60];

	(void)state;
	for (unsigned shift = 0; shift < 10; shift++) {
		double exact, normal, z;

		powers(a, 33, 5, 31, 10007, 1, 0);
		powers(b, 33, 77, 37, 10009, 1, 300 * shift);
		exact = stat_mann_whitney(a, 33, b, 33).p;
		assert_true(stat_mann_whitney(a, 33, b, 33).exact);
		z = (fabs(stat_mann_whitney(a, 33, b, 33).statistic - 544.5) -
		     0.5) / sqrt(33.0 * 33 * 67 / 12);
		normal = fmin(1, 2 * stat_normal(-z));
		/* Far out it says more than the count does, never less. */
		assert_true(exact < 1.01 * normal);
		assert_true(exact < 0.01 || exact > 0.9 * normal);
		powers(a, 34, 5, 31, 10007, 1, 0);
		assert_false(stat_mann_whitney(a, 34, b, 34).exact);
	}
}

/* p is uniform, or above, where nothing differs: also with ties. */
static void no_more_false_alarms_than_stated(void **state)
{
	unsigned low[2] = { 0 }, signs[2] = { 0 };
	struct rng r;

	(void)state;
	rng_seed(&r, 13);
	for (unsigned i = 0; i < 1000; i++) {
		double x[9], y[8];
		bool ties = i % 2;

		gausses(&r, x, 9);
		gausses(&r, y, 8);
		for (size_t k = 0; ties && k < 9; k++)
			x[k] = round(x[k]);
		for (size_t k = 0; ties && k < 8; k++)
			y[k] = round(y[k]);
		low[ties] += stat_mann_whitney(x, 9, y, 8).p <= 0.05;
		signs[ties] += stat_signed_rank(x, 9).p <= 0.05;
	}
	for (unsigned ties = 0; ties < 2; ties++) {
		assert_at_most(low[ties], 500, 0.05);
		assert_at_most(signs[ties], 500, 0.05);
	}
	/* Ties and zeros leave fewer values of p; without them it is near 5 %. */
	assert_true(low[0] > 8 && signs[0] > 8 && low[1] > 3);
}

/* scipy: wilcoxon(d, mode="exact"), and "approx" with correction. */
static void signed_rank_counts(void **state)
{
	static const struct {
		size_t n;
		double w, p;
	} cases[] = {
		{ 5, 11, 0.4375 },
		{ 12, 54, 0.26611328125 },
		{ 25, 213, 0.181729853153229 },
		{ 50, 911, 0.00760945235286314 },
	};
	double d[120];
	struct stat_test t;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		d[i] = log(b8[i] / a8[i]);
	assert_near(stat_signed_rank(d, 8).p, 0.0078125);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		powers(d, cases[i].n, 5, 31, 10007, 0.001, -3500);
		t = stat_signed_rank(d, cases[i].n);
		assert_true(t.exact);
		assert_near(t.statistic, cases[i].w);
		assert_near(t.p, cases[i].p);
	}
	powers(d, 120, 5, 31, 10007, 0.001, -4000);
	t = stat_signed_rank(d, 120);
	assert_false(t.exact);
	assert_near(t.statistic, 4701);
	assert_near(t.p, 0.0050551330856178);
}

/* All signs enumerated with Python's itertools; zeros keep their ranks (Pratt). */
static void signed_rank_with_ties_and_zeros(void **state)
{
	static const double d[] = { 1, 1, 2, -1, 0, 3, 3, -2, 4, 0 };
	static const double e[] = { -1, -1, -1, -2, -2, 0, 1 };
	static const double zeros[] = { 0, 0, 0, 0, 0, 0, 0, 0 };
	struct stat_test t = stat_signed_rank(d, 10);

	(void)state;
	assert_near(t.statistic, 41.5);
	assert_near(t.p, 36 / 256.0);
	assert_near(stat_signed_rank(e, 7).p, 10 / 64.0);
	assert_near(stat_signed_rank(zeros, 8).p, 1);
}

static void signs_turn(void **state)
{
	double d[40], turned[40];
	struct rng r;

	(void)state;
	rng_seed(&r, 14);
	for (unsigned i = 0; i < 40; i++) {
		size_t n = 1 + rng_below(&r, 40);

		gausses(&r, d, n);
		for (size_t k = 0; k < n; k++)
			turned[k] = -2 * d[k];
		assert_near(stat_signed_rank(turned, n).p,
			    stat_signed_rank(d, n).p);
	}
}

static void smallest_p_is_reached(void **state)
{
	static const double unpaired[] = { 1, 1 / 3.0, 0.1, 2 / 70.0, 2 / 252.0 };
	double low[12], high[12];

	(void)state;
	for (size_t n = 1; n <= 5; n++)
		assert_near(stat_smallest_p(n, n, false), unpaired[n - 1]);
	for (size_t i = 0; i < 12; i++) {
		low[i] = (double)i;
		high[i] = 100.5 + (double)i;
	}
	for (size_t n = 1; n <= 12; n++) {
		assert_near(stat_mann_whitney(low, n, high, n).p,
			    stat_smallest_p(n, n, false));
		assert_near(stat_mann_whitney(low, 2, high, n).p,
			    n > 0 ? stat_smallest_p(2, n, false) : 1);
		assert_near(stat_signed_rank(high, n).p,
			    stat_smallest_p(n, n, true));
	}
	assert_near(stat_smallest_p(10, 0, true), 2 / 1024.0);
	assert_near(stat_smallest_p(0, 3, false), 1);
}

static void nothing_says_nothing(void **state)
{
	static const double same[] = { 7, 7, 7, 7, 7, 7, 7, 7, 7 };
	double many[200];

	(void)state;
	assert_near(stat_mann_whitney(same, 0, same, 3).p, 1);
	assert_near(stat_mann_whitney(same, 9, same, 9).p, 1);
	assert_near(stat_signed_rank(same, 0).p, 1);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = 3;
	assert_near(stat_mann_whitney(many, 200, many, 200).p, 1);
}

/* Products of Gaussian binomials against sums of chosen ranks. */
static void null_distributions_agree(void **state)
{
	uint32_t rank[30];

	(void)state;
	for (uint32_t i = 0; i < 30; i++)
		rank[i] = i + 1;
	for (size_t n = 1; n <= 15; n += 7)
		for (size_t m = 1; m <= 15; m += 2) {
			struct stat_null u = stat_null_u(n, m);
			struct stat_null s = stat_null_sums(rank, n + m, n);

			assert_near(u.total, s.total);
			for (size_t i = 0; i < u.n; i++) {
				assert_near(u.count[i],
					    s.count[i + n * (n + 1) / 2]);
				assert_near(u.count[i], u.count[n * m - i]);
			}
			stat_null_free(&u);
			stat_null_free(&s);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mann_whitney_counts),
		cmocka_unit_test(mann_whitney_approximates),
		cmocka_unit_test(ties_count_all_arrangements),
		cmocka_unit_test(sides_are_alike),
		cmocka_unit_test(approximation_meets_the_count),
		cmocka_unit_test(no_more_false_alarms_than_stated),
		cmocka_unit_test(signed_rank_counts),
		cmocka_unit_test(signed_rank_with_ties_and_zeros),
		cmocka_unit_test(signs_turn),
		cmocka_unit_test(smallest_p_is_reached),
		cmocka_unit_test(nothing_says_nothing),
		cmocka_unit_test(null_distributions_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
