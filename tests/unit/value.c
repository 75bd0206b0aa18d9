/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/str.h"
#include "base/value.h"

struct good {
	const char *text;
	uint64_t value;
};

typedef const char *parser(const char *text, uint64_t *value);

static const char *bytes_of_1000(const char *text, uint64_t *value)
{
	return value_bytes(text, 1000, value);
}

static void check(parser *parse, const struct good *good, size_t n,
		  const char *const *bad, size_t n_bad)
{
	uint64_t v;

	for (size_t i = 0; i < n; i++) {
		const char *why = parse(good[i].text, &v);

		if (why || v != good[i].value)
			fail_msg("'%s' is %llu (%s), not %llu", good[i].text,
				 (unsigned long long)v, why ? why : "ok",
				 (unsigned long long)good[i].value);
	}
	for (size_t i = 0; i < n_bad; i++)
		if (!parse(bad[i], &v))
			fail_msg("'%s' was taken for %llu", bad[i],
				 (unsigned long long)v);
}

static void counts(void **state)
{
	static const struct good good[] = {
		{ "0", 0 }, { "12", 12 }, { "0x10", 16 }, { "3k", 3000 },
		{ "3K", 3000 }, { "1.5M", 1500000 }, { "2G", 2000000000 },
		{ "18446744073709551615", UINT64_MAX },
		{ "0xffffffffffffffff", UINT64_MAX },
	};
	static const char *const bad[] = {
		"", " 1", "1 ", "-1", "+1", "1.5", "1.", ".5", "k", "1kk", "1kb",
		"0x", "0xg", "x", "18446744073709551616", "0x10000000000000000",
		"99999999999T", "1e3", "1,5k",
	};

	(void)state;
	check(value_count, good, ARRAY_SIZE(good), bad, ARRAY_SIZE(bad));
}

static void signed_counts(void **state)
{
	int64_t v;

	(void)state;
	assert_null(value_int("-1", &v));
	assert_int_equal(v, -1);
	assert_null(value_int("+7", &v));
	assert_int_equal(v, 7);
	assert_null(value_int("9223372036854775807", &v));
	assert_true(v == INT64_MAX);
	assert_non_null(value_int("9223372036854775808", &v));
	assert_non_null(value_int("--1", &v));
	assert_non_null(value_int("-", &v));
	assert_non_null(value_int("", &v));
}

