/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports: what the sink writes can be sealed, read sealed and unsealed with
 * the same result, and cut anywhere.
 *
 *	report --write DIR	leaves the reports of the fixture in DIR
 */
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/rng.h"
#include "reports/seal.h"
#include "tests/unit/report_dir.h"

static double number_at(json_t *doc, const char *key, size_t index)
{
	json_t *value = at(doc, key, index);

	assert_true(json_is_number(value));
	return json_number_value(value);
}

static void sealed_equals_unsealed(void **state)
{
	json_t *before, *after, *summary;
	struct report_writer *w;
	char *why = NULL;

	(void)state;
	w = written(path);
	before = loaded(path, REPORT_WHOLE);
	summary = loaded(path, REPORT_SUMMARY);
	assert_true(json_is_false(json_object_get(before, "sealed")));
	assert_null(json_object_get(before, "truncated"));
	assert_int_equal(report_seal(w, &why), 0);
	report_close(w);
	assert_int_equal(files_in_dir(), 1);
	after = loaded(path, REPORT_WHOLE);
	assert_true(json_is_true(json_object_get(after, "sealed")));
	js_set(before, "sealed", json_true());
	assert_true(json_equal(before, after));
	json_object_del(after, "bulk");
	js_set(summary, "sealed", json_true());
	assert_true(json_equal(summary, after));
	json_decref(after);
	after = loaded(path, REPORT_SUMMARY);
	assert_true(json_equal(summary, after));
	json_decref(before);
	json_decref(after);
	json_decref(summary);
}

/* Lines that were kept in memory and those that are read again make one text. */
static void long_reports_are_sealed_alike(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_str_ struct str lines = STR_INIT, wanted = STR_INIT;
	struct report_writer *w = written(path);
	char *why = NULL;
	json_t *doc;
	size_t size;
	FILE *in, *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(file_read(path, &lines), 0);
	in = fopen(path, "r");
	assert_non_null(in);
	doc = report_summary(w, &why);
	no_error(why);
	seal_text(doc, lines.buf, &wanted);
	assert_int_equal(seal_lines(doc, in, out, &why), 0);
	fclose(in);
	fclose(out);
	assert_string_equal(text, wanted.buf);
	json_decref(doc);
	report_close(w);
}

static void values_arrive(void **state)
{
	struct report_writer *w = written(NULL);
	char *why = NULL;
	json_t *doc = report_summary(w, &why), *o, *metric;

	(void)state;
	no_error(why);
	assert_string_equal(js_get_text(doc, "seed"), "18446744073709551614");
	assert_string_equal(js_get_text(doc, "outcome"), "fail");
	assert_string_equal(json_string_value(at(doc, "command", 3)), "\xef\xbf\xbd(");
	assert_int_equal(json_array_size(json_object_get(doc, "cases")), 5);
	o = at(doc, "cases", 0);
	assert_string_equal(js_get_text(o, "outcome"), "pass");
	assert_int_equal(json_array_size(json_object_get(o, "trials")), 3);
	assert_string_equal(json_string_value(at(o, "changed", 0)), "bytes");
	assert_true(js_get_number(json_object_get(o, "options"), "pause", 0) == 1.5);
	metric = at(o, "metrics", 0);
	assert_string_equal(js_get_text(metric, "variant"), "shared");
	assert_true(number_at(metric, "values", 2) == 3e6);
	assert_true(number_at(metric, "cpu_rates", 1) == 4e6);
	/* 100, 110, 120 operations in 0.1 s: warm-up and disturbance are out */
	assert_true(fabs(number_at(metric, "medians", 0) - 1100) < 1e-6);
	assert_true(fabs(number_at(metric, "cpu_medians", 0) - 2200) < 1e-6);
	assert_true(number_at(metric, "slices", 0) == 3);
	metric = at(o, "metrics", 3);
	assert_true(fabs(number_at(json_object_get(metric, "percentiles"), "50", 0) / 4000 - 1) < 0.01);
	metric = at(o, "metrics", 4); /* NaN and infinity are null */
	assert_true(json_is_null(at(metric, "values", 0)));
	assert_true(json_is_null(at(metric, "maxs", 0)));
	metric = at(o, "metrics", 5); /* not valid */
	assert_true(json_is_null(at(metric, "values", 2)));
	json_decref(doc);
	report_close(w);
}

