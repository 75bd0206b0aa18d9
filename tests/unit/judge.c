/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was recorded, to outcome and metrics: on records made by hand. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/member.h"

enum { M_OPS, M_COST, M_SHARE, M_SPEEDUP, M_EXTRA };

static const struct metric metrics[] = {
	[M_OPS] = { "ops", "operations", "ops/s", METRIC_RATE, BETTER_HIGHER },
	[M_COST] = { "cost", "CPU time", "us", METRIC_COST, BETTER_LOWER,
		     .of = M_OPS, .scale = 1e-3, .flag_below = 1000 },
	[M_SHARE] = { "share", "extras of operations", "ratio", METRIC_RATIO,
		      BETTER_NEITHER, .of = M_EXTRA, .per = M_OPS },
	[M_SPEEDUP] = { "speedup", "second to first", "ratio", METRIC_RATIO,
			BETTER_HIGHER, .of = M_OPS, .num = "second", .den = "first" },
	[M_EXTRA] = { "extra", "extras", "extras/s", METRIC_RATE, BETTER_HIGHER },
	{}
};

static const struct check checks[] = { { "holds", "a" }, { "deep", "b", true }, {} };
static const struct variant two[] = { { "first", "", 0 }, { "second", "", 0 }, {} };

static struct stressor stressor;
static struct entry entry = { "judged", "cpu", &stressor };
static struct run_settings settings;
static struct run_case of;
static struct member m;
static struct case_result r;
static uint64_t warm[4][METRICS_MAX];

static struct slot *slot(unsigned side, unsigned task)
{
	return trial_slot(m.area, side, task);
}

/* Two tasks that worked 1 s and 2 s: 100 operations each, 0.5 s of CPU. */
static void healthy(const struct variant *variants)
{
	option_defaults(run_options, &settings);
	stressor = (struct stressor){ .metrics = metrics, .checks = checks,
				      .variants = variants };
	of = (struct run_case){ .id = (char *)"judged", .entry = &entry, .workers = 2,
				.mutation = -1 };
	memset(warm, 0, sizeof(warm));
	m = (struct member){ .of = &of, .settings = &settings, .state = MEMBER_DONE };
	m.area = trial_area_make(&of, &settings, 1);
	assert_non_null(m.area);
	for (unsigned i = 0; i < m.area->n_slots; i++) {
		struct slot *s = &m.area->slot[i];

		s->count[M_OPS] = 100;
		s->start_ns = 5 * NSEC_PER_SEC;
		s->stop_ns = s->start_ns + (1 + i % 2) * NSEC_PER_SEC;
		s->cpu_ns = NSEC_PER_SEC / 2;
		s->check[0].evaluated = 3;
		s->finished = 1;
		m.area->process[i].pid = 1000 + (pid_t)i;
		m.area->process[i].reaped = true;
	}
	m.area->n_processes = m.area->n_slots;
}

static void ended(void)
{
	judge_free(&r);
	trial_area_free(m.area);
}

static const struct metric_result *metric(unsigned k, const char *variant)
{
	for (size_t i = 0; i < r.n_metrics; i++)
		if (r.metric[i].metric == &metrics[k] &&
		    (!variant || !strcmp(r.metric[i].variant, variant)))
			return &r.metric[i];
	fail_msg("no metric %s", metrics[k].id);
	return NULL;
}

static void near(double got, double wanted)
{
	if (got < wanted * 0.999999 || got > wanted * 1.000001)
		fail_msg("%g, wanted %g", got, wanted);
}

/* ---- outcomes: each row adds a graver finding to those before ---- */

static struct kwatch_line complaint = { 1, (char *)"WARNING: at x.c:1", "warn" };
static struct kwatch_result kernel;

static void add_unevaluated(void)
{
	for (unsigned i = 0; i < 2; i++)
		slot(0, i)->check[0].evaluated = 0;
}

static void add_no_work(void)
{
	for (unsigned i = 0; i < 2; i++)
		slot(0, i)->count[M_OPS] = 0;
}

static void add_exit(void)
{
	m.area->process[1].status = 3 << 8;
}

static void add_skip(void)
{
	slot(0, 0)->outcome = SLOT_SKIP;
	strcpy(slot(0, 0)->reason, "said skip");
}

static void add_interrupt(void)
{
	m.interrupted = true;
}

