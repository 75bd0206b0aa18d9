/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor: carries out a plan, trial by trial, and tells the sinks. */
#include "core/run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "core/known.h"
#include "core/leftover.h"
#include "core/machine.h"
#include "core/member.h"
#include "core/undo.h"

#define PROGRESS_EVERY (200 * NSEC_PER_MSEC)
/* How often to look for a leader's end where no descriptor tells of it. */
#define BLIND_WAIT (5 * (long)NSEC_PER_MSEC)
#define LEFTOVER_PATIENCE (1000 * NSEC_PER_MSEC)

struct run {
	const struct plan *plan;
	const struct run_settings *settings;
	const struct sink *sinks;
	size_t n_sinks;
	struct undo *undo;       /* NULL: nothing in the plan changes the machine */
	struct kwatch *kwatch;
	struct known_list known;
	char today[KNOWN_DATE];
	int signals;             /* signalfd of INT, TERM and HUP */
	bool signalled;          /* there is something to read from it */
	bool interrupted, stop;
	unsigned order;          /* of the next trial */
	unsigned left_behind;
	struct orders orders;    /* with settings->turns */
	struct leftover others;  /* children that no trial made */
	uint64_t started;
	enum outcome *worst;     /* of each case */
	bool *seen;
};

/* Calls the function @f of every sink that has one. */
#define TELL(run, f, ...)                                                      \
	for (size_t tell_ = 0; tell_ < (run)->n_sinks; tell_++)                \
		if ((run)->sinks[tell_].f)                                     \
			(run)->sinks[tell_].f((run)->sinks[tell_].ctx, __VA_ARGS__)

static void tell_note(void *ctx, const char *text)
{
	struct run *run = ctx;

	TELL(run, note, text);
}

static double epoch(void)
{
	return (double)clock_ns(CLOCK_REALTIME) / 1e9;
}

static const struct uses *uses_of(const struct run_case *c)
{
	return c->method && c->method->uses ? c->method->uses :
					      c->entry->stressor->uses;
}

static bool changes_machine(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cases; i++)
		if (!plan->cases[i].skip && uses_of(&plan->cases[i]))
			return true;
	return false;
}

static bool mounts(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cases; i++) {
		const struct run_case *c = &plan->cases[i];
		const struct uses *uses = uses_of(c);

		if (!c->skip && uses &&
		    (uses->settings || (c->fs && c->fs->type)))
			return true;
	}
	return false;
}

/* ---- one trial ---- */

static void interrupt(struct run *run, struct member *m, size_t n)
{
	run->interrupted = true;
	for (size_t i = 0; i < n; i++)
		member_interrupt(&m[i], clock_now());
}

static void read_signals(struct run *run, struct member *m, size_t n)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof(info)) == sizeof(info))
		interrupt(run, m, n);
}

static void tell_progress(struct run *run, const struct trial_plan *t,
			  const struct member *m, uint64_t started)
{
	double seconds = (double)run->settings->timeout / 1e9;
	size_t left = run->plan->n_trials > run->order ?
			      run->plan->n_trials - run->order : 1;
	uint64_t now = clock_now();
	struct run_progress p = {
		.trial = t,
		.order = run->order,
		.elapsed = (double)(now - started) / 1e9,
		.seconds = seconds,
		.run_elapsed = (double)(now - run->started) / 1e9,
		.ops_rate = m->rate,
	};

	p.run_seconds = p.run_elapsed - p.elapsed + (double)left * seconds;
	TELL(run, progress, &p);
}

/* Waits until something happened or @until. */
static void wait_members(struct run *run, struct member *m, size_t n,
			 uint64_t until)
{
	_cleanup_free_ char *room = xalloc((2 * n + 2) * sizeof(struct pollfd));
	struct pollfd *p = (struct pollfd *)(void *)room, *of;
	uint64_t now = clock_now(), left = until > now ? until - now : 0;
	struct timespec t = { (time_t)(left / NSEC_PER_SEC),
			      (long)(left % NSEC_PER_SEC) };
	nfds_t fds = 0;

	p[fds++] = (struct pollfd){ run->signals, POLLIN, 0 };
	for (size_t i = 0; i < n; i++) {
		if (m[i].state == MEMBER_DONE)
			continue;
		if (m[i].pidfd < 0 && (t.tv_sec || t.tv_nsec > BLIND_WAIT))
			t = (struct timespec){ 0, BLIND_WAIT };
		p[fds++] = (struct pollfd){ m[i].pidfd, POLLIN, 0 };
		p[fds++] = (struct pollfd){ m[i].area->wake, POLLIN, 0 };
	}
	if (run->orders.on && !run->orders.gone)
		p[fds++] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	if (ppoll(p, fds, &t, NULL) < 0 && errno != EINTR)
		bug("cannot poll: %s", strerror(errno));
	run->signalled = p[0].revents != 0;
	of = p + 1;
	for (size_t i = 0; i < n; i++) {
		if (m[i].state == MEMBER_DONE)
			continue;
		m[i].ended |= (*of++).revents != 0;
		m[i].woken |= (*of++).revents != 0;
	}
}