/* Columns of slices are left out when the trial's summary says it all. */
static void still_columns_are_left_out(void **state)
{
	static const char *const names[] = { "faults", "pgfault", "cycles" };
	json_t *doc, *bulk, *columns, *histogram;
	uint64_t in_buckets = 0;
	size_t i;

	(void)state;
	report_close(written(path));
	doc = loaded(path, REPORT_WHOLE);
	bulk = at(json_object_get(doc, "bulk"), "trials", 0);
	columns = json_object_get(at(bulk, "slices", 0), "columns");
	assert_int_equal(json_array_size(columns), ARRAY_SIZE(names));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(js_get_text(json_array_get(columns, i), "name"), names[i]);
	histogram = at(bulk, "histograms", 0);
	for (i = 0; i < json_array_size(json_object_get(histogram, "buckets")); i++)
		in_buckets += json_integer_value(json_array_get(at(histogram, "buckets", i), 1));
	assert_int_equal(in_buckets, fixture_hist.count);
	assert_true(js_get_number(histogram, "max", 0) == (double)(1ULL << 41));
	json_decref(doc);
}

/* Cases that run at the same time share their trial's facts. */
static void parallel_cases_share_a_trial(void **state)
{
	char *why = NULL;
	struct report_writer *w = report_create(NULL, &why);
	struct sink sink = report_sink(w);
	struct fixture_trial a, b;
	struct case_result both[2];
	json_t *doc;

	(void)state;
	fixture_begin(&sink);
	fixture_trial(&a, 7, 0, 0, 1e6);
	fixture_trial(&b, 7, 0, 1, 2e6);
	fixture_fails(&b);
	both[0] = a.result;
	both[1] = b.result;
	b.trial.cases = both;
	b.trial.n = 2;
	sink.trial_end(sink.ctx, &b.trial);
	fixture_end(&sink);
	doc = report_summary(w, &why);
	no_error(why);
	for (size_t i = 0; i < 2; i++) {
		json_t *trial = at(at(doc, "cases", i), "trials", 0);

		assert_true(js_get_number(trial, "order", -1) == 7);
		assert_true(js_get_number(json_object_get(trial, "kernel"), "splats", 0) == 1);
		assert_true(number_at(at(at(doc, "cases", i), "metrics", 0), "values", 0) == 1e6 * (1 + i));
	}
	assert_string_equal(js_get_text(at(doc, "cases", 0), "outcome"), "pass");
	assert_string_equal(js_get_text(at(doc, "cases", 1), "outcome"), "fail");
	assert_int_equal(json_array_size(json_object_get(doc, "kernel_log")), 2);
	json_decref(doc);
	report_close(w);
}

/* A case with several trials has the worst outcome and its reason. */
static void worst_trial_names_the_case(void **state)
{
	char *why = NULL;
	struct report_writer *w = report_create(NULL, &why);
	struct sink sink = report_sink(w);
	struct fixture_trial f;
	json_t *doc, *o;

	(void)state;
	fixture_begin(&sink);
	for (unsigned i = 0; i < 3; i++) {
		fixture_trial(&f, i, i, 0, 1e6);
		if (i == 1)
			fixture_fails(&f);
		if (i == 2) { /* a metric is missing and one trial was broken */
			f.result.outcome = OUTCOME_BROKEN;
			f.result.reason = "no space";
			f.result.n_metrics = 1;
		}
		sink.trial_end(sink.ctx, &f.trial);
	}
	fixture_end(&sink);
	doc = report_summary(w, &why);
	no_error(why);
	o = at(doc, "cases", 0);
	assert_string_equal(js_get_text(o, "outcome"), "fail");
	assert_string_equal(js_get_text(o, "reason"), "check 'kept': byte 17 is 3, not 4");
	assert_true(js_get_number(at(o, "checks", 0), "evaluated", 0) == 300);
	assert_true(js_get_number(at(o, "checks", 1), "failed", 0) == 2);
	assert_int_equal(json_array_size(json_object_get(at(o, "metrics", 0), "values")), 3);
	assert_int_equal(json_array_size(json_object_get(at(o, "metrics", 1), "values")), 3);
	assert_true(json_is_null(at(at(o, "metrics", 1), "values", 2)));
	json_decref(doc);
	report_close(w);
}

