/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run is going to do: an ordered list of trials over cases. A case is
 * (stressor, method, filesystem, options that change the work, verify mode):
 * the unit that gets trials, an outcome and a comparison.
 */
#ifndef STRAIN_CORE_PLAN_H
#define STRAIN_CORE_PLAN_H

#include "core/fskind.h"
#include "core/known.h"
#include "core/registry.h"

enum plan_order { ORDER_PARALLEL, ORDER_SEQUENTIAL, ORDER_PERMUTE };

/* One stressor as the user asked for it. */
struct selection {
	const struct entry *entry;
	int64_t workers;       /* as typed: 0 or negative is resolved by plan_make() */
	bool workers_percent;  /* .workers is a percentage of machine_cpus() */
	uint64_t ops;          /* per worker; 0: no limit */
	const char *methods;   /* comma separated; NULL: each is its own case */
	bool threads;
	void *opts;            /* its option struct, filled */
};

/* Settings of the run; rows in core/plan_options.c give --help its text. */
struct run_settings {
	uint64_t timeout;      /* ns a trial, warm-up included */
	uint64_t slice;        /* ns */
	uint64_t warmup;       /* ns at the start of each trial that is not judged */
	uint64_t grace;        /* ns after the stop before TERM, then KILL */
	uint64_t setup_time;   /* ns until all tasks wait at the gate; a third for teardown */
	uint32_t trials;
	bool interleave;       /* trial 1 of all cases, then trial 2, ... */
	bool verify, dry_run, fail_fast, until_fail, strict_skip, perf;
	const char *perf_events;
	const char *counters;  /* system sources: "all", "none", list */
	const char *cpus;      /* list as for taskset -c */
	uint64_t seed;         /* 0: drawn, and in the report */
	const char *temp_path;
	const char *fs;        /* NULL: the stressor's list */
	const char *fs_device; /* they are made on this; NULL: on images */
	bool fs_device_destroy; /* what is on it may be lost */
	const char *latency;   /* all sampled off */
	const char *mutate;    /* STRESSOR:CHECK */
	const char *known_issues;
	const struct known_list *known; /* what is in that file, or NULL */
	const char *label;     /* of the run's cases, for comparisons; or NULL */
	bool exact;            /* count instructions: core/exact.h */
	bool setup_only;       /* no task is started: run_setups() */
	bool turns;            /* trials run and pause by order (core/orders.h) */
	int64_t nice;          /* with .turns: of all but the monitor */
};

struct run_case {
	char *id; /* "fault/anon", "parallel-dir/create@xfs+threads?bytes=1M" */
	const struct entry *entry;
	const struct method *method;  /* NULL: the stressor has none */
	const struct fskind *fs;      /* NULL: no scratch directory used */
	const void *opts;
	unsigned workers;
	uint64_t ops;
	bool threads, verify;
	bool exact;                   /* .ops after a warm-up, instructions counted */
	int mutation;                 /* check index, -1: none */
	char *skip;                   /* reason known before the start, or NULL */
	char *remedy;
	unsigned index;               /* in plan.cases */
};

struct trial_plan {
	unsigned number;              /* which repetition of its cases, from 0 */
	struct run_case **cases;      /* that run at the same time; 1 if sequential */
	size_t n;
};

struct plan {
	struct run_case *cases;
	size_t n_cases;
	struct trial_plan *trials;
	size_t n_trials;
	uint64_t seed;
};

/* Why instructions of this case are not worth counting, on any machine; or NULL. */
const char *plan_exact_unfit(const struct run_case *c);

/*
 * Resolves workers, methods and filesystems, checks needs. 0, or a message to
 * free in @why (usage error).
 */
int plan_make(const struct selection *selected, size_t n, enum plan_order order,
	      const struct run_settings *settings, struct plan *plan, char **why);
void plan_free(struct plan *plan);
/* What the case uses: its method's, else its stressor's; or NULL. */
const struct uses *plan_uses(const struct run_case *c);

/* Rows for run_settings. */
extern const struct option run_options[];

#endif
