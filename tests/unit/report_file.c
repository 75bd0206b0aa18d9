/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report's file: never through a link, whole lines only, bounded, private. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "reports/output.h"
#include "tests/unit/report_dir.h"

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

static void begin_brief(const struct sink *sink)
{
	struct run_begin begin = { .plan = &fixture_plan, .settings = &fixture_settings };

	fixture_make();
	fixture_cases[0].ops = 1;
	sink->run_begin(sink->ctx, &begin);
}

static void one_trial(const struct sink *sink, unsigned order)
{
	struct fixture_trial f;

	sink->trial_begin(sink->ctx, &fixture_trials[order], order);
	fixture_trial(&f, order, order, 0, 1e6);
	sink->trial_end(sink->ctx, &f.trial);
}

static size_t trials_in_file(void)
{
	_cleanup_json_ json_t *doc = loaded(path, REPORT_WHOLE);

	return json_array_size(json_object_get(at(doc, "cases", 0), "trials"));
}

static void brief_trial_has_its_file_when_the_next_begins(void **state)
{
	char *why = NULL;
	struct report_writer *w = report_create(path, &why);
	struct sink sink = report_sink(w);

	(void)state;
	begin_brief(&sink);
	one_trial(&sink, 0);
	assert_int_equal(files_in_dir(), 0);
	sink.trial_begin(sink.ctx, &fixture_trials[1], 1);
	assert_int_equal(trials_in_file(), 1);
	one_trial(&sink, 1);
	fixture_end(&sink);
	assert_int_equal(trials_in_file(), 2);
	assert_int_equal(report_seal(w, &why), 0);
	report_close(w);
	assert_int_equal(trials_in_file(), 2);
	assert_int_equal(files_in_dir(), 1);
}

static void brief_run_is_sealed_at_once(void **state)
{
	json_t *doc;

	(void)state;
	/* beside no other report, over one, and where one was */
	for (int i = 0; i < 3; i++) {
		const bool sealed = i > 0;
		char *why = NULL;
		struct report_writer *w = report_create(path, &why);
		struct sink sink = report_sink(w);

		begin_brief(&sink);
		one_trial(&sink, 0);
		fixture_end(&sink);
		if (sealed)
			assert_int_equal(report_seal(w, &why), 0);
		report_close(w);
		assert_int_equal(trials_in_file(), 1);
		doc = loaded(path, REPORT_WHOLE);
		assert_int_equal(json_is_true(json_object_get(doc, "sealed")), sealed);
		json_decref(doc);
		assert_int_equal(files_in_dir(), 1);
		if (i == 1)
			assert_int_equal(unlink(path), 0);
	}
}

/* Where there is no room for the document there may be for the lines. */
static void brief_run_that_cannot_be_sealed_leaves_lines(void **state)
{
	struct rlimit limit = { 100, RLIM_INFINITY };
	char *why = NULL;
	struct report_writer *w = report_create(path, &why);
	struct sink sink = report_sink(w);

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	begin_brief(&sink);
	one_trial(&sink, 0);
	fixture_end(&sink);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_not_equal(report_seal(w, &why), 0);
	assert_non_null(why);
	free(why);
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(files_in_dir(), 0);
	report_close(w);
	assert_int_equal(trials_in_file(), 1);
	assert_int_equal(files_in_dir(), 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(links_are_refused),
		TEST(planted_link_is_replaced),
		TEST(old_report_stays_until_the_run_begins),
		TEST(files_appear_whole),
		TEST(full_disk_loses_no_whole_line),
		TEST(brief_trial_has_its_file_when_the_next_begins),
		TEST(brief_run_is_sealed_at_once),
		TEST(brief_run_that_cannot_be_sealed_leaves_lines),
		TEST(long_runs_stay_bounded),
		TEST(default_path_is_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