static void outcomes_arrive(void **state)
{
	static const char *const outcomes[] = { "pass", "fail", "hang", "skip", "interrupted" };
	struct report_writer *w = written(NULL);
	char *why = NULL;
	json_t *doc = report_summary(w, &why), *o;

	(void)state;
	no_error(why);
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		assert_string_equal(js_get_text(at(doc, "cases", i), "outcome"), outcomes[i]);
	o = at(doc, "cases", 1);
	assert_string_equal(js_get_text(o, "reason"), "check 'kept': byte 17 is 3, not 4");
	assert_true(js_get_number(at(o, "checks", 1), "failed", 0) == 2);
	assert_string_equal(js_get_text(json_object_get(o, "fs"), "kind"), "xfs");
	assert_string_equal(js_get_text(json_object_get(o, "fs"), "mount"), "rw,relatime");
	assert_string_equal(json_string_value(at(at(o, "trials", 0), "failed_checks", 0)), "kept");
	assert_int_equal(json_array_size(json_object_get(doc, "kernel_log")), 2);
	assert_string_equal(js_get_text(at(doc, "kernel_log", 0), "kind"), "warn");
	o = at(doc, "cases", 2);
	assert_string_equal(js_get_text(o, "mutation"), "kept");
	assert_true(js_get_number(at(at(o, "trials", 0), "stuck", 0), "pid", 0) == 4242);
	assert_string_equal(js_get_text(at(doc, "cases", 3), "remedy"), "boot a newer kernel");
	assert_true(js_get_number(json_object_get(doc, "counts"), "pass", 0) == 1);
	json_decref(doc);
	report_close(w);
}

/* The last line of a killed run may be cut at any byte; nothing else is lost. */
static void any_cut_is_read(void **state)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct report_writer *w;
	size_t last;

	(void)state;
	w = written(path);
	report_close(w);
	assert_int_equal(file_read(path, &text), 0);
	/* the hang's trial is the last line but one */
	text.len = strstr(text.buf, "{\"line\":\"end\"") - text.buf;
	last = strstr(text.buf, "{\"line\":\"trial\",\"order\":4") - text.buf;
	for (size_t n = last; n <= text.len; n++) {
		char *why = NULL;
		json_t *doc;
		int fd = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		assert_int_equal(file_write_all(fd, text.buf, n), 0);
		close(fd);
		doc = report_load(other, n % 2 ? REPORT_WHOLE : REPORT_SUMMARY, &why);
		no_error(why);
		assert_string_equal(js_get_text(doc, "outcome"), "incomplete");
		assert_int_equal(json_array_size(json_object_get(at(doc, "cases", 0), "trials")), 3);
		assert_int_equal(json_array_size(json_object_get(at(doc, "cases", 2), "trials")),
				 n >= text.len - 1);
		assert_int_equal(js_get_true(doc, "truncated"), n > last && n < text.len - 1);
		json_decref(doc);
	}
}

static void cut_bulk_is_noticed(void **state)
{
	_cleanup_str_ struct str text = STR_INIT;
	size_t start, end;

	(void)state;
	report_close(written(path));
	assert_int_equal(file_read(path, &text), 0);
	start = strstr(text.buf, "{\"line\":\"bulk\",\"order\":1") - text.buf;
	end = strchr(text.buf + start, '\n') - text.buf;
	for (size_t n = start + 20; n <= end; n += 97) {
		json_t *doc, *summary;

		assert_int_equal(truncate(path, n), 0);
		doc = loaded(path, REPORT_WHOLE);
		summary = loaded(path, REPORT_SUMMARY);
		assert_true(js_get_true(doc, "truncated"));
		assert_true(js_get_true(summary, "truncated"));
		assert_int_equal(json_array_size(json_object_get(json_object_get(doc, "bulk"), "trials")), 1);
		json_decref(doc);
		json_decref(summary);
		int fd = open(path, O_WRONLY | O_APPEND);

		assert_int_equal(file_write_all(fd, text.buf + n, text.len - n), 0);
		close(fd);
	}
}

