/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor: carries out a plan, trial by trial, and tells the sinks. */
#include "core/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "core/machine.h"
#include "core/run_parts.h"
#include "core/undo.h"

#define LEAST_FILES 64
#define LEFTOVER_PATIENCE (1000 * NSEC_PER_MSEC)

static void tell_note(void *ctx, const char *text)
{
	struct run *run = ctx;

	TELL(run, note, text);
}

static double epoch(void)
{
	return (double)clock_ns(CLOCK_REALTIME) / 1e9;
}

static bool changes_machine(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cases; i++)
		if (!plan->cases[i].skip && plan_uses(&plan->cases[i]))
			return true;
	return false;
}

static bool mounts(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cases; i++) {
		const struct run_case *c = &plan->cases[i];
		const struct uses *uses = plan_uses(c);

		if (!c->skip && uses &&
		    (uses->settings || (c->fs && c->fs->type)))
			return true;
	}
	return false;
}

/* ---- one trial ---- */

/* No process of the trial may outlive it: its orphans are now our children. */
static void end_leftovers(struct run *run, const struct member *m, size_t n)
{
	uint64_t patience = LEFTOVER_PATIENCE;

	if (run->undo)
		leftover_keep(&run->others, undo_guardian_pid(run->undo));
	for (size_t i = 0; i < n; i++)
		if (m[i].abandoned)
			patience = 0; /* it was killed, and waited for, in vain */
	leftover_end(&run->others, patience);
}

static void undo_trial(struct run *run, size_t mark)
{
	run_note_loops(run);
	if (run->undo)
		run->left_behind += undo_replay(run->undo, mark, tell_note, run);
}

static void finish_trial(struct run *run, const struct trial_plan *t,
			 struct member *m, size_t n, struct trial_result *result)
{
	_cleanup_free_ char *room = xalloc(n * sizeof(struct case_result));
	_cleanup_free_ char *texts_room = xalloc(n * sizeof(char *));
	struct case_result *r = (struct case_result *)(void *)room;
	char **known = (char **)(void *)texts_room;

	result->kernel = kwatch_end(run->kwatch);
	result->cases = r;
	result->n = n;
	for (size_t i = 0; i < n; i++) {
		judge(&m[i], result->kernel, n == 1, &r[i]);
		run_apply_known(run, &r[i], &known[i]);
		run_remember(run, &r[i]);
		if (m[i].gate && (!result->started_ns ||
				  m[i].gate < result->started_ns))
			result->started_ns = m[i].gate;
	}
	result->number = t->number;
	TELL(run, trial_end, result);
	for (size_t i = 0; i < n; i++) {
		judge_free(&r[i]);
		free(known[i]);
	}
}

static uint64_t trial_seed(const struct run *run, const struct run_case *c,
			   unsigned number)
{
	uint64_t state = run->plan->seed;

	for (const char *p = c->id; *p; p++)
		state = rng_mix(&state) ^ (unsigned char)*p;
	state += number;
	return rng_mix(&state);
}

static void run_trial(struct run *run, const struct trial_plan *t, unsigned number)
{
	_cleanup_free_ char *room = xalloc(t->n * sizeof(struct member));
	struct member *m = (struct member *)(void *)room;
	struct trial_result result = { .order = run->order, .started = epoch() };
	size_t mark = run->undo ? undo_mark(run->undo) : 0, n = 0;
	struct trial_plan told = *t;
	double stolen = machine_steal();

	told.number = number;
	TELL(run, trial_begin, &told, run->order);
	orders_trial(&run->orders, run->order);
	run->trial = t;
	run->trial_mark = mark;
	words_free(&run->loops);
	kwatch_begin(run->kwatch);
	for (; n < t->n; n++) {
		_cleanup_free_ char *why = NULL;

		if (member_start(&m[n], t->cases[n], t->n, run->settings, run->undo,
				 trial_seed(run, t->cases[n], number), &why))
			continue;
		error("%s", why);
		run->stop = true;
		run->worst[t->cases[n]->index] = OUTCOME_BROKEN;
		run->seen[t->cases[n]->index] = true;
		break;
	}
	run_drive(run, &told, m, n);
	end_leftovers(run, m, n);
	undo_trial(run, mark);
	result.steal_seconds = machine_steal() - stolen;
	finish_trial(run, &told, m, n, &result);
	file_hold_closes();
	for (size_t i = 0; i < n; i++)
		member_free(&m[i]);
	file_close_held();
	run->order++;
}

/* ---- the run ---- */

