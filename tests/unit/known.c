/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/known.h"

#define TODAY "2026-11-21"

/* Loads @text from a file of its own. */
static int load(const char *text, struct known_list *list, char **why)
{
	char path[] = "/tmp/strain-known-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err = known_load(path, list, why);
	unlink(path);
	return err;
}

static const char *const issues =
	"# two kinds of line are skipped: comments\n"
	"\n"
	"  fault/mmap-lock-mix* | 6.12..6.18 | 2026-11-21 | https://a/1 | lost | wake-up\r\n"
	"fault/old|*|2026-11-20|-|gone\n"
	"hugepage/*@tmpfs?bytes=?M | ..5.15 | - | - | torn\n"
	"switch/* | 6.18.. | - | - | late\n"
	"aiol/read | 6.6 | - | - | one series\n";

static void matches(void **state)
{
	static const struct {
		const char *id, *release, *reason;
	} rows[] = {
		{ "fault/mmap-lock-mix+threads", "6.12.5-amd64", "lost | wake-up" },
		{ "fault/mmap-lock-mix", "6.12-rc1", "lost | wake-up" },
		{ "fault/mmap-lock-mix", "6.18.44-fc", "lost | wake-up" },
		{ "fault/mmap-lock-mix", "6.11.99", NULL },
		{ "fault/mmap-lock-mix", "6.19", NULL },
		{ "fault/mmap-lock", "6.12", NULL },
		{ "fault/old", "6.12", NULL }, /* expired the day before */
		{ "hugepage/split/x@tmpfs?bytes=4M", "5.15.200", "torn" },
		{ "hugepage/split/x@tmpfs?bytes=4M", "5.16", NULL },
		{ "switch/pipe", "7.0", "late" },
		{ "switch/pipe", "6.9", NULL },
		{ "aiol/read", "6.6.30", "one series" },
		{ "aiol/read", "6.60", NULL },
	};
	struct known_list list = { 0 };
	char *why = NULL;

	(void)state;
	assert_int_equal(load(issues, &list, &why), 0);
	assert_int_equal(list.n, 5);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct known *k = known_match(&list, rows[i].id,
						    rows[i].release, TODAY);

		if (rows[i].reason) {
			assert_non_null(k);
			assert_string_equal(k->reason, rows[i].reason);
		} else {
			assert_null(k);
		}
	}
	known_free(&list);
	assert_int_equal(list.n, 0);
}

static void wrong_lines(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "a | * | - | -\n", ":1': a line is" },
		{ "\na | * | - | - | \n", ":2': a line is" },
		{ "# c\n\na | 6.x | - | - | r\n", ":3': kernel range '6.x'" },
		{ "a | .. | - | - | r\n", "kernel range" },
		{ "a | 6.18..6.2 | - | - | r\n", "kernel range" },
		{ "a | 6.1...6.2 | - | - | r\n", "kernel range" },
		{ "a | * | soon | - | r\n", "expiry 'soon'" },
		{ "a | * | 2026-02-30 | - | r\n", "expiry '2026-02-30'" },
		{ "a | * | 2026-2-3 | - | r\n", "expiry '2026-2-3'" },
		{ "a | * | - | bug 7 | r\n", "link 'bug 7'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct known_list list = { 0 };
		char *why = NULL;

		assert_int_not_equal(load(rows[i].text, &list, &why), 0);
		assert_non_null(why);
		if (!strstr(why, rows[i].message) || strchr(why, '\n'))
			fail_msg("'%s' does not say '%s'", why, rows[i].message);
		free(why);
		known_free(&list);
	}
}

static void no_file(void **state)
{
	struct known_list list = { 0 };
	char *why = NULL;

	(void)state;
	assert_int_not_equal(known_load("/nonexistent/x", &list, &why), 0);
	assert_string_equal(why, "known issues '/nonexistent/x': "
				 "No such file or directory");
	free(why);
	assert_null(known_match(&list, "a", "6.1", TODAY));
	known_free(&list);
}

static void add_line(void *ctx, const char *text)
{
	str_addf(ctx, "%s;", text);
}

static void tells_expired(void **state)
{
	struct known_list list = { 0 };
	struct str told = STR_INIT;
	char *why = NULL, *text;

	(void)state;
	assert_int_equal(load(issues, &list, &why), 0);
	known_expired(&list, TODAY, add_line, &told);
	assert_non_null(strstr(told.buf, "known issue 'fault/old' ("));
	assert_non_null(strstr(told.buf, ":4) expired on 2026-11-20;"));
	assert_null(strstr(told.buf, "mmap-lock-mix"));
	text = known_text(&list.row[0]);
	assert_string_equal(text, "lost | wake-up (https://a/1)");
	free(text);
	str_free(&told);
	known_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(wrong_lines),
		cmocka_unit_test(no_file),
		cmocka_unit_test(tells_expired),
	};

	return cmocka_run_group_tests_name("known", tests, NULL, NULL);
}
