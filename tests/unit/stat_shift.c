/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat_parts.h"
#include "tests/unit/stat_kit.h"

static double elements[2500];

static size_t all_differences(const double *a, size_t n, const double *b, size_t m)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			elements[i * m + j] = b[j] - a[i];
	return n * m;
}

static size_t all_averages(const double *d, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++)
			elements[k++] = (d[i] + d[j]) / 2;
	return k;
}

static void published_vector(void **state)
{
	double a[] = { 100, 101.2, 98.7, 102.3, 97.9, 100.6, 99.4, 101.7 };
	double b[] = { 96.8, 98.1, 95.2, 99, 94.7, 97.3, 96.1, 98.5 };
	struct stat_shift s;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		a[i] = log(a[i]);
		b[i] = log(b[i]);
	}
	assert_true(stat_shift(a, 8, b, 8, 0.05, &s));
	near_at(expm1(s.estimate), -0.0324723, 2e-6, __LINE__);
	near_at(expm1(s.low), -0.0488759, 2e-6, __LINE__);
	near_at(expm1(s.high), -0.0150000, 2e-6, __LINE__);
	assert_true(s.confidence >= 0.95 && s.confidence < 0.96);
	assert_true(stat_shift(a, 8, b, 8, 0.01, &s));
	near_at(expm1(s.low), -0.0586481, 2e-6, __LINE__);
	near_at(expm1(s.high), -0.0061287, 2e-6, __LINE__);
	assert_true(s.confidence >= 0.99);
}

/* numpy: all differences or averages sorted; null distributions enumerated. */
static void computed_vectors(void **state)
{
	double a[11], b[12];
	struct stat_shift s;

	(void)state;
	powers(a, 9, 5, 31, 10007, 0.001, 0);
	powers(b, 12, 77, 37, 10009, 0.001, 0);
	stat_shift(a, 9, b, 12, 0.05, &s);
	assert_near(s.estimate, -0.4535);
	assert_near(s.low, -3.119);
	assert_near(s.high, 1.841);
	assert_near(s.confidence, 0.950927091484367);
	stat_shift(a, 9, b, 12, 0.01, &s);
	assert_near(s.low, -3.683);
	assert_near(s.high, 2.694);
	assert_near(s.confidence, 0.990712074303406);
	powers(a, 11, 5, 31, 10007, 0.001, -3500);
	stat_shift_paired(a, 11, 0.05, &s);
	assert_near(s.estimate, 1.03375);
	assert_near(s.low, -1.2335);
	assert_near(s.high, 3.0875);
	assert_near(s.confidence, 0.9580078125);
}

/* Selection against sorting everything, with and without equal values. */
static void selection_is_sorting(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 21);
	for (unsigned i = 0; i < 300; i++) {
		size_t n = 1 + rng_below(&r, 50), m = 1 + rng_below(&r, 50), k;
		double a[50], b[50], confidence, c;
		struct stat_shift s;

		gausses(&r, a, n);
		gausses(&r, b, m);
		for (size_t j = 0; i % 2 && j < n; j++)
			a[j] = round(a[j]);
		for (size_t j = 0; i % 2 && j < m; j++)
			b[j] = round(b[j]);
		stat_shift(a, n, b, m, 0.05, &s);
		k = all_differences(a, n, b, m);
		c = stat_critical(n, m, 0.05, &confidence);
		assert_true(s.estimate == stat_median(elements, k));
		assert_true(s.estimate == stat_hl(a, n, b, m));
		assert_true(s.confidence == confidence);
		if (c >= 0) {
			double *sorted = stat_sorted(elements, k);

			assert_true(s.low == sorted[(size_t)c]);
			assert_true(s.high == sorted[k - 1 - (size_t)c]);
			free(sorted);
		}
		stat_shift_paired(a, n, 0.05, &s);
		k = all_averages(a, n);
		near_at(s.estimate, stat_median(elements, k), 1e-15, __LINE__);
		assert_true(s.low <= s.estimate && s.estimate <= s.high);
	}
}