static void bad_lines_are_named(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "it is empty" },
		{ "\n", "line 2, column 1: the text ends in the middle" },
		{ "{}", "it is not a report" },
		{ "[1]", "it is not a report" },
		{ "{\"schema\":\"strain-report/2\",\"cases\":[]}", "'strain-report/2'" },
		{ "{\"schema\":\"strain-report/1\"}", "cases is missing" },
		{ "{\"schema\":\"strain-report/1\",\"cases\":[{}]}", "cases[0].id is missing" },
		{ "{\"schema\":\"strain-report/1\",\"schema\":1,\"cases\":[]}", "column 37: a name is there twice" },
		{ "{\"schema\":\"strain-report/2\",\"line\":\"run\"}\n", "line 1: schema 'strain-report/2'" },
		{ "{\"line\":\"trial\"}\n", "not the first line" },
		{ "{\"schema\":\"strain-report/1\",\"line\":\"run\"}\n{\"line\":\"case\",\"case\":1}\n", "line 2: cases" },
		{ "{\"schema\":\"strain-report/1\",\"line\":\"run\"}\n{\"line\":\"skip\",\"case\":0}\n", "line 2: it is about no case" },
		{ "{\"schema\":\"strain-report/1\",\"line\":\"run\"}\n{\"line\":\"trial\",\"cases\":[{\"case\":-1}]}\n", "unknown case" },
		{ "{\"schema\":\"strain-report/1\",\"line\":\"run\"}\nrubbish\n{}\n", "line 2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *why = NULL;
		int fd = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		assert_int_equal(file_write_all(fd, bad[i].text, strlen(bad[i].text)), 0);
		close(fd);
		assert_null(report_load(other, REPORT_SUMMARY, &why));
		assert_non_null(why);
		if (!strstr(why, bad[i].says))
			fail_msg("'%s' gives: %s", bad[i].text, why);
		assert_null(strchr(why, '\n'));
		free(why);
	}
}

/* Types that the format does not have there must not lead astray. */
static void hostile_lines_are_survived(void **state)
{
	static const char text[] =
		"{\"schema\":\"strain-report/1\",\"line\":\"run\",\"tool\":3}\n"
		"{\"line\":\"case\",\"case\":0,\"id\":7,\"outcome\":[],\"trials\":1,\"metrics\":[5,"
		"{\"id\":\"m\",\"values\":3,\"percentiles\":[],\"counts\":{}}],\"checks\":[3,{\"id\":\"c\",\"failed\":\"x\"}],\"fs\":1}\n"
		"{\"line\":\"trial\",\"order\":[],\"cases\":[{\"case\":0,\"outcome\":\"odd\",\"fs\":{},\"metrics\":[1,{\"id\":\"n\"},"
		"{\"id\":\"m\",\"value\":\"x\",\"variant\":4,\"percentiles\":{\"50\":[]}},{\"id\":\"m\",\"value\":2}],"
		"\"checks\":[{\"id\":\"c\",\"failed\":{},\"evaluated\":1}]}],\"kernel_log\":[1,{}]}\n"
		"{\"line\":\"trial\",\"cases\":[]}\n{\"line\":\"later\"}\n{\"line\":\"end\",\"exit_code\":\"x\"}\n";
	int fd = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char *why = NULL;

	(void)state;
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
	assert_null(report_load(other, REPORT_WHOLE, &why));
	if (!strstr(why, " is not "))
		fail_msg("%s", why);
	free(why);
}

/* For the tests of schema and renderers: lines, sealed, cut. */
static int write_fixtures(const char *to)
{
	_cleanup_free_ char *lines = xasprintf("%s/lines.json", to);
	_cleanup_free_ char *sealed = xasprintf("%s/sealed.json", to);
	_cleanup_free_ char *partial = xasprintf("%s/partial.json", to);
	char *why = NULL;
	struct report_writer *w = written(lines);
	json_t *doc;
	FILE *out;

	report_close(w);
	w = written(sealed);
	if (report_seal(w, &why))
		return 1;
	report_close(w);
	doc = report_load(lines, REPORT_WHOLE, &why);
	out = fopen(partial, "w");
	if (!doc || !out || json_dumpf(doc, out, 0))
		return 1;
	json_decref(doc);
	return fclose(out) != 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(sealed_equals_unsealed),
		TEST(long_reports_are_sealed_alike),
		TEST(values_arrive),
		TEST(still_columns_are_left_out),
		TEST(parallel_cases_share_a_trial),
		TEST(worst_trial_names_the_case),
		TEST(outcomes_arrive),
		TEST(any_cut_is_read),
		TEST(cut_bulk_is_noticed),
		TEST(bad_lines_are_named),
		TEST(hostile_lines_are_survived),
	};

	if (argc == 3 && !strcmp(argv[1], "--write"))
		return write_fixtures(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
