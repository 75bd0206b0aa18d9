/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exact mode without an emulator: what is measured, and when it is refused. */
#include "engine_kit.h"

#include "core/exact.h"

#define OPS 400

enum { M_OPS, M_TIME };

static const struct metric metrics[] = {
	{ "ops", "operations", "ops/s", METRIC_RATE, BETTER_HIGHER, .primary = true },
	{ "time", "time", "ns", METRIC_LATENCY, BETTER_LOWER, .primary = true },
	{}
};

/* Two loops: is one nanosecond an instruction in both? */
static void agreement(void **state)
{
	const uint64_t count[2] = { 200000, 199996 };

	(void)state;
	assert_true(exact_agrees(count, count));
	assert_true(exact_agrees(count, (uint64_t[2]){ 200900, 199100 }));
	/* a processor that takes a nanosecond for a step, and longer for a product */
	assert_false(exact_agrees(count, (uint64_t[2]){ 200000, 600000 }));
	assert_false(exact_agrees(count, (uint64_t[2]){ 100000, 199996 }));
	/* two nanoseconds an instruction: shift=1 */
	assert_false(exact_agrees(count, (uint64_t[2]){ 400000, 399992 }));
	assert_false(exact_agrees(count, (uint64_t[2]){ 201100, 199996 }));
	assert_false(exact_agrees(count, (uint64_t[2]){ 0, 0 }));
}

static void fitness(void **state)
{
	static const struct method methods[] = {
		{ "fixed", "", .exact = true, .exact_ops = 7 }, { "device", "" }, {}
	};
	const struct stressor one = { .methods = methods }, all = { .exact = true, .exact_ops = 9 };

	(void)state;
	assert_null(exact_unfit(&one, &methods[0], NULL));
	assert_null(exact_unfit(&one, &methods[0], "tmpfs"));
	assert_null(exact_unfit(&all, NULL, NULL));
	assert_non_null(strstr(exact_unfit(&one, &methods[0], "xfs"), "tmpfs"));
	assert_non_null(strstr(exact_unfit(&one, &methods[0], "scratch"), "tmpfs"));
	assert_non_null(strstr(exact_unfit(&one, &methods[1], NULL), "not fixed"));
	assert_int_equal(exact_ops(&one, &methods[0]), 7);
	assert_int_equal(exact_ops(&one, &methods[1]), EXACT_OPS);
	assert_int_equal(exact_ops(&all, NULL), 9);
	assert_int_equal(exact_warm(400), 100);
	assert_int_equal(exact_warm(2), 1);
}

/* Work that was put off counts, once, and the rest itself does not. */
static void put_off(void **state)
{
	(void)state;
	assert_int_equal(exact_sum(1000, 80, 80), 1000);
	assert_int_equal(exact_sum(1000, 95, 80), 1015);
	/* a tick more in the second rest is not the operations' */
	assert_int_equal(exact_sum(1000, 80, 83), 1000);
	assert_true(exact_rest() > 0);
}

/* Not an emulator, or one that says so: then no figure is made of times. */
static void refused_here(void **state)
{
	struct stressor s = { .exact = true, .metrics = metrics };
	const struct entry e = { "sick", "cpu", &s };
	struct selection sel = { .entry = &e, .workers = 3 };
	struct plan plan;
	char *why = NULL;

	(void)state;
	engine_defaults(&(struct ask){ 0 });
	engine_settings.exact = true;
	assert_int_equal(plan_make(&sel, 1, ORDER_SEQUENTIAL, &engine_settings, &plan, &why), 0);
	assert_int_equal(plan.n_cases, 1);
	assert_int_equal(plan.cases[0].workers, 1);
	assert_int_equal(plan.cases[0].ops, EXACT_OPS);
	assert_int_equal(plan.n_trials, exact_refusal() ? 0 : 1);
	if (exact_refusal())
		assert_string_equal(plan.cases[0].skip, exact_refusal());
	plan_free(&plan);
}