static void shifts_follow_the_samples(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 22);
	for (unsigned i = 0; i < 50; i++) {
		double a[12], b[10], moved[12];
		struct stat_shift s, t, turned;

		gausses(&r, a, 12);
		gausses(&r, b, 10);
		stat_shift(a, 12, b, 10, 0.05, &s);
		stat_shift(b, 10, a, 12, 0.05, &turned);
		near_at(turned.estimate, -s.estimate, 1e-12, __LINE__);
		near_at(turned.low, -s.high, 1e-12, __LINE__);
		near_at(turned.high, -s.low, 1e-12, __LINE__);
		for (size_t k = 0; k < 10; k++)
			moved[k] = b[k] + 3;
		stat_shift(a, 12, moved, 10, 0.05, &t);
		near_at(t.estimate, s.estimate + 3, 1e-12, __LINE__);
		near_at(t.low, s.low + 3, 1e-12, __LINE__);
		stat_shift_paired(a, 12, 0.05, &s);
		for (size_t k = 0; k < 12; k++)
			moved[k] = 2 * a[k] + 1;
		stat_shift_paired(moved, 12, 0.05, &t);
		near_at(t.estimate, 2 * s.estimate + 1, 1e-12, __LINE__);
		near_at(t.high, 2 * s.high + 1, 1e-12, __LINE__);
	}
}

/* The interval leaves out 0 exactly where the test says so at the same level. */
static void interval_and_test_agree(void **state)
{
	unsigned out = 0;
	struct rng r;

	(void)state;
	rng_seed(&r, 23);
	for (unsigned i = 0; i < 300; i++) {
		double a[9], b[7];
		struct stat_shift s;
		bool outside;

		gausses(&r, a, 9);
		gausses(&r, b, 7);
		for (size_t k = 0; k < 7; k++)
			b[k] += i % 3;
		stat_shift(a, 9, b, 7, 0.05, &s);
		outside = s.low > 0 || s.high < 0;
		assert_int_equal(outside, stat_mann_whitney(a, 9, b, 7).p <= 0.05);
		out += outside;
		stat_shift_paired(a, 9, 0.05, &s);
		outside = s.low > 0 || s.high < 0;
		assert_int_equal(outside, stat_signed_rank(a, 9).p <= 0.05);
	}
	assert_true(out > 50 && out < 250);
}

static void covers_as_stated(void **state)
{
	static const size_t sizes[] = { 4, 5, 7, 12, 20 };
	struct rng r;

	(void)state;
	rng_seed(&r, 24);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned missed = 0, missed_pairs = 0;
		size_t n = sizes[i];

		for (unsigned k = 0; k < 400; k++) {
			double a[20], b[20];
			struct stat_shift s;

			gausses(&r, a, n);
			gausses(&r, b, n);
			stat_shift(a, n, b, n, 0.05, &s);
			missed += s.low > 0 || s.high < 0;
			stat_shift_paired(a, n, 0.05, &s);
			missed_pairs += s.low > 0 || s.high < 0;
		}
		assert_at_most(missed, 400, 0.05);
		assert_at_most(missed_pairs, 400, 0.05);
	}
}

static void few_units_have_no_interval(void **state)
{
	static const double x[] = { 1, 2, 4, 8, 16 }, y[] = { 3, 5, 7, 9, 11 };
	struct stat_shift s;

	(void)state;
	assert_true(stat_shift(x, 3, y, 3, 0.05, &s));
	assert_near(s.estimate, 3);
	assert_true(s.confidence == 0 && s.low == -INFINITY && s.high == INFINITY);
	stat_shift(x, 4, y, 4, 0.05, &s);
	assert_near(s.confidence, 1 - 2 / 70.0);
	assert_near(s.low, 3 - 8);
	assert_near(s.high, 9 - 1);
	stat_shift_paired(x, 5, 0.05, &s);
	assert_true(s.confidence == 0 && s.low == -INFINITY);
	stat_shift_paired(x, 5, 0.1, &s);
	assert_near(s.confidence, 1 - 2 / 32.0);
	assert_near(s.low, 1);
	assert_near(s.high, 16);
	assert_false(stat_shift(x, 0, y, 5, 0.05, &s));
	assert_true(isnan(s.estimate) && isnan(s.low) && isnan(s.confidence));
	assert_false(stat_shift_paired(x, 0, 0.05, &s));
}

static void values_that_are_none(void **state)
{
	static const double bad[] = { NAN, INFINITY, -INFINITY };
	double x[6] = { 1, 2, 3, 4, 5, 6 };
	const double y[] = { 2, 3, 5, 7, 11, 13 };
	struct stat_shift s;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		x[2] = bad[i];
		assert_false(stat_shift(x, 6, y, 6, 0.05, &s));
		assert_true(isnan(s.estimate) && isnan(s.confidence));
		assert_false(stat_shift(y, 6, x, 6, 0.05, &s));
		assert_false(stat_shift_paired(x, 6, 0.05, &s));
		assert_true(isnan(stat_hl(x, 6, y, 6)));
		assert_true(isnan(stat_hl_paired(x, 6)));
		assert_true(stat_mann_whitney(x, 6, y, 6).p > 0);
		assert_true(stat_signed_rank(x, 6).p > 0);
	}
	/* Differences of the largest are infinite, yet in order. */
	x[2] = 1.7e308;
	assert_true(stat_shift(x, 6, y, 6, 0.05, &s));
}

