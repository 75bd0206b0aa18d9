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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fisher),
		cmocka_unit_test(binomial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