static void sizes(void **state)
{
	static const struct good good[] = {
		{ "4096", 4096 }, { "64K", 65536 }, { "64k", 65536 },
		{ "64KB", 65536 }, { "64KiB", 65536 }, { "1.5G", 1610612736 },
		{ "512b", 512 }, { "0.5K", 512 }, { "1P", 1ULL << 50 },
		{ "25%", 250 }, { "100%", 1000 }, { "0.5%", 5 }, { "0", 0 },
		{ "16383P", 16383ULL << 50 },
	};
	static const char *const bad[] = {
		"", "K", "1.5", "1X", "64Kib ", "-1", "20000P", "1%%", "%",
		"64 K", "1KiBs", "0x10",
	};
	uint64_t v;

	(void)state;
	check(bytes_of_1000, good, ARRAY_SIZE(good), bad, ARRAY_SIZE(bad));
	assert_non_null(value_bytes("25%", 0, &v));
	assert_null(value_bytes("100%", UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
}

static void durations(void **state)
{
	static const struct good good[] = {
		{ "10", 10 * NSEC_PER_SEC }, { "10s", 10 * NSEC_PER_SEC },
		{ "1m30s", 90 * NSEC_PER_SEC }, { "1.5h", 5400 * NSEC_PER_SEC },
		{ "100ms", 100 * NSEC_PER_MSEC }, { "20us", 20000 },
		{ "5ns", 5 }, { "2d", 172800 * NSEC_PER_SEC },
		{ "0.25", NSEC_PER_SEC / 4 }, { "1m500ms", 60500 * NSEC_PER_MSEC },
		{ "0", 0 },
	};
	static const char *const bad[] = {
		"", "s", "1x", "1m30", "1 s", "-1s", "1sm", "1mss", "500000000000",
		"300000d", "10%", "1h ",
	};

	(void)state;
	check(value_duration, good, ARRAY_SIZE(good), bad, ARRAY_SIZE(bad));
}

static void doubles(void **state)
{
	static const char *const bad[] = { "",	  "inf", "nan",	 "0x1p3", "1,5",
					   "1e999", " 1",  "1.5x", "e",	  "-" };
	double v;

	(void)state;
	assert_null(value_double("12.5", &v));
	assert_true(v == 12.5);
	assert_null(value_double("-1e-3", &v));
	assert_true(v == -0.001);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!value_double(bad[i], &v))
			fail_msg("'%s' was taken for %g", bad[i], v);
}

static void bools(void **state)
{
	int v = -1;

	(void)state;
	assert_null(value_bool("Yes", &v));
	assert_int_equal(v, 1);
	assert_null(value_bool("off", &v));
	assert_int_equal(v, 0);
	assert_non_null(value_bool("2", &v));
	assert_non_null(value_bool("", &v));
}

static void texts(void **state)
{
	char buf[VALUE_TEXT];

	(void)state;
	assert_string_equal(value_format_bytes(buf, 64 << 20), "64M");
	assert_string_equal(value_format_bytes(buf, 0), "0");
	assert_string_equal(value_format_bytes(buf, 1025), "1025");
	assert_string_equal(value_format_duration(buf, 90 * NSEC_PER_SEC), "1m30s");
	assert_string_equal(value_format_duration(buf, 100 * NSEC_PER_MSEC), "100ms");
	assert_string_equal(value_format_duration(buf, 1500 * NSEC_PER_MSEC), "1.5s");
	assert_string_equal(value_format_duration(buf, 0), "0s");
	assert_string_equal(value_format_duration(buf, 60 * NSEC_PER_SEC + 1),
			    "1m1ns");
	assert_string_equal(value_format_short(buf, 1234567), "1.23M");
	assert_string_equal(value_format_short(buf, 45600), "45.6k");
	assert_string_equal(value_format_short(buf, 789), "789");
	assert_string_equal(value_format_short(buf, 789.4), "789");
	assert_string_equal(value_format_short(buf, 0.0123), "12.3m");
	assert_string_equal(value_format_short(buf, 999.6), "1.00k");
	assert_string_equal(value_format_short(buf, -2.5), "-2.50");
	assert_string_equal(value_format_short(buf, 0), "0");
	assert_string_equal(value_format_short(buf, 1e30), "1.00e+30");
	assert_string_equal(value_format_short(buf, 5e-13), "5.00e-13");
}

/* What is printed reads back the same. */
static void round_trips(void **state)
{
	struct rng rng;
	char buf[VALUE_TEXT];

	(void)state;
	rng_seed(&rng, 1);
	for (int i = 0; i < 20000; i++) {
		uint64_t v = rng_next(&rng) >> rng_below(&rng, 64), back;

		v <<= rng_below(&rng, 40);
		if (value_bytes(value_format_bytes(buf, v), 0, &back) || back != v)
			fail_msg("%llu bytes became '%s'", (unsigned long long)v, buf);
		if (value_duration(value_format_duration(buf, v), &back) ||
		    back != v)
			fail_msg("%llu ns became '%s'", (unsigned long long)v, buf);
	}
}

static void numbers_in_a_line(void **state)
{
	uint64_t v[3] = { 7, 7, 7 };

	(void)state;
	assert_int_equal(str_numbers(" 12\t0 18446744073709551615 5\n", v, 3), 3);
	assert_int_equal(v[0], 12);
	assert_int_equal(v[1], 0);
	assert_true(v[2] == UINT64_MAX);
	assert_int_equal(str_numbers("1 max 3", v, 3), 1);
	assert_int_equal(str_numbers("-1 2", v, 3), 0);
	assert_int_equal(str_numbers("", v, 3), 0);
	assert_int_equal(str_numbers("1\n2", v, 3), 1);
}

static void lists_that_meet(void **state)
{
	(void)state;
	assert_true(words_meet("memory io", "io"));
	assert_true(words_meet("cpu", "memory  cpu thp"));
	assert_true(words_meet(" b", "a b"));
	assert_false(words_meet("io", "ioctl radio"));
	assert_false(words_meet("ioctl", "io"));
	assert_false(words_meet("", "a"));
	assert_false(words_meet("a", ""));
	assert_false(words_meet(" ", "  "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),    cmocka_unit_test(signed_counts),
		cmocka_unit_test(sizes),     cmocka_unit_test(durations),
		cmocka_unit_test(doubles),   cmocka_unit_test(bools),
		cmocka_unit_test(texts),     cmocka_unit_test(round_trips),
		cmocka_unit_test(numbers_in_a_line),
		cmocka_unit_test(lists_that_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
