/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outcomes, percentiles, primaries, floor, environment and text of a comparison. */
#include <stdio.h>

#include "reports/text.h"
#include "tests/unit/compare_kit.h"

/* --- outcomes ---------------------------------------------------------------- */

/* The first @bad trials of a side end so. */
static void set_outcomes(struct kit *k, int side, size_t bad, const char *outcome)
{
	for (size_t i = 0; i < bad && i < k->n[side]; i++) {
		json_t *of = kit_case_of(k->doc[side][i], 0);
		json_t *trial = json_array_get(json_object_get(of, "trials"), 0);

		js_set(of, "outcome", json_string(outcome));
		js_set(trial, "outcome", json_string(outcome));
		js_set(trial, "reason", json_string("byte 17 is 3"));
	}
}

static void outcomes(void **state)
{
	static const struct {
		size_t base, new;
		const char *outcome, *verdict; /* NULL: not in the list */
		int code;
	} cases[] = {
		{ 0, 1, "fail", "regressed", 3 },	  { 0, 1, "hang", "regressed", 3 },
		{ 0, 1, "killed", "regressed", 3 },	  { 1, 2, "fail", "inconclusive", 0 },
		{ 1, 8, "fail", "regressed", 3 },	  { 8, 0, "fail", "improved", 0 },
		{ 0, 1, "broken", "inconclusive", 0 },	  { 2, 2, "fail", NULL, 0 },
		{ 0, 10, "fail", "regressed", 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kit k = { 0 };
		json_t *doc, *first;

		kit_order(&k, KIT_TURNS, 1);
		set_outcomes(&k, 0, cases[i].base, cases[i].outcome);
		set_outcomes(&k, 1, cases[i].new, cases[i].outcome);
		doc = kit_compare(&k);
		first = json_array_get(json_object_get(doc, "outcomes"), 0);
		if (cases[i].verdict)
			assert_text(first, "verdict", cases[i].verdict);
		else
			assert_null(first);
		if (cases[i].code)
			assert_number(doc, "exit_code", cases[i].code);
		if (cases[i].code)
			assert_text(doc, "verdict", "regressed");
		kit_free(&k);
	}
}

/* A new failure needs no statistics: one trial a side, in any order. */
static void new_failure(void **state)
{
	struct kit k = { 0 };

	(void)state;
	kit_order(&k, "AB", 1);
	set_outcomes(&k, 1, 1, "fail");
	assert_number(kit_compare(&k), "exit_code", 3);
	assert_non_null(strstr(js_get_text(json_array_get(json_object_get(k.result, "outcomes"), 0),
					   "text"), "byte 17 is 3"));
	kit_free(&k);
}

/* --- percentiles ------------------------------------------------------------- */

static void add_latency(struct kit *k, double events)
{
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k->n[s]; i++) {
			double mean = 1000 * kit_noise(i + s);
			json_t *m = kit_metric("latency", "latency", "lower", true);

			json_array_append_new(json_object_get(m, "values"), json_real(mean));
			js_set(m, "counts", json_pack("[f]", events));
			js_set(m, "percentiles",
			       json_pack("{s:[f], s:[f], s:[f], s:[f]}", "50", mean, "90", mean * 2,
					 "99", mean * 3, "99.9", mean * 4));
			js_add(json_object_get(kit_case_of(k->doc[s][i], 0), "metrics"), m);
		}
}

static void percentiles(void **state)
{
	static const struct {
		double events;
		const char *most; /* the highest one there is */
		const char *none;
	} cases[] = {
		{ 10, "mean", "p50" },	   { 20, "p50", "p90" },    { 99, "p50", "p90" },
		{ 100, "p90", "p99" },	   { 1000, "p99", "p99.9" }, { 9999, "p99", "p99.9" },
		{ 10000, "p99.9", "p100" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kit k = { 0 };

		kit_order(&k, KIT_TURNS, 1);
		add_latency(&k, cases[i].events);
		kit_compare(&k);
		assert_non_null(kit_row(k.result, "latency", cases[i].most));
		assert_null(kit_row(k.result, "latency", cases[i].none));
		kit_free(&k);
	}
}

static void primaries(void **state)
{
	static const struct {
		const char *patterns, *metric, *which;
		unsigned n;
	} cases[] = {
		{ "latency:p99", "latency", "p99", 1 }, { "ops:cpu", "ops", "cpu", 1 },
		{ "made/*:ops", "ops", "wall", 2 },	{ "*:p50,*:p90", "latency", "p90", 2 },
		{ "made/one:latency:mean", "latency", "mean", 1 },
	};
	struct kit k = { 0 };
	json_t *o;
	size_t i, m;

	(void)state;
	kit_order(&k, KIT_TURNS, 1);
	add_latency(&k, 1e6);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned n = 0;

		k.o.primary = cases[i].patterns;
		kit_compare(&k);
		assert_true(js_get_true(kit_row(k.result, cases[i].metric, cases[i].which), "primary"));
		json_array_foreach(json_object_get(k.result, "metrics"), m, o)
			n += js_get_true(o, "primary");
		assert_int_equal(n, cases[i].n);
	}
	k.o.primary = "ops,opps";
	assert_null(kit_compare(&k));
	assert_string_equal(k.why, "'opps' names no metric of this comparison");
	kit_free(&k);
}

