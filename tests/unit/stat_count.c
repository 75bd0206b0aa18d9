/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat.h"
#include "tests/unit/stat_kit.h"

/* scipy: fisher_exact */
static void fisher(void **state)
{
	static const struct {
		unsigned a, b, c, d;
		double p;
	} cases[] = {
		{ 0, 5, 4, 1, 0.0476190476190476 },
		{ 0, 5, 3, 2, 0.166666666666667 },
		{ 3, 7, 9, 1, 0.0197666110978804 },
		{ 10, 20, 30, 40, 0.504475769851628 },
		{ 0, 10, 5, 5, 0.0325077399380805 },
		{ 0, 20, 5, 15, 0.0471240471240471 },
		{ 0, 30, 6, 24, 0.0237207039169573 },
		{ 1, 24, 1000, 3, 3.05624714601947e-44 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned a = cases[i].a, b = cases[i].b;
		unsigned c = cases[i].c, d = cases[i].d;

		assert_near(stat_fisher(a, b, c, d), cases[i].p);
		assert_near(stat_fisher(c, d, a, b), cases[i].p);
		assert_near(stat_fisher(b, a, d, c), cases[i].p);
		assert_near(stat_fisher(a, c, b, d), cases[i].p);
	}
	assert_near(stat_fisher(0, 0, 3, 4), 1);
	assert_near(stat_fisher(0, 7, 0, 9), 1);
	assert_near(stat_fisher(0, 0, 0, 0), 1);
}

/* scipy: binom.sf(k - 1, n, p) */
static void binomial(void **state)
{
	static const struct {
		unsigned k, n;
		double p, tail;
	} cases[] = {
		{ 3, 10, 0.05, 0.0115035573792969 },
		{ 16, 200, 0.05, 0.0443556291670612 },
		{ 1, 5, 0.5, 0.96875 },
		{ 20, 20, 0.9, 0.121576654590569 },
		{ 0, 4, 0.2, 1 },
		{ 60, 1000, 0.05, 0.0867321783848619 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_near(stat_binomial_tail(cases[i].k, cases[i].n,
					       cases[i].p), cases[i].tail);
	assert_near(stat_binomial_tail(3, 5, 0), 0);
	assert_near(stat_binomial_tail(5, 5, 1), 1);
	assert_near(stat_binomial_tail(6, 5, 1), 0);
	for (unsigned k = 0; k < 30; k++)
		assert_true(stat_binomial_tail(k + 1, 30, 0.3) <
			    stat_binomial_tail(k, 30, 0.3));
}

/* scipy: binomtest(k, n).proportion_ci(method="exact") */
static void clopper_pearson(void **state)
{
	static const struct {
		unsigned k, n;
		double alpha, low, high;
	} cases[] = {
		{ 0, 20, 0.05, 0, 0.168433470983085 },
		{ 19, 20, 0.05, 0.751267237227972, 0.998734910502044 },
		{ 20, 20, 0.05, 0.831566529016915, 1 },
		{ 7, 50, 0.01, 0.0424687873788338, 0.309106965964819 },
		{ 190, 200, 0.05, 0.909972462298441, 0.975765834527892 },
	};
	struct stat_interval i;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		i = stat_clopper_pearson(cases[k].k, cases[k].n, cases[k].alpha);
		assert_near(i.low, cases[k].low);
		assert_near(i.high, cases[k].high);
	}
	i = stat_clopper_pearson(0, 0, 0.05);
	assert_true(i.low == 0 && i.high == 1);
	/* Failures turned into successes. */
	for (unsigned k = 0; k <= 12; k++) {
		struct stat_interval j = stat_clopper_pearson(12 - k, 12, 0.1);

		i = stat_clopper_pearson(k, 12, 0.1);
		near_at(1 - j.high + 1, i.low + 1, 1e-12, __LINE__);
		assert_true(i.low <= k / 12.0 && k / 12.0 <= i.high);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fisher),
		cmocka_unit_test(binomial),
		cmocka_unit_test(clopper_pearson),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
