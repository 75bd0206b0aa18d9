/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The leader: the process of a case's trial from which its workers are forked.
 * It makes the scratch space, runs setup and teardown, reaps the workers, and
 * dies with the monitor as they die with it. Or it is the only task itself.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "core/leftover.h"
#include "core/team.h"
#include "core/undo.h"

static void kicked(int sig)
{
	(void)sig; /* only there so that a blocked call returns EINTR */
}

/*
 * Nobody but the monitor sends it signals: it is in a group and, as far as a
 * terminal goes, in the background. Whoever uses others sets them up; who was
 * started with TERM ignored meets KILL after it.
 */
static void own_process(const char *name)
{
	struct sigaction kick = { .sa_handler = kicked };
	sigset_t none;

	sigaction(KICK_SIGNAL, &kick, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, name);
	/* Before anything of the user's: a stress tool is what may go. */
	if (file_write("/proc/self/oom_score_adj", "500"))
		return; /* no /proc: nothing to be done about it */
}

static void bury_process(struct trial_area *a, pid_t pid)
{
	for (unsigned i = 0; i < a->n_slots; i++) {
		if (a->slot[i].pid != pid)
			continue;
		a->slot[i].reaped = 1;
		team_bury(a, &a->slot[i]);
	}
}

/* A helper that its worker did not wait for, and that did not end well. */
static void orphan(struct trial_area *a, pid_t pid, int status)
{
	if (!WIFSIGNALED(status) || WTERMSIG(status) == SIGKILL ||
	    a->leader.outcome != SLOT_NONE)
		return;
	snprintf(a->leader.reason, WORKER_REASON,
		 "process %d, for which no worker waited, was killed by signal %d (%s)",
		 pid, WTERMSIG(status), strsignal(WTERMSIG(status)));
	a->leader.outcome = SLOT_BROKEN;
}

/* False: it is no worker. */
static bool reaped(struct trial_area *a, pid_t pid, int status,
		   const struct rusage *usage)
{
	for (unsigned i = 0; i < a->n_processes; i++) {
		struct process *p = &a->process[i];

		if (p->pid != pid || p->reaped)
			continue;
		p->status = status;
		p->usage = *usage;
		__atomic_store_n(&p->reaped, true, __ATOMIC_RELEASE);
		bury_process(a, pid);
		if (status) {
			a->abort = 1;
			trial_wake(a);
		}
		return true;
	}
	return false;
}

static void reap(struct trial_area *a)
{
	static const struct leftover none;
	struct timespec pause = { 0, 1000000 };
	unsigned left = a->n_processes;
	struct rusage usage;
	int status;
	pid_t pid;

	while (left) {
		pid = wait4(-1, &status, 0, &usage);
		if (pid < 0 && errno != EINTR)
			return;
		if (pid > 0 && reaped(a, pid, status, &usage))
			left--;
		else if (pid > 0)
			orphan(a, pid, status);
	}
	/* Orphans of the workers: most of them die with their parents. */
	while ((pid = wait4(-1, &status, WNOHANG, &usage)) >= 0 || errno == EINTR) {
		if (pid > 0)
			orphan(a, pid, status);
		else if (!pid && leftover_kill(&none, false))
			nanosleep(&pause, NULL);
	}
}

/* A cgroup for what is forked from here on, this process included. */
static bool make_cgroup(struct trial_area *a, struct undo *undo)
{
	const struct uses *uses = plan_uses(a->of);
	int error;

	if (!uses || !uses->cgroup)
		return true;
	error = undo_make_cgroup(undo, a->cgroup, sizeof(a->cgroup));
	if (!error)
		error = undo_enter_cgroup(a->cgroup, getpid());
	if (!error)
		return true;
	snprintf(a->leader.reason, WORKER_REASON, "cannot make a cgroup: %s",
		 strerror(-error));
	a->leader.outcome = SLOT_SKIP;
	return false;
}

static bool make_scratch(struct trial_area *a, struct undo *undo)
{
	const struct run_case *c = a->of;
	const struct uses *uses = plan_uses(c);
	_cleanup_free_ char *why = NULL;
	int error;

	if (!c->fs)
		return true;
	error = scratch_make(undo, c->fs, a->settings->temp_path,
			     a->settings->fs_device,
			     uses->fs_bytes, &a->scratch, &why);
	if (!error)
		return true;
	snprintf(a->leader.reason, WORKER_REASON, "%s", why);
	/* Room is a need like memory. */
	a->leader.outcome = error == -ENOSPC ? SLOT_SKIP : SLOT_BROKEN;
	return false;
}

