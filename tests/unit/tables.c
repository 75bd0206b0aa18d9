/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of all stressors and of the run, and the checker itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "commands/args.h"
#include "commands/doc.h"
#include "commands/select.h"

static void stressors(void **state)
{
	_cleanup_str_ struct str problems = STR_INIT;
	_cleanup_words_ struct words names = { 0 };
	bool letters[256] = { false };

	(void)state;
	doc_check_options(&problems, NULL, run_options, &names, letters);
	doc_check_options(&problems, NULL, select_options, &names, letters);
	for (size_t i = 0; i < registry_size; i++)
		doc_check_stressor(&problems, &registry[i], &names, letters);
	if (problems.len)
		fail_msg("%s", problems.buf);
}

struct opts {
	uint32_t count;
	uint64_t size;
	const char *mode;
};

/* Each row is wrong in one way, which the checker names. */
static void checker(void **state)
{
	static const struct {
		struct option rows[3];
		const char *says;
	} wrong[] = {
		{ { OPTION(struct opts, count, .help = "") }, "says nothing" },
		{ { OPTION(struct opts, count) }, "says nothing" },
		{ { OPTION(struct opts, count, .help = "a full stop.") },
		  "ends with a full stop" },
		{ { OPTION(struct opts, count, .help = "Upper case") },
		  "does not begin in lower case" },
		{ { OPTION(struct opts, count, .min = 2, .def = "1", .help = "x") },
		  "outside of the range" },
		{ { OPTION(struct opts, count, .min = 3, .max = 2, .help = "x") },
		  "has an empty range" },
		{ { OPTION(struct opts, size, .unit = UNIT_BYTES, .def = "4Q",
			   .help = "x") }, "is not a size" },
		{ { OPTION(struct opts, mode, .choices = "fast slow", .def = "fats",
			   .help = "x") }, "did you mean 'fast'" },
		{ { OPTION(struct opts, count, .choices = "1 2", .help = "x") },
		  "has choices but is no text" },
		{ { OPTION(struct opts, count, .help = "x"),
		    OPTION(struct opts, count, .help = "x") }, "is there twice" },
		{ { OPTION(struct opts, count, .letter = 'c', .help = "x"),
		    OPTION(struct opts, size, .letter = 'c', .help = "x") },
		  "short option of 'size': is there twice" },
		{ { OPTION(struct opts, count, .help = "x"),
		    OPTION(struct opts, size, .alias = "count", .help = "x") },
		  "is there twice" },
		{ { OPTION_AS("Count", struct opts, count, .help = "x") },
		  "is no good name" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_str_ struct str problems = STR_INIT;
		_cleanup_words_ struct words names = { 0 };
		bool letters[256] = { false };

		doc_check_options(&problems, NULL, wrong[i].rows, &names, letters);
		if (!strstr(problems.buf, wrong[i].says))
			fail_msg("row %zu: '%s', not '%s'", i, problems.buf,
				 wrong[i].says);
	}
}

/* No option of one stressor is taken for another's: "io" and "io-uring". */
static void names_find_their_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < registry_size; i++) {
		const struct option *row = registry[i].stressor->options;

		for (; row && row->name; row++) {
			char name[ARGS_NAME];

			args_name(registry[i].name, row, name);
			assert_null(registry_find(name));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stressors),
		cmocka_unit_test(checker),
		cmocka_unit_test(names_find_their_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
