/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table and the progress line.
 *
 *	report_text FILE [metrics] [colour] [quiet]	prints a report
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "reports/load.h"
#include "reports/sink_text.h"
#include "reports/text.h"
#include "tests/unit/report_fixture.h"

static json_t *fixture_document(void)
{
	char *why = NULL;
	struct report_writer *w = report_create(NULL, &why);
	struct sink sink = report_sink(w);
	json_t *doc;

	fixture_run(&sink);
	doc = report_summary(w, &why);
	assert_non_null(doc);
	report_close(w);
	return doc;
}

/* The fixture's text; to free. */
static char *rendered(const struct text_style *style)
{
	json_t *doc = fixture_document();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	report_text(doc, "/tmp/x.json", style, out);
	fclose(out);
	json_decref(doc);
	return text;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in:\n%s", part, text);
}

static void table_says_what_happened(void **state)
{
	struct text_style style = { .width = 100 };
	char *text = rendered(&style);

	(void)state;
	has(text, "CASE");
	has(text, "fixture/anon");
	has(text, "2.00M faults/s"); /* median of three trials */
	has(text, "4.02 us");        /* p50, in the middle of its bucket */
	has(text, "2/150 failed");
	has(text, "\n    variant shared\n");
	has(text, "\n    note: 12 pages stayed");
	has(text, "\n    check 'kept': byte 17 is 3, not 4\n");
	has(text, "    known issue: reported upstream\n");
	has(text, "    kernel: WARNING: CPU: 1 PID: 2 at mm/memory.c:5\n");
	has(text, "pid 4242, state D (disk sleep), in folio_wait_bit");
	has(text, "skipped: kernel 6.1 is older than 6.18 (boot a newer kernel)\n    fixture/skipped\n");
	has(text, "1 passed, 1 failed, 1 hung, 1 not finished, 1 skipped in 62 s\n");
	has(text, "report: /tmp/x.json\n");
	has_not(text, "pgfault");
	has(text, "\nnot counted: branch-misses: no hardware c");
	has(text, "PER CPU-S");
	free(text);
}

