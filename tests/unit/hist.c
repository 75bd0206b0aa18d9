/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The latency histogram: layout, error of a percentile, merging. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/rng.h"
#include "core/hist.h"

static struct hist a, b, both;

static int empty(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	memset(&both, 0, sizeof(both));
	return 0;
}

static void buckets_are_in_order_and_touch(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		uint64_t low = hist_low(i);

		assert_int_equal(hist_index(low), i);
		if (!i)
			continue;
		assert_true(low > hist_low(i - 1));
		assert_int_equal(hist_index(low - 1), i - 1);
	}
	assert_int_equal(hist_index((1ULL << HIST_TOP_BITS) - 1), HIST_BUCKETS - 1);
	assert_int_equal(hist_index(UINT64_MAX), HIST_BUCKETS - 1);
}

static void middles_are_less_than_one_percent_off(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 1);
	for (unsigned i = 0; i < 200000; i++) {
		uint64_t value = rng_next(&r) >> (64 - HIST_TOP_BITS + rng_below(&r, 30));
		uint64_t middle = hist_middle(hist_index(value));
		double off = (double)middle - (double)value;

		assert_true(off <= 0.0079 * value && off >= -0.0079 * value);
	}
}

static void empty_has_no_percentile(void **state)
{
	(void)state;
	assert_int_equal(hist_percentile(&a, 0.5), 0);
	hist_merge(&a, &b);
	assert_int_equal(a.count, 0);
	assert_int_equal(a.min, 0);
}

static void one_record_is_every_percentile(void **state)
{
	(void)state;
	hist_record(&a, 123457);
	assert_int_equal(hist_percentile(&a, 0), 123457);
	assert_int_equal(hist_percentile(&a, 0.5), 123457);
	assert_int_equal(hist_percentile(&a, 1), 123457);
}

static int compare(const void *x, const void *y)
{
	uint64_t p = *(const uint64_t *)x, q = *(const uint64_t *)y;

	return p < q ? -1 : p > q;
}

/* Against the sorted values, over four powers of ten. */
static void percentiles_follow_the_values(void **state)
{
	static const double shares[] = { 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999 };
	enum { N = 20000 };
	static uint64_t value[N];
	struct rng r;

	(void)state;
	rng_seed(&r, 2);
	for (unsigned i = 0; i < N; i++) {
		value[i] = 100 + rng_below(&r, 1000) * rng_below(&r, 1000);
		hist_record(&a, value[i]);
	}
	qsort(value, N, sizeof(value[0]), compare);
	for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		uint64_t want = value[(unsigned)(shares[i] * N + 0.999999) - 1];
		double got = hist_percentile(&a, shares[i]);

		assert_true(got > 0.992 * want && got < 1.008 * want);
	}
	assert_int_equal(hist_percentile(&a, 0), value[0]);
	assert_int_equal(hist_percentile(&a, 1), value[N - 1]);
}

static void merging_equals_recording_into_one(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 3);
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t value = rng_next(&r) >> (20 + rng_below(&r, 40));

		hist_record(i % 3 ? &a : &b, value);
		hist_record(&both, value);
	}
	hist_merge(&a, &b);
	assert_memory_equal(&a, &both, sizeof(a));
	memset(&b, 0, sizeof(b));
	hist_merge(&b, &a);
	assert_memory_equal(&b, &both, sizeof(b));
}

static void beyond_the_top_only_the_maximum_is_known(void **state)
{
	(void)state;
	hist_record(&a, 5);
	hist_record(&a, 3ULL << HIST_TOP_BITS);
	assert_int_equal(hist_percentile(&a, 0.5), 5);
	assert_int_equal(hist_percentile(&a, 0.99), 3ULL << HIST_TOP_BITS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(buckets_are_in_order_and_touch, empty),
		cmocka_unit_test_setup(middles_are_less_than_one_percent_off, empty),
		cmocka_unit_test_setup(empty_has_no_percentile, empty),
		cmocka_unit_test_setup(one_record_is_every_percentile, empty),
		cmocka_unit_test_setup(percentiles_follow_the_values, empty),
		cmocka_unit_test_setup(merging_equals_recording_into_one, empty),
		cmocka_unit_test_setup(beyond_the_top_only_the_maximum_is_known, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