static void add_broken(void)
{
	m.area->leader.outcome = SLOT_BROKEN;
	strcpy(m.area->leader.reason, "said broken");
}

static void add_killed(void)
{
	m.area->process[0].status = SIGSEGV;
}

static void add_oom(void)
{
	m.area->process[0].status = SIGKILL;
	kernel.oom_pids[0] = 1000;
	kernel.oom_n = 1;
}

static void add_hang(void)
{
	m.out_of_time = true;
}

static void add_splat(void)
{
	kernel.line = &complaint;
	kernel.n = kernel.splats = 1;
	kernel.watched = true;
}

static void add_fail(void)
{
	slot(0, 1)->outcome = SLOT_FAIL;
	strcpy(slot(0, 1)->reason, "said fail");
}

static void add_failed_check(void)
{
	slot(0, 1)->check[0].evaluated = 5;
	slot(0, 1)->check[0].failed = 2;
	strcpy(slot(0, 1)->check_reason[0], "it is odd");
}

static void nothing(void)
{
}

static void gravest_first(void **state)
{
	static const struct {
		void (*add)(void);
		enum outcome outcome;
		const char *reason;
	} rows[] = {
		{ nothing, OUTCOME_PASS, NULL },
		{ add_unevaluated, OUTCOME_BROKEN, "check 'holds' was never evaluated" },
		{ add_no_work, OUTCOME_BROKEN, "no work was done" },
		{ add_exit, OUTCOME_BROKEN, "1001 exited with status 3" },
		{ add_skip, OUTCOME_SKIP, "said skip" },
		{ add_interrupt, OUTCOME_INTERRUPTED, "interrupted" },
		{ add_broken, OUTCOME_BROKEN, "said broken" },
		{ add_killed, OUTCOME_KILLED, "1000 was killed by signal 11" },
		{ add_oom, OUTCOME_KILLED, "1000 was killed by the OOM killer" },
		{ add_hang, OUTCOME_HANG, "did not end in time" },
		{ add_splat, OUTCOME_FAIL, "WARNING: at x.c:1" },
		{ add_fail, OUTCOME_FAIL, "said fail" },
		{ add_failed_check, OUTCOME_FAIL, "'holds' failed 2 of 5 times: it is odd" },
	};

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
		kernel = (struct kwatch_result){ 0 };
		healthy(NULL);
		for (size_t i = 0; i <= n; i++)
			rows[i].add();
		judge(&m, &kernel, false, &r);
		if (r.outcome != rows[n].outcome ||
		    (rows[n].reason ? !r.reason || !strstr(r.reason, rows[n].reason) :
				      r.reason != NULL))
			fail_msg("row %zu: %s: '%s'", n, outcome_name(r.outcome), r.reason);
		assert_int_equal(r.shared_blame, rows[n].add == add_splat);
		ended();
	}
}

/* A signal that we sent ourselves is no crash. */
static void our_own_signals(void **state)
{
	(void)state;
	healthy(NULL);
	add_killed();
	m.escalated = 2;
	add_interrupt();
	judge(&m, NULL, true, &r);
	assert_int_equal(r.outcome, OUTCOME_INTERRUPTED);
	ended();
	healthy(NULL);
	m.leader_status = SIGKILL;
	judge(&m, NULL, true, &r);
	assert_int_equal(r.outcome, OUTCOME_KILLED);
	assert_non_null(strstr(r.reason, "the leader was killed by signal 9"));
	ended();
}

static void deep_checks(void **state)
{
	(void)state;
	healthy(NULL);
	judge(&m, NULL, true, &r);
	assert_int_equal(r.n_checks, 1);
	assert_int_equal(r.check[0].evaluated, 6);
	ended();
	healthy(NULL);
	of.verify = true;
	judge(&m, NULL, true, &r);
	assert_int_equal(r.n_checks, 2);
	assert_int_equal(r.outcome, OUTCOME_BROKEN);
	assert_non_null(strstr(r.reason, "'deep' was never evaluated"));
	ended();
}

/* ---- metrics ---- */

