/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to the counters: events as perf_event_open(2) wants them, and the
 * backend that opens them. Two backends exist, perf_raw.c and perf_libperf.c;
 * configure picks one, and both give equal numbers.
 */
#ifndef STRAIN_CORE_COUNTER_PERF_H
#define STRAIN_CORE_COUNTER_PERF_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One event by name, before and after it is looked up on this machine. */
struct counter_event {
	char *name; /* as asked for; ":u" is added when only that was allowed */
	char *plain; /* without modifiers */
	uint32_t type;
	uint64_t config, config1, config2;
	bool resolve;        /* tracepoint or PMU: numbers come from this machine */
	bool kernel_only;    /* happens in kernel mode only: ":u" would count nothing */
	bool exclude_user, exclude_kernel;
};

/* Events of one want: comma separated, commas inside /.../ belong to the event. */
struct counter_events {
	struct counter_event *event;
	size_t n;
};

/* NULL, or a message to free; @e gets the events before the bad one. */
char *counter_events_parse(struct counter_events *e, const char *list);
void counter_events_free(struct counter_events *e);
/* Looks a tracepoint or PMU event up. NULL, or a reason to free. */
char *counter_event_resolve(struct counter_event *e);
/* Parts of it: numbers of "subsys:name", of "pmu/terms/". NULL, or a reason to free. */
char *counter_tracepoint_find(struct counter_event *e);
/* NULL: this kernel has it, or does not say what it has. Else a message to free. */
char *counter_tracepoint_unknown(const char *name);
char *counter_pmu_find(struct counter_event *e);

/* Does the event need a counting register of the CPU? */
static inline bool counter_event_is_hardware(const struct counter_event *e)
{
	return e->type != PERF_TYPE_SOFTWARE && e->type != PERF_TYPE_TRACEPOINT;
}

struct counter_table;

/*
 * Looks the event up and opens it for ourselves, in user mode only where more is
 * forbidden. False: it cannot be counted here, and is told as missing.
 */
bool counter_event_try(struct counter_table *t, struct counter_event *e);
/* Opens these for ourselves at once, and closes them. 0 or -errno. */
int counter_events_try(const struct counter_event *const *event, size_t n);
/* Tells an event as missing that could not be opened; @error is -errno. */
void counter_event_miss(struct counter_table *t, const struct counter_event *e,
			int error);

/*
 * A backend. A group is up to PERF_GROUP_MAX events of one task that the kernel
 * counts at the same times; each is read on its own, because the kernel allows
 * no group reads together with inheritance.
 */
#define PERF_GROUP_MAX 4

struct perf_group;

struct perf_value {
	uint64_t value, enabled, running; /* count, ns, ns */
};

/*
 * Opens @n events disabled, with inheritance, for task @tid (0: the caller).
 * 0, or -errno and nothing is open.
 */
int perf_group_open(struct perf_group **group,
		    const struct counter_event *const *event, size_t n,
		    pid_t tid);
/* Starts counting. 0 or -errno. */
int perf_group_enable(struct perf_group *group);
/* Event @i of the group; false when it could not be read. */
bool perf_group_read(struct perf_group *group, size_t i, struct perf_value *v);
void perf_group_close(struct perf_group *group);
/* After the last perf_group_open(): nothing of it may survive an exec. */
void perf_groups_opened(void);

/* The attributes that both backends open @e with; @leader starts disabled. */
void perf_fill_attr(struct perf_event_attr *attr,
		    const struct counter_event *e, bool leader);

#endif