static void take_orders(struct run *run, struct member *m, size_t n)
{
	enum order order;

	if (!run->orders.on || run->interrupted)
		return;
	while ((order = orders_next(&run->orders)) != ORDER_NONE) {
		if (order == ORDER_GONE) {
			interrupt(run, m, n);
			return;
		}
		for (size_t i = 0; i < n; i++)
			member_order(&m[i], order);
	}
}

/* Once all of the trial waits for an order. */
static void tell_held(struct run *run, const struct member *m, size_t n)
{
	unsigned sides = 0, first = 0;

	for (size_t i = 0; i < n; i++) {
		if (m[i].state == MEMBER_DONE)
			continue;
		if (m[i].state != MEMBER_HELD)
			return;
		if (!sides)
			first = m[i].of->index;
		if (m[i].area->n_sides > sides)
			sides = m[i].area->n_sides;
	}
	if (run->orders.on && sides)
		orders_held(&run->orders, sides, first);
}

static void drive(struct run *run, const struct trial_plan *t,
		  struct member *m, size_t n)
{
	uint64_t started = clock_now(), progress = started + PROGRESS_EVERY;

	for (;;) {
		uint64_t now = clock_now(), next = progress;
		bool busy = false, hold = false;

		if (run->signalled)
			read_signals(run, m, n);
		take_orders(run, m, n);
		for (size_t i = 0; i < n; i++)
			hold |= m[i].state == MEMBER_SETUP && !m[i].ready;
		for (size_t i = 0; i < n; i++) {
			bool ready = m[i].ready;
			uint64_t due = member_step(&m[i], now, hold);

			if (hold && m[i].ready != ready)
				next = now; /* it may be who the others waited for */

			busy |= m[i].state != MEMBER_DONE;
			if (due < next)
				next = due;
		}
		if (!busy)
			return;
		tell_held(run, m, n);
		if (now >= progress) {
			tell_progress(run, t, &m[0], started);
			kwatch_poll(run->kwatch);
			progress = now + PROGRESS_EVERY;
		}
		if (next > now)
			wait_members(run, m, n, next);
	}
}

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

static void apply_known(struct run *run, struct case_result *r, char **text)
{
	const struct known *k =
		run->known.n ? known_match(&run->known, r->of->id,
					   machine_release(), run->today) :
			       NULL;

	if (!k)
		return;
	if (r->outcome == OUTCOME_FAIL)
		r->outcome = OUTCOME_EXPECTED_FAIL;
	else if (r->outcome == OUTCOME_PASS)
		r->outcome = OUTCOME_UNEXPECTED_PASS;
	else
		return;
	*text = known_text(k);
	r->known_issue = *text;
}

static void remember(struct run *run, const struct case_result *r)
{
	/* Of several trials the worst speaks for the case. */
	static const unsigned badness[] = {
		[OUTCOME_PASS] = 1,
		[OUTCOME_SKIP] = 2,
		[OUTCOME_EXPECTED_FAIL] = 3,
		[OUTCOME_UNEXPECTED_PASS] = 4,
		[OUTCOME_INTERRUPTED] = 5,
		[OUTCOME_BROKEN] = 6,
		[OUTCOME_KILLED] = 7,
		[OUTCOME_HANG] = 8,
		[OUTCOME_FAIL] = 9,
	};
	unsigned i = r->of->index;

	if (!run->seen[i] || badness[r->outcome] > badness[run->worst[i]])
		run->worst[i] = r->outcome;
	run->seen[i] = true;
	if (r->outcome != OUTCOME_PASS && r->outcome != OUTCOME_SKIP &&
	    r->outcome != OUTCOME_EXPECTED_FAIL &&
	    (run->settings->fail_fast || run->settings->until_fail))
		run->stop = true;
}

