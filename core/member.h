/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor's side of one case in one trial: a state machine that the
 * monitor steps whenever something happened or a time has come.
 *
 *	SETUP -> RUN (<-> PAUSING between the turns of sides) -> STOPPING -> DONE
 *
 * By order of another process (settings->turns) the gate opens to HELD, and
 * every turn ends there: HELD -> RUN -> PAUSING -> HELD, until it says stop.
 */
#ifndef STRAIN_CORE_MEMBER_H
#define STRAIN_CORE_MEMBER_H

#include "core/event.h"
#include "core/orders.h"
#include "core/slices.h"
#include "core/trial.h"

enum member_state {
	MEMBER_SETUP,
	MEMBER_RUN,
	MEMBER_PAUSING,
	MEMBER_HELD,
	MEMBER_STOPPING,
	MEMBER_DONE,
};

/* What was counted when, to take differences of. */
struct reading {
	uint64_t when, cpu, wait;
	double steal;    /* seconds */
	uint64_t count[METRICS_MAX];
	double *counter; /* .n_counters of them */
};

#define LATE_TASKS 16

struct member {
	const struct run_case *of;
	const struct run_settings *settings;
	struct trial_area *area;
	pid_t leader;
	int pidfd;                     /* of the leader; -1: no such call (valgrind) */
	bool woken, ended;             /* .area->wake, .pidfd have something to tell */
	enum member_state state;
	uint64_t forked, gate, end;    /* CLOCK_MONOTONIC; end: 0 = by the windows */
	uint64_t stop_at, quiet_at;    /* told to stop; all tasks finished */
	unsigned escalated;            /* 0 kicks, 1 TERM sent, 2 KILL sent */
	bool ready;                    /* all its tasks wait at the gate */
	bool interrupted, out_of_time, abandoned;
	uint64_t kicked_at, killed_at; /* last kick; SIGKILL to the leader */
	uint64_t paused_at;            /* the end of the turn was told */
	uint64_t looked_at, late;      /* core/late.c */
	struct late_task { uint64_t cpu, wait; bool runnable; } seen[LATE_TASKS];

	unsigned side;                 /* whose turn it is */
	unsigned window, windows;      /* of how many */
	unsigned order[SIDES_MAX];     /* of sides within this round of windows */
	uint64_t window_ns, border, turn_start, warm_until;
	bool warm_turn;                /* ordered: this turn is not judged */
	uint64_t active[SIDES_MAX];    /* ns that the side had its turn */
	uint64_t cpu[SIDES_MAX];       /* ns of CPU that all processes used in it */
	struct rng rng;

	struct counter_set *counters;
	size_t n_counters;
	struct reading last;           /* at the last border */
	double *own;                   /* .n_counters sums over own turns, or NULL */
	struct counter *own_list;      /* the same as counters, for the result */
	uint64_t warm_at;              /* when the warm-up ended; 0: there was none */
	uint64_t warm_active[SIDES_MAX], warm_cpu[SIDES_MAX];
	uint64_t (*warm_count)[METRICS_MAX]; /* per slot, at the end of the warm-up */
	bool one_slice;                /* of one side: it ended before the first border */
	uint64_t slice;                /* ns; stretched when reading is dear */
	unsigned dear;                 /* readings in a row that were */
	uint64_t least_cost;           /* ns, of those */
	struct slices slices[SIDES_MAX];
	struct stuck *stuck;
	size_t n_stuck;
	int leader_status;
	double rate;                   /* of the operation, in the last slice */
};

/* Forks the leader of one of @together cases of a trial. False with a message to free in @why. */
bool member_start(struct member *m, const struct run_case *c, size_t together,
		  const struct run_settings *settings, struct undo *undo,
		  uint64_t seed, char **why);
/*
 * Does what is due at @now; returns when it wants to be called next. @hold: its
 * gate stays closed, since another member of the trial is not ready yet.
 */
uint64_t member_step(struct member *m, uint64_t now, bool hold);
/* The user wants out. */
void member_interrupt(struct member *m, uint64_t now);
/* Carries out an order that fits its state. */
void member_order(struct member *m, enum order order);
void member_free(struct member *m);

/* For the steps (core/member.c). */
void member_stop(struct member *m, uint64_t now);
unsigned member_tasks_left(const struct member *m);
uint64_t member_patience(const struct member *m);

/* core/late.c: tasks got @limit to end by, which is over when @now is later;
 * later still where it was for want of a CPU. */
uint64_t late_limit(struct member *m, uint64_t now, uint64_t limit);
/* Pure: of two looks at a task; tests. */
bool late_had_no_cpu(const struct late_task *before, const struct late_task *after,
		     uint64_t between);
/* A new limit begins. */
void late_begin(struct member *m);

/* Turns (core/member_turn.c). */
void turn_open_gate(struct member *m);
/* All tasks of the side wait. */
void turn_end(struct member *m, uint64_t now);
bool turn_side_finished(const struct member *m);
bool turn_is_last(const struct member *m);
bool turn_may_go_on(const struct member *m, uint64_t now);

/* Measurement (core/measure.c). */
void measure_open(struct member *m);
void measure_border(struct member *m, uint64_t now);
void measure_turn(struct member *m, uint64_t now);
void measure_warm(struct member *m, uint64_t now);
/* After the last reading of the counters: @c. */
void measure_last(struct member *m, const struct counter *c);
/* The turn that just ended was a warm-up. */
void measure_warm_turn(struct member *m);
void measure_close(struct member *m);

/* The result (core/judge.c, judge_metrics.c, judge_outcome.c); freed with judge_free(). */
void judge_metrics(const struct member *m, struct case_result *r);
void judge_outcome(struct member *m, const struct kwatch_result *kernel, bool alone,
		   struct case_result *r);
void judge(struct member *m, const struct kwatch_result *kernel, bool alone,
	   struct case_result *r);
void judge_free(struct case_result *r);

/* Keeps /proc of a task that does not stop; of one that has ended, nothing
 * (core/stuck.c). */
void stuck_note(struct member *m, pid_t pid, pid_t tid);
void stuck_free(struct member *m);

#endif
