/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The declaration of a stressor: the one header that a stressor includes
 * (beside kit/). A stressor is one file in stressors/FOLDER/; the file's name
 * is the name that users type and the folder its first tag. One const struct
 * says everything; help, man page, completion, listing, classes and the tests
 * that every stressor gets derive from it. docs/template.c is one to copy.
 */
#ifndef STRAIN_CORE_STRESSOR_H
#define STRAIN_CORE_STRESSOR_H

#include "base/file.h"
#include "core/compat.h"
#include "core/need.h"
#include "core/option.h"
#include "core/sys.h"
#include "core/uses.h"
#include "core/worker.h"

enum metric_kind {
	METRIC_RATE,    /* worker_count(): per wall second and per CPU second */
	METRIC_COST,    /* CPU time per count of the rate .of */
	METRIC_LATENCY, /* worker_time_*(): a histogram; unit "ns" */
	METRIC_GAUGE,   /* worker_gauge(): mean, min, max */
	METRIC_RATIO,   /* of two metrics, or of one metric in two variants */
};

enum metric_better { BETTER_HIGHER, BETTER_LOWER, BETTER_NEITHER };

struct metric {
	const char *id;   /* stable word for reports: "faults"; NULL ends a table */
	const char *name; /* for people: "page faults" */
	const char *unit; /* "faults/s", "ns", "ratio" */
	enum metric_kind kind;
	enum metric_better better;
	bool primary;     /* judged by comparisons */
	unsigned version; /* of the definition; counts up when its meaning changes */
	unsigned of;      /* COST: the rate. RATIO: the numerator metric */
	unsigned per;     /* RATIO without variants: the denominator metric */
	/* RATIO of metric .of in variant .num to variant .den (ids) */
	const char *num, *den;
	/* COST: ns * scale is in .unit. LATENCY by worker_time_*(): ns * scale
	 * is recorded (0.5: half of a round trip). 0 means 1. */
	double scale;
	double flag_below; /* a value below this is noted in the report; 0: none */
};

struct check {
	const char *id;     /* "zero-filled"; NULL ends a table */
	const char *proves; /* one sentence: what holds when it passes */
	bool deep;          /* evaluated only with --verify */
	/*
	 * For a check that some kernels cannot run live: its pure part on a
	 * recorded observation, good or mutated; returns the verdict.
	 */
	bool (*recorded)(bool mutated);
};

struct role {
	const char *name;              /* NULL ends a table */
	void (*run)(struct worker *w);
	unsigned count;                /* tasks of it in a worker; 0: 1 */
	bool thread;                   /* a thread of the worker's process */
};

/* The same work in two or more settings that run by turns in every trial. */
struct variant {
	const char *id;   /* "shared"; NULL ends a table */
	const char *summary;
	unsigned workers; /* 0: as many as the trial has */
};

#define CHECK(id) (1u << (id))
#define METRIC(id) (1u << (id))

struct method {
	const char *name;    /* NULL ends a table */
	const char *summary; /* one clause, lower case */
	void (*run)(struct worker *w); /* NULL: the stressor's */
	void (*setup)(struct worker *w);
	void (*teardown)(struct worker *w);
	void (*probe)(struct worker *w);
	const struct needs *needs;  /* beside the stressor's */
	const struct uses *uses;    /* instead of the stressor's */
	const struct role *roles;
	const struct variant *variants;
	uint32_t checks;            /* CHECK() | ...: those it evaluates; 0: all */
	uint32_t metrics;           /* METRIC() | ...: those it feeds; 0: all */
	const char *unsupported;    /* reason: built without a library */
	bool exact;                 /* fixed work on memory, CPU or tmpfs paths */
	unsigned exact_ops;         /* a case does in exact mode; 0: the stressor's */
	unsigned patience;          /* seconds that one operation may take; 0: 1 */
	uintptr_t arg;              /* the stressor's own */
};

struct stressor {
	const char *summary; /* one clause for lists, lower case, no full stop */
	const char *details; /* a paragraph for help and man page */
	const char *refs;    /* commits, CVEs, documents; a line each */
	const char *tags;    /* words of classes/tags.txt beside the folder's */
	const struct needs *needs;
	const struct uses *uses;
	const struct option *options;
	size_t opts_size;
	size_t shared_size;  /* of w->shared, per variant */
	const struct method *methods;
	const struct metric *metrics; /* row 0 is the operation, METRIC_RATE */
	const struct check *checks;
	const struct role *roles;     /* NULL: one task that calls run */
	const struct variant *variants;
	bool threads;        /* offers --NAME-threads: workers as threads of one process */
	bool exact;          /* every method is exact-capable */
	unsigned exact_ops;  /* 20 to 400 ms at one a ns; 0: EXACT_OPS */
	/*
	 * setup and teardown run once a trial in the leader, a process from
	 * which the workers are forked and whose memory and files they inherit.
	 * (Once per variant, with w->variant and w->shared of that variant.)
	 */
	void (*setup)(struct worker *w);
	void (*run)(struct worker *w);
	void (*teardown)(struct worker *w);
	/* Does the feature have an effect here? worker_skip() when not. Own process. */
	void (*probe)(struct worker *w);
	const char *unsupported;
};

/* Defines the one public symbol of the file: the file's name with '_' for '-'. */
#define STRESSOR(name) const struct stressor stressor_##name

/* Instead of everything else in a file whose library or CPU is missing. */
#define STRESSOR_UNSUPPORTED(name, about, reason)                              \
	STRESSOR(name) = { .summary = about, .unsupported = reason }

#endif