/* --- floor ------------------------------------------------------------------- */

static double floor_of(void *ctx, const struct compare_row *row)
{
	assert_string_equal(row->fingerprint, "here");
	assert_string_equal(row->case_id, "made/one");
	return !strcmp(row->rate, "wall") ? *(double *)ctx : NAN;
}

static char *refuses(void *ctx, const char *fingerprint)
{
	(void)ctx;
	return xasprintf("machine '%s' is too noisy", fingerprint);
}

static void floors(void **state)
{
	double least = 0.1;
	struct kit k = { .o.floor = { .floor = floor_of, .ctx = &least } };
	json_t *row;

	(void)state;
	kit_order(&k, KIT_TURNS, 0.95);
	row = kit_row(kit_compare(&k), "ops", "wall");
	assert_number(row, "floor", 0.1);
	assert_number(row, "threshold", 0.1);
	assert_text(row, "verdict", "unchanged");
	assert_number(kit_row(k.result, "ops", "cpu"), "threshold", COMPARE_THRESHOLD);
	least = 0.001;
	assert_text(kit_row(kit_compare(&k), "ops", "wall"), "verdict", "regressed");
	k.o.threshold = 0.2;
	assert_number(kit_row(kit_compare(&k), "ops", "wall"), "threshold", 0.2);
	k.o.threshold = 0;
	k.o.floor.refuses = refuses;
	assert_number(kit_compare(&k), "exit_code", 125);
	assert_text(k.result, "gate_reason", "machine 'here' is too noisy");
	kit_free(&k);
}

/* --- environment and counters ------------------------------------------------ */

static void environment(void **state)
{
	struct kit k = { 0 };
	json_t *list;

	(void)state;
	kit_order(&k, KIT_TURNS, 1);
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k.n[s]; i++) {
			json_t *doc = k.doc[s][i];

			js_set(json_object_get(doc, "sysctl"), "vm.swappiness", json_integer(s ? 10 : 60));
			js_set(json_object_get(doc, "kernel"), "release", json_string(s ? "6.18.2" : "6.12.1"));
			js_set(doc, "environment", json_pack("{s:{s:i}}", "now", "load", (int)i));
			js_set(doc, "settings", json_pack("{s:i}", "seed", (int)i));
			js_set(kit_case_of(doc, 0), "fs", json_pack("{s:s}", "mount", s ? "rw" : "ro"));
		}
	js_set(json_object_get(k.doc[1][0], "sysctl"), "vm.swappiness", json_integer(20));
	list = json_object_get(kit_compare(&k), "environment");
	assert_int_equal(json_array_size(list), 3);
	assert_text(json_array_get(list, 0), "name", "kernel.release");
	assert_text(json_array_get(list, 0), "new", "6.18.2");
	assert_text(json_array_get(list, 1), "name", "sysctl.vm.swappiness");
	assert_text(json_array_get(list, 1), "base", "60");
	assert_text(json_array_get(list, 1), "new", "20 | 10");
	assert_text(json_array_get(list, 2), "name", "fs.mount.made/one");
	assert_text(json_array_get(json_object_get(k.result, "sides"), 1), "kernel", "6.18.2");
	kit_free(&k);
}

static void counters(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "rare" };
	static const double factor[] = { 1.1, 3, 2, 1.5, 9 };
	struct kit k = { 0 };
	json_t *list;

	(void)state;
	kit_order(&k, KIT_TURNS, 0.9);
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k.n[s]; i++) {
			json_t *trial = json_array_get(
				json_object_get(kit_case_of(k.doc[s][i], 0), "trials"), 0);
			json_t *vmstat = json_object_get(json_object_get(trial, "counters"), "vmstat");

			for (size_t n = 0; n < ARRAY_SIZE(names); n++)
				js_set(vmstat, names[n],
				       json_real((n == 4 ? 0.5 : 1e6) * kit_noise(i) * (s ? factor[n] : 1)));
			/* a counter that did not move is not told */
			if (s)
				js_set(vmstat, "fresh", json_real(1e6));
		}
	list = json_object_get(kit_row(kit_compare(&k), "ops", "wall"), "counters");
	assert_int_equal(json_array_size(list), 3);
	assert_text(json_array_get(list, 0), "name", "fresh");
	assert_true(json_is_null(json_object_get(json_array_get(list, 0), "change")));
	assert_text(json_array_get(list, 1), "name", "b");
	assert_text(json_array_get(list, 2), "name", "c");
	assert_true(fabs(js_get_number(json_array_get(list, 1), "base", 0) - 1) < 0.02);
	/* faults an operation did not change, though there were fewer of both */
	k.o.brief = true;
	list = json_object_get(kit_row(kit_compare(&k), "ops", "wall"), "counters");
	assert_int_equal(json_array_size(list), 0);
	kit_free(&k);
}

