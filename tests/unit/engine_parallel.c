/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two stressors in one trial: they begin together and share what there is. */
#include "engine_kit.h"

#include "core/machine.h"

enum { FAST_START, SLOW_READY, FAST_MEMORY, SLOW_MEMORY, FAST_STOP, SLOW_START };

static const struct metric metrics[] = {
	{ "ops", "operations", "ops/s", METRIC_RATE, BETTER_HIGHER }, {}
};

static void work(struct worker *w, unsigned start)
{
	while (worker_running(w)) {
		if (!told->number[start])
			told->number[start] = clock_now();
		usleep(1000);
		worker_count(w, 0, 1);
	}
}

static void fast(struct worker *w)
{
	told->number[FAST_MEMORY] = worker_memory(w);
	work(w, FAST_START);
	told->number[FAST_STOP] = clock_now();
}

static void slow_setup(struct worker *w)
{
	(void)w;
	usleep(300000);
}

static void slow(struct worker *w)
{
	told->number[SLOW_MEMORY] = worker_memory(w);
	told->number[SLOW_READY] = clock_now();
	work(w, SLOW_START);
}

static void broken_setup(struct worker *w)
{
	slow_setup(w);
	worker_broken(w, "no luck");
}

struct both {
	enum outcome outcome[2];
	size_t n;
};

static void keep_both(void *ctx, const struct trial_result *t)
{
	struct both *b = ctx;

	b->n = t->n;
	for (size_t i = 0; i < t->n && i < 2; i++)
		b->outcome[i] = t->cases[i].outcome;
}

static void run_both(void (*setup)(struct worker *w), uint64_t ops, struct both *b)
{
	const struct stressor s[] = {
		{ .run = fast, .metrics = metrics },
		{ .run = slow, .metrics = metrics, .setup = setup },
	};
	const struct entry e[] = { { "fast", "cpu", &s[0] }, { "slow", "cpu", &s[1] } };
	const struct selection sel[] = { { .entry = &e[0], .workers = 1, .ops = ops },
					 { .entry = &e[1], .workers = 1, .ops = ops } };
	struct sink sink = { .ctx = b, .trial_end = keep_both };
	struct ask ask = { .ops = ops };
	struct plan plan;
	char *why = NULL;

	*b = (struct both){ .n = 0 };
	memset(told, 0, sizeof(*told));
	engine_defaults(&ask);
	assert_int_equal(plan_make(sel, 2, ORDER_PARALLEL, &engine_settings, &plan,
				   &why), 0);
	run_plan(&plan, &engine_settings, &sink, 1, 0, NULL);
	plan_free(&plan);
}

/* Both pass, and work at the same time, as soon as both get a CPU. */
static bool are_together(const struct both *b)
{
	return b->outcome[0] == OUTCOME_PASS && b->outcome[1] == OUTCOME_PASS &&
	       told->number[SLOW_START] < told->number[FAST_STOP];
}

static void they_begin_together(void **state)
{
	uint64_t free_before = machine_memory(), shares;
	bool together = false;
	struct both b;

	(void)state;
	for (int i = 0; i < ATTEMPTS && !together; i++) {
		run_both(slow_setup, 0, &b);
		assert_int_equal(b.n, 2);
		assert_true(!told->number[FAST_START] ||
			    told->number[FAST_START] > told->number[SLOW_READY]);
		together = are_together(&b);
	}
	assert_true(together);
	shares = told->number[FAST_MEMORY] + told->number[SLOW_MEMORY];
	assert_true(shares > 0 && shares < free_before * 3 / 4);
}

static void one_does_not_wait_for_the_dead(void **state)
{
	struct both b;

	(void)state;
	run_both(broken_setup, 5, &b);
	assert_int_equal(b.n, 2);
	assert_int_equal(b.outcome[0], OUTCOME_PASS);
	assert_int_equal(b.outcome[1], OUTCOME_BROKEN);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_begin_together),
		cmocka_unit_test(one_does_not_wait_for_the_dead),
	};

	engine_titles(argc, argv);
	return cmocka_run_group_tests_name("engine: two at once", tests, make_told,
					   NULL);
}
