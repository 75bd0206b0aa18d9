/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat.h"
#include "tests/unit/stat_kit.h"

static const double v1[] = { 1, 2, 3, 5, 8 }, w1[] = { 5, 10, 20, 4, 1 };
static const double v2[] = { 2, 3, 4, 8, 9 }, w2[] = { 3, 9, 14, 2, 2 };
static const double v3[] = { 1, 2, 4 }, w3[] = { 1, 1, 2 };
static const double v4[] = { 3, 5, 9 }, w4[] = { 4, 4, 2 };

/* scipy: energy_distance of mixtures; all choices of 2 of 5 trials. */
static void distance_vectors(void **state)
{
	const struct stat_hist a[] = { { v1, w1, 5 }, { v3, w3, 3 } };
	const struct stat_hist b[] = { { v2, w2, 5 }, { v4, w4, 3 },
				       { v4, w2, 3 } };
	struct stat_energy e = stat_energy(a, 1, b, 1, 1);

	(void)state;
	assert_near(e.distance, 0.844508404010549);
	assert_near(e.p, 1);
	e = stat_energy(a, 2, b, 3, 1);
	assert_near(e.distance, 1.32371488758847);
	assert_near(e.p, 0.2);
	assert_true(e.exact);
	e = stat_energy(b, 3, a, 2, 1);
	assert_near(e.distance, 1.32371488758847);
	assert_near(e.p, 0.2);
	e = stat_energy(a, 0, b, 3, 1);
	assert_near(e.p, 1);
}

#define BINS 24
static double values[BINS], counts[40][BINS];
static struct stat_hist trials[40];

/* Histograms of 500 normal values, of another @width for trials from @from. */
static void draw(struct rng *r, size_t n, size_t from, double width, double own)
{
	for (size_t b = 0; b < BINS; b++)
		values[b] = (double)b / 3 - 4;
	for (size_t i = 0; i < n; i++) {
		double shift = own * gauss(r), w = i < from ? 1 : width;

		for (size_t b = 0; b < BINS; b++)
			counts[i][b] = 0;
		for (unsigned k = 0; k < 500; k++) {
			double x = (w * gauss(r) + shift + 4) * 3;

			counts[i][x < 0 ? 0 : x >= BINS ? BINS - 1 : (size_t)x]++;
		}
		trials[i] = (struct stat_hist){ values, counts[i], BINS };
	}
}

static void equal_trials_hardly_ever_differ(void **state)
{
	unsigned low = 0;
	struct rng r;

	(void)state;
	rng_seed(&r, 41);
	for (unsigned i = 0; i < 200; i++) {
		struct stat_energy e;

		/* Each trial has a shift of its own, the same for all its values. */
		draw(&r, 10, 5, 1, 0.3);
		e = stat_energy(trials, 5, trials + 5, 5, i);
		assert_true(e.exact && e.p >= 2 / 252.0 && e.p <= 1);
		low += e.p <= 0.05;
	}
	assert_at_most(low, 200, 0.05);
	assert_true(low > 2);
}

static void width_is_found_where_the_median_stays(void **state)
{
	struct stat_energy e;
	struct rng r;

	(void)state;
	rng_seed(&r, 42);
	draw(&r, 16, 8, 1.3, 0.05);
	e = stat_energy(trials, 8, trials + 8, 8, 1);
	assert_true(e.exact);
	assert_near(e.p, 2 / 12870.0);
}

static void drawn_permutations_are_like_all(void **state)
{
	struct stat_energy all, drawn, again;
	struct rng r;

	(void)state;
	rng_seed(&r, 43);
	draw(&r, 40, 20, 1, 0.2);
	/* 8 and 8: 12870 are visited; 12 and 12 are drawn. */
	all = stat_energy(trials, 8, trials + 8, 8, 1);
	drawn = stat_energy(trials, 12, trials + 12, 12, 1);
	again = stat_energy(trials, 12, trials + 12, 12, 1);
	assert_true(all.exact && !drawn.exact);
	assert_true(drawn.p == again.p);
	assert_near(fmod(drawn.p * 10000 + 0.5, 1), 0.5);
	draw(&r, 24, 12, 1.5, 0.05);
	drawn = stat_energy(trials, 12, trials + 12, 12, 1);
	assert_near(drawn.p, 1e-4);
}

static void one_distribution_is_no_distance(void **state)
{
	const struct stat_hist same[] = { { v1, w1, 5 }, { v1, w1, 5 },
					  { v1, w1, 5 }, { v1, w1, 5 } };
	struct stat_energy e = stat_energy(same, 2, same + 2, 2, 1);

	(void)state;
	assert_true(e.distance == 0);
	assert_near(e.p, 1);
}

static void change_points(void **state)
{
	size_t point[30];
	double x[60];
	struct rng r;

	(void)state;
	rng_seed(&r, 44);
	gausses(&r, x, 60);
	for (size_t i = 0; i < 60; i++)
		x[i] += i < 20 ? 0 : i < 41 ? 6 : -2;
	assert_int_equal(stat_ediv(x, 60, 0.01, 199, 1, point), 2);
	assert_int_equal(point[0], 20);
	assert_int_equal(point[1], 41);
	/* The other direction, the other sign, another unit. */
	for (size_t i = 0; i < 30; i++) {
		double swap = x[i];

		x[i] = -1000 * x[59 - i];
		x[59 - i] = -1000 * swap;
	}
	assert_int_equal(stat_ediv(x, 60, 0.01, 199, 1, point), 2);
	assert_int_equal(point[0], 19);
	assert_int_equal(point[1], 40);
}

/* p is never below 1 / (permutations + 1). */
static void few_permutations_show_nothing(void **state)
{
	size_t point[10];
	double x[20];

	(void)state;
	for (size_t i = 0; i < 20; i++)
		x[i] = i < 10 ? 0 : 9;
	assert_int_equal(stat_ediv(x, 20, 0.01, 98, 1, point), 0);
	assert_int_equal(stat_ediv(x, 20, 0.01, 99, 1, point), 1);
}

static void no_change_points(void **state)
{
	size_t point[10];
	double x[20];
	unsigned alarms = 0;
	struct rng r;

	(void)state;
	for (size_t i = 0; i < 20; i++)
		x[i] = 0.1;
	assert_int_equal(stat_ediv(x, 20, 0.05, 199, 1, point), 0);
	assert_int_equal(stat_ediv(x, 0, 0.05, 199, 1, point), 0);
	assert_int_equal(stat_ediv(x, 3, 0.05, 199, 1, point), 0);
	rng_seed(&r, 45);
	for (unsigned i = 0; i < 200; i++) {
		gausses(&r, x, 20);
		alarms += stat_ediv(x, 20, 0.05, 199, i, point) > 0;
	}
	assert_at_most(alarms, 200, 0.05);
	assert_true(alarms > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_vectors),
		cmocka_unit_test(equal_trials_hardly_ever_differ),
		cmocka_unit_test(width_is_found_where_the_median_stays),
		cmocka_unit_test(drawn_permutations_are_like_all),
		cmocka_unit_test(one_distribution_is_no_distance),
		cmocka_unit_test(change_points),
		cmocka_unit_test(few_permutations_show_nothing),
		cmocka_unit_test(no_change_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
