/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/slices.h"

/* All values are small whole numbers, so sums of doubles are exact. */
static bool same(double a, double b)
{
	return a >= b && a <= b;
}

/* Adds @n borders, one unit long each, with the columns (i, 7 + i). */
static void fill(struct slices *s, uint64_t n)
{
	slices_init(s, 2);
	s->gauge[1] = true;
	for (uint64_t i = 0; i < n; i++) {
		double column[2] = { (double)i, 7 + (double)i };

		slices_add(s, (double)i, 1, 2, 3, i < 3 ? 1 : 0, column);
	}
}

static void as_they_come(void **state)
{
	struct slices s;

	(void)state;
	fill(&s, SLICES_MAX);
	assert_int_equal(s.n, SLICES_MAX);
	assert_int_equal(s.merged, 1);
	for (size_t i = 0; i < s.n; i++) {
		assert_true(same(s.start[i], i) && same(s.seconds[i], 1));
		assert_true(same(s.column[0][i], i) && same(s.column[1][i], 7 + i));
		assert_int_equal(s.flags[i], i < 3);
	}
	slices_free(&s);
	assert_int_equal(s.n, 0);
}

static void coarser(void **state)
{
	struct slices s;

	(void)state;
	fill(&s, SLICES_MAX + 1);
	assert_int_equal(s.merged, 2);
	assert_int_equal(s.n, SLICES_MAX / 2 + 1);
	for (size_t i = 0; i + 1 < s.n; i++) {
		assert_true(same(s.start[i], 2 * i) && same(s.seconds[i], 2));
		assert_true(same(s.cpu[i], 4) && same(s.wait[i], 6));
		assert_true(same(s.column[0][i], 4 * i + 1)); /* a count: the sum */
		assert_true(same(s.column[1][i], 8 + 2 * i)); /* a level: the later */
		assert_int_equal(s.flags[i], i < 2);
	}
	assert_true(same(s.seconds[s.n - 1], 1));
	slices_free(&s);
}

/* However many borders: bounded, of equal length, and nothing is lost. */
static void bounded(void **state)
{
	static const uint64_t many[] = { 1023, 1024, 1025, 2047, 2049, 5000, 65537,
					 1000000 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(many); k++) {
		double n = (double)many[k], seconds = 0, sum = 0, cpu = 0, wait = 0;
		struct slices s;

		fill(&s, many[k]);
		assert_true(s.n <= SLICES_MAX && s.n >= SLICES_MAX / 2);
		for (size_t i = 0; i < s.n; i++) {
			assert_true(same(s.start[i], seconds));
			assert_true(i + 1 == s.n || same(s.seconds[i], s.merged));
			seconds += s.seconds[i];
			cpu += s.cpu[i];
			wait += s.wait[i];
			sum += s.column[0][i];
		}
		assert_true(same(seconds, n) && same(cpu, 2 * n) && same(wait, 3 * n));
		assert_true(same(sum, n * (n - 1) / 2));
		assert_true(same(s.column[1][s.n - 1], 6 + n));
		slices_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_they_come),
		cmocka_unit_test(coarser),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
