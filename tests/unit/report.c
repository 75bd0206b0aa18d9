/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports: what the sink writes can be sealed, read sealed and unsealed with
 * the same result, cut anywhere, and is never written through a link.
 *
 *	report --write DIR	leaves the reports of the fixture in DIR
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <signal.h>
#include <cmocka.h>

#include "base/file.h"
#include "reports/load.h"
#include "reports/output.h"
#include "reports/seal.h"
#include "tests/unit/report_fixture.h"

static char dir[] = "/tmp/strain-report-XXXXXX";
static char path[64], other[64];

static int enter(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/report.json", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	return dir_remove(dir);
}

static void no_error(char *why)
{
	if (why)
		fail_msg("%s", why);
}

static struct report_writer *written(const char *at)
{
	char *why = NULL;
	struct report_writer *w = report_create(at, &why);
	struct sink sink;

	no_error(why);
	sink = report_sink(w);
	fixture_run(&sink);
	assert_false(report_failed(w));
	return w;
}

static json_t *loaded(const char *at, enum report_part part)
{
	char *why = NULL;
	json_t *doc = report_load(at, part, &why);

	no_error(why);
	assert_non_null(doc);
	return doc;
}

static json_t *at(json_t *doc, const char *key, size_t index)
{
	return json_array_get(json_object_get(doc, key), index);
}

static double number_at(json_t *doc, const char *key, size_t index)
{
	json_t *value = at(doc, key, index);

	assert_true(json_is_number(value));
	return json_number_value(value);
}

static unsigned files_in_dir(void)
{
	_cleanup_free_ char *command = xasprintf("ls -A %s | wc -l", dir);
	FILE *ls = popen(command, "r");
	unsigned n = 0;

	assert_int_equal(fscanf(ls, "%u", &n), 1);
	pclose(ls);
	return n;
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
		{ "\n", "expected near end" },
		{ "{}", "it is not a report" },
		{ "[1]", "it is not a report" },
		{ "{\"schema\":\"strain-report/2\",\"cases\":[]}", "'strain-report/2'" },
		{ "{\"schema\":\"strain-report/1\"}", "no list of cases" },
		{ "{\"schema\":\"strain-report/1\",\"cases\":[{}]}", "case 0 has no id" },
		{ "{\"schema\":\"strain-report/1\",\"schema\":1,\"cases\":[]}", "duplicate" },
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
	json_t *doc;

	(void)state;
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
	doc = loaded(other, REPORT_WHOLE);
	assert_string_equal(js_get_text(doc, "outcome"), "incomplete");
	json_decref(doc);
}

static void refused(const char *at, const char *says)
{
	char *why = NULL;

	assert_null(report_create(at, &why));
	assert_non_null(why);
	assert_non_null(strstr(why, says));
	free(why);
}

