/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the run function of a stressor may call. A struct worker is the context
 * of one task (a process or a thread); it is private to the task, only what
 * its pointers lead to is shared.
 *
 *	while (worker_running(w)) {
 *		... one operation ...
 *		worker_count(w, M_FAULTS, 1);
 *	}
 *
 * Metric 0 of a stressor is its operation: --NAME-ops counts it.
 */
#ifndef STRAIN_CORE_WORKER_H
#define STRAIN_CORE_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/rng.h"
#include "core/hist.h"

#define METRICS_MAX 16
#define CHECKS_MAX 32
#define WORKER_REASON 240 /* bytes of a message */

/* What worker_running() looks at: one word per worker, on its own cache line. */
enum worker_state { WORKER_RUN, WORKER_PAUSE, WORKER_STOP };

struct worker_control {
	volatile uint32_t state;
} __attribute__((aligned(64)));

struct check_count {
	volatile uint64_t evaluated, failed;
};

enum slot_outcome { SLOT_NONE, SLOT_FAIL, SLOT_BROKEN, SLOT_SKIP };

/* Shared between a task, which alone writes counts, and the monitor. */
struct slot {
	volatile uint64_t count[METRICS_MAX];
	struct { volatile double sum, min, max; volatile uint64_t n; } gauge[METRICS_MAX];
	struct check_count check[CHECKS_MAX];
	struct hist *hist[METRICS_MAX]; /* NULL: no latency metric */
	uint64_t start_ns, stop_ns, cpu_ns;
	/* exact mode: operations and instructions that were measured */
	uint64_t exact_from, exact_first, exact_ops, exact_ns;
	uint64_t delay_start, run_delay_ns; /* waits for a CPU: until the start, since */
	volatile uint64_t helper_ns; /* CPU time of joined helpers since the start */
	uint32_t outcome; /* enum slot_outcome */
	pid_t pid, tid;
	volatile uint32_t reaped;   /* the usage of its process includes helpers */
	volatile uint32_t finished; /* run returned or the task ended itself */
	char reason[WORKER_REASON];
	char check_reason[CHECKS_MAX][WORKER_REASON]; /* of the first failure */
} __attribute__((aligned(64)));

struct trial_area; /* core/trial.h: the shared region all of this lives in */
struct undo;

struct worker {
	/* hot */
	struct worker_control *control;
	struct slot *slot;
	uint64_t ops_limit;   /* of metric 0; UINT64_MAX: none */
	uint64_t sample_left; /* operations until the next timed one */
	uint64_t sample_start; /* 0: this operation is not timed */
	uint64_t tick_scale;  /* of what .sample_start counts; 0: nanoseconds */
	int mutation;         /* check whose mutation is on; -1: none */

	/* for the stressor to read */
	unsigned index, workers;       /* this worker, of how many (per variant) */
	unsigned role, role_index;     /* row of the role table, which of its count */
	unsigned task, tasks;          /* this task, of how many in the variant */
	unsigned variant;              /* row of the variant table */
	bool threads;                  /* workers are threads of one process */
	bool verify;                   /* deep checks are wanted */
	bool exact;                    /* sizes must not depend on times */
	const struct method *method;   /* NULL: the stressor has none */
	const void *opts;              /* the stressor's option struct */
	void *shared;                  /* .shared_size bytes, zero at setup */
	const char *scratch;           /* directory, or NULL */
	int scratch_fd;                /* of it, or -1 */
	const char *fs;                /* kind: "scratch", "tmpfs", "xfs", ... */
	const char *device;            /* block device of the scratch fs, or NULL */
	const char *cgroup;            /* directory of the workers' own, or NULL */
	size_t page_size;
	struct rng rng;                /* this task's own stream */

	/* the engine's */
	struct trial_area *area;
	struct undo *undo;             /* NULL: the stressor declares no changes */
	uint64_t ops_end;              /* exact mode: .ops_limit after the warm-up */
	uint64_t sample_every, sample_ns;
	bool time_all;                 /* every operation, not a sample */
	struct rng sample_rng;         /* apart, so that timing shifts no choice */
	clockid_t cpu_clock;           /* of the thread, or of the process it is alone in */
	uint64_t cpu_start;
	void *jump;                    /* where broken and skip leave to */
	bool setup, helper;            /* in the leader / in a worker_fork() child */
};

bool worker_running_slow(struct worker *w);

/* Go on? No syscall, no atomic. False once time or operations are used up. */
static inline bool worker_running(struct worker *w)
{
	if (__builtin_expect(w->control->state == WORKER_RUN &&
			     w->slot->count[0] < w->ops_limit, 1))
		return true;
	return worker_running_slow(w);
}

/*
 * Is the run over? For the middle of an operation of many calls, where
 * worker_running() might wait for this variant's next turn.
 */
