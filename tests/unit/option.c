/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/machine.h"
#include "core/option.h"

struct opts {
	bool flag;
	uint32_t depth;
	uint64_t block_bytes, pause, share;
	int64_t level;
	double ratio;
	const char *mode, *names, *events;
};

static const struct option table[] = {
	OPTION(struct opts, flag, .help = "a flag"),
	OPTION(struct opts, depth, .min = 1, .def = "4", .help = "a count"),
	OPTION(struct opts, block_bytes, .unit = UNIT_BYTES, .min = 512,
	       .max = 1 << 20, .def = "4K", .help = "a size"),
	OPTION(struct opts, pause, .unit = UNIT_DURATION, .def = "1m30s",
	       .help = "a duration"),
	OPTION(struct opts, share, .unit = UNIT_PERCENT, .max = 100,
	       .help = "a share"),
	OPTION(struct opts, level, .min = -20, .max = 19, .help = "a signed number"),
	OPTION(struct opts, ratio, .max = 2, .def = "0.1", .help = "a factor"),
	OPTION(struct opts, mode, .choices = "fast slow both", .def = "fast",
	       .help = "a choice"),
	OPTION(struct opts, names, .many = true, .choices = "anna bert",
	       .help = "a list"),
	OPTION(struct opts, events, .optional_arg = true, .help = "may be empty"),
	{}
};

static void expect(struct opts *o, const char *name, const char *value,
		   const char *message)
{
	const struct option *row = option_find(table, name);
	char *why;

	assert_non_null(row);
	why = option_set(row, o, value);
	if (!message && why)
		fail_msg("--%s %s: %s", name, value, why);
	if (message && (!why || !strstr(why, message)))
		fail_msg("--%s %s: '%s', not '%s'", name, value,
			 why ? why : "taken", message);
	free(why);
}

static void defaults(void **state)
{
	struct opts o;

	(void)state;
	memset(&o, 0x5a, sizeof(o));
	option_defaults(table, &o);
	assert_false(o.flag);
	assert_int_equal(o.depth, 4);
	assert_int_equal(o.block_bytes, 4096);
	assert_true(o.pause == 90000000000ULL);
	assert_true(o.level == 0 && o.share == 0 && o.ratio == 0.1);
	assert_string_equal(o.mode, "fast");
	assert_null(o.names);
	for (const struct option *row = table; row->name; row++)
		assert_true(option_is_default(row, &o));
}

static void values(void **state)
{
	struct opts o;

	(void)state;
	option_defaults(table, &o);
	expect(&o, "flag", NULL, NULL);
	assert_true(o.flag);
	expect(&o, "flag", "off", NULL);
	assert_false(o.flag);
	expect(&o, "block-bytes", "64K", NULL);
	assert_int_equal(o.block_bytes, 65536);
	expect(&o, "pause", "20ms", NULL);
	assert_int_equal(o.pause, 20000000);
	expect(&o, "share", "25%", NULL);
	assert_int_equal(o.share, 25);
	expect(&o, "level", "-5", NULL);
	assert_true(o.level == -5);
	expect(&o, "ratio", "1.5", NULL);
	assert_true(o.ratio == 1.5);
	expect(&o, "mode", "both", NULL);
	expect(&o, "names", "anna", NULL);
	expect(&o, "names", "bert,anna", NULL);
	assert_string_equal(o.names, "anna,bert,anna");
	expect(&o, "events", NULL, NULL);
	assert_string_equal(o.events, "");
	assert_false(option_is_default(option_find(table, "mode"), &o));
}

static void errors(void **state)
{
	struct opts o;

	(void)state;
	option_defaults(table, &o);
	expect(&o, "flag", "maybe", "value 'maybe' is neither yes nor no");
	expect(&o, "depth", NULL, "needs a value");
	expect(&o, "depth", "0", "outside of the range 1 to 4294967295");
	expect(&o, "depth", "4294967296", "outside of the range 1 to 4294967295");
	expect(&o, "block-bytes", "100", "outside of the range 512 to 1M");
	expect(&o, "block-bytes", "5X", "value '5X' is not a size");
	expect(&o, "pause", "5X", "value '5X' is not a duration");
	expect(&o, "share", "101%", "outside of the range 0% to 100%");
	expect(&o, "share", "x%", "is not a percentage");
	expect(&o, "level", "-21", "outside of the range -20 to 19");
	expect(&o, "level", "20", "outside of the range -20 to 19");
	expect(&o, "ratio", "2.5", "outside of the range 0 to 2");
	expect(&o, "mode", "fats", "did you mean 'fast'?");
	expect(&o, "mode", "xyzzy-plugh", "is none of: fast slow both");
	expect(&o, "mode", "", "is none of");
	expect(&o, "names", "anna,brt", "value 'brt' is unknown, did you mean 'bert'?");
	expect(&o, "names", ",", "is none of");
	/* nothing of a refused value stays */
	assert_int_equal(o.depth, 4);
	assert_string_equal(o.mode, "fast");
	assert_null(o.names);
}

static void percent_of_memory(void **state)
{
	struct opts o;
	const struct option row = OPTION(struct opts, block_bytes,
					 .unit = UNIT_BYTES, .def = "50%",
					 .help = "half");
	uint64_t first;

	(void)state;
	assert_null(option_set(&row, &o, "50%"));
	first = o.block_bytes;
	assert_true(first > 0 && first <= machine_memory() * 4);
	assert_null(option_set(&row, &o, "50%"));
	assert_true(o.block_bytes == first);
	assert_true(option_is_default(&row, &o));
}

/* The text of a value sets the same value. */
static void texts(void **state)
{
	struct opts o, back;

	(void)state;
	option_defaults(table, &o);
	o.level = -7;
	o.ratio = 1.0 / 3;
	o.block_bytes = 1536;
	o.flag = true;
	o.names = "anna,bert";
	memset(&back, 0, sizeof(back));
	for (const struct option *row = table; row->name; row++) {
		char *text = option_text(row, &o), *again;

		if (!row->choices || *text)
			assert_null(option_set(row, &back, text));
		again = option_text(row, &back);
		assert_string_equal(text, again);
		free(text);
		free(again);
	}
	assert_true(back.ratio == o.ratio && back.level == -7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults), cmocka_unit_test(values),
		cmocka_unit_test(errors),   cmocka_unit_test(percent_of_memory),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
