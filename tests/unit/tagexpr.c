/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/str.h"
#include "core/tagexpr.h"

static const struct stressor plain = { .summary = "x", .tags = "thp latency" };
static const struct stressor risky = { .summary = "x", .tags = "danger" };
static const struct stressor rude = { .summary = "x", .tags = "hurts-host" };

static const struct entry entries[] = {
	{ "nop", "memory", &plain },
	{ "module", "kernel", &risky },
	{ "split-lock", "cpu", &rude },
};

/* @wanted: '1' where the entry is selected. */
static void selects(const char *text, const char *wanted)
{
	char *why = NULL;
	struct tagexpr *x = tagexpr_parse(text, &why);

	if (!x)
		fail_msg("%s", why);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		if (tagexpr_selects(x, &entries[i]) != (wanted[i] == '1'))
			fail_msg("'%s' and '%s'", text, entries[i].name);
	tagexpr_free(x);
}

static void operators(void **state)
{
	(void)state;
	selects("memory", "100");
	selects("thp & latency", "100");
	selects("thp & !latency", "000");
	selects("!!thp", "100");
	selects("io | memory & thp", "100");
	selects("(io|memory)&thp", "100");
	selects(" ( memory ) ", "100");
	selects("io,memory", "100");
	/* '&' binds tighter than '|' */
	selects("memory | kernel & io", "100");
	selects("(memory | nop) & io", "000");
	/* names of stressors are words */
	selects("nop", "100");
	selects("all & !nop", "000");
}

static void opt_in(void **state)
{
	(void)state;
	selects("all", "100");
	selects("kernel", "000");
	selects("!memory", "000");
	selects("danger", "010");
	selects("kernel & danger", "010");
	selects("hurts-host", "001");
	selects("all & (danger | !danger)", "110");
	/* saying it only to exclude it is no permission */
	selects("all & !danger", "100");
	selects("!danger | all", "100");
	selects("!(!danger)", "010");
	/* the stressor's own name is */
	selects("module", "010");
	selects("all & !module", "100");
	selects("memory | split-lock", "101");
}

static void refuses(const char *text, const char *says)
{
	char *why = NULL;
	struct tagexpr *x = tagexpr_parse(text, &why);

	if (x || !why || !strstr(why, says))
		fail_msg("'%s': '%s', not '%s'", text, why ? why : "taken", says);
	free(why);
}

static void errors(void **state)
{
	char deep[400];

	(void)state;
	refuses("", "a word is missing at the end");
	refuses("memory &", "a word is missing at the end");
	refuses("memory | & io", "a word is missing at '& io'");
	refuses("memory io", "'&' or '|' is missing at 'io'");
	refuses("(memory", "')' is missing at the end");
	refuses("memory)", "'&' or '|' is missing at ')'");
	refuses("()", "a word is missing at ')'");
	refuses("memroy", "unknown tag or stressor 'memroy', did you mean 'memory'?");
	refuses("xyzzyplugh", "unknown tag or stressor 'xyzzyplugh'");
	memset(deep, '(', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	refuses(deep, "nested too deeply");
	memset(deep, '!', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	refuses(deep, "nested too deeply");
}

/* Whatever is typed, it is taken or refused with a reason. */
static void any_text(void **state)
{
	static const char *const parts[] = {
		"memory", "nop", "!", "&", "|", ",", "(", ")", " ", "xyzzy", "\x80",
	};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	for (int i = 0; i < 20000; i++) {
		_cleanup_str_ struct str text = STR_INIT;
		char *why = NULL;
		struct tagexpr *x;

		for (uint64_t n = rng_below(&rng, 12); n > 0; n--)
			str_add(&text, parts[rng_below(&rng, ARRAY_SIZE(parts))]);
		x = tagexpr_parse(text.buf, &why);
		assert_true((x == NULL) == (why != NULL));
		for (size_t k = 0; x && k < ARRAY_SIZE(entries); k++)
			tagexpr_selects(x, &entries[k]);
		tagexpr_free(x);
		free(why);
	}
}

static void tags(void **state)
{
	size_t n, opt_ins = 0;
	const struct tag *t = tag_table(&n);

	(void)state;
	assert_true(n > 10);
	for (size_t i = 0; i < n; i++) {
		assert_true(*t[i].name && *t[i].meaning);
		if (t[i].opt_in)
			opt_ins++;
	}
	assert_int_equal(opt_ins, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators),
		cmocka_unit_test(opt_in),
		cmocka_unit_test(errors),
		cmocka_unit_test(any_text),
		cmocka_unit_test(tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