/* Runs @step in the leader itself; false when it gave up. */
static bool run_step(struct worker *w, void (*step)(struct worker *w))
{
	jmp_buf env;

	w->jump = &env;
	if (step && setjmp(env))
		return false;
	if (step)
		step(w);
	return w->area->leader.outcome != SLOT_BROKEN;
}

static void leader_worker(struct trial_area *a, unsigned side, struct undo *undo,
			  int scratch_fd, struct worker *w)
{
	trial_worker(a, side, 0, w);
	w->slot = &a->leader;
	w->undo = undo;
	w->scratch_fd = scratch_fd;
	w->setup = true;
}

static bool all_parked(const struct trial_area *a)
{
	for (unsigned i = 0; i < a->n_sides; i++)
		if (!trial_quiet(a, i))
			return false;
	return true;
}

enum step { PROBE, SETUP, TEARDOWN };

/* The method's own where it has one, else the stressor's. */
static void (*step_of(const struct run_case *c, enum step step))(struct worker *w)
{
	const struct stressor *s = c->entry->stressor;
	const struct method *m = c->method;

	switch (step) {
	case PROBE:
		return m && m->probe ? m->probe : s->probe;
	case SETUP:
		return m && m->setup ? m->setup : s->setup;
	case TEARDOWN:
		break;
	}
	return m && m->teardown ? m->teardown : s->teardown;
}

#define MONITOR_NICE (-20)
static bool favoured;
static int nice_before;

int leader_favour_monitor(bool on)
{
	if (on)
		nice_before = getpriority(PRIO_PROCESS, 0);
	if (on || favoured)
		favoured = !setpriority(PRIO_PROCESS, 0,
					on ? MONITOR_NICE : nice_before) && on;
	return nice_before;
}

void leader_nice(int nice)
{
	nice_before = nice;
}

void leader_probe(struct trial_area *a)
{
	struct worker w;

	signal(SIGCHLD, SIG_DFL); /* as the monitor does */
	own_process(a->of->entry->name);
	leader_worker(a, 0, NULL, -1, &w);
	run_step(&w, step_of(a->of, PROBE));
	_exit(0);
}

/* One task, with nothing to set up or to take down, needs nobody above it. */
static bool is_lone(const struct trial_area *a)
{
	const struct run_case *c = a->of;

	return a->n_slots == 1 && a->together == 1 && !plan_uses(c) && !c->fs &&
	       !a->settings->setup_only && !step_of(c, PROBE) &&
	       !step_of(c, SETUP) && !step_of(c, TEARDOWN);
}

bool leader_bury_lone(struct trial_area *a, pid_t pid, int status,
		      const struct rusage *usage)
{
	pid_t group = -pid;

	if (!a->n_processes || !reaped(a, pid, status, usage))
		return false;
	/* what it forked and did not wait for, where that ended before it */
	while ((pid = waitpid(group, &status, WNOHANG)) > 0)
		orphan(a, pid, status);
	return true;
}

static void leave(struct worker *w, unsigned sides) __attribute__((noreturn));

/* Takes down what was set up. */
static void leave(struct worker *w, unsigned sides)
{
	for (unsigned side = 0; side < sides; side++)
		run_step(&w[side], step_of(w[side].area->of, TEARDOWN));
	_exit(0);
}

void leader_main(struct trial_area *a, struct undo *undo, pid_t monitor)
{
	struct worker w[SIDES_MAX];
	int scratch_fd = -1;
	pid_t self = getpid();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != monitor)
		_exit(1);
	leader_favour_monitor(false);
	setpgid(0, 0);
	own_process(a->of->entry->name);
	if (is_lone(a))
		team_lone(a);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	team_title(a->of->entry->name, "leader of case", a->of->index);
	if (!make_scratch(a, undo) || !make_cgroup(a, undo))
		_exit(0);
	if (a->scratch.dir[0])
		scratch_fd = open(a->scratch.dir,
				  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (unsigned side = 0; side < a->n_sides; side++) {
		leader_worker(a, side, undo, scratch_fd, &w[side]);
		if (!side && !run_step(&w[0], step_of(a->of, PROBE)))
			_exit(0);
		if (!run_step(&w[side], step_of(a->of, SETUP)))
			leave(w, side); /* those before it are set up */
	}
	for (unsigned side = 0; side < a->n_sides && !a->abort; side++)
		if (!a->settings->setup_only && !team_fork_side(a, side, scratch_fd, self))
			a->abort = 1;
	if (a->abort)
		bury_process(a, 0); /* tasks that were not forked: nobody waits for them */
	__atomic_store_n(&a->set_up, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	/* else the last task that parks wakes the monitor, which sees .set_up */
	if (a->abort || all_parked(a))
		trial_wake(a);
	reap(a);
	leave(w, a->n_sides);
}
