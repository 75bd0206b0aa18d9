/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat.h"
#include "tests/unit/stat_kit.h"

/*
 * Units a side that a simulation of 4,000 runs a cell found (exact
 * Mann-Whitney, p <= alpha), for spreads of 1 to 5 %; formulas may differ by
 * one in twelve, and by one.
 */
static void needed_as_simulated(void **state)
{
	static const struct {
		double effect, alpha, power;
		size_t n[5];
	} cases[] = {
		{ 0.03, 0.01, 0.8, { 6, 13, 26, 46, 70 } },
		{ 0.03, 0.01, 0.95, { 7, 18, 40, 66, 0 } },
		{ 0.05, 0.01, 0.8, { 5, 6, 11, 17, 26 } },
		{ 0.05, 0.01, 0.95, { 5, 9, 15, 24, 38 } },
		{ 0.10, 0.01, 0.8, { 5, 5, 5, 6, 8 } },
		{ 0.05, 0.001, 0.8, { 7, 9, 16, 26, 36 } },
		{ 0.03, 0.001, 0.8, { 8, 19, 38, 66, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t cv = 1; cv <= 5; cv++) {
			double want = (double)cases[i].n[cv - 1], n;

			n = (double)stat_needed((double)cv / 100,
						-log1p(-cases[i].effect),
						cases[i].alpha, cases[i].power,
						false, 1);
			if (want > 0)
				assert_true(fabs(n - want) <= 1 + want / 12);
		}
}

static void needed_of_pairs(void **state)
{
	static const size_t want[] = { 8, 9, 13, 19, 28 };

	(void)state;
	for (size_t cv = 1; cv <= 5; cv++) {
		size_t n = stat_needed((double)cv / 100 * M_SQRT2,
				       -log1p(-0.05), 0.01, 0.8, true, 1);

		assert_true(n + 1 >= want[cv - 1] && n <= want[cv - 1] + 1);
	}
}

static void needed_has_its_limits(void **state)
{
	(void)state;
	/* 2 / 70 and 2 / 252; 2 / 32 and 2 / 64 */
	assert_int_equal(stat_needed(NAN, 0.02, 0.05, 0.8, false, 1), 4);
	assert_int_equal(stat_needed(0, 0.02, 0.01, 0.8, false, 1), 5);
	assert_int_equal(stat_needed(NAN, 0.02, 0.05, 0.8, true, 1), 6);
	assert_int_equal(stat_needed(NAN, 0.02, 0.05, 0.8, true, 10), 9);
	assert_int_equal(stat_needed(10, 1e-9, 0.05, 0.8, true, 1),
			 STAT_NEEDED_MAX);
	assert_int_equal(stat_needed(1, 0, 0.05, 0.8, true, 1), STAT_NEEDED_MAX);
	for (size_t metrics = 1; metrics < 50; metrics++) {
		assert_true(stat_needed(0.03, 0.03, 0.05, 0.8, false, metrics) <=
			    stat_needed(0.03, 0.03, 0.05, 0.8, false, metrics + 1));
		assert_true(stat_needed(0.001 * (double)metrics, 0.03, 0.05, 0.8,
					true, 3) <=
			    stat_needed(0.001 * (double)metrics + 0.001, 0.03,
					0.05, 0.8, true, 3));
	}
}

/* Simulated likewise: the 95 % interval of equal sides inside +-3 and +-5 %. */
static void needed_to_be_equal(void **state)
{
	static const double want3[] = { 5, 12, 26, 41, 65 };
	static const double want5[] = { 5, 6, 10, 17, 26 };

	(void)state;
	for (size_t cv = 1; cv <= 5; cv++) {
		double sd = (double)cv / 100, n;

		n = (double)stat_needed_equal(sd, log1p(0.03), 0.05, 0.8, false);
		assert_true(fabs(n - want3[cv - 1]) <= 1 + want3[cv - 1] / 12);
		n = (double)stat_needed_equal(sd, log1p(0.05), 0.05, 0.8, false);
		assert_true(fabs(n - want5[cv - 1]) <= 1 + want5[cv - 1] / 12);
	}
	assert_int_equal(stat_needed_equal(NAN, 0.02, 0.05, 0.8, true), 6);
}

/* What is promised is kept: the power with that many units, simulated. */
static void needed_is_enough(void **state)
{
	unsigned found = 0, equal = 0, rounds = 400;
	size_t n = stat_needed(0.03, 0.04, 0.05, 0.8, true, 4);
	size_t m = stat_needed_equal(0.03, 0.02, 0.05, 0.8, true);
	double d[200];
	struct rng r;

	(void)state;
	rng_seed(&r, 51);
	assert_true(n < 30 && m < 60);
	for (unsigned i = 0; i < rounds; i++) {
		struct stat_shift s;

		gausses(&r, d, n);
		for (size_t k = 0; k < n; k++)
			d[k] = 0.03 * d[k] - 0.04;
		found += stat_signed_rank(d, n).p * 4 <= 0.05;
		gausses(&r, d, m);
		for (size_t k = 0; k < m; k++)
			d[k] *= 0.03;
		stat_shift_paired(d, m, 0.05, &s);
		equal += s.low > -0.02 && s.high < 0.02;
	}
	assert_in_range(found, rounds * 74 / 100, rounds * 92 / 100);
	assert_in_range(equal, rounds * 74 / 100, rounds * 92 / 100);
}

/*
 * Halves of 40 normal values: the shift has a standard deviation of
 * sqrt(2 / 20 / 0.955) = 0.324, 1.96 times of which is 0.634.
 */
static void noise_floor(void **state)
{
	double sum = 0, pairs = 0, x[40], moved[40];
	struct rng r;

	(void)state;
	rng_seed(&r, 52);
	for (unsigned i = 0; i < 20; i++) {
		gausses(&r, x, 40);
		sum += stat_noise_floor(x, 40, i) / 20;
		pairs += stat_noise_floor_paired(x, 40, i) / 20;
	}
	near_at(sum, 0.634, 0.1, __LINE__);
	near_at(pairs, 1.96 / sqrt(40 * 0.955), 0.1, __LINE__);
	for (size_t i = 0; i < 40; i++)
		moved[i] = 100 - 3 * x[i];
	/* The same splits of other values. */
	near_at(stat_noise_floor(moved, 40, 7), 3 * stat_noise_floor(x, 40, 7),
		0.15, __LINE__);
	assert_true(stat_noise_floor(x, 40, 7) == stat_noise_floor(x, 40, 7));
	assert_true(isnan(stat_noise_floor(x, 3, 1)));
	assert_true(isnan(stat_noise_floor_paired(x, 1, 1)));
	assert_true(stat_noise_floor(x, 4, 1) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needed_as_simulated),
		cmocka_unit_test(needed_of_pairs),
		cmocka_unit_test(needed_has_its_limits),
		cmocka_unit_test(needed_to_be_equal),
		cmocka_unit_test(needed_is_enough),
		cmocka_unit_test(noise_floor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
