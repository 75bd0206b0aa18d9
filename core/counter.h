/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters explain a metric and are never judged by themselves: perf events of
 * the workers, and system-wide lines of /proc and /sys. One set belongs to a
 * trial; it is opened when the workers wait at the gate, read at slice borders
 * and closed at the end. Reading does not disturb the workers.
 */
#ifndef STRAIN_CORE_COUNTER_H
#define STRAIN_CORE_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct counter_set;

/* One counter; values are since the set was opened, summed over the workers. */
struct counter {
	const char *name;   /* "page-faults", "sched:sched_switch", "pgfault", "cpu.some.us" */
	const char *source; /* "perf", or as counter_sources() lists them: "vmstat", "psi", ... */
	bool gauge;         /* a level ("MemAvailable"), not a count: value is the last reading */
	double value;       /* perf: scaled by enabled/running time */
	double fraction;    /* perf: share of the time it was really counted; else 1;
			     * 0: never, and the value says nothing */
};

struct counter_miss {
	const char *name, *reason;
};

struct counter_want {
	const char *events; /* comma separated perf events; NULL: none */
	const char *system; /* comma separated sources of system counters, "all"; NULL, "none": none */
	bool folded;        /* vmstat: what the kernel keeps for each CPU too; wakes them all */
	const char *root;   /* where /proc and /sys are, for tests; NULL: "" */
};

/* Opens @want for the worker processes @pids (and what they fork or spawn). */
struct counter_set *counter_open(const struct counter_want *want,
				 const pid_t *pids, size_t n);
/* Reads now. The array and its order are the same at every call. */
const struct counter *counter_read(struct counter_set *set, size_t *n);
/* The same as read last; at first as of counter_open(). Reads nothing. */
const struct counter *counter_list(const struct counter_set *set, size_t *n);
/*
 * The last reading of a set, when the workers have stopped: the kernel's per-CPU
 * counts are folded in first (where wanted, as root), and what was never counted
 * is missing.
 */
const struct counter *counter_read_last(struct counter_set *set, size_t *n);
/* What was asked for and could not be had, with the reason. */
const struct counter_miss *counter_missing(const struct counter_set *set, size_t *n);
void counter_close(struct counter_set *set);

/* Parses a list of events without opening: NULL, or a message to free
 * ("unknown event 'cycels', did you mean 'cycles'?"). */
char *counter_check_events(const char *events);
/* The same for a list of system sources, "all" or "none". */
char *counter_check_sources(const char *sources);
/* Calls @each for every source of system counters. */
void counter_sources(void (*each)(void *ctx, const char *name, const char *summary), void *ctx);
/* Calls @each for every event name known by name (no tracepoints). */
void counter_names(void (*each)(void *ctx, const char *name, const char *kind), void *ctx);
/* Events that --perf without a list asks for. */
const char *counter_default_events(void);
/* "libperf 0.0.1" or "perf_event_open": the backend this binary was built with. */
const char *counter_backend(void);

#endif
