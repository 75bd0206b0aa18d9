/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values as text: numbers, words of any bytes, whole lines of a report. */
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/rng.h"
#include "reports/json.h"

static void numbers_ignore_the_locale(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;
	json_t *value = js_number(0.25);

	(void)state;
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
		setlocale(LC_NUMERIC, "");
	js_line(&s, value, 15);
	setlocale(LC_NUMERIC, "C");
	assert_string_equal(s.buf, "0.25\n");
	json_decref(value);
}

/* Of any size: in memory what a reader of the text gets, and near what was told. */
static void numbers_are_what_their_text_says(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 15);
	for (int i = 0; i < 20000; i++) {
		double told = ldexp((double)(rng_next(&rng) >> 11),
				    (int)rng_below(&rng, 160) - 130);
		json_t *value = js_number(i % 2 ? told : -told);
		double kept = fabs(json_number_value(value));
		char text[32];

		snprintf(text, sizeof(text), "%.15g", kept);
		assert_true(json_is_integer(value) || strtod(text, NULL) == kept);
		assert_true(fabs(kept - told) <= told * 6e-15);
		json_decref(value);
	}
}

static void line_is(const json_t *value, int digits)
{
	_cleanup_free_ char *wanted = json_dumps(
		value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
	_cleanup_str_ struct str s = STR_INIT;

	js_line(&s, value, digits);
	s.buf[s.len - 1] = '\0';
	assert_string_equal(s.buf, wanted);
}

static void value_is(const json_t *value, int digits)
{
	_cleanup_free_ char *wanted = json_dumps(
		value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
	_cleanup_str_ struct str s = STR_INIT;

	js_value(&s, value, digits);
	assert_string_equal(s.buf, wanted);
}

/* Whatever prints it, jansson or not. */
static void a_line_is_as_jansson_writes_it(void **state)
{
	json_t *odd = json_pack("{s:[i, I, I, f, f, f, f], s:{}, s:[], s:s, s:[n, b, b]}",
				"numbers", 0, INT64_MAX, INT64_MIN, 0.0, -0.5, 1e300,
				1e-9, "none", "empty", "a \"b\"\\\n",
				"\t\x01\x7f\xc3\xa4/", "words", 1, 0);
	struct rng rng;

	(void)state;
	assert_non_null(odd);
	for (int digits = 6; digits <= 17; digits++) {
		line_is(odd, digits);
		value_is(odd, digits);
	}
	json_decref(odd);
	rng_seed(&rng, 16);
	for (int i = 0; i < 20000; i++) {
		json_t *value = js_number(ldexp((double)(rng_next(&rng) >> 11),
						(int)rng_below(&rng, 100) - 80));

		line_is(value, 15);
		json_decref(value);
	}
}

static void any_text_becomes_valid(void **state)
{
	static const struct {
		const char *in, *out;
	} texts[] = {
		{ "plain", "plain" },
		{ "\xc3\xa4", "\xc3\xa4" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "a\xff" "b", "a\xef\xbf\xbd" "b" },
		{ "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		json_t *value = js_text(texts[i].in);

		assert_string_equal(json_string_value(value), texts[i].out);
		json_decref(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_ignore_the_locale),
		cmocka_unit_test(numbers_are_what_their_text_says),
		cmocka_unit_test(a_line_is_as_jansson_writes_it),
		cmocka_unit_test(any_text_becomes_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
