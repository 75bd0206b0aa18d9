/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workers, helpers, setups and teardowns that misbehave: what becomes of them.
 * One worker without setup and teardown is its leader itself, of two there is one.
 */
#include "engine_kit.h"

#include <sys/wait.h>

enum { M_OPS };
enum { C_HOLDS };

static const struct metric metrics[] = {
	{ "ops", "operations", "ops/s", METRIC_RATE, BETTER_HIGHER }, {}
};

static const struct check checks[] = {
	[C_HOLDS] = { "holds", "what was done was done" }, {}
};

static void work(struct worker *w)
{
	while (worker_running(w)) {
		usleep(1000);
		worker_count(w, M_OPS, 1);
	}
	worker_check(w, C_HOLDS, w->index < w->workers, "cannot happen");
}

/* ---- workers that do not stop ---- */

static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static void deaf(struct worker *w)
{
	block_signals();
	worker_running(w);
	worker_count(w, M_OPS, 1);
	for (;;)
		pause();
}

static void stopped(struct worker *w)
{
	worker_running(w);
	worker_count(w, M_OPS, 1);
	raise(SIGSTOP);
	work(w);
}

static void spinning(struct worker *w)
{
	worker_running(w);
	for (;;)
		worker_count(w, M_OPS, 1);
}

static void never_ready(struct worker *w)
{
	(void)w;
	block_signals();
	for (;;)
		pause();
}

static const char *wanted_state;
static unsigned wanted_stuck;

/* It is in its endless call only after it had a CPU. */
static const char *not_stuck_after_work(const struct got *g)
{
	if (g->metric[0].count < wanted_stuck)
		return "it did not come to work";
	if (g->n_stuck != wanted_stuck)
		return "not all of them hang";
	return strncmp(g->state, wanted_state, 3) ? "in another state" : NULL;
}

static void hang_is_told(void **state)
{
	static const struct {
		void (*run)(struct worker *w);
		const char *state;
	} rows[] = { { deaf, "S (" }, { stopped, "T (" }, { spinning, "R (" } };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		struct stressor s = { .run = rows[i / 2].run, .metrics = metrics };
		unsigned workers = 1 + i % 2;
		struct got g;

		wanted_state = rows[i / 2].state;
		wanted_stuck = workers;
		engine_run_until(&s, (struct ask){ .workers = workers, .trials = 2,
						   .grace = SHORT_GRACE,
						   .timeout = 300 * NSEC_PER_MSEC },
				 &g, not_stuck_after_work);
		expect(&g, OUTCOME_HANG, "did not end in time");
		assert_int_equal(g.code, EXIT_HANG);
		assert_int_equal(g.trials, 2); /* the run goes on */
		assert_true(g.seconds < AT_ONCE);
	}
}

static const char *not_all_stuck(const struct got *g)
{
	return g->n_stuck < wanted_stuck ? "not all of them hang" : NULL;
}

static void not_ready_is_a_hang(void **state)
{
	struct stressor s = { .run = never_ready, .metrics = metrics };
	struct got g;

	(void)state;
	for (wanted_stuck = 1; wanted_stuck <= 2; wanted_stuck++) {
		engine_run_until(&s, (struct ask){ .workers = wanted_stuck,
						   .grace = SHORT_GRACE,
						   .setup_time = 300 * NSEC_PER_MSEC },
				 &g, not_all_stuck);
		expect(&g, OUTCOME_HANG, "did not end in time");
		assert_true(g.seconds < AT_ONCE);
	}
}

/* ---- workers that end by themselves ---- */

static void segv(struct worker *w)
{
	worker_running(w);
	worker_count(w, M_OPS, 1);
	signal(SIGSEGV, SIG_DFL); /* a sanitizer's handler would exit */
	raise(SIGSEGV);
}

