/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a stressor of the test's own under the engine and keeps what the sink
 * heard of the last trial of its first case. Included by the engine tests.
 */
#ifndef STRAIN_TESTS_ENGINE_KIT_H
#define STRAIN_TESTS_ENGINE_KIT_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#ifdef HAVE_LIBBSD
#include <bsd/unistd.h>
#endif

#include "base/str.h"
#include "base/value.h"
#include "core/run.h"
#include "core/trial.h"

/* What the tests' workers tell the test: memory that all of them share. */
struct told {
	volatile pid_t pid[16];
	volatile uint64_t number[16];
	char text[256];
};

struct got {
	unsigned trials;
	enum exit_code code;
	enum outcome outcome;
	char reason[512], state[64], wchan[64], scratch[256], stack[512];
	double wall, overrun, wait, seconds;
	size_t n_metrics, n_notes, n_stuck, n_workers, n_slices, slices;
	struct metric_result metric[METRICS_MAX];
	uint64_t percentile; /* the median of the last histogram */
	uint64_t evaluated[CHECKS_MAX], failed[CHECKS_MAX];
	double worker_ops[1024];
	double slice_sum; /* of the first column of all slices */
	double first_slice; /* seconds */
	char notes[512];
};

struct ask {
	unsigned workers;
	uint64_t ops, timeout, grace, slice, warmup, setup_time;
	uint32_t trials;
	bool threads, verify, timed;
	const char *temp_path;
};

static struct told *told;
static struct run_settings engine_settings;


static inline void keep_metrics(struct got *g, const struct case_result *r)
{
	g->n_metrics = r->n_metrics;
	for (size_t i = 0; i < r->n_metrics && i < METRICS_MAX; i++) {
		g->metric[i] = r->metric[i];
		if (r->metric[i].hist)
			g->percentile = hist_percentile(r->metric[i].hist, 0.5);
		g->metric[i].hist = NULL; /* freed when the call returns */
	}
	for (size_t i = 0; i < r->n_checks; i++) {
		g->evaluated[i] = r->check[i].evaluated;
		g->failed[i] = r->check[i].failed;
	}
}

static inline void keep_slices(struct got *g, const struct case_result *r)
{
	g->n_slices = r->n_slices;
	for (size_t i = 0; i < r->n_slices; i++) {
		const struct slice_table *t = &r->slices[i];

		if (!i && t->n)
			g->first_slice = t->seconds[0];
		g->slices += t->n;
		for (size_t k = 0; t->n_columns && k < t->n; k++)
			g->slice_sum += t->columns[0].value[k];
	}
}

static inline void keep(void *ctx, const struct trial_result *t)
{
	struct got *g = ctx;
	const struct case_result *r = &t->cases[0];
	unsigned trials = g->trials + 1;

	if (!t->n)
		return;
	*g = (struct got){ .trials = trials, .outcome = r->outcome,
			   .wall = r->wall_seconds, .overrun = r->overrun,
			   .wait = r->wait_seconds, .n_notes = r->n_notes,
			   .n_stuck = r->n_stuck, .n_workers = r->n_workers };
	snprintf(g->reason, sizeof(g->reason), "%s", r->reason ? r->reason : "");
	if (r->n_stuck) {
		snprintf(g->state, sizeof(g->state), "%s", r->stuck[0].state);
		snprintf(g->stack, sizeof(g->stack), "%s",
			 r->stuck[0].stack ? r->stuck[0].stack : "");
		snprintf(g->wchan, sizeof(g->wchan), "%s",
			 r->stuck[0].wchan ? r->stuck[0].wchan : "");
	}
	if (r->scratch)
		snprintf(g->scratch, sizeof(g->scratch), "%s", r->scratch->dir);
	for (size_t i = 0; i < r->n_workers && i < ARRAY_SIZE(g->worker_ops); i++)
		g->worker_ops[i] = r->worker_ops[i];
	for (size_t i = 0; i < r->n_notes; i++)
		if (strlen(g->notes) < sizeof(g->notes) / 2)
			strcat(strcat(g->notes, r->notes[i]), ";");
	keep_metrics(g, r);
	keep_slices(g, r);
}

/* A task that has to be given up has this long before; one that is only slow,
 * since others use the machine too, is not meant. */
