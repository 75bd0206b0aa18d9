/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that the monitor, the leader and the tasks of one case share for
 * one trial. Internal to the engine: stressors see it only through worker.h.
 *
 * A side is the set of tasks of one variant (a case without variants has one
 * side). The sides of a case run by turns: the monitor opens the gate of one
 * while the tasks of the others wait in worker_running().
 */
#ifndef STRAIN_CORE_TRIAL_H
#define STRAIN_CORE_TRIAL_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "base/ticks.h"
#include "base/value.h"
#include "core/plan.h"
#include "core/worker.h"

#define SIDES_MAX 4
#define NOTES_MAX 16

struct side {
	volatile uint32_t turn;    /* futex; counts up when states were changed */
	volatile int32_t parked;   /* tasks waiting for a turn or at the barrier */
	volatile uint32_t finished;
	volatile uint32_t warm;    /* warm-up: record no latency */
	volatile uint32_t barrier_in;  /* tasks at the barrier */
	volatile uint32_t barrier_gen; /* futex */
	volatile uint64_t quiet_ns; /* when the last task parked; CLOCK_MONOTONIC */
	volatile uint64_t since;   /* start of the turn; 0: the side is alone */
	unsigned workers, tasks;
	unsigned first_slot;       /* of this side in trial_area.slot */
	unsigned first_control;
	void *shared;              /* the stressor's .shared_size bytes */
} __attribute__((aligned(64)));

/* A process of the leader's, or the leader (leader_bury_lone()); threads share one. */
struct process {
	pid_t pid;
	int status;       /* of wait(2) */
	bool reaped;
	struct rusage usage;
};

struct trial_area {
	size_t size;
	const struct run_case *of;
	const struct run_settings *settings;
	uint64_t seed;             /* of this trial */
	unsigned n_sides, n_slots, n_processes;
	unsigned per_worker;       /* tasks in a worker */
	unsigned together;         /* cases that run at the same time */
	uint32_t memory;           /* worker_memory() in SHARE_UNITs, 0: nobody asked yet */
	int wake;                  /* eventfd: a side fell quiet, or a task gave up */
	volatile uint32_t abort;   /* a task cannot go on: end the trial */
	volatile uint32_t n_notes;
	volatile uint32_t set_up;  /* setup done, workers are being forked */
	bool timed;                /* the case has metrics of latency */
	struct ticks_pair counted_from; /* of a timed case; what its ticks are set against */
	struct side side[SIDES_MAX];
	struct worker_control *control;
	struct slot *slot;
	struct process *process;
	/* from here on all is zero at first, and most of it stays so untouched */
	struct scratch scratch;
	char cgroup[256];          /* "": the stressor wants none */
	struct slot leader;        /* outcome of setup and teardown */
	char note[NOTES_MAX][WORKER_REASON];
};

/* Maps and lays out the area for @c; NULL with errno. */
struct trial_area *trial_area_make(const struct run_case *c,
				   const struct run_settings *settings,
				   uint64_t seed);
void trial_area_free(struct trial_area *a);

/* The roles of a case (its method's, its stressor's), or NULL. */
const struct role *trial_roles(const struct run_case *c);
const struct variant *trial_variants(const struct run_case *c);
/* Fills the context of task @task of side @side. */
void trial_worker(struct trial_area *a, unsigned side, unsigned task,
		  struct worker *w);
static inline struct slot *trial_slot(const struct trial_area *a, unsigned side,
				      unsigned task)
{
	return &a->slot[a->side[side].first_slot + task];
}

/*
 * A count of a task that runs. Where words have 32 bits it may be caught between
 * its halves: it is whole when it is the same twice.
 */
static inline uint64_t slot_count(const struct slot *s, size_t metric)
{
	uint64_t count = s->count[metric], before;

	if (sizeof(void *) >= sizeof(count))
		return count;
	do {
		before = count;
		count = s->count[metric];
	} while (count != before);
	return count;
}

/* Sets the state of every worker of @side that is not stopped, and wakes them. */
void trial_set_state(struct trial_area *a, unsigned side, enum worker_state state);
/* Is there more than one turn: of sides, or of runs by order? */
static inline bool trial_by_turns(const struct trial_area *a)
{
	return a->n_sides > 1 || a->settings->turns;
}
/* Are all tasks of the side parked or finished? */
bool trial_quiet(const struct trial_area *a, unsigned side);
/* Tells the monitor to look. */
void trial_wake(struct trial_area *a);
/* The task side of it: context set up, run called, result left in the slot. */
void task_main(struct worker *w, void (*run)(struct worker *w));
/* Ends the task: outcome and reason are in the slot. */
void task_leave(struct worker *w) __attribute__((noreturn));

/* A call was interrupted: when that was the stop, the task ends, and well. */
void task_quit(struct worker *w);

/* Signal that interrupts a blocked call of a task after the stop. */
#define KICK_SIGNAL (SIGRTMIN + 8)

/*
 * The monitor goes before its workers, where it may: with hundreds of them on a
 * few CPUs it would wait for seconds before it could stop them. Leaders, and all
 * that they fork, keep the priority that the run was started with.
 */
int leader_favour_monitor(bool on); /* returns the priority it started with */
/* Who started the run has favoured it already: the priority of leaders. */
void leader_nice(int nice);

/* The leader: never returns. @monitor is the pid it must not outlive. */
void leader_main(struct trial_area *a, struct undo *undo, pid_t monitor)
	__attribute__((noreturn));

/*
 * The leader of a case of one task with no setup, probe, teardown or change to
 * the machine, and with no other case beside it, does that task itself. The
 * monitor, which waits for leaders, then does for it what they do for workers:
 * notes how it ended. False: it was no task, or not yet.
 */
bool leader_bury_lone(struct trial_area *a, pid_t pid, int status,
		      const struct rusage *usage);

/* Runs the probe of the case; outcome and reason are in a->leader. */
void leader_probe(struct trial_area *a) __attribute__((noreturn));

long futex_wait(volatile uint32_t *word, uint32_t expected, uint64_t timeout_ns);
void futex_wake(volatile uint32_t *word);
/* Wakes those who wait at one of the side's futexes, if anybody is parked. */
void side_wake(struct side *s, volatile uint32_t *word);

#endif
