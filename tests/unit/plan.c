/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selections to cases and trials. The stressors are the test's own. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/value.h"
#include "core/machine.h"
#include "core/plan.h"

struct opts {
	uint64_t bytes;
	const char *mode;
};

static const struct option options[] = {
	OPTION(struct opts, bytes, .unit = UNIT_BYTES, .def = "64K", .help = "size"),
	OPTION(struct opts, mode, .choices = "fast slow", .def = "fast", .help = "mode"),
	{}
};

static void run(struct worker *w)
{
	(void)w;
}

static const struct metric metrics[] = {
	{ "ops", "operations", "ops/s", METRIC_RATE, BETTER_HIGHER }, {}
};

static const struct check checks[] = {
	{ "cheap", "a" }, { "dear", "b", .deep = true }, {}
};

static const struct needs impossible = { .kernel = "999.0", .files = "/nonexistent/a /nonexistent/b" };

static const struct method methods[] = {
	{ "one", "", .checks = CHECK(0) },
	{ "two", "", .checks = CHECK(0) | CHECK(1) },
	{ "three", "", .needs = &impossible },
	{ "four", "", .unsupported = "no libfour: install it" },
	{}
};

static const struct uses dirs = { .scratch = true, .fs = "scratch tmpfs" };

static const struct stressor stressors[] = {
	{ .run = run, .metrics = metrics, .options = options, .methods = methods,
	  .opts_size = sizeof(struct opts), .checks = checks },
	{ .run = run, .metrics = metrics, .uses = &dirs },
	{ .run = run, .metrics = metrics },
};

static const struct entry entries[] = {
	{ "alpha", "memory", &stressors[0] },
	{ "beta", "filesystem", &stressors[1] },
	{ "gamma", "cpu", &stressors[2] },
};

static struct run_settings settings;
static struct opts alpha_opts;
static struct selection all[3];
static struct plan plan;

static int fresh(void **state)
{
	(void)state;
	option_defaults(run_options, &settings);
	option_defaults(options, &alpha_opts);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		all[i] = (struct selection){ .entry = &entries[i], .workers = 1,
					     .opts = &alpha_opts };
	all[0].methods = "one,two";
	settings.fs = "scratch";
	return 0;
}

static int done(void **state)
{
	(void)state;
	plan_free(&plan);
	return 0;
}

static void make(size_t n, enum plan_order order)
{
	char *why = NULL;

	if (plan_make(all, n, order, &settings, &plan, &why))
		fail_msg("refused: %s", why);
}

/* "alpha/one alpha/two | beta" with the repetition behind each trial. */
static void expect(const char *wanted)
{
	_cleanup_str_ struct str got = STR_INIT;

	for (size_t i = 0; i < plan.n_trials; i++) {
		if (i)
			str_add(&got, " | ");
		for (size_t k = 0; k < plan.trials[i].n; k++)
			str_addf(&got, "%s ", plan.trials[i].cases[k]->id);
		str_addf(&got, "%u", plan.trials[i].number);
	}
	assert_string_equal(got.buf, wanted);
}

static void one_after_another(void **state)
{
	(void)state;
	settings.trials = 2;
	make(2, ORDER_SEQUENTIAL);
	expect("alpha/one 0 | alpha/one 1 | alpha/two 0 | alpha/two 1 | "
	       "beta 0 | beta 1");
	plan_free(&plan);
	settings.interleave = true;
	make(2, ORDER_SEQUENTIAL);
	expect("alpha/one 0 | alpha/two 0 | beta 0 | "
	       "alpha/one 1 | alpha/two 1 | beta 1");
}

static void at_once(void **state)
{
	(void)state;
	settings.trials = 2;
	make(3, ORDER_PARALLEL);
	/* cases of a stressor never run beside each other */
	expect("alpha/one beta gamma 0 | alpha/two beta gamma 0 | "
	       "alpha/one beta gamma 1 | alpha/two beta gamma 1");
	plan_free(&plan);
	make(1, ORDER_PARALLEL); /* nothing to be parallel with */
	expect("alpha/one 0 | alpha/one 1 | alpha/two 0 | alpha/two 1");
}

static void combinations(void **state)
{
	(void)state;
	all[0].methods = "one";
	make(3, ORDER_PERMUTE);
	expect("alpha/one 0 | beta 0 | alpha/one beta 0 | gamma 0 | "
	       "alpha/one gamma 0 | beta gamma 0 | alpha/one beta gamma 0");
}

static void too_many_combinations(void **state)
{
	struct selection many[11];
	char *why = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = all[2];
	assert_int_not_equal(plan_make(many, 11, ORDER_PERMUTE, &settings, &plan, &why), 0);
	assert_non_null(strstr(why, "11 stressors, at most 10"));
	free(why);
	assert_int_equal(plan.n_cases, 0);
}