static void rates(void **state)
{
	const struct metric_result *ops;

	(void)state;
	healthy(NULL);
	slot(0, 1)->count[M_EXTRA] = 50;
	judge(&m, NULL, true, &r);
	ops = metric(M_OPS, NULL);
	near(ops->value, 200 / 2.0); /* of all, from the first start to the last stop */
	near(ops->count, 200);
	near(ops->cpu_rate, 200 / 1.0);
	near(ops->min, 50);
	near(ops->max, 100);
	near(metric(M_COST, NULL)->value, 1e9 / 200 * 1e-3);
	near(metric(M_EXTRA, NULL)->value, 25); /* of the task that counts it */
	near(metric(M_SHARE, NULL)->value, 0.25); /* of counts, not of rates */
	assert_false(metric(M_SPEEDUP, NULL)->valid);
	near(r.wall_seconds, 2);
	near(r.cpu_seconds, 1);
	assert_int_equal(r.n_workers, 2);
	near(r.worker_ops[1], 100);
	/* 5000 us are not below the limit */
	assert_int_equal(r.n_notes, 0);
	ended();
}

/* Two workers that share a CPU: the second begins when the first has ended. */
static void one_after_the_other(void **state)
{
	(void)state;
	healthy(NULL);
	slot(0, 1)->start_ns = slot(0, 0)->stop_ns;
	slot(0, 1)->stop_ns = slot(0, 1)->start_ns + NSEC_PER_SEC;
	judge(&m, NULL, true, &r);
	near(metric(M_OPS, NULL)->value, 100); /* no CPU did more in a second */
	near(metric(M_OPS, NULL)->min, 100);
	near(metric(M_OPS, NULL)->max, 100);
	ended();
}

static void flags(void **state)
{
	(void)state;
	healthy(NULL);
	slot(0, 0)->cpu_ns = slot(0, 1)->cpu_ns = NSEC_PER_SEC / 100;
	judge(&m, NULL, true, &r);
	assert_int_equal(r.outcome, OUTCOME_PASS); /* a remark is no failure */
	assert_int_equal(r.n_notes, 1);
	assert_non_null(strstr(r.notes[0], "metric 'cost' is 100, below 1000"));
	ended();
}

static void warm_up_is_left_out(void **state)
{
	const struct metric_result *ops;

	(void)state;
	healthy(NULL);
	warm[0][M_OPS] = 40;
	warm[1][M_OPS] = 20;
	m.warm_count = warm;
	m.warm_at = 5 * NSEC_PER_SEC + NSEC_PER_SEC / 2;
	m.warm_cpu[0] = NSEC_PER_SEC / 2;
	r = (struct case_result){ 0 };
	judge_metrics(&m, &r);
	ops = metric(M_OPS, NULL);
	near(ops->count, 140);
	near(ops->value, 140 / 1.5);
	near(ops->cpu_rate, 140 / 0.5);
	ended();
}

static void variants(void **state)
{
	(void)state;
	healthy(two);
	assert_int_equal(m.area->n_sides, 2);
	m.active[0] = 4 * NSEC_PER_SEC; /* of turns, whatever the tasks say */
	m.active[1] = 2 * NSEC_PER_SEC;
	m.warm_active[1] = NSEC_PER_SEC;
	judge(&m, NULL, true, &r);
	near(metric(M_OPS, "first")->value, 200 / 4.0);
	near(metric(M_OPS, "second")->value, 200 / 1.0);
	near(metric(M_SPEEDUP, NULL)->value, 4);
	assert_int_equal(r.outcome, OUTCOME_PASS);
	ended();
	healthy(two);
	slot(1, 0)->count[M_OPS] = slot(1, 1)->count[M_OPS] = 0;
	judge(&m, NULL, true, &r);
	assert_int_equal(r.outcome, OUTCOME_BROKEN);
	assert_non_null(strstr(r.reason, "no work was done in variant second"));
	assert_false(metric(M_SPEEDUP, NULL)->valid);
	ended();
}

static void lateness(void **state)
{
	(void)state;
	healthy(NULL);
	settings.timeout = NSEC_PER_SEC;
	m.gate = 5 * NSEC_PER_SEC;
	m.end = m.gate + settings.timeout;
	m.stop_at = m.end + 1;
	judge(&m, NULL, true, &r);
	near(r.overrun, 1);
	ended();
	healthy(NULL);
	judge(&m, NULL, true, &r);
	assert_true(r.overrun < 1e-9); /* within 10 s */
	ended();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gravest_first),
		cmocka_unit_test(our_own_signals),
		cmocka_unit_test(deep_checks),
		cmocka_unit_test(rates),
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(flags),
		cmocka_unit_test(warm_up_is_left_out),
		cmocka_unit_test(variants),
		cmocka_unit_test(lateness),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
