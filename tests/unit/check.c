/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a document has to be like, and the parser that makes its values. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reports/check.h"
#include "reports/parse.h"
#include "tests/unit/report_dir.h"

static json_t *fixture;

static char *fault(void)
{
	return check_report(fixture);
}

/* Puts @bad in the place of a member; was that noticed? */
static void damage(json_t *object, const char *key, json_t *value, json_t *bad,
		   const char *within)
{
	char *why;

	json_incref(value);
	js_set(object, key, bad);
	why = fault();
	if (!why)
		fail_msg("'%s' of '%s' may be anything", key, within);
	free(why);
	js_set(object, key, value);
}

/* Every member that a report has is named by a rule. */
static void damage_all(json_t *value, const char *within)
{
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach(value, i, member)
		damage_all(member, within);
	json_object_foreach(value, key, member) {
		if (json_is_array(member))
			damage(value, key, member, json_string("x"), within);
		else if (!json_is_null(member))
			damage(value, key, member, json_pack("[{}]"), within);
		damage_all(member, key);
	}
}

static void no_member_is_left_out(void **state)
{
	(void)state;
	report_close(written(path));
	assert_int_equal(files_in_dir(), 1);
	fixture = loaded(path, REPORT_WHOLE);
	assert_null(fault());
	damage_all(fixture, "");
	assert_null(fault());
	json_decref(fixture);
}

/* --- the parser ------------------------------------------------------------------ */

static json_t *parsed(const char *text, const struct parse_skip *skip, size_t memory,
		      struct parse_result *r)
{
	_cleanup_free_ char *copy = xstrdup(text);

	return parse_json(copy, strlen(copy), skip, &memory, r);
}

/* Numbers are those that strtod() reads, whatever the locale. */
static void numbers_are_right(void **state)
{
	static const char *const texts[] = {
		"0", "-0", "1", "-1", "9007199254740993", "9223372036854775807",
		"-9223372036854775808", "0.1", "-0.1", "1.5e3", "1E+2", "2e-3", "0e5",
		"0.30000000000000004", "123456789012345678901234567890.5", "1e22",
		"1e23", "1e-22", "1e-23", "9007199254740992.5", "9007199254740993.0",
		"1.7976931348623157e308", "5e-324", "2.2250738585072011e-308",
		"1e-400", "1795264690.25", "0.000001", "8.5070591730234616e37",
	};

	(void)state;
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
		setlocale(LC_NUMERIC, "");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *text = xasprintf("{\"a\":%s}", texts[i]);
		_cleanup_json_ json_t *theirs = json_loads(text, 0, NULL);
		struct parse_result r;
		_cleanup_json_ json_t *ours = parsed(text, NULL, 1 << 20, &r);

		assert_non_null(theirs);
		if (!json_equal(ours, theirs))
			fail_msg("%s", texts[i]);
	}
	setlocale(LC_NUMERIC, "C");
}

static void random_numbers_are_right(void **state)
{
	uint64_t bits = 88172645463325252u;
	char text[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double value;
		struct parse_result r;
		json_t *doc;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		value = (double)(int64_t)bits / (double)(1 + (bits >> (i % 60)) % 100000);
		snprintf(text, sizeof(text), "{\"a\":%.*e}", 1 + i % 20, value);
		doc = parsed(text, NULL, 1 << 20, &r);
		if (json_number_value(json_object_get(doc, "a")) != strtod(text + 5, NULL))
			fail_msg("%s", text);
		json_decref(doc);
	}
}

/* Members are passed over at their depth only, and with them what is in them. */
static void members_are_passed_over(void **state)
{
	static const struct parse_skip skip[] = { { 1, "bulk x" }, { 3, "y" }, {} };
	static const char text[] = "{\"bulk\":[{\"]\":\"\\\"}\\\\\"},[1,{}]], \"a\":{\"x\":1},"
				   "\"b\":[{\"y\":{\"q\":[1]},\"x\":2}],\"x\":nonsense }";
	struct parse_result r;
	json_t *doc = parsed(text, skip, 1 << 20, &r), *wanted;

	(void)state;
	wanted = json_loads("{\"a\":{\"x\":1},\"b\":[{\"x\":2}]}", 0, NULL);
	assert_non_null(wanted);
	assert_true(json_equal(doc, wanted));
	json_decref(doc);
	json_decref(wanted);
	assert_null(parsed("{\"bulk\":[1,2", skip, 1 << 20, &r));
	assert_string_equal(r.wrong, "the text ends in the middle");
}

static void limits_are_kept(void **state)
{
	char deep[2 * PARSE_DEPTH + 8] = "{\"a\":";
	struct parse_result r = { 0 };
	json_t *doc;

	(void)state;
	for (int i = 1; i < PARSE_DEPTH; i++)
		strcat(deep, "[");
	for (int i = 1; i < PARSE_DEPTH; i++)
		strcat(deep, "]");
	strcat(deep, "}");
	doc = parsed(deep, NULL, 1 << 20, &r);
	assert_non_null(doc);
	json_decref(doc);
	deep[5] = '{'; /* one more cannot be put in: this is no list at all */
	assert_null(parsed(deep, NULL, 1 << 20, &r));
	assert_false(r.limit);
	assert_null(parsed("{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", NULL, 1 << 20, &r));
	assert_true(r.limit);
	assert_string_equal(r.wrong, "it is nested too deep");
	assert_null(parsed("{\"a\":[{},{},{},{},{},{}]}", NULL, 1000, &r));
	assert_true(r.limit);
	assert_string_equal(r.wrong, "it has too many values");
}

/* The case without what REPORT_METRICS may leave out. */
static json_t *without_details(const json_t *o)
{
	static const char *const kept[] = { "order", "started", "boot_id", "outcome",
					    "seconds", "cpu_seconds", "wait_seconds" };
	json_t *copy = json_deep_copy(o), *list = json_array(), *one;
	size_t i;

	json_array_foreach(json_object_get(copy, "metrics"), i, one) {
		json_object_del(one, "mins");
		json_object_del(one, "maxs");
	}
	json_array_foreach(json_object_get(copy, "trials"), i, one) {
		json_t *trial = json_object();

		for (size_t k = 0; k < ARRAY_SIZE(kept); k++)
			js_copy(trial, one, kept[k]);
		js_add(list, trial);
	}
	js_set(copy, "trials", list);
	json_object_del(copy, "checks");
	json_object_del(copy, "tags");
	return copy;
}

/* What is left out for many reports at once changes nothing else. */
static void metrics_are_a_part(void **state)
{
	char *why = NULL;

	(void)state;
	for (int sealed = 0; sealed < 2; sealed++) {
		struct report_writer *w = written(path);
		json_t *summary, *metrics, *one;
		size_t i;

		if (sealed)
			assert_int_equal(report_seal(w, &why), 0);
		report_close(w);
		summary = loaded(path, REPORT_SUMMARY);
		metrics = loaded(path, REPORT_METRICS);
		assert_null(json_object_get(at(at(metrics, "cases", 0), "trials", 0), "counters"));
		json_array_foreach(json_object_get(summary, "cases"), i, one) {
			_cleanup_json_ json_t *a = without_details(one);
			_cleanup_json_ json_t *b = without_details(at(metrics, "cases", i));

			assert_true(json_equal(a, b));
		}
		json_decref(summary);
		json_decref(metrics);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_member_is_left_out),
		cmocka_unit_test(numbers_are_right),
		cmocka_unit_test(random_numbers_are_right),
		cmocka_unit_test(members_are_passed_over),
		cmocka_unit_test(limits_are_kept),
		TEST(metrics_are_a_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
