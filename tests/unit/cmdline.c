/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command in one piece of text: quotes, backslashes, and text that is hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cmdline.h"
#include "base/rng.h"

/* The words with '|' between them; "!" before the message of a refusal. */
static char *split(const char *text)
{
	_cleanup_words_ struct words w = { 0 };
	_cleanup_free_ char *why = cmdline_split(&w, text);
	struct str out = STR_INIT;

	if (why) {
		assert_int_equal(w.n, 0);
		str_addf(&out, "!%s", why);
	}
	for (size_t i = 0; i < w.n; i++)
		str_addf(&out, "%s%s", i ? "|" : "", w.word[i]);
	return str_take(&out);
}

static void splits_like_a_shell(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "true", "true" },
		{ "taskset -c 0", "taskset|-c|0" },
		{ " \t\n chrt \n -f\t1  ", "chrt|-f|1" },
		{ "'a b' c", "a b|c" },
		{ "\"a b\" c", "a b|c" },
		{ "a'b c'd\"e f\"", "ab cde f" },
		{ "'it\"s'", "it\"s" },
		{ "\"it's\"", "it's" },
		{ "\"a\\\"b\\\\\"", "a\"b\\" },
		{ "'a\\b'", "a\\b" },
		{ "a\\ b \\'c \\\"d", "a b|'c|\"d" },
		{ "'' x \"\"", "|x|" },
		{ "a\\\nb", "a\nb" },
		/* nothing else of a shell has a meaning */
		{ "$HOME `id` *;a|b >c", "$HOME|`id`|*;a|b|>c" },
		{ "\xff\xfe \x01", "\xff\xfe|\x01" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *words = split(cases[i].text);

		assert_string_equal(words, cases[i].words);
	}
}

static size_t count(const char *text)
{
	_cleanup_words_ struct words w = { 0 };

	assert_null(cmdline_split(&w, text));
	return w.n;
}

static void short_text(void **state)
{
	_cleanup_free_ char *end = split("a\\"), *alone = split("\\");

	(void)state;
	assert_int_equal(count(""), 0);
	assert_int_equal(count(" \t\n"), 0);
	assert_int_equal(count("''"), 1);
	/* with nothing behind it a backslash is one */
	assert_string_equal(end, "a\\");
	assert_string_equal(alone, "\\");
}

static void open_quotes(void **state)
{
	static const char *const texts[] = { "'", "\"", "a 'b", "a \"b c",
					     "\"a\\\"", "'\"" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *said = split(texts[i]);

		assert_string_equal(said, "!a quote is not closed");
	}
}

/* What was there stays, and is all there is when the text is refused. */
static void adds_to_words(void **state)
{
	_cleanup_words_ struct words w = { 0 };
	char *why;

	(void)state;
	words_add(&w, "first");
	assert_null(cmdline_split(&w, "second 'th ird'"));
	why = cmdline_split(&w, "fourth 'fifth");
	assert_non_null(why);
	free(why);
	assert_int_equal(w.n, 3);
	assert_string_equal(w.word[0], "first");
	assert_string_equal(w.word[2], "th ird");
}

/* Any text: each of its letters is a letter of a word, a quote, a backslash or a
 * blank; and a word in quotes again is that word. */
static void any_text(void **state)
{
	static const char letters[] = "ab '\"\\\t\n$|\xc3\xa4";
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (unsigned round = 0; round < 20000; round++) {
		_cleanup_words_ struct words w = { 0 }, again = { 0 };
		_cleanup_str_ struct str quoted = STR_INIT;
		_cleanup_free_ char *why = NULL;
		char text[16] = "";
		size_t sum = 0, n = rng_below(&rng, sizeof(text));

		for (size_t i = 0; i < n; i++)
			text[i] = letters[rng_below(&rng, sizeof(letters) - 1)];
		why = cmdline_split(&w, text);
		for (size_t i = 0; i < w.n; i++) {
			sum += strlen(w.word[i]);
			str_addf(&quoted, " '");
			for (const char *p = w.word[i]; *p; p++)
				str_addf(&quoted, *p == '\'' ? "'\\''" : "%c", *p);
			str_addf(&quoted, "'");
		}
		assert_true(sum <= n);
		if (why)
			continue;
		assert_null(cmdline_split(&again, quoted.buf ? quoted.buf : ""));
		assert_int_equal(again.n, w.n);
		for (size_t i = 0; i < w.n; i++)
			assert_string_equal(again.word[i], w.word[i]);
	}
}

/* A megabyte of one letter, of blanks, of words. */
static void long_text(void **state)
{
	enum { LONG = 1 << 20 };
	_cleanup_free_ char *text = malloc(LONG + 1);

	(void)state;
	assert_non_null(text);
	text[LONG] = '\0';
	memset(text, 'a', LONG);
	assert_int_equal(count(text), 1);
	memset(text, ' ', LONG);
	assert_int_equal(count(text), 0);
	for (size_t i = 0; i < LONG; i += 1024)
		text[i] = 'a';
	assert_int_equal(count(text), LONG / 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_like_a_shell),
		cmocka_unit_test(short_text),
		cmocka_unit_test(open_quotes),
		cmocka_unit_test(adds_to_words),
		cmocka_unit_test(any_text),
		cmocka_unit_test(long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