#define SHORT_GRACE (100 * NSEC_PER_MSEC)
/* Long before a limit that nothing should wait for: see engine_defaults(). */
#define AT_ONCE 15 /* seconds */

/* Of what does a number of operations it is those that end it. */
static inline void engine_defaults(const struct ask *ask)
{
	uint64_t timeout = ask->ops ? 60 * NSEC_PER_SEC : 150 * NSEC_PER_MSEC;

	option_defaults(run_options, &engine_settings);
	engine_settings.counters = "none";
	engine_settings.timeout = ask->timeout ? ask->timeout : timeout;
	engine_settings.grace = ask->grace ? ask->grace : 5 * NSEC_PER_SEC;
	engine_settings.warmup = ask->warmup;
	engine_settings.slice = ask->slice ? ask->slice : 20 * NSEC_PER_MSEC;
	engine_settings.trials = ask->trials ? ask->trials : 1;
	engine_settings.verify = ask->verify;
	engine_settings.latency = ask->timed ? "all" : "off";
	engine_settings.temp_path = ask->temp_path ? ask->temp_path : "/tmp";
	engine_settings.setup_time = ask->setup_time ? ask->setup_time : 90 * NSEC_PER_SEC;
	engine_settings.seed = 1;
}

/* The worst outcome decides, so every trial of @ask is expected to be the same. */
static inline void engine_run(const struct stressor *s, struct ask ask, struct got *g)
{
	const struct entry e = { "sick", "cpu", s };
	_cleanup_free_ char *opts = xalloc(s->opts_size + 1);
	struct selection sel = { .entry = &e, .workers = ask.workers ? ask.workers : 1,
				 .ops = ask.ops, .threads = ask.threads, .opts = opts };
	struct sink sink = { .ctx = g, .trial_end = keep };
	uint64_t started = clock_now();
	struct plan plan;
	char *why = NULL;

	*g = (struct got){ 0 };
	memset(told, 0, sizeof(*told));
	engine_defaults(&ask);
	assert_int_equal(plan_make(&sel, 1, ORDER_SEQUENTIAL, &engine_settings,
				   &plan, &why), 0);

	g->code = run_plan(&plan, &engine_settings, &sink, 1, 0, NULL);
	g->seconds = (clock_now() - started) / 1e9;
	plan_free(&plan);
}

/*
 * What takes the time of a CPU comes late, or to nothing, on a machine whose CPUs
 * others have: as often as ATTEMPTS it is tried again, until nothing is @wrong. An
 * engine that is sick is so each time.
 */
#define ATTEMPTS 10

static inline void engine_run_until(const struct stressor *s, struct ask ask,
				    struct got *g,
				    const char *(*wrong)(const struct got *g))
{
	const char *what = NULL;

	for (int i = 0; i < ATTEMPTS; i++) {
		engine_run(s, ask, g);
		what = wrong(g);
		if (!what)
			return;
	}
	fail_msg("%d times, at last: %s; %s: '%s', %.3f s late, %.3f s without a CPU, "
		 "%zu slices, %zu stuck, %.0f operations, %.3f s in all",
		 ATTEMPTS, what, outcome_name(g->outcome), g->reason, g->overrun,
		 g->wait, g->slices, g->n_stuck, (double)g->metric[0].count, g->seconds);
}

/* Workers set their titles, for which libbsd wants to know where they are. */
static inline void engine_titles(int argc, char **argv)
{
#ifdef HAVE_LIBBSD
	setproctitle_init(argc, argv, environ);
#else
	(void)argc, (void)argv;
#endif
}

static inline int make_told(void **state)
{
	(void)state;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return told == MAP_FAILED;
}

static inline void expect(const struct got *g, enum outcome outcome, const char *reason)
{
	if (g->outcome != outcome || !strstr(g->reason, reason))
		fail_msg("%s: '%s', wanted %s: '%s'%s%s", outcome_name(g->outcome),
			 g->reason, outcome_name(outcome), reason,
			 g->stack[0] ? "\n" : "", g->stack);
}

/* For engine_run_until(): a healthy stressor that ends when it should. */
static inline const char *not_punctual(const struct got *g)
{
	if (g->outcome != OUTCOME_PASS)
		return "it did not pass";
	return g->overrun > 0.2 ? "it is late" : NULL;
}

#endif