static void aborts(struct worker *w)
{
	worker_running(w);
	worker_count(w, M_OPS, 1);
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void crashes_before(struct worker *w)
{
	(void)w;
	kill(getpid(), SIGKILL);
}

static void exits(struct worker *w)
{
	worker_running(w);
	worker_count(w, M_OPS, 1);
	_exit(3);
}

static void is_broken(struct worker *w)
{
	worker_running(w);
	worker_count(w, M_OPS, 1);
	worker_broken(w, "the %s is missing", "spanner");
}

static void skips(struct worker *w)
{
	if (w->index == 0)
		worker_skip(w, "no %s here", "gravity");
	work(w);
}

static void skips_late(struct worker *w)
{
	worker_running(w);
	worker_count(w, M_OPS, 1);
	worker_skip(w, "thought better of it");
}

static void fails(struct worker *w)
{
	worker_fail(w, "one and one is three");
	worker_fail(w, "the second word");
	work(w);
}

static void check_fails(struct worker *w)
{
	while (worker_running(w)) {
		worker_count(w, M_OPS, 1);
		worker_check(w, C_HOLDS, w->slot->count[0] != 3, "at %d", 3);
		usleep(1000);
	}
	if (w->index == w->workers - 1)
		worker_broken(w, "less grave than the failure");
}

static void idle(struct worker *w)
{
	while (worker_running(w))
		usleep(1000);
	worker_check(w, C_HOLDS, w->index < w->workers, "never");
}

static void unchecked(struct worker *w)
{
	while (worker_running(w)) {
		usleep(1000);
		worker_count(w, M_OPS, 1);
	}
}

static void ends_are_told_apart(void **state)
{
	static const struct {
		void (*run)(struct worker *w);
		enum outcome outcome;
		enum exit_code code;
		const char *reason;
		unsigned ops; /* 0: it has no end of its own, or fails without one */
	} rows[] = {
		{ segv, OUTCOME_KILLED, EXIT_BROKEN, "killed by signal 11" },
		{ aborts, OUTCOME_KILLED, EXIT_BROKEN, "killed by signal 6" },
		{ crashes_before, OUTCOME_KILLED, EXIT_BROKEN, "killed by signal 9" },
		{ exits, OUTCOME_BROKEN, EXIT_BROKEN, "exited with status 3" },
		{ is_broken, OUTCOME_BROKEN, EXIT_BROKEN, "the spanner is missing" },
		{ skips, OUTCOME_SKIP, EXIT_ALL_SKIPPED, "no gravity here" },
		{ skips_late, OUTCOME_BROKEN, EXIT_BROKEN, "thought better" },
		{ fails, OUTCOME_FAIL, EXIT_FAIL, "one and one is three", 5 },
		{ check_fails, OUTCOME_FAIL, EXIT_FAIL, "'holds' failed", 5 },
		{ idle, OUTCOME_BROKEN, EXIT_BROKEN, "no work was done" },
		{ unchecked, OUTCOME_BROKEN, EXIT_BROKEN, "'holds' was never evaluated", 5 },
		{ work, OUTCOME_PASS, EXIT_PASS, "", 5 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		unsigned row = i / 2, workers = 1 + i % 2;
		struct stressor s = { .run = rows[row].run, .metrics = metrics,
				      .checks = checks };
		struct got g;

		engine_run(&s, (struct ask){ .workers = workers, .ops = rows[row].ops },
			   &g);
		expect(&g, rows[row].outcome, rows[row].reason);
		assert_int_equal(g.code, rows[row].code);
		assert_int_equal(g.n_stuck, 0);
	}
}

/* ---- helpers ---- */

static void join_signal(struct worker *w)
{
	pid_t pid = worker_fork(w);

	if (!pid) {
		raise(SIGKILL);
		worker_exit(w);
	}
	worker_join(w, pid, 0);
}

static void join_wanted_signal(struct worker *w)
{
	pid_t pid = worker_fork(w);

	if (!pid) {
		raise(SIGKILL);
		worker_exit(w);
	}
	worker_join(w, pid, SIGKILL);
	work(w);
}

static void join_broken(struct worker *w)
{
	pid_t pid = worker_fork(w);

	if (!pid)
		worker_broken(w, "said by the helper");
	worker_join(w, pid, 0);
}

static void join_status(struct worker *w)
{
	pid_t pid = worker_fork(w);

	if (!pid)
		_exit(7);
	worker_join(w, pid, 0);
}

static void join_failed_check(struct worker *w)
{
	pid_t pid = worker_fork(w);

	if (!pid) {
		worker_check(w, C_HOLDS, false, "seen by the helper");
		worker_exit(w);
	}
	worker_join(w, pid, 0);
	work(w);
}

static void forgotten_crash(struct worker *w)
{
	pid_t pid = worker_fork(w);
	siginfo_t info;

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	work(w);
}

static void watched_crash(struct worker *w)
{
	if (!worker_fork(w))
		raise(SIGKILL);
	while (worker_running(w)) {
		worker_watch_helpers(w);
		usleep(1000);
	}
}

static void join_deaf(struct worker *w)
{
	pid_t pid = worker_fork(w);

	if (!pid) {
		told->pid[0] = getpid();
		never_ready(w);
	}
	worker_running(w);
	worker_count(w, M_OPS, 1);
	worker_join(w, pid, 0);
}

static void helpers_reach_the_outcome(void **state)
{
	static const struct {
		void (*run)(struct worker *w);
		enum outcome outcome;
		const char *reason;
		uint64_t grace;
	} rows[] = {
		{ join_signal, OUTCOME_BROKEN, "a helper was killed by signal 9" },
		{ join_wanted_signal, OUTCOME_PASS, "" },
		{ join_broken, OUTCOME_BROKEN, "said by the helper" },
		{ join_status, OUTCOME_BROKEN, "a helper exited with status 7" },
		{ join_failed_check, OUTCOME_FAIL, "seen by the helper" },
		{ forgotten_crash, OUTCOME_BROKEN, "killed by signal 11" },
		{ watched_crash, OUTCOME_BROKEN, "killed by signal 9" },
		{ join_deaf, OUTCOME_HANG, "did not end in time", SHORT_GRACE },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		unsigned row = i / 2, workers = 1 + i % 2;
		struct stressor s = { .run = rows[row].run, .metrics = metrics,
				      .checks = checks };
		struct got g;

		engine_run(&s, (struct ask){ .workers = workers, .grace = rows[row].grace,
					     .ops = rows[row].grace ? 0 : 5 }, &g);
		expect(&g, rows[row].outcome, rows[row].reason);
		assert_true(g.seconds < AT_ONCE);
	}
	assert_true(told->pid[0] > 0);
	assert_int_equal(kill(told->pid[0], 0), -1); /* it went with its parent */
}

/* A process that left by itself: two forks, another session, no parent. */
static void leaks(struct worker *w)
{
	if (!fork()) {
		setsid();
		if (!fork()) {
			block_signals();
			told->pid[w->index] = getpid();
			for (;;)
				pause();
		}
		_exit(0);
	}
	while (!told->pid[w->index])
		usleep(1000);
	work(w);
}

static void leaks_and_dies(struct worker *w)
{
	if (w->index)
		work(w);
	else
		leaks(w);
	if (!w->index)
		kill(getppid(), SIGKILL); /* nobody is left that knows of it */
	work(w);
}

static void nothing_survives(void **state)
{
	static const struct {
		void (*run)(struct worker *w);
		enum outcome outcome;
		unsigned workers;
	} rows[] = { { leaks, OUTCOME_PASS, 1 }, { leaks, OUTCOME_PASS, 2 },
		     { leaks_and_dies, OUTCOME_KILLED, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stressor s = { .run = rows[i].run, .metrics = metrics,
				      .checks = checks };
		struct got g;

		engine_run(&s, (struct ask){ .workers = rows[i].workers, .ops = 5 }, &g);
		expect(&g, rows[i].outcome, "");
		assert_true(told->pid[0] > 0);
		assert_int_equal(kill(told->pid[0], 0), -1);
		assert_true(g.seconds < AT_ONCE);
	}
}

/* ---- setup and teardown ---- */

static void setup_breaks(struct worker *w)
{
	told->pid[w->variant] = getpid();
	worker_broken(w, "setup could not");
}

static void setup_skips(struct worker *w)
{
	worker_skip(w, "setup would rather not");
}

static void setup_check_fails(struct worker *w)
{
	worker_check(w, C_HOLDS, false, "in setup");
}

static void teardown_counts(struct worker *w)
{
	told->number[w->variant]++;
}

static void teardown_breaks(struct worker *w)
{
	worker_broken(w, "teardown could not");
}

static void steps_reach_the_outcome(void **state)
{
	static const struct {
		void (*setup)(struct worker *w), (*teardown)(struct worker *w);
		enum outcome outcome;
		const char *reason;
		unsigned torn_down;
		uint64_t setup_time;
	} rows[] = {
		{ NULL, teardown_counts, OUTCOME_PASS, "", 1 },
		{ setup_breaks, teardown_counts, OUTCOME_BROKEN, "setup could not", 0 },
		{ setup_skips, NULL, OUTCOME_SKIP, "setup would rather not", 0 },
		{ setup_check_fails, NULL, OUTCOME_FAIL, "in setup", 0 },
		{ NULL, teardown_breaks, OUTCOME_BROKEN, "teardown could not", 0 },
		{ never_ready, NULL, OUTCOME_HANG, "did not end in time", 0,
		  900 * NSEC_PER_MSEC },
		{ NULL, never_ready, OUTCOME_HANG, "did not end in time", 0,
		  900 * NSEC_PER_MSEC },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stressor s = { .run = work, .metrics = metrics,
				      .checks = checks, .setup = rows[i].setup,
				      .teardown = rows[i].teardown };
		struct got g;

		engine_run(&s, (struct ask){ .ops = 5, .setup_time = rows[i].setup_time,
					     .grace = rows[i].setup_time ?
							      SHORT_GRACE : 0 }, &g);
		expect(&g, rows[i].outcome, rows[i].reason);
		assert_int_equal(told->number[0], rows[i].torn_down);
		assert_true(g.seconds < AT_ONCE);
	}
}

/* ---- who is above a worker ---- */

static void tells_parent(struct worker *w)
{
	told->pid[w->index] = getppid();
	work(w);
}

static void one_task_needs_no_leader(void **state)
{
	struct stressor s = { .run = tells_parent, .metrics = metrics };
	struct got g;

	(void)state;
	engine_run(&s, (struct ask){ .ops = 5 }, &g);
	expect(&g, OUTCOME_PASS, "");
	assert_int_equal(told->pid[0], getpid());
	engine_run(&s, (struct ask){ .workers = 2, .ops = 5 }, &g);
	assert_int_not_equal(told->pid[0], getpid());
	assert_int_equal(told->pid[0], told->pid[1]);
	s.teardown = teardown_counts;
	engine_run(&s, (struct ask){ .ops = 5 }, &g);
	assert_int_not_equal(told->pid[0], getpid());
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hang_is_told),
		cmocka_unit_test(not_ready_is_a_hang),
		cmocka_unit_test(ends_are_told_apart),
		cmocka_unit_test(helpers_reach_the_outcome),
		cmocka_unit_test(nothing_survives),
		cmocka_unit_test(steps_reach_the_outcome),
		cmocka_unit_test(one_task_needs_no_leader),
	};

	engine_titles(argc, argv);
	return cmocka_run_group_tests_name("engine: the sick", tests, make_told,
					   NULL);
}
