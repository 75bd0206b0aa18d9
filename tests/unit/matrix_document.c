/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "reports/text.h"
#include "tests/unit/report_dir.h"
#include "vm-matrix/document/render.h"
#include "vm-matrix/document/view.h"

static json_t *fixture(void)
{
	struct report_writer *w = written(path);
	char *why = NULL;

	assert_int_equal(report_seal(w, &why), 0);
	no_error(why);
	report_close(w);
	return loaded(path, REPORT_SUMMARY);
}

static const char file[] =
	"{\"kernels\": [\"series:6.1\", \"series:6.12\"], \"architectures\": [\"amd64\"],"
	" \"jobs\": [{\"name\": \"j\", \"argv\": [\"--nop\", \"1\"]}]}";

static struct matrix_plan *plan_of(void)
{
	char *why = NULL;
	struct matrix_plan *plan = plan_parse("x.json", file, strlen(file), NULL, &why);

	no_error(why);
	return plan;
}

static json_t *document(const struct matrix_plan *plan)
{
	static char *argv[] = { (char *)"strain", (char *)"matrix" };

	return matrix_new(plan, &(struct matrix_start){
		.argc = 2, .argv = argv, .started = 1795290000.25 });
}

static json_t *cell_of(const struct matrix_plan *plan, size_t i, enum matrix_outcome outcome)
{
	struct words tail = { 0 };
	json_t *cell;

	for (int k = 0; k < 100; k++)
		words_add(&tail, k == 99 ? "the \033[1mlast\001 \xff" : "a line");
	cell = matrix_cell(&(struct matrix_cell){
		.plan = &plan->cell[i], .release = "6.12.1", .outcome = outcome,
		.reason = outcome == MATRIX_PASS ? NULL : "why", .started = 1795290001,
		.seconds = 20.5, .boot_seconds = 3, .accel = "tcg", .console_tail = &tail,
	});
	words_free(&tail);
	return cell;
}

/* A document says why kernels may be missing. */
static void notes(void **state)
{
	struct matrix_plan *plan = plan_of();
	json_t *none = document(plan), *one;

	(void)state;
	words_add(&plan->notes, "it is raining");
	one = document(plan);
	assert_null(json_object_get(none, "notes"));
	assert_string_equal(json_string_value(json_array_get(json_object_get(one, "notes"), 0)),
			    "it is raining");
	json_decref(none);
	json_decref(one);
	matrix_plan_free(plan);
}

/* What never ran is told; a cell that ran replaces it, in its place. */
static void builds(void **state)
{
	struct matrix_plan *plan = plan_of();
	_cleanup_json_ json_t *doc = document(plan);
	const json_t *cells = json_object_get(doc, "cells"), *cell, *tail;

	(void)state;
	assert_int_equal(json_array_size(cells), 2);
	assert_int_equal(matrix_exit(doc), EXIT_INTERRUPTED);
	matrix_add(doc, cell_of(plan, 1, MATRIX_PASS));
	assert_int_equal(matrix_exit(doc), EXIT_INTERRUPTED);
	matrix_add(doc, cell_of(plan, 0, MATRIX_PANIC));
	matrix_seal(doc, 60);
	assert_int_equal(json_array_size(cells), 2);
	cell = json_array_get(cells, 0);
	assert_string_equal(text_get(cell, "id"), "6.1/amd64/default/default/j");
	assert_string_equal(text_get(cell, "outcome"), "panic");
	tail = json_object_get(cell, "console_tail");
	assert_int_equal(json_array_size(tail), MATRIX_CONSOLE_TAIL);
	assert_null(strpbrk(json_string_value(json_array_get(tail, MATRIX_CONSOLE_TAIL - 1)),
			    "\033\001"));
	assert_string_equal(text_get(doc, "outcome"), "panic");
	assert_int_equal(matrix_exit(doc), EXIT_FAIL);
	matrix_plan_free(plan);
}

static void round_trip(void **state)
{
	struct matrix_plan *plan = plan_of();
	_cleanup_json_ json_t *doc = document(plan), *again = NULL, *folder = NULL;
	_cleanup_free_ char *json = xasprintf("%s/matrix.json", dir);
	char *why = NULL;

	(void)state;
	matrix_add(doc, cell_of(plan, 0, MATRIX_PASS));
	matrix_count(doc);
	assert_int_equal(output_document(json, doc, &why), 0);
	assert_int_equal(files_in_dir(), 1);
	again = matrix_load(json, &why);
	no_error(why);
	assert_true(json_equal(doc, again));
	folder = matrix_load(dir, &why);
	no_error(why);
	assert_true(json_equal(doc, folder));
	assert_int_not_equal(output_document("/proc/matrix.json", doc, &why), 0);
	assert_non_null(why);
	free(why);
	matrix_plan_free(plan);
}

/* Of a real report: outcomes, medians, no more. */
static void summary(void **state)
{
	struct matrix_plan *plan = plan_of();
	_cleanup_json_ json_t *report = NULL, *cell = NULL;
	json_t *kept, *first;
	const json_t *metric;

	(void)state;
	report = fixture();
	cell = matrix_cell(&(struct matrix_cell){ .plan = &plan->cell[0], .report = report });
	kept = json_object_get(cell, "report");
	assert_int_equal(json_array_size(json_object_get(kept, "cases")),
			 json_array_size(json_object_get(report, "cases")));
	first = at(kept, "cases", 0);
	assert_non_null(json_object_get(first, "outcome"));
	assert_null(json_object_get(first, "trials"));
	metric = at(first, "metrics", 0);
	assert_true(json_is_number(json_object_get(metric, "median")));
	assert_null(json_object_get(metric, "values"));
	matrix_plan_free(plan);
}