/* The median of slices only where every trial has enough of them. */
static void statistic(void **state)
{
	struct kit k = { 0 };

	(void)state;
	kit_order(&k, KIT_TURNS, 1);
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k.n[s]; i++) {
			json_t *m = kit_metric_of(kit_case_of(k.doc[s][i], 0), 0);

			js_set(m, "medians", json_pack("[f]", 5e5 * kit_noise(i)));
			js_set(m, "cpu_medians", json_pack("[f]", 7e5 * kit_noise(i)));
			js_set(m, "slices", json_pack("[i]", 3));
		}
	assert_text(kit_row(kit_compare(&k), "ops", "wall"), "statistic", "median");
	assert_true(js_get_number(kit_row(k.result, "ops", "cpu"), "base", 0) < 7.1e5);
	js_set(kit_metric_of(kit_case_of(k.doc[1][4], 0), 0), "slices", json_pack("[i]", 2));
	assert_text(kit_row(kit_compare(&k), "ops", "wall"), "statistic", "mean");
	assert_true(js_get_number(kit_row(k.result, "ops", "wall"), "base", 0) > 9e5);
	kit_free(&k);
}

/* --- text -------------------------------------------------------------------- */

static char *text_of(const json_t *doc, const struct text_style *style,
		     const struct compare_show *show)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	compare_text(doc, style, show, out);
	fclose(out);
	return text;
}

static void check_lines(char *text, size_t width)
{
	for (char *line; (line = strsep(&text, "\n"));) {
		assert_true(strlen(line) <= width);
		assert_true(!*line || line[strlen(line) - 1] != ' ');
		for (; *line; line++)
			assert_true((unsigned char)*line >= ' ');
	}
}

static void texts(void **state)
{
	struct text_style style = { .width = 80, .wrap = true };
	struct compare_show all = { .all = true }, quiet = { .quiet = true };
	struct kit k = { 0 };
	char *text;

	(void)state;
	kit_order(&k, KIT_TURNS, 0.9);
	add_latency(&k, 1e6);
	for (size_t i = 0; i < k.n[1]; i++)
		js_set(json_object_get(k.doc[1][i], "kernel"), "release",
		       json_string("6.18.2\033[31m\n evil"));
	kit_compare(&k);
	text = text_of(k.result, &style, &all);
	assert_non_null(strstr(text, "regressed"));
	assert_non_null(strstr(text, "kernel.release"));
	assert_true(strstr(text, "kernel.release") < strstr(text, "VERDICT"));
	check_lines(text, 80);
	free(text);
	style.wrap = false;
	text = text_of(k.result, &style, &quiet);
	assert_non_null(strstr(text, "\nregressed  made/one ops/s "));
	assert_null(strstr(text, "unchanged"));
	free(text);
	style.colour = true;
	text = text_of(k.result, &style, &quiet);
	assert_non_null(strstr(text, "\033[31mregressed\033[0m"));
	free(text);
	kit_free(&k);
}

/* --- hostile ----------------------------------------------------------------- */

/* Each value below a report in turn becomes something else; nothing breaks. */
static void replace_all(json_t *at, struct kit *k, unsigned depth)
{
	static const char *const others[] = { "null", "[]", "{}", "-1e300", "\"x\"", "[[1]]" };
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(at, next, key, value) {
		_cleanup_json_ json_t *kept = json_incref(value);

		for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
			js_set(at, key, json_loads(others[i], JSON_DECODE_ANY, NULL));
			kit_compare(k);
		}
		js_set(at, key, json_incref(kept));
		if (depth < 6 && json_is_object(kept))
			replace_all(kept, k, depth + 1);
		for (size_t i = 0; depth < 6 && i < json_array_size(kept) && i < 2; i++)
			replace_all(json_array_get(kept, i), k, depth + 1);
	}
}

static void hostile(void **state)
{
	struct kit k = { .o.force = true };

	(void)state;
	kit_order(&k, "ABBAAB", 0.9);
	add_latency(&k, 1e6);
	replace_all(k.doc[1][0], &k, 0);
	kit_free(&k);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes),    cmocka_unit_test(new_failure),
		cmocka_unit_test(percentiles), cmocka_unit_test(primaries),
		cmocka_unit_test(floors),      cmocka_unit_test(environment),
		cmocka_unit_test(counters),    cmocka_unit_test(statistic),
		cmocka_unit_test(texts),       cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