static void skips_get_no_trial(void **state)
{
	(void)state;
	all[0].methods = NULL;
	make(1, ORDER_SEQUENTIAL);
	expect("alpha/one 0 | alpha/two 0");
	assert_int_equal(plan.n_cases, 4);
	assert_null(plan.cases[0].skip);
	assert_non_null(strstr(plan.cases[2].skip, "999"));
	assert_non_null(strstr(plan.cases[2].skip, "a'; no file '/nonexistent/b"));
	assert_string_equal(plan.cases[2].remedy, "boot a newer kernel; "
			    "create it, or install what provides it"); /* once */
	assert_non_null(strstr(plan.cases[3].skip, "no libfour"));
	assert_string_equal(plan.cases[3].remedy, "install it");
	plan_free(&plan);
	all[0].methods = "three,four";
	make(1, ORDER_PARALLEL);
	expect("");
	plan_free(&plan);
	make(2, ORDER_PARALLEL); /* the others run without it */
	expect("beta 0");
}

static void workers(void **state)
{
	const struct {
		int64_t n;
		bool percent;
		unsigned wanted;
	} rows[] = {
		{ 5, false, 5 }, { 0, false, machine_cpus() },
		{ -1, false, machine_cpus_online() }, { -7, false, machine_cpus_online() },
		{ 100, true, machine_cpus() }, { 300, true, 3 * machine_cpus() },
		{ 1, true, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		all[2].workers = rows[i].n;
		all[2].workers_percent = rows[i].percent;
		all[0] = all[2];
		make(1, ORDER_SEQUENTIAL);
		assert_int_equal(plan.cases[0].workers, rows[i].wanted);
		plan_free(&plan);
	}
}

static void workers_follow_the_mask(void **state)
{
	cpu_set_t before, one;
	int cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	while (!CPU_ISSET(cpu, &before))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	all[0] = all[2];
	all[0].workers = 0;
	make(1, ORDER_SEQUENTIAL);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	assert_int_equal(plan.cases[0].workers, 1);
}

static void names_of_cases(void **state)
{
	(void)state;
	all[0].threads = true;
	settings.verify = true;
	alpha_opts.bytes = 1 << 20;
	alpha_opts.mode = "slow";
	settings.fs = NULL;
	make(2, ORDER_SEQUENTIAL);
	assert_string_equal(plan.cases[0].id, "alpha/one+threads?bytes=1M&mode=slow");
	/* only a case with a deep check has trials of its own for it */
	assert_string_equal(plan.cases[1].id,
			    "alpha/two+threads+verify?bytes=1M&mode=slow");
	assert_true(plan.cases[1].verify && !plan.cases[0].verify);
	assert_string_equal(plan.cases[2].id, "beta");
	assert_string_equal(plan.cases[3].id, "beta@tmpfs");
	for (size_t i = 0; i < plan.n_cases; i++) {
		assert_int_equal(plan.cases[i].index, i);
		assert_int_equal(plan.cases[i].mutation, -1);
	}
}

static void refused(const char *word)
{
	char *why = NULL;

	if (!plan_make(all, 3, ORDER_SEQUENTIAL, &settings, &plan, &why))
		fail_msg("not refused: %s", word);
	if (!strstr(why, word) || strchr(why, '\n'))
		fail_msg("'%s' does not say '%s'", why, word);
	free(why);
	fresh(NULL);
}

static void mutations(void **state)
{
	static const char *const wrong[] = { "nop", ":", "nop:", ":counted", "",
					     "nosuch:counted", "nop:nosuch",
					     "nop:counted:x" };
	struct selection nop = { .entry = registry_find("nop"), .workers = 1 };
	char *why = NULL;

	(void)state;
	settings.mutate = "nop:counted";
	assert_int_equal(plan_make(&nop, 1, ORDER_SEQUENTIAL, &settings, &plan, &why), 0);
	assert_int_equal(plan.cases[0].mutation, 0);
	plan_free(&plan);
	refused("'nop' is not selected");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		settings.mutate = wrong[i];
		if (!plan_make(&nop, 1, ORDER_SEQUENTIAL, &settings, &plan, &why))
			fail_msg("'%s' is taken for a mutation", wrong[i]);
		assert_non_null(strstr(why, "option '--mutate'"));
		free(why);
	}
}

static void wrong_settings(void **state)
{
	(void)state;
	settings.cpus = "0-100000";
	refused("option '--cpus': '0-100000'");
	settings.fs = "tmpfs,nosuchfs";
	refused("unknown filesystem 'nosuchfs'");
}

static void seeds(void **state)
{
	uint64_t first;

	(void)state;
	settings.seed = 42;
	make(1, ORDER_SEQUENTIAL);
	assert_int_equal(plan.seed, 42);
	plan_free(&plan);
	settings.seed = 0;
	make(1, ORDER_SEQUENTIAL);
	first = plan.seed;
	plan_free(&plan);
	make(1, ORDER_SEQUENTIAL);
	assert_true(plan.seed && first && plan.seed != first);
	assert_true(plan.seed < UINT64_C(1) << 53); /* whole in a double */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_after_another), TEST(at_once), TEST(combinations),
		TEST(too_many_combinations), TEST(skips_get_no_trial), TEST(workers),
		TEST(workers_follow_the_mask), TEST(names_of_cases), TEST(mutations),
		TEST(wrong_settings), TEST(seeds),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