static void links_are_refused(void **state)
{
	_cleanup_free_ char *missing = xasprintf("%s/none/x", dir);
	_cleanup_free_ char *slash = xasprintf("%s/", dir);

	(void)state;
	assert_int_equal(symlink(other, path), 0);
	refused(path, "symbolic link");
	assert_int_not_equal(access(other, F_OK), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(path, "not a regular file");
	refused(dir, "not a regular file");
	refused(slash, "names no file");
	refused(missing, "No such file");
	refused("", "names no file");
	refused("/dev/null", "not a regular file");
	assert_int_equal(files_in_dir(), 1);
}

/* A link that appears while the run is on is replaced, not followed. */
static void planted_link_is_replaced(void **state)
{
	struct report_writer *w;
	char *why = NULL;
	struct stat st;
	int fd;

	(void)state;
	fd = open(other, O_WRONLY | O_CREAT, 0600);
	close(fd);
	w = written(path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(report_seal(w, &why), 0);
	report_close(w);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void old_report_stays_until_the_run_begins(void **state)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	struct report_writer *w;
	char *why = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(file_write_all(fd, "old", 3), 0);
	close(fd);
	w = report_create(path, &why);
	assert_non_null(w);
	report_close(w);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(files_in_dir(), 1);
	umask(027);
	report_close(written(path));
	umask(022);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(st.st_size > 3);
	assert_int_equal(files_in_dir(), 1);
}

/* With O_TMPFILE and without: nothing is seen before its time. */
static void files_appear_whole(void **state)
{
	(void)state;
	for (int named = 0; named < 2; named++) {
		_cleanup_str_ struct str text = STR_INIT;
		char *why = NULL;
		struct output o;
		int fd;

		assert_int_equal(output_open(&o, path, &why), 0);
		o.named = named;
		fd = output_begin(&o, &why);
		assert_true(fd >= 0);
		assert_int_equal(file_write_all(fd, "text", 4), 0);
		assert_int_equal(files_in_dir(), 2 * named);
		assert_int_equal(output_publish(&o, fd, &why), 0);
		close(fd);
		assert_int_equal(file_read(path, &text), 0);
		assert_string_equal(text.buf, "text");
		fd = output_begin(&o, &why); /* thrown away */
		close(fd);
		output_close(&o);
		assert_int_equal(files_in_dir(), 1);
	}
}

/* A file size limit stands for a full disk: what was written stays readable. */
static void full_disk_loses_no_whole_line(void **state)
{
	struct rlimit limit = { 0, RLIM_INFINITY };
	struct report_writer *w;
	struct fixture_trial f;
	char *why = NULL;
	struct sink sink;
	struct stat st;
	json_t *doc;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	w = report_create(path, &why);
	sink = report_sink(w);
	fixture_begin(&sink);
	fixture_trial(&f, 0, 0, 0, 1e6);
	sink.trial_end(sink.ctx, &f.trial);
	assert_int_equal(stat(path, &st), 0);
	limit.rlim_cur = st.st_size + 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	sink.trial_end(sink.ctx, &f.trial);
	assert_true(report_failed(w));
	limit.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_not_equal(report_seal(w, &why), 0);
	assert_non_null(why);
	free(why);
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	sink.trial_end(sink.ctx, &f.trial);
	fixture_end(&sink);
	report_close(w);
	assert_int_equal(files_in_dir(), 1);
	doc = loaded(path, REPORT_WHOLE);
	assert_int_equal(json_array_size(json_object_get(at(doc, "cases", 0), "trials")), 2);
	assert_null(json_object_get(doc, "truncated"));
	json_decref(doc);
}

static void long_runs_stay_bounded(void **state)
{
	char *why = NULL;
	struct report_writer *w = report_create(path, &why);
	struct sink sink = report_sink(w);
	struct fixture_trial f;
	json_t *doc;

	(void)state;
	report_limits(w, 20000, 30000);
	fixture_begin(&sink);
	for (unsigned i = 0; i < 200; i++) {
		fixture_trial(&f, i, i, 0, 1e6);
		if (i == 150)
			fixture_fails(&f);
		sink.trial_end(sink.ctx, &f.trial);
	}
	fixture_end(&sink);
	assert_int_equal(report_seal(w, &why), 0);
	report_close(w);
	doc = loaded(path, REPORT_WHOLE);
	assert_in_range(json_array_size(json_object_get(json_object_get(doc, "bulk"), "trials")), 1, 20);
	assert_in_range(json_array_size(json_object_get(at(doc, "cases", 0), "trials")), 5, 30);
	assert_string_equal(js_get_text(at(doc, "cases", 0), "outcome"), "fail");
	assert_int_equal(json_array_size(json_object_get(at(doc, "cases", 0), "trials")) +
			 (size_t)js_get_number(doc, "unrecorded_trials", 0), 200);
	json_decref(doc);
}

static void default_path_is_private(void **state)
{
	_cleanup_free_ char *made = NULL, *fallback = NULL;
	_cleanup_free_ char *state_dir = xasprintf("%s/state", dir);
	_cleanup_free_ char *reports = xasprintf("%s/strain/reports/2", state_dir);
	struct stat st;

	(void)state;
	setenv("XDG_STATE_HOME", state_dir, 1);
	made = report_default_path();
	assert_memory_equal(made, reports, strlen(reports));
	assert_int_equal(stat(state_dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	fallback = report_default_path();
	assert_memory_equal(fallback, "./strain-2", 10);
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(sealed_equals_unsealed),
		TEST(values_arrive),
		TEST(outcomes_arrive),
		TEST(any_cut_is_read),
		TEST(cut_bulk_is_noticed),
		TEST(bad_lines_are_named),
		TEST(hostile_lines_are_survived),
		TEST(links_are_refused),
		TEST(planted_link_is_replaced),
		TEST(old_report_stays_until_the_run_begins),
		TEST(files_appear_whole),
		TEST(full_disk_loses_no_whole_line),
		TEST(long_runs_stay_bounded),
		TEST(default_path_is_private),
		TEST(numbers_ignore_the_locale),
		TEST(any_text_becomes_valid),
	};

	if (argc == 3 && !strcmp(argv[1], "--write"))
		return write_fixtures(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
