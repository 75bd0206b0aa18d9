/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The leader: the process of a case's trial from which its workers are forked.
 * It makes the scratch space, runs setup and teardown, reaps the workers, and
 * dies with the monitor as they die with it.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_LIBBSD
#include <bsd/unistd.h>
#endif

#include "base/file.h"
#include "core/cpulist.h"
#include "core/leftover.h"
#include "core/trial.h"
#include "core/undo.h"

/* Tasks that share a process: their numbers within the side. */
struct team {
	struct trial_area *area;
	unsigned side, first, stride, n;
	int scratch_fd;
	pid_t leader;
};

struct thread {
	struct worker w;
	pthread_t id;
	bool started;
};

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

/* What ps shows: "strain: fault worker 3". */
static void title(const char *name, const char *what, unsigned index)
{
#ifdef HAVE_LIBBSD
	setproctitle("%s %s %u", name, what, index);
#else
	(void)name, (void)what, (void)index;
#endif
}

static const struct role *role_of(const struct worker *w)
{
	const struct role *r = trial_roles(w->area->of);

	return r ? &r[w->role] : NULL;
}

static void run_task(struct worker *w)
{
	const struct run_case *c = w->area->of;
	const struct role *r = role_of(w);

	if (w->area->settings->cpus)
		cpulist_pin(w->area->settings->cpus, w->task);
	if (r)
		task_main(w, r->run);
	else if (c->method && c->method->run)
		task_main(w, c->method->run);
	else
		task_main(w, c->entry->stressor->run);
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	t->w.slot->tid = syscall(SYS_gettid);
	run_task(&t->w);
	return NULL;
}

/* A task that is gone, or was never there, will not come to any barrier. */
static void bury(struct trial_area *a, struct slot *slot)
{
	struct side *s = a->side;

	if (__atomic_exchange_n(&slot->finished, 1, __ATOMIC_SEQ_CST))
		return;
	while (slot >= &a->slot[s->first_slot + s->tasks])
		s++;
	__atomic_add_fetch(&s->finished, 1, __ATOMIC_SEQ_CST);
	side_wake(s, &s->barrier_gen);
}

static void team_main(const struct team *team) __attribute__((noreturn));

static void team_main(const struct team *team)
{
	struct thread *t = calloc(team->n, sizeof(*t));

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != team->leader || !t)
		_exit(1);
	title(team->area->of->entry->name, "worker",
	      team->first / team->area->per_worker);
	for (unsigned i = 0; i < team->n; i++) {
		struct worker *w = &t[i].w;

		trial_worker(team->area, team->side,
			     team->first + i * team->stride, w);
		w->scratch_fd = team->scratch_fd;
	}
	for (unsigned i = 1; i < team->n; i++) {
		int error = pthread_create(&t[i].id, NULL, thread_main, &t[i]);

		t[i].started = !error;
		if (error) {
			snprintf(t[i].w.slot->reason, WORKER_REASON,
				 "cannot start thread %u: %s", i, strerror(error));
			t[i].w.slot->outcome = SLOT_BROKEN;
			team->area->abort = 1;
			bury(team->area, t[i].w.slot);
			trial_wake(team->area);
		}
	}
	run_task(&t[0].w);
	for (unsigned i = 1; i < team->n; i++)
		if (t[i].started)
			pthread_join(t[i].id, NULL);
	_exit(0);
}

/* False when the machine has no process left for us. */
static bool fork_team(const struct team *team)
{
	struct trial_area *a = team->area;
	pid_t pid = fork();

	if (pid < 0) {
		snprintf(a->leader.reason, WORKER_REASON,
			 "cannot fork worker %u: %s", a->n_processes,
			 strerror(errno));
		a->leader.outcome = SLOT_BROKEN;
		return false;
	}
	if (!pid)
		team_main(team);
	for (unsigned i = 0; i < team->n; i++)
		trial_slot(a, team->side, team->first + i * team->stride)->pid =
			pid;
	trial_slot(a, team->side, team->first)->tid = pid; /* its first thread */
	a->process[a->n_processes].pid = pid;
	__atomic_add_fetch(&a->n_processes, 1, __ATOMIC_SEQ_CST);
	return true;
}

/* The processes of one worker: one a task, and one for all thread roles. */
static bool fork_worker(struct team team)
{
	const struct role *r = trial_roles(team.area->of);
	unsigned end = team.first + team.area->per_worker;
	struct team threads = team;

	if (!r) {
		team.n = 1;
		return fork_team(&team);
	}
	threads.n = 0;
	for (; r->name; r++) {
		unsigned count = r->count ? r->count : 1;

		if (r->thread) {
			/* thread roles stand next to each other in a table */
			if (!threads.n)
				threads.first = team.first;
			threads.n += count;
			team.first += count;
			continue;
		}
		for (; count--; team.first++) {
			team.n = 1;
			if (!fork_team(&team))
				return false;
		}
	}
	return team.first == end && (!threads.n || fork_team(&threads));
}

static bool fork_side(struct trial_area *a, unsigned side, int scratch_fd,
		      pid_t leader)
{
	struct team team = { .area = a, .side = side, .stride = 1,
			     .scratch_fd = scratch_fd, .leader = leader };

	if (a->of->threads) {
		team.n = a->side[side].tasks;
		return fork_team(&team);
	}
	for (unsigned i = 0; i < a->side[side].workers; i++) {
		team.first = i * a->per_worker;
		if (!fork_worker(team))
			return false;
	}
	return true;
}

static void bury_process(struct trial_area *a, pid_t pid)
{
	for (unsigned i = 0; i < a->n_slots; i++) {
		if (a->slot[i].pid != pid)
			continue;
		a->slot[i].reaped = 1;
		bury(a, &a->slot[i]);
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
	orphan(a, pid, status);
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
	}
	/* Orphans of the workers: most of them die with their parents. */
	while ((pid = wait4(-1, &status, WNOHANG, &usage)) >= 0 || errno == EINTR) {
		if (pid > 0)
			orphan(a, pid, status);
		else if (!pid && leftover_kill(&none, false))
			nanosleep(&pause, NULL);
	}
}

static const struct uses *uses_of(const struct run_case *c)
{
	return c->method && c->method->uses ? c->method->uses :
					      c->entry->stressor->uses;
}

/* A cgroup for what is forked from here on, this process included. */
static bool make_cgroup(struct trial_area *a, struct undo *undo)
{
	const struct uses *uses = uses_of(a->of);
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
	const struct uses *uses = uses_of(c);
	_cleanup_free_ char *why = NULL;
	int error;

	if (!c->fs)
		return true;
	error = scratch_make(undo, c->fs, a->settings->temp_path,
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
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	own_process(a->of->entry->name);
	title(a->of->entry->name, "leader of case", a->of->index);
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
		if (!fork_side(a, side, scratch_fd, self))
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