static inline bool worker_stopped(const struct worker *w)
{
	return w->control->state == WORKER_STOP;
}

/*
 * After worker_running(): how many operations may be done before it is asked
 * again, at most @max, so that --NAME-ops ends exactly where it should.
 */
static inline uint64_t worker_batch(const struct worker *w, uint64_t max)
{
	uint64_t left = w->ops_limit - w->slot->count[0];

	return left < max ? left : max;
}

/* Adds @n to the METRIC_RATE @metric. */
static inline void worker_count(struct worker *w, unsigned metric, uint64_t n)
{
	w->slot->count[metric] += n;
}

/* A value of the METRIC_GAUGE @metric; the report has mean, min and max. */
void worker_gauge(struct worker *w, unsigned metric, double value);

void worker_time_begin_slow(struct worker *w);
void worker_time_end_slow(struct worker *w, unsigned metric);

/*
 * Around one operation: its duration goes to the METRIC_LATENCY @metric when
 * this operation is sampled (--latency). One begin, one end, no nesting.
 */
static inline void worker_time_begin(struct worker *w)
{
	if (__builtin_expect(--w->sample_left == 0, 0))
		worker_time_begin_slow(w);
}

static inline void worker_time_end(struct worker *w, unsigned metric)
{
	if (__builtin_expect(w->sample_start != 0, 0))
		worker_time_end_slow(w, metric);
}

/* A duration that the stressor measured itself, always recorded. */
void worker_latency(struct worker *w, unsigned metric, uint64_t ns);

bool worker_check_failed(struct worker *w, unsigned check, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Counts one evaluation of the check and, when @condition is false, a failure
 * with the message (kept for the first). Returns the condition.
 */
#define worker_check(w, id, condition, ...)                                    \
	((w)->slot->check[id].evaluated++,                                     \
	 __builtin_expect(!!(condition), 1) ||                                 \
		 worker_check_failed(w, id, __VA_ARGS__))

/*
 * True when the mutation of check @id is on (strain run --mutate). Then the
 * stressor corrupts what it observes or does (never the verdict), and the check
 * has to fail.
 */
static inline bool worker_mutated(const struct worker *w, int id)
{
	return __builtin_expect(w->mutation == id, 0);
}

/*
 * The kernel broke a promise that no check of the table states. The task goes
 * on. worker_broken(): the test cannot do its work. worker_skip(): a need is
 * missing that only trying could show; legal before the first worker_count().
 * Both end the task (its process's teardown still runs in the leader).
 */
void worker_fail(struct worker *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void worker_broken(struct worker *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void worker_skip(struct worker *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* A remark for the report ("ext4 left 12 pages cached"); at most a few a trial. */
void worker_note(struct worker *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Bytes this worker may use, its fair share: asked once a trial, the same for all. */
uint64_t worker_memory(const struct worker *w);

/*
 * All tasks of this variant meet here. False when the run is over and some will
 * not come: leave the loop. Also a memory barrier.
 */
bool worker_barrier(struct worker *w);

/*
 * A helper process. Returns 0 in the child, which ends with worker_exit(), and
 * the pid in the parent, which calls worker_join(). The child dies with its
 * parent; checks, broken and skip work in it; a crash of it reaches the outcome.
 */
pid_t worker_fork(struct worker *w);
void worker_exit(struct worker *w) __attribute__((noreturn));
/* Waits for the helper. Returns its wait status; a death by a signal other
 * than @expected_signal (0: none) becomes the outcome. */
int worker_join(struct worker *w, pid_t pid, int expected_signal);
/*
 * Waits for a child that is no helper of ours, a program: *@status is that of
 * wait(2), and its CPU time counts as the task's. False when the run ends first:
 * then it was killed.
 */
bool worker_wait(struct worker *w, pid_t pid, int *status);
/* For whoever waits for a helper by other means: breaks the task when a helper
 * that was not joined yet has died or failed. No syscall in a helper itself. */
void worker_watch_helpers(struct worker *w);

/*
 * Setup only: change the machine; the engine undoes it after the trial.
 * Each returns 0 or -errno and makes sure by reading back.
 */
int worker_set_value(struct worker *w, const char *path, const char *value);
/* Makes at least @count free huge pages of @size bytes available. -ENOMEM: could not. */
int worker_hugepages(struct worker *w, uint64_t size, uint64_t count);
/* Notes in the undo log that the module must be gone / a file of ours removed. */
int worker_undo_module(struct worker *w, const char *module);
int worker_undo_file(struct worker *w, const char *path);
/* Mounts @type at @target (made by us), private to this run. */
int worker_mount(struct worker *w, const char *source, const char *target,
		 const char *type, unsigned long flags, const char *data);
/* Attaches @image to a free loop device with autoclear; name in @device (32 bytes). */
int worker_loop(struct worker *w, const char *image, bool direct_io, char *device);

#endif