static void undo_trial(struct run *run, size_t mark)
{
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
		apply_known(run, &r[i], &known[i]);
		remember(run, &r[i]);
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
	drive(run, &told, m, n);
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

/* Many workers need many descriptors for their counters. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static enum exit_code code_of(enum outcome o)
{
	switch (o) {
	case OUTCOME_PASS:
	case OUTCOME_SKIP:
	case OUTCOME_EXPECTED_FAIL:
		return EXIT_PASS;
	case OUTCOME_FAIL:
	case OUTCOME_UNEXPECTED_PASS:
		return EXIT_FAIL;
	case OUTCOME_HANG:
		return EXIT_HANG;
	case OUTCOME_INTERRUPTED:
		return EXIT_INTERRUPTED;
	case OUTCOME_BROKEN:
	case OUTCOME_KILLED:
		break;
	}
	return EXIT_BROKEN;
}

static enum exit_code sum_up(struct run *run, struct run_end *end)
{
	enum exit_code code = EXIT_PASS;
	size_t skipped = 0, told = 0;

	for (size_t i = 0; i < run->plan->n_cases; i++) {
		if (!run->seen[i])
			continue;
		told++;
		end->outcomes[run->worst[i]]++;
		skipped += run->worst[i] == OUTCOME_SKIP;
		code = exit_worse(code, code_of(run->worst[i]));
	}
	if ((skipped && skipped == told) || (skipped && run->settings->strict_skip))
		code = exit_worse(code, EXIT_ALL_SKIPPED);
	if (run->interrupted)
		code = exit_worse(code, EXIT_INTERRUPTED);
	if (run->left_behind)
		code = exit_worse(code, EXIT_BROKEN);
	return code;
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
				read_signals(run, NULL, 0);
			if (run->interrupted || run->stop)
				return;
			run_trial(run, t, t->number + pass * run->settings->trials);
		}
		pass++;
	} while (run->settings->until_fail && run->plan->n_trials);
}

/* Before run_begin: sinks hear nothing yet, so what they must know is in @note. */
static bool prepare(struct run *run, const char **note)
{
	_cleanup_free_ char *why = NULL;

	if (run->settings->known_issues)
		known_today(run->today);
	if (run->settings->known_issues &&
	    known_load(run->settings->known_issues, &run->known, &why)) {
		error("%s", why);
		return false;
	}
	if (mounts(run->plan) && undo_private_mounts())
		*note = "no private mount namespace: mounts will fail";
	if (changes_machine(run->plan)) {
		run->undo = undo_open();
		if (!run->undo || undo_arm(run->undo))
			die(EXIT_BROKEN, "cannot open the undo log: %s",
			    strerror(errno));
	}
	return true;
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

	if (!prepare(&run, &note)) {
		free(run.worst);
		free(run.seen);
		return EXIT_USAGE;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	leftover_keep_all(&run.others);
	leader_favour_monitor(true);
	if (is_crowd(plan) || settings->perf)
		raise_limits();
	if (settings->turns)
		leader_nice((int)settings->nice);
	if (settings->turns)
		orders_open(&run.orders);
	catch_signals(&run, &mask);
	run.kwatch = kwatch_open();
	file_hold_closes();
	TELL(&run, run_begin, &begin);
	file_close_held();
	if (note)
		tell_note(&run, note);
	known_expired(&run.known, run.today, tell_note, &run);
	tell_skips(&run);
	run_all(&run);
	if (run.undo)
		run.left_behind += undo_close(run.undo, tell_note, &run);
	file_hold_closes();
	kwatch_close(run.kwatch);
	if (run.undo)
		read_signals(&run, NULL, 0); /* that came during the last undo */
	end.seconds = (double)(clock_now() - run.started) / 1e9;
	end.interrupted = run.interrupted;
	end.left_behind = run.left_behind;
	end.code = sum_up(&run, &end);
	TELL(&run, run_end, &end);
	leader_favour_monitor(false);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	file_close(run.signals);
	file_close_held();
	known_free(&run.known);
	leftover_free(&run.others);
	free(run.worst);
	free(run.seen);
	return end.code;
}
