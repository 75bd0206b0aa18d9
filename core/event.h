/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine tells while it works. The engine knows no report: it hands
 * each finding to the sinks it was given, and they print or write. Everything
 * pointed to lives until the call returns.
 */
#ifndef STRAIN_CORE_EVENT_H
#define STRAIN_CORE_EVENT_H

#include "base/msg.h"
#include "core/counter.h"
#include "core/hist.h"
#include "core/kwatch.h"
#include "core/plan.h"

enum outcome { OUTCOME_PASS, OUTCOME_SKIP, OUTCOME_FAIL, OUTCOME_BROKEN, OUTCOME_HANG, OUTCOME_KILLED,
	       OUTCOME_EXPECTED_FAIL, OUTCOME_UNEXPECTED_PASS, OUTCOME_INTERRUPTED };

const char *outcome_name(enum outcome o);   /* "pass", "expected-fail", ... */

/* One metric of one variant in one trial. */
struct metric_result {
	const struct metric *metric;
	const char *variant;  /* NULL: the case has no variants, or a ratio of two */
	bool valid;           /* false: nothing was recorded */
	double value;         /* rate: per wall second; latency: mean; gauge: mean; ratio, cost: itself */
	double cpu_rate;      /* rate: per CPU second; else 0 */
	double count;         /* rate: operations; latency, gauge: records */
	double min, max;      /* gauge, latency; rate: slowest and fastest task */
	const struct hist *hist; /* latency, merged over tasks; else NULL */
};

struct check_result {
	const struct check *check;
	uint64_t evaluated, failed;
	const char *reason;   /* of the first failure, or NULL */
};

/* Slices of one variant, column by column; all arrays have .n values. */
struct slice_table {
	const char *variant;
	size_t n;
	const double *start, *seconds;  /* since the gate; length without pauses */
	const double *cpu_seconds, *wait_seconds; /* of the workers: on CPU, waiting for one */
	const uint8_t *flags;           /* SLICE_WARMUP | SLICE_DISTURBED */
	size_t n_columns;
	struct { const char *name; const char *source; const double *value; } *columns;
	/* rates (source "metric": operations in the slice) and counters that moved */
};
#define SLICE_WARMUP 1
#define SLICE_DISTURBED 2 /* steal, or waiting for a CPU over 10 % of the slice */

/* A task that did not stop, or died. */
struct stuck {
	pid_t pid;
	const char *state, *wchan, *stack, *syscall; /* as /proc showed them; stack may be NULL */
	int signal;       /* that killed it; 0: none */
	bool oom;
};

struct case_result {             /* of one case in one trial */
	const struct run_case *of;
	enum outcome outcome;
	const char *reason;      /* NULL for a pass */
	bool shared_blame;       /* the kernel complained in a parallel trial */
	double wall_seconds;     /* gate to stop, longest worker */
	double overrun;          /* stop later than asked, seconds */
	double cpu_seconds, wait_seconds;
	double user_seconds, system_seconds; /* rusage of all processes of the case */
	uint64_t max_rss, minor_faults, major_faults, voluntary_switches, involuntary_switches;
	const struct metric_result *metric; size_t n_metrics;
	const struct check_result *check; size_t n_checks;
	const struct slice_table *slices; size_t n_slices;
	const struct counter *counter; size_t n_counters;
	const struct counter_miss *missing; size_t n_missing;
	const struct stuck *stuck; size_t n_stuck;
	char *const *notes; size_t n_notes;
	const struct scratch *scratch; /* NULL: none */
	const char *known_issue;       /* reason and link of the known issue, or NULL */
	/* per worker: operations and seconds, for fairness; .n_workers each */
	const double *worker_ops; size_t n_workers;
};

struct trial_result {
	unsigned order;          /* position in the run, from 0 */
	unsigned number;         /* repetition, from 0 */
	uint64_t started_ns;     /* CLOCK_MONOTONIC at the gate */
	double started;          /* seconds since the epoch */
	const struct case_result *cases; size_t n;
	const struct kwatch_result *kernel;
	double steal_seconds;
};

struct run_begin {
	int argc; char *const *argv;
	const struct plan *plan;
	const struct run_settings *settings;
	double started;
};

struct run_progress {
	const struct trial_plan *trial;
	unsigned order;
	double elapsed, seconds;    /* of this trial */
	double run_elapsed, run_seconds; /* of the run, estimate */
	double ops_rate;            /* of the first case's operation in the last slice */
};

struct run_end {
	double seconds;
	bool interrupted;
	enum exit_code code;
	unsigned outcomes[OUTCOME_INTERRUPTED + 1]; /* cases by their worst outcome */
	unsigned left_behind;      /* changes that could not be undone */
};

struct sink {
	void *ctx;
	void (*run_begin)(void *ctx, const struct run_begin *e);
	void (*trial_begin)(void *ctx, const struct trial_plan *t, unsigned order);
	void (*progress)(void *ctx, const struct run_progress *e);
	void (*trial_end)(void *ctx, const struct trial_result *e);
	/* a skip known before the start; also cases of a run cut short are not told */
	void (*case_skip)(void *ctx, const struct run_case *c);
	void (*note)(void *ctx, const char *text);
	void (*run_end)(void *ctx, const struct run_end *e);
}; /* any function may be NULL */

#endif
