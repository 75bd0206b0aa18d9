/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of a side: one a task, or one for tasks that are threads. */
#include "core/team.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef HAVE_LIBBSD
#include <bsd/unistd.h>
#endif

#include "core/cpulist.h"

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

/* What ps shows: "strain: fault worker 3". */
void team_title(const char *name, const char *what, unsigned index)
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
void team_bury(struct trial_area *a, struct slot *slot)
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

	if (!t)
		_exit(1);
	team_title(team->area->of->entry->name, "worker",
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
			team_bury(team->area, t[i].w.slot);
			trial_wake(team->area);
		}
	}
	run_task(&t[0].w);
	for (unsigned i = 1; i < team->n; i++)
		if (t[i].started)
			pthread_join(t[i].id, NULL);
	_exit(0);
}

static void note_process(const struct team *team, pid_t pid)
{
	struct trial_area *a = team->area;

	for (unsigned i = 0; i < team->n; i++)
		trial_slot(a, team->side, team->first + i * team->stride)->pid =
			pid;
	trial_slot(a, team->side, team->first)->tid = pid; /* its first thread */
	a->process[a->n_processes].pid = pid;
	__atomic_add_fetch(&a->n_processes, 1, __ATOMIC_SEQ_CST);
}

void team_lone(struct trial_area *a)
{
	struct team team = { .area = a, .stride = 1, .n = 1, .scratch_fd = -1 };

	note_process(&team, getpid());
	__atomic_store_n(&a->set_up, 1, __ATOMIC_SEQ_CST);
	team_main(&team);
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
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != team->leader)
			_exit(1);
		team_main(team);
	}
	note_process(team, pid);
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

bool team_fork_side(struct trial_area *a, unsigned side, int scratch_fd,
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