static void a_pipe_gets_no_control_characters(void **state)
{
	struct text_style style = { .width = 80, .metrics = true };
	char *text = rendered(&style);

	(void)state;
	for (const char *at = text; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
	has(text, "pgfault=2.05k");
	has(text, "not counted: branch-misses: no hardware counters");
	free(text);
}

static void colour_is_only_added(void **state)
{
	struct text_style plain = { .width = 80 }, colour = { .width = 80, .colour = true };
	char *a = rendered(&plain), *b = rendered(&colour);
	size_t n = 0;

	(void)state;
	has(b, "\033[31mfail\033[0m");
	for (const char *at = b; *at; at++) {
		if (*at == '\033')
			at = strchr(at, 'm');
		else
			b[n++] = *at;
	}
	b[n] = '\0';
	assert_string_equal(a, b);
	free(a);
	free(b);
}

static void quiet_shows_failures_only(void **state)
{
	struct text_style style = { .width = 80, .quiet = true };
	char *text = rendered(&style);

	(void)state;
	has(text, "byte 17 is 3, not 4");
	has_not(text, "fixture/anon");
	has_not(text, "passed");
	has_not(text, "skipped");
	free(text);
}

static void lines_fit_the_width(void **state)
{
	struct text_style style = { .width = 80 };
	char *text = rendered(&style), *line, *rest = text;

	(void)state;
	while ((line = strsep(&rest, "\n")))
		if (strlen(line) > 80 && strncmp(line, "    ", 4)) /* a reason may be long */
			fail_msg("%zu columns: %s", strlen(line), line);
	free(text);
}

static void a_terminal_gets_sentences_wrapped(void **state)
{
	struct text_style style = { .width = 80, .wrap = true };
	char *text = rendered(&style), *line, *rest = text;

	(void)state;
	has(text, "skipped: kernel 6.1 is older than 6.18 (boot a newer kernel)\n");
	while ((line = strsep(&rest, "\n")))
		if (strlen(line) > 80)
			fail_msg("%zu columns: %s", strlen(line), line);
	free(text);
}

static void words_are_wrapped_after_what_is_there(void **state)
{
	struct text_style style = { .width = 80, .wrap = true };
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	text_sentence(out, &style, 0, 70, "", "seven more");
	text_sentence(out, &style, 4, 0, "note: ", "first\nsecond");
	style.wrap = false;
	style.width = 5;
	text_sentence(out, &style, 4, 0, "", "never wrapped");
	fclose(out);
	assert_string_equal(text, " seven\n  more\n    note: first second\n"
				  "    never wrapped\n");
	free(text);
}

static void judged_values_stand_in_a_line(void **state)
{
	struct text_style style = { .width = 80 };
	json_t *one = json_pack("{s:s,s:s,s:s,s:b,s:[f]}", "id", "ratio", "unit", "ratio",
				"kind", "ratio", "primary", true, "values", 0.183);
	json_t *two = json_pack("{s:s,s:s,s:s,s:b,s:[f]}", "id", "table-bytes", "unit",
				"bytes", "kind", "gauge", "primary", true, "values", 4096.0);
	json_t *of = json_pack("{s:s,s:[o,o]}", "outcome", "pass", "metrics", one, two);
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	text_explain(of, of, &style, out);
	fclose(out);
	assert_string_equal(text, "    ratio 0.183 | table-bytes 4.10k\n");
	free(text);
	json_decref(of);
}

static void values_have_their_unit(void **state)
{
	static const struct {
		double value;
		const char *unit, *text;
	} values[] = {
		{ 812, "ns", "812 ns" },	{ 0.5, "ns", "0.50 ns" },
		{ 1903, "ns", "1.90 us" },	{ 999600, "ns", "1.00 ms" },
		{ 45.67e6, "ns", "45.7 ms" },	{ 2e9, "ns", "2 s" },
		{ 1.234e6, "ops/s", "1.23M ops/s" }, { 0.8731, "ratio", "0.873" },
		{ 5070, "us", "5.07 ms" },	{ 0.25, "ops/s", "0.25 ops/s" }, { NAN, "ops/s", "-" },		{ 0, "ns", "0 ns" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		char *text = text_value(values[i].value, values[i].unit);

		assert_string_equal(text, values[i].text);
		free(text);
	}
}

static void escapes_do_not_reach_the_terminal(void **state)
{
	char *text = text_clean("a\033[31mb\nc\x7f\xc2\x9b" "d\xc3\xa4");

	(void)state;
	assert_string_equal(text, "a?[31mb c???d\xc3\xa4");
	free(text);
}

static void median_skips_what_is_missing(void **state)
{
	json_t *list = json_pack("[n,i,i,n,i,i]", 4, 1, 3, 2);

	(void)state;
	assert_true(text_median(list) == 2.5);
	json_decref(list);
	assert_true(isnan(text_median(NULL)));
}

/* Reads what is there from a terminal's other end. */
/* A terminal hands on what was written a moment later: read until it is quiet. */
static size_t read_all(int fd, char *buf, size_t size)
{
	struct pollfd p = { fd, POLLIN, 0 };
	size_t got = 0;

	while (got < size - 1 && poll(&p, 1, 40) == 1) {
		ssize_t n = read(fd, buf + got, size - 1 - got);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	buf[got] = '\0';
	return got;
}

/* A terminal of @columns: the end that a program sees; the other in @master. */
static int terminal(unsigned columns, int *master)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	int slave;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(*master >= 0);
	assert_int_equal(grantpt(*master) | unlockpt(*master), 0);
	slave = open(ptsname(*master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
	fcntl(*master, F_SETFL, O_NONBLOCK);
	return slave;
}

static void progress_is_one_wiped_line(void **state)
{
	struct run_begin begin = { .plan = &fixture_plan };
	struct run_case *cases[] = { &fixture_cases[0] };
	struct trial_plan trial = { 0, cases, 1 };
	struct run_progress e = { &trial, 1, 3.2, 10, 13, 50, 1e6 };
	struct run_end end = { 0 };
	struct case_result bad = { .of = &fixture_cases[0], .outcome = OUTCOME_FAIL,
				   .reason = "lost\na page" };
	struct progress *p;
	struct sink sink;
	int master, slave = terminal(40, &master);
	char buf[512];

	(void)state;
	fixture_make();
	setenv("TERM", "xterm", 1);
	p = progress_new(slave);
	assert_non_null(p);
	sink = progress_sink(p);
	sink.run_begin(sink.ctx, &begin);
	sink.progress(sink.ctx, &e);
	read_all(master, buf, sizeof(buf));
	assert_memory_equal(buf, "\r\033[K[2/5] fixture/anon  3/10 s  1.00M f", 35);
	assert_int_equal(strlen(buf), 4 + 39); /* cut before the last column */
	sink.progress(sink.ctx, &e); /* too soon */
	assert_int_equal(read_all(master, buf, sizeof(buf)), 0);
	sink.trial_end(sink.ctx, &(struct trial_result){ .cases = &bad, .n = 1 });
	read_all(master, buf, sizeof(buf));
	assert_string_equal(buf, "\r\033[Kfixture/anon fail: lost a page\r\n");
	sink.trial_end(sink.ctx, &(struct trial_result){ .cases = &bad, .n = 1 });
	assert_int_equal(read_all(master, buf, sizeof(buf)), 0); /* told once */
	sink.run_end(sink.ctx, &end);
	progress_close(p);
	assert_int_equal(read_all(master, buf, sizeof(buf)), 0);
	setenv("TERM", "dumb", 1);
	assert_null(progress_new(slave));
	close(master);
	close(slave);
}

static void style_follows_the_terminal(void **state)
{
	int master, slave = terminal(132, &master), file = open("/dev/null", O_WRONLY);
	struct text_style style;

	(void)state;
	unsetenv("NO_COLOR");
	unsetenv("COLUMNS");
	setenv("TERM", "xterm", 1);
	style = text_style(slave);
	assert_true(style.colour);
	assert_int_equal(style.width, 132);
	setenv("NO_COLOR", "1", 1);
	assert_false(text_style(slave).colour);
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(text_style(slave).colour);
	setenv("COLUMNS", "200", 1);
	style = text_style(file);
	assert_false(style.colour);
	assert_int_equal(style.width, 200);
	setenv("COLUMNS", "20", 1);
	assert_int_equal(text_style(file).width, 80);
	close(master);
	close(slave);
	close(file);
}

static int print_file(int argc, char **argv)
{
	struct text_style style = text_style(STDOUT_FILENO);
	char *why = NULL;
	json_t *doc = report_load(argv[1], REPORT_SUMMARY, &why);

	if (!doc) {
		error("%s", why);
		free(why);
		return EXIT_USAGE;
	}
	for (int i = 2; i < argc; i++) {
		style.metrics |= !strcmp(argv[i], "metrics");
		style.colour |= !strcmp(argv[i], "colour");
		style.quiet |= !strcmp(argv[i], "quiet");
	}
	report_text(doc, argv[1], &style, stdout);
	json_decref(doc);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_says_what_happened),
		cmocka_unit_test(a_pipe_gets_no_control_characters),
		cmocka_unit_test(colour_is_only_added),
		cmocka_unit_test(quiet_shows_failures_only),
		cmocka_unit_test(lines_fit_the_width),
		cmocka_unit_test(a_terminal_gets_sentences_wrapped),
		cmocka_unit_test(words_are_wrapped_after_what_is_there),
		cmocka_unit_test(judged_values_stand_in_a_line),
		cmocka_unit_test(values_have_their_unit),
		cmocka_unit_test(escapes_do_not_reach_the_terminal),
		cmocka_unit_test(median_skips_what_is_missing),
		cmocka_unit_test(progress_is_one_wiped_line),
		cmocka_unit_test(style_follows_the_terminal),
	};

	if (argc > 1)
		return print_file(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