/* --- what is measured: with the clock there is, as if it counted ------------- */

static void run_exact(const struct stressor *s, uint64_t ops, uint64_t timeout, struct got *g)
{
	const struct entry e = { "sick", "cpu", s };
	struct selection sel = { .entry = &e, .workers = 1, .ops = ops };
	struct sink sink = { .ctx = g, .trial_end = keep };
	struct plan plan;
	char *why = NULL;

	*g = (struct got){ 0 };
	memset(told, 0, sizeof(*told));
	engine_defaults(&(struct ask){ .timeout = timeout });
	assert_int_equal(plan_make(&sel, 1, ORDER_SEQUENTIAL, &engine_settings, &plan, &why), 0);
	engine_settings.exact = true;
	plan.cases[0].exact = true;
	g->code = run_plan(&plan, &engine_settings, &sink, 1, 0, NULL);
	plan_free(&plan);
}

static void nap(uint64_t ns)
{
	struct timespec t = { 0, (long)ns };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

/* Slow while it warms up, 100 us an operation afterwards. */
static void warms_up(struct worker *w)
{
	while (worker_running(w)) {
		told->number[0] = worker_batch(w, UINT64_MAX);
		worker_time_begin(w);
		nap(told->number[1]++ < exact_warm(OPS) ? 5 * NSEC_PER_MSEC :
							 100 * NSEC_PER_USEC);
		worker_time_end(w, M_TIME);
		worker_latency(w, M_TIME, 1);
		worker_count(w, M_OPS, 1);
	}
}

static void warm_up_is_not_counted(void **state)
{
	struct stressor s = { .run = warms_up, .metrics = metrics };
	struct got g;

	(void)state;
	run_exact(&s, OPS, 30 * NSEC_PER_SEC, &g);
	expect(&g, OUTCOME_PASS, "");
	assert_int_equal(told->number[1], OPS + exact_warm(OPS));
	assert_int_equal(g.n_metrics, 1); /* no rate, no latency */
	assert_string_equal(g.metric[0].metric->id, "instructions");
	assert_int_equal(g.metric[0].count, OPS);
	/* at least the sleeps; and what it took in all cannot be in it */
	assert_true(g.metric[0].value >= 1e5);
	assert_true(g.metric[0].value * OPS < g.wall * 1e9 - 0.9 * 5e6 * exact_warm(OPS));
	assert_int_equal(g.slices, 1);
}

static void steps(struct worker *w)
{
	while (worker_running(w)) {
		nap(NSEC_PER_MSEC);
		worker_count(w, M_OPS, 1);
	}
}

/* Three variants of one worker would do the same three times. */
static void one_variant(void **state)
{
	static const struct variant variants[] = { { "shared", "" }, { "private", "" }, {} };
	struct stressor s = { .run = steps, .metrics = metrics, .variants = variants };
	struct got g;

	(void)state;
	run_exact(&s, 8, 30 * NSEC_PER_SEC, &g);
	expect(&g, OUTCOME_PASS, "");
	assert_int_equal(g.n_metrics, 1);
	assert_null(g.metric[0].variant);
	assert_int_equal(g.metric[0].count, 8);
}

static void too_few_operations(void **state)
{
	struct stressor s = { .run = steps, .metrics = metrics };
	struct got g;

	(void)state;
	run_exact(&s, 1000000, 100 * NSEC_PER_MSEC, &g);
	expect(&g, OUTCOME_BROKEN, "1000000 operations of exact mode were not done");
	assert_false(g.metric[0].valid);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agreement),
		cmocka_unit_test(fitness),
		cmocka_unit_test(put_off),
		cmocka_unit_test(refused_here),
		cmocka_unit_test(warm_up_is_not_counted),
		cmocka_unit_test(one_variant),
		cmocka_unit_test(too_few_operations),
	};

	engine_titles(argc, argv);
	return cmocka_run_group_tests(tests, make_told, NULL);
}