static void codes(void **state)
{
	static const enum exit_code wanted[MATRIX_OUTCOMES] = {
		[MATRIX_PASS] = EXIT_PASS, [MATRIX_FAIL] = EXIT_FAIL,
		[MATRIX_PANIC] = EXIT_FAIL, [MATRIX_OOPS] = EXIT_FAIL,
		[MATRIX_HANG] = EXIT_HANG, [MATRIX_NO_BOOT] = EXIT_BROKEN,
		[MATRIX_TRUNCATED] = EXIT_BROKEN, [MATRIX_QEMU_FAILED] = EXIT_BROKEN,
		[MATRIX_TIMEOUT] = EXIT_BROKEN, [MATRIX_SKIPPED] = EXIT_ALL_SKIPPED,
		[MATRIX_BROKEN] = EXIT_BROKEN, [MATRIX_INTERRUPTED] = EXIT_INTERRUPTED,
	};
	struct matrix_plan *plan = plan_of();

	(void)state;
	for (int i = 0; i < MATRIX_OUTCOMES; i++) {
		_cleanup_json_ json_t *doc = document(plan);

		assert_non_null(matrix_outcomes[i]);
		assert_int_equal(matrix_outcome_code((enum matrix_outcome)i), wanted[i]);
		matrix_add(doc, cell_of(plan, 0, (enum matrix_outcome)i));
		matrix_add(doc, cell_of(plan, 1, MATRIX_SKIPPED));
		assert_int_equal(matrix_exit(doc), wanted[i]);
		matrix_count(doc);
		assert_string_equal(text_get(doc, "outcome"), matrix_outcomes[i]);
	}
	matrix_plan_free(plan);
}

static void merging(void **state)
{
	struct matrix_plan *plan = plan_of();
	_cleanup_json_ json_t *a = document(plan), *b = document(plan), *both = NULL;
	json_t *docs[] = { a, b };
	const char *names[] = { "/tmp/x/a/matrix.json", "/tmp/x/b/matrix.json" };
	char *why = NULL;

	(void)state;
	matrix_add(a, cell_of(plan, 0, MATRIX_PASS));
	matrix_add(b, cell_of(plan, 1, MATRIX_PASS));
	both = matrix_merge(docs, names, 2, "/tmp/all.json", &why);
	no_error(why);
	assert_int_equal(matrix_exit(both), EXIT_PASS);
	matrix_add(b, cell_of(plan, 0, MATRIX_FAIL));
	assert_null(matrix_merge(docs, names, 2, "/tmp/all.json", &why));
	assert_non_null(strstr(why, "is 'pass' in '/tmp/x/a/matrix.json' and 'fail' in"));
	free(why);
	matrix_plan_free(plan);
}

/* Whatever is taken for a document can be shown in every form. */
static void show(const json_t *doc)
{
	struct text_style style = text_style(-1);
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	matrix_text(doc, &style, out);
	matrix_html(doc, out);
	matrix_junit(doc, out);
	matrix_ktap(doc, out);
	fclose(out);
	assert_true(n > 1000);
	free(text);
}

static void damage(void **state)
{
	struct matrix_plan *plan = plan_of();
	_cleanup_json_ json_t *doc = document(plan), *report = NULL, *cell = NULL;
	_cleanup_free_ char *json = NULL;
	char *why = NULL;
	struct rng rng;
	size_t taken = 0;

	(void)state;
	report = fixture();
	matrix_add(doc, cell_of(plan, 1, MATRIX_HANG));
	cell = matrix_cell(&(struct matrix_cell){ .plan = &plan->cell[0], .report = report });
	matrix_add(doc, json_incref(cell));
	show(doc);
	json = json_dumps(doc, JSON_COMPACT);
	rng_seed(&rng, 9);
	for (int i = 0; i < 1500; i++) {
		_cleanup_free_ char *text = xstrdup(json);
		_cleanup_json_ json_t *again = NULL;
		FILE *out = fopen(other, "w");

		text[rng_below(&rng, strlen(json))] = "{}[],:\"019-.eax\\n"[rng_below(&rng, 17)];
		assert_non_null(out);
		fputs(text, out);
		fclose(out);
		again = matrix_load(other, &why);
		assert_true((again != NULL) != (why != NULL));
		if (again)
			show(again);
		taken += again != NULL;
		free(why);
		why = NULL;
	}
	assert_in_range(taken, 1, 1400);
	matrix_plan_free(plan);
}

static void durations(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} rows[] = {
		{ 0, "" }, { -1, "" }, { 0.04, "0.0 s" }, { 2.75, "2.8 s" }, { 12.4, "12 s" },
		{ 119.4, "119 s" }, { 192.5, "3 min 13 s" }, { 7260, "2 h 1 min" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = view_seconds(rows[i].seconds);

		assert_string_equal(text, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes), cmocka_unit_test(builds),
		cmocka_unit_test_setup_teardown(round_trip, enter, leave),
		cmocka_unit_test_setup_teardown(summary, enter, leave),
		cmocka_unit_test(codes),
		cmocka_unit_test(merging),
		cmocka_unit_test_setup_teardown(damage, enter, leave),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
