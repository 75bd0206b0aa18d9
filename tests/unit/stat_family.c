/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat.h"
#include "tests/unit/stat_kit.h"

/* {.001, .008, .039, .041, .042} and 20 larger ones, as published. */
static void bh_vector(void **state)
{
	static const double want[] = { 0.025, 0.1, 0.21, 0.21, 0.21 };
	double p[25] = { 0.001, 0.008, 0.039, 0.041, 0.042 }, adjusted[25];

	(void)state;
	for (size_t i = 5; i < 25; i++)
		p[i] = 0.05 + 0.04 * (double)(i - 4);
	stat_bh(p, 25, adjusted);
	for (size_t i = 0; i < 5; i++)
		near_at(adjusted[i], want[i], 1e-12, __LINE__);
}

/* min over j >= i of m p(j) / j, by its definition and without sorting. */
static double by_definition(const double *p, size_t n, size_t i)
{
	double lowest = 1;

	for (size_t j = 0; j < n; j++) {
		size_t upto = 0;

		if (p[j] < p[i])
			continue;
		for (size_t k = 0; k < n; k++)
			upto += p[k] <= p[j];
		lowest = fmin(lowest, (double)n * p[j] / (double)upto);
	}
	return lowest;
}

static void bh_properties(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 31);
	for (unsigned round = 0; round < 100; round++) {
		size_t n = 1 + rng_below(&r, 40);
		double p[40], adjusted[40], turned[40], again[40];

		for (size_t i = 0; i < n; i++)
			p[i] = round % 2 ? uniform(&r) :
					   (double)rng_below(&r, 20) / 20;
		stat_bh(p, n, adjusted);
		for (size_t i = 0; i < n; i++) {
			near_at(adjusted[i], by_definition(p, n, i), 1e-12,
				__LINE__);
			assert_true(adjusted[i] >= p[i] && adjusted[i] <= 1);
			for (size_t j = 0; j < n; j++)
				assert_true(p[i] > p[j] ||
					    adjusted[i] <= adjusted[j]);
			turned[n - 1 - i] = p[i];
		}
		stat_bh(turned, n, again);
		for (size_t i = 0; i < n; i++)
			assert_true(again[n - 1 - i] == adjusted[i]);
	}
}

static void bh_leaves_nan_out(void **state)
{
	const double p[] = { NAN, 0.01, NAN, 0.04, NAN };
	double adjusted[5];

	(void)state;
	stat_bh(p, 5, adjusted);
	assert_true(isnan(adjusted[0]) && isnan(adjusted[2]) && isnan(adjusted[4]));
	assert_near(adjusted[1], 0.02);
	assert_near(adjusted[3], 0.04);
	stat_bh(p, 0, adjusted);
	stat_bh(p, 1, adjusted);
	assert_true(isnan(adjusted[0]));
}

/* Half of the metrics differ: the share of wrong ones among those found. */
static void bh_holds_its_rate(void **state)
{
	double sum = 0;
	struct rng r;

	(void)state;
	rng_seed(&r, 32);
	for (unsigned round = 0; round < 300; round++) {
		double p[20], adjusted[20], wrong = 0, found = 0;

		for (size_t i = 0; i < 20; i++) {
			double a[8], b[8];

			gausses(&r, a, 8);
			gausses(&r, b, 8);
			for (size_t k = 0; k < 8; k++)
				b[k] += i % 2 ? 2 : 0;
			p[i] = stat_mann_whitney(a, 8, b, 8).p;
		}
		stat_bh(p, 20, adjusted);
		for (size_t i = 0; i < 20; i++) {
			found += adjusted[i] <= 0.1;
			wrong += adjusted[i] <= 0.1 && i % 2 == 0;
		}
		sum += found > 0 ? wrong / found : 0;
	}
	assert_true(sum / 300 < 0.06); /* 0.1 times the share of equal ones */
	assert_true(sum / 300 > 0.02);
}

static void looks_stay_within_the_total(void **state)
{
	(void)state;
	for (size_t units = 1; units <= 60; units++)
		for (size_t metrics = 1; metrics <= 20; metrics += 3)
			for (int paired = 0; paired < 2; paired++) {
				struct stat_looks l;
				double sum = 0;

				stat_looks(units, 0.05, paired, metrics, &l);
				assert_in_range(l.n, 1, STAT_LOOKS_MAX);
				assert_int_equal(l.at[l.n - 1], units);
				for (unsigned i = 0; i < l.n; i++) {
					sum += l.alpha[i];
					assert_true(l.alpha[i] > 0);
					assert_true(!i || l.at[i] > l.at[i - 1]);
					assert_true(l.n == 1 ||
						    stat_smallest_p(l.at[i], l.at[i], paired) *
						    (double)metrics <= l.alpha[i]);
				}
				near_at(sum, 0.05, 1e-12, __LINE__);
			}
}

static void looks_as_documented(void **state)
{
	static const size_t at[] = { 10, 14, 20, 30 };
	static const double alpha[] = { 0.5 / 30, 0.2 / 30, 0.3 / 30, 0.5 / 30 };
	struct stat_looks l;

	(void)state;
	stat_looks(30, 0.05, true, 3, &l);
	assert_int_equal(l.n, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(l.at[i], at[i]);
		near_at(l.alpha[i], alpha[i], 1e-12, __LINE__);
	}
	stat_looks(6, 0.05, true, 1, &l);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.at[0], 6);
	stat_looks(0, 0.05, true, 0, &l);
	assert_int_equal(l.n, 1);
}

/* A series that is looked at again and again, four metrics through BH each time. */
static void looks_hold_the_total(void **state)
{
	struct stat_looks l;
	unsigned alarms = 0, rounds = 400;
	struct rng r;

	(void)state;
	rng_seed(&r, 33);
	stat_looks(24, 0.1, true, 4, &l);
	assert_true(l.n >= 3);
	for (unsigned round = 0; round < rounds; round++) {
		double d[4][24], p[4], adjusted[4];
		bool alarm = false;

		for (size_t k = 0; k < 4; k++)
			gausses(&r, d[k], 24);
		for (unsigned i = 0; i < l.n; i++) {
			for (size_t k = 0; k < 4; k++)
				p[k] = stat_signed_rank(d[k], l.at[i]).p;
			stat_bh(p, 4, adjusted);
			for (size_t k = 0; k < 4; k++)
				alarm |= adjusted[k] <= l.alpha[i];
		}
		alarms += alarm;
	}
	assert_at_most(alarms, rounds, 0.1);
	assert_true(alarms > rounds / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bh_vector),
		cmocka_unit_test(bh_properties),
		cmocka_unit_test(bh_leaves_nan_out),
		cmocka_unit_test(bh_holds_its_rate),
		cmocka_unit_test(looks_stay_within_the_total),
		cmocka_unit_test(looks_as_documented),
		cmocka_unit_test(looks_hold_the_total),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
