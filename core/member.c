/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/member.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"
#include "core/undo.h"

#define KICK_EVERY (10 * NSEC_PER_MSEC)
#define KILL_AFTER_TERM (500 * NSEC_PER_MSEC)
#define GIVE_UP_AFTER_KILL (2 * NSEC_PER_SEC)
/* All of an interrupted run has to be over in 2 s, undo included. */
#define INTERRUPT_GRACE (400 * NSEC_PER_MSEC)
#define INTERRUPT_KILL (200 * NSEC_PER_MSEC)
#define INTERRUPT_TEARDOWN (600 * NSEC_PER_MSEC)

bool member_start(struct member *m, const struct run_case *c, size_t together,
		  const struct run_settings *settings, struct undo *undo,
		  uint64_t seed, char **why)
{
	pid_t monitor = getpid();

	*m = (struct member){ .of = c, .settings = settings, .pidfd = -1,
			      .slice = settings->slice };
	rng_seed(&m->rng, seed);
	m->area = trial_area_make(c, settings, seed);
	if (!m->area) {
		*why = xasprintf("cannot map the shared area: %s", strerror(errno));
		return false;
	}
	m->area->together = together;
	m->leader = fork();
	if (!m->leader)
		leader_main(m->area, undo, monitor);
	if (m->leader > 0)
		m->pidfd = syscall(SYS_pidfd_open, m->leader, 0);
	if (m->leader < 0) {
		*why = xasprintf("cannot start the leader: %s", strerror(errno));
		trial_area_free(m->area);
		m->area = NULL;
		return false;
	}
	if (undo) /* a worker that changes its user outlives its parent */
		undo_note_group(undo, m->leader);
	m->forked = clock_now();
	return true;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

unsigned member_tasks_left(const struct member *m)
{
	unsigned left = 0;

	for (unsigned i = 0; i < m->area->n_sides; i++)
		left += m->area->side[i].tasks - m->area->side[i].finished;
	return left;
}

void member_stop(struct member *m, uint64_t now)
{
	if (m->state == MEMBER_RUN)
		measure_turn(m, now);
	m->state = MEMBER_STOPPING;
	m->stop_at = now;
	late_begin(m);
	for (unsigned i = 0; i < m->area->n_sides; i++)
		trial_set_state(m->area, i, WORKER_STOP);
}

static bool all_quiet(const struct member *m)
{
	for (unsigned i = 0; i < m->area->n_sides; i++)
		if (!trial_quiet(m->area, i))
			return false;
	return true;
}

static void note_stuck(struct member *m)
{
	struct trial_area *a = m->area;

	for (unsigned side = 0; side < a->n_sides; side++)
		for (unsigned i = 0; i < a->side[side].tasks; i++) {
			struct slot *s = trial_slot(a, side, i);

			if (!s->finished && s->pid && m->n_stuck < 16)
				stuck_note(m, s->pid, s->tid ? s->tid : s->pid);
		}
}

static void kill_leader(struct member *m, uint64_t now)
{
	/* alone, when it has not made a group of its own yet */
	if (kill(-m->leader, SIGKILL))
		kill(m->leader, SIGKILL);
	if (!m->killed_at)
		m->killed_at = now;
}

static uint64_t step_setup(struct member *m, uint64_t now, bool hold)
{
	uint64_t limit = m->forked + m->settings->setup_time;

	if (m->area->abort) {
		member_stop(m, now);
		return now;
	}
	m->ready = m->area->set_up && all_quiet(m);
	if (m->ready && hold)
		return now + NSEC_PER_SEC;
	if (m->ready) {
		turn_open_gate(m);
		return now; /* step_run() knows what is due first */
	}
	if (now >= limit) {
		if (m->area->set_up)
			note_stuck(m);
		else
			stuck_note(m, m->leader, m->leader);
		m->out_of_time = true;
		member_stop(m, now);
		kill_leader(m, now);
		return now;
	}
	return limit;
}

/* Workers that reached their operations may leave a partner in a blocked call. */
static void kick(struct member *m, bool all, uint64_t now)
{
	struct trial_area *a = m->area;

	/* Whoever ends wakes the monitor: of many that is often. */
	if (now < m->kicked_at + KICK_EVERY)
		return;
	m->kicked_at = now;
	for (unsigned side = 0; side < a->n_sides; side++) {
		struct side *s = &a->side[side];

		for (unsigned i = 0; i < s->tasks; i++) {
			struct slot *slot = trial_slot(a, side, i);
			unsigned c = s->first_control + i / a->per_worker;

			if (slot->finished || !slot->tid ||
			    (!all && a->control[c].state != WORKER_STOP))
				continue;
			syscall(SYS_tgkill, slot->pid, slot->tid, KICK_SIGNAL);
		}
	}
}

uint64_t member_patience(const struct member *m)
{
	unsigned seconds = m->of->method ? m->of->method->patience : 0;

	return m->settings->grace + seconds * NSEC_PER_SEC;
}

static uint64_t step_run(struct member *m, uint64_t now)
{
	if (m->area->abort || !member_tasks_left(m)) {
		member_stop(m, now);
		return now;
	}
	/* Late by more than the trial: what was counted is all there is. */
	if (m->warm_until && now >= m->warm_until && now < m->end)
		measure_warm(m, now);
	if ((now >= m->end && !turn_may_go_on(m, now)) || turn_side_finished(m)) {
		if (turn_is_last(m)) {
			member_stop(m, now);
			return now;
		}
		trial_set_state(m->area, m->side, WORKER_PAUSE);
		m->state = MEMBER_PAUSING;
		m->paused_at = now;
		m->kicked_at = 0;
		late_begin(m);
		return now;
	}
	if (m->of->exact && now < m->end)
		return m->end; /* nothing beside the work */
	if (now >= m->border + m->slice)
		measure_border(m, now);
	if (m->area->per_worker > 1)
		kick(m, false, now);
	if (now >= m->end)
		return now + NSEC_PER_MSEC;
	return earlier(earlier(m->border + m->slice, m->end),
		       m->warm_until ? m->warm_until : m->end);
}

static uint64_t step_pausing(struct member *m, uint64_t now)
{
	if (m->area->abort) {
		m->state = MEMBER_RUN;
		member_stop(m, now);
		return now;
	}
	if (trial_quiet(m->area, m->side)) {
		turn_end(m, now);
		return now;
	}
	if (now > late_limit(m, now, m->paused_at + member_patience(m))) {
		m->state = MEMBER_RUN;
		member_stop(m, now);
		return now;
	}
	/* A task that parked may have left its partner in a blocked call. */
	if (m->settings->turns && m->area->per_worker > 1) {
		kick(m, true, now);
		m->kicked_at = 0; /* again soon: it was on its way into the call */
	}
	return now + NSEC_PER_MSEC;
}

/* Between two turns that others order. */
static uint64_t step_held(struct member *m, uint64_t now)
{
	if (!m->area->abort && member_tasks_left(m))
		return now + NSEC_PER_SEC;
	member_stop(m, now);
	return now;
}

static void signal_workers(struct member *m, int sig)
{
	for (unsigned i = 0; i < m->area->n_processes; i++)
		if (!m->area->process[i].reaped)
			kill(m->area->process[i].pid, sig);
}

/* What runs on after SIGKILL is named and left alone. */
static void give_up(struct member *m)
{
	if (!m->n_stuck)
		stuck_note(m, m->leader, m->leader);
	m->abandoned = true;
	m->state = MEMBER_DONE;
}

/* The leader had its time for teardown too: the undo log does the rest. */
static uint64_t step_teardown(struct member *m, uint64_t now)
{
	uint64_t limit = m->interrupted ? INTERRUPT_TEARDOWN :
					  m->settings->setup_time / 3 + member_patience(m);

	if (!m->quiet_at)
		m->quiet_at = now;
	limit += m->quiet_at;
	if (!m->killed_at) {
		if (now < limit)
			return limit;
		if (!m->interrupted) {
			stuck_note(m, m->leader, m->leader);
			m->out_of_time = true;
		}
		kill_leader(m, now);
	}
	limit = m->killed_at + GIVE_UP_AFTER_KILL;
	if (now >= limit)
		give_up(m); /* it cannot even be killed */
	return limit;
}

static uint64_t step_stopping(struct member *m, uint64_t now)
{
	uint64_t term, dead, lost;

	if (!member_tasks_left(m) || !m->area->n_processes)
		return step_teardown(m, now);
	term = m->stop_at + (m->interrupted ? INTERRUPT_GRACE : member_patience(m));
	if (!m->interrupted)
		term = m->escalated ? term + m->late : late_limit(m, now, term);
	dead = term + (m->interrupted ? INTERRUPT_KILL : KILL_AFTER_TERM);
	lost = dead + (m->interrupted ? INTERRUPT_TEARDOWN : GIVE_UP_AFTER_KILL);
	kick(m, true, now);
	if (now < term)
		return earlier(term, now + KICK_EVERY);
	if (!m->escalated) {
		note_stuck(m);
		/* Who was interrupted had no time to prove itself. */
		m->out_of_time = m->n_stuck &&
				 (!m->interrupted ||
				  now >= m->stop_at + member_patience(m));
		signal_workers(m, SIGTERM);
		m->escalated = 1;
	}
	if (now < dead)
		return earlier(dead, now + KICK_EVERY);
	if (m->escalated < 2) {
		signal_workers(m, SIGKILL);
		m->escalated = 2;
	}
	if (now < lost)
		return earlier(lost, now + KICK_EVERY);
	kill_leader(m, now);
	give_up(m);
	return now;
}

/* True once the leader is gone; reaps it. */
static bool leader_gone(struct member *m, uint64_t now)
{
	struct rusage usage;
	int status;

	if ((m->pidfd >= 0 && !m->ended) ||
	    wait4(m->leader, &status, WNOHANG, &usage) != m->leader)
		return false;
	/* killed by us it ended as leaders do: no word of its task */
	if (m->killed_at || !leader_bury_lone(m->area, m->leader, status, &usage))
		m->leader_status = status;
	if (m->state == MEMBER_RUN || m->state == MEMBER_PAUSING) {
		m->state = MEMBER_RUN;
		measure_turn(m, now);
	}
	if (!m->stop_at)
		m->stop_at = now;
	m->leader = -m->leader; /* the group may be left over: negative marks */
	if (status)
		kill(m->leader, SIGKILL);
	m->state = MEMBER_DONE;
	return true;
}

static void drain_wake(struct member *m)
{
	uint64_t drained;

	if (!m->woken)
		return;
	m->woken = false;
	if (read(m->area->wake, &drained, sizeof(drained)) < 0 && errno != EAGAIN)
		bug("cannot read the wake descriptor: %s", strerror(errno));
}

uint64_t member_step(struct member *m, uint64_t now, bool hold)
{
	if (m->state == MEMBER_DONE || leader_gone(m, now))
		return UINT64_MAX;
	drain_wake(m);
	switch (m->state) {
	case MEMBER_SETUP:
		return step_setup(m, now, hold);
	case MEMBER_RUN:
		return step_run(m, now);
	case MEMBER_PAUSING:
		return step_pausing(m, now);
	case MEMBER_HELD:
		return step_held(m, now);
	case MEMBER_STOPPING:
		return step_stopping(m, now);
	case MEMBER_DONE:
		break;
	}
	return UINT64_MAX;
}

void member_interrupt(struct member *m, uint64_t now)
{
	if (m->state == MEMBER_DONE)
		return;
	m->interrupted = true;
	if (m->state == MEMBER_SETUP)
		kill_leader(m, now); /* undo takes away what it made */
	if (m->state == MEMBER_PAUSING)
		m->state = MEMBER_RUN;
	if (m->state != MEMBER_STOPPING)
		member_stop(m, now);
}

void member_free(struct member *m)
{
	measure_close(m);
	stuck_free(m);
	file_close(m->pidfd);
	if (m->area && !m->abandoned)
		trial_area_free(m->area); /* an abandoned task may still use it */
}