static void catch_signals(struct run *run, sigset_t *before)
{
	struct sigaction hangup;
	sigset_t caught;

	signal(SIGCHLD, SIG_DFL); /* ignored, it hides how children ended */
	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	if (sigaction(SIGHUP, NULL, &hangup) || hangup.sa_handler != SIG_IGN)
		sigaddset(&caught, SIGHUP); /* not under nohup(1) */
	sigprocmask(SIG_BLOCK, &caught, before);
	run->signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
	if (run->signals < 0)
		die(EXIT_BROKEN, "cannot watch signals: %s", strerror(errno));
}

/* More than one task at a time? */
static bool is_crowd(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cases; i++)
		if (plan->cases[i].workers > 1 || trial_roles(&plan->cases[i]))
			return true;
	return plan->n_trials && plan->trials[0].n > 1;
}

/* What was changed must be undone, which takes some descriptors. */
static void need_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= LEAST_FILES)
		return;
	if (limit.rlim_max < LEAST_FILES)
		die(EXIT_BROKEN, "a limit of %llu open files is too low to undo what this run changes: needs %d",
		    (unsigned long long)limit.rlim_max, LEAST_FILES);
	limit.rlim_cur = LEAST_FILES;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Many workers need many descriptors for their counters. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void tell_skips(struct run *run)
{
	for (size_t i = 0; i < run->plan->n_cases; i++) {
		const struct run_case *c = &run->plan->cases[i];

		if (!c->skip)
			continue;
		run->worst[i] = OUTCOME_SKIP;
		run->seen[i] = true;
		TELL(run, case_skip, c);
	}
}

static void run_all(struct run *run)
{
	unsigned pass = 0;

	do {
		for (size_t i = 0; i < run->plan->n_trials; i++) {
			const struct trial_plan *t = &run->plan->trials[i];

			if (run->order) /* the first trial hears of one itself */
				run_read_signals(run, NULL, 0);
			if (run->interrupted || run->stop)
				return;
			run_trial(run, t, t->number + pass * run->settings->trials);
		}
		pass++;
	} while (run->settings->until_fail && run->plan->n_trials);
}

/* Before run_begin: sinks hear nothing yet, so what they must know is in @note. */
static void prepare(struct run *run, const char **note)
{
	if (run->settings->known)
		known_today(run->today);
	if (mounts(run->plan) && undo_private_mounts())
		*note = "no private mount namespace: mounts will fail";
	if (changes_machine(run->plan)) {
		need_descriptors();
		run->undo = undo_open();
		if (!run->undo || undo_arm(run->undo)) {
			int err = -errno;

			die(EXIT_BROKEN, "cannot open an undo log in '%s': %s",
			    undo_dir_name(), undo_dir_error(err));
		}
	}
}

enum exit_code run_plan(const struct plan *plan, const struct run_settings *settings,
			const struct sink *sinks, size_t n_sinks, int argc, char **argv)
{
	struct run run = {
		.plan = plan, .settings = settings, .sinks = sinks,
		.n_sinks = n_sinks, .started = clock_now(), .signals = -1,
		.worst = xalloc(plan->n_cases * sizeof(enum outcome)),
		.seen = xalloc(plan->n_cases * sizeof(bool)),
	};
	struct run_begin begin = { argc, argv, plan, settings, epoch() };
	struct run_end end = { 0 };
	const char *note = NULL;
	sigset_t mask;

	catch_signals(&run, &mask); /* before there is a log that one could leave */
	prepare(&run, &note);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	leftover_keep_all(&run.others);
	leader_favour_monitor(true);
	if (is_crowd(plan) || settings->perf)
		raise_limits();
	if (settings->turns)
		leader_nice((int)settings->nice);
	if (settings->turns)
		orders_open(&run.orders);
	run.kwatch = kwatch_open();
	kwatch_set_owner(run.kwatch, run_owns_device, &run);
	file_hold_closes();
	TELL(&run, run_begin, &begin);
	file_close_held();
	if (note)
		tell_note(&run, note);
	if (settings->known)
		known_expired(settings->known, run.today, tell_note, &run);
	tell_skips(&run);
	run_all(&run);
	if (run.undo)
		run.left_behind += undo_close(run.undo, tell_note, &run);
	file_hold_closes();
	kwatch_close(run.kwatch);
	if (run.undo)
		run_read_signals(&run, NULL, 0); /* that came during the last undo */
	end.seconds = (double)(clock_now() - run.started) / 1e9;
	end.interrupted = run.interrupted;
	end.left_behind = run.left_behind;
	end.code = run_sum_up(&run, &end);
	TELL(&run, run_end, &end);
	leader_favour_monitor(false);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	file_close(run.signals);
	file_close_held();
	leftover_free(&run.others);
	words_free(&run.loops);
	free(run.worst);
	free(run.seen);
	return end.code;
}