/* Beyond counting the interval goes on without a jump in its confidence. */
static void many_units(void **state)
{
	static double a[500], b[500];
	struct stat_shift s;
	struct rng r;

	(void)state;
	rng_seed(&r, 25);
	gausses(&r, a, 500);
	gausses(&r, b, 500);
	stat_shift(a, 500, b, 500, 0.05, &s);
	assert_true(s.confidence >= 0.95 && s.confidence < 0.9505);
	/* 1.96 sqrt(2 / 500) / sqrt(0.955) = 0.127 */
	near_at(s.high - s.low, 2 * 0.127, 0.15, __LINE__);
	assert_true(s.low < s.estimate && s.estimate < s.high);
	stat_shift_paired(a, 500, 0.05, &s);
	assert_true(s.confidence >= 0.95 && s.confidence < 0.9505);
	near_at(s.high - s.low, 2 * 0.0897, 0.15, __LINE__);
	for (size_t n = 30; n < 70; n++) {
		stat_shift(a, n, b, n, 0.05, &s);
		assert_true(s.confidence >= 0.95 && s.confidence < 0.952);
		stat_shift_paired(a, n, 0.05, &s);
		assert_true(s.confidence >= 0.95 && s.confidence < 0.955);
	}
}

/* numpy */
static void one_sample(void **state)
{
	double x[13];

	(void)state;
	powers(x, 13, 5, 31, 10007, 0.001, 0);
	assert_near(stat_median(x, 13), 4.378);
	assert_near(stat_quantile(x, 13, 0.95), 8.0788);
	assert_near(stat_quantile(x, 13, 0.1), 0.6076);
	assert_near(stat_quantile(x, 13, 0), stat_quantile(x, 13, -1));
	assert_near(stat_mean(x, 13), 4.44392307692308);
	assert_near(stat_sd(x, 13), 2.55147563387472);
	assert_near(stat_sd_pooled(x, 13, x, 13), 2.55147563387472 *
						  sqrt(24 / 24.0));
	assert_near(stat_cv(x, 13), 0.574149369759419);
	assert_near(stat_autocorrelation(x, 13, 1), 0.17055771821928);
	assert_near(stat_autocorrelation(x, 13, 2), -0.417401447268448);
	assert_near(stat_autocorrelation(x, 13, 5), 0.162916912122523);
	assert_near(stat_median(x, 1), x[0]);
	assert_near(stat_median(x, 2), (x[0] + x[1]) / 2);
	assert_true(isnan(stat_median(x, 0)) && isnan(stat_sd(x, 1)));
	assert_true(isnan(stat_autocorrelation(x, 3, 3)));
	assert_true(isnan(stat_sd_pooled(x, 1, x, 1)));
}

/* scipy: norm.ppf, norm.cdf */
static void normal(void **state)
{
	static const struct {
		double p, z;
	} cases[] = {
		{ 0.975, 1.95996398454005 },
		{ 0.999, 3.09023230616781 },
		{ 1e-6, -4.7534243088229 },
		{ 1e-12, -7.03448382530113 },
		{ 0.3, -0.524400512708041 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		near_at(stat_normal_quantile(cases[i].p), cases[i].z, 1e-12,
			__LINE__);
	assert_true(stat_normal_quantile(0.5) == 0);
	assert_near(stat_normal(-5), 2.86651571879193e-07);
	assert_near(stat_normal(0.3), 0.617911422188953);
	near_at(stat_normal(stat_normal_quantile(1e-100)), 1e-100, 1e-9, __LINE__);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vector),
		cmocka_unit_test(computed_vectors),
		cmocka_unit_test(selection_is_sorting),
		cmocka_unit_test(shifts_follow_the_samples),
		cmocka_unit_test(interval_and_test_agree),
		cmocka_unit_test(covers_as_stated),
		cmocka_unit_test(few_units_have_no_interval),
		cmocka_unit_test(values_that_are_none),
		cmocka_unit_test(many_units),
		cmocka_unit_test(one_sample),
		cmocka_unit_test(normal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
