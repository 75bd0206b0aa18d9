/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/counter_perf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/str.h"
#include "core/counter_parts.h"

/* Descriptors that the rest of the program may need while a set is open. */
#define FD_RESERVE 128

/* Events counted at the same times, on every task. */
struct event_group {
	size_t event[PERF_GROUP_MAX]; /* index of the event = of its counter */
	size_t n;
	struct perf_group **on; /* one for each task, NULL: it ended before */
};

struct counter_perf {
	struct counter_events events; /* only those that can be counted */
	struct event_group *group;
	size_t n_groups;
	pid_t *task;
	size_t n_tasks;
	size_t first; /* in the table */
	rlim_t soft_limit; /* to be restored; 0: was not raised */
};

void perf_fill_attr(struct perf_event_attr *attr, const struct counter_event *e,
		    bool leader)
{
	*attr = (struct perf_event_attr){
		.size = sizeof(*attr),
		.type = e->type,
		.config = e->config,
		.config1 = e->config1,
		.config2 = e->config2,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = leader,
		.inherit = 1,
		.exclude_user = e->exclude_user,
		.exclude_kernel = e->exclude_kernel,
	};
}

/* Drops events that cannot be counted here; they are told as missing. */
static void keep_countable(struct counter_perf *p, struct counter_table *t)
{
	struct counter_events *e = &p->events;
	size_t kept = 0;

	for (size_t i = 0; i < e->n; i++) {
		if (counter_event_try(t, &e->event[i])) {
			e->event[kept++] = e->event[i];
			continue;
		}
		free(e->event[i].name);
		free(e->event[i].plain);
	}
	e->n = kept;
}

/* Adds event @i to the last group when the kernel can count them together. */
static bool join_group(struct counter_perf *p, size_t i)
{
	const struct counter_event *event[PERF_GROUP_MAX];
	struct event_group *g;

	if (!p->n_groups)
		return false;
	g = &p->group[p->n_groups - 1];
	if (g->n == PERF_GROUP_MAX ||
	    !counter_event_is_hardware(&p->events.event[i]) ||
	    !counter_event_is_hardware(&p->events.event[g->event[0]]))
		return false;
	for (size_t j = 0; j < g->n; j++)
		event[j] = &p->events.event[g->event[j]];
	event[g->n] = &p->events.event[i];
	if (counter_events_try(event, g->n + 1))
		return false;
	g->event[g->n++] = i;
	return true;
}

static void make_groups(struct counter_perf *p)
{
	p->group = xalloc(p->events.n * sizeof(*p->group));
	for (size_t i = 0; i < p->events.n; i++) {
		if (join_group(p, i))
			continue;
		p->group[p->n_groups++] =
			(struct event_group){ .event = { i }, .n = 1 };
	}
}

static void add_task(struct counter_perf *p, pid_t task)
{
	for (size_t i = 0; i < p->n_tasks; i++)
		if (p->task[i] == task)
			return;
	p->task = xrealloc(p->task, (p->n_tasks + 1) * sizeof(*p->task));
	p->task[p->n_tasks++] = task;
}

/*
 * An event follows what its task starts later, not what it had started before:
 * threads and children that wait at the gate as well get events of their own.
 */
static void add_children(struct counter_perf *p, pid_t pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/task", (int)pid);
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir) {
		add_task(p, pid);
		return;
	}
	while ((entry = readdir(dir))) {
		_cleanup_free_ char *children = NULL;
		_cleanup_str_ struct str list = STR_INIT;
		char *at, *end;

		if (*entry->d_name == '.')
			continue;
		add_task(p, atoi(entry->d_name));
		children = xasprintf("%s/%s/children", path, entry->d_name);
		if (file_read(children, &list))
			continue;
		for (at = list.buf; strtol(at, &end, 10) > 0; at = end)
			add_children(p, strtol(at, NULL, 10));
	}
	closedir(dir);
}

/* Descriptors that events may take, after raising the soft limit if need be. */
static size_t descriptor_budget(struct counter_perf *p)
{
	size_t want = p->events.n * p->n_tasks, used = FD_RESERVE;
	struct rlimit limit;
	DIR *dir = opendir("/proc/self/fd");

	while (dir && readdir(dir))
		used++;
	if (dir)
		closedir(dir);
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return want;
	if (limit.rlim_cur < used + want && limit.rlim_cur < limit.rlim_max) {
		p->soft_limit = limit.rlim_cur;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit))
			limit.rlim_cur = p->soft_limit;
	}
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= used + want)
		return want;
	return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

static void close_group(struct event_group *g, size_t n_tasks)
{
	for (size_t i = 0; g->on && i < n_tasks; i++)
		if (g->on[i])
			perf_group_close(g->on[i]);
	free(g->on);
	g->on = NULL;
}

/* Opens the group on every task; all or nothing, since a sum over some tells nothing. */
static int open_group(struct counter_perf *p, struct event_group *g)
{
	const struct counter_event *event[PERF_GROUP_MAX];

	for (size_t i = 0; i < g->n; i++)
		event[i] = &p->events.event[g->event[i]];
	g->on = xalloc(p->n_tasks * sizeof(struct perf_group *));
	for (size_t i = 0; i < p->n_tasks; i++) {
		int error = perf_group_open(&g->on[i], event, g->n, p->task[i]);

		if (error == -ESRCH) {
			g->on[i] = NULL;
		} else if (error) {
			g->on[i] = NULL;
			close_group(g, p->n_tasks);
			return error;
		}
	}
	return 0;
}

static void miss_group(struct counter_perf *p, struct counter_table *t,
		       const struct event_group *g, int error)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct counter_event *e = &p->events.event[g->event[i]];

		if (error == -EMFILE || error == -ENFILE)
			counter_table_miss(t, e->name,
					   "needs %zu file descriptors for %zu tasks, too many for the limit of open files",
					   p->n_tasks, p->n_tasks);
		else
			counter_event_miss(t, e, error);
	}
}

/* Opens what the descriptors suffice for, in the order asked for. */
static void open_groups(struct counter_perf *p, struct counter_table *t)
{
	size_t budget = descriptor_budget(p), kept = 0;

	for (size_t i = 0; i < p->n_groups; i++) {
		struct event_group *g = &p->group[i];
		size_t want = g->n * p->n_tasks;
		int error = want > budget ? -EMFILE : open_group(p, g);

		if (error) {
			miss_group(p, t, g, error);
			continue;
		}
		budget -= want;
		for (size_t j = 0; j < g->n; j++)
			counter_table_add(t, "perf",
					  p->events.event[g->event[j]].name,
					  false);
		p->group[kept++] = *g;
	}
	p->n_groups = kept;
	perf_groups_opened();
}

struct counter_perf *counter_perf_open(const char *list, struct counter_table *t,
				       const pid_t *pids, size_t n)
{
	struct counter_perf *p = xalloc(sizeof(*p));
	_cleanup_free_ char *error = counter_events_parse(&p->events, list);

	if (error)
		counter_table_miss(t, list, "%s", error);
	p->first = t->n;
	keep_countable(p, t);
	for (size_t i = 0; i < n; i++)
		add_children(p, pids[i]);
	make_groups(p);
	open_groups(p, t);
	for (size_t i = 0; i < p->n_groups; i++)
		for (size_t j = 0; j < p->n_tasks; j++)
			if (p->group[i].on[j])
				perf_group_enable(p->group[i].on[j]);
	return p;
}

/* Sums event @e of group @g over the tasks into counter @c. */
static void read_event(struct counter_perf *p, const struct event_group *g,
		       size_t e, struct counter *c)
{
	struct perf_value v;
	double enabled = 0, running = 0, value = 0;

	for (size_t i = 0; i < p->n_tasks; i++) {
		if (!g->on[i] || !perf_group_read(g->on[i], e, &v))
			continue;
		enabled += v.enabled;
		running += v.running;
		if (v.running == v.enabled)
			value += v.value;
		else if (v.running)
			value += (double)v.value * v.enabled / v.running;
	}
	c->value = value;
	c->fraction = enabled > 0 ? running / enabled : 1;
}

void counter_perf_read(struct counter_perf *p, struct counter_table *t)
{
	size_t at = p->first;

	for (size_t i = 0; i < p->n_groups; i++)
		for (size_t j = 0; j < p->group[i].n; j++, at++)
			read_event(p, &p->group[i], j, &t->counter[at]);
}

void counter_perf_settle(struct counter_perf *p, struct counter_table *t)
{
	counter_perf_read(p, t);
	for (size_t i = p->first; i < t->n; i++) {
		const struct counter *c = &t->counter[i];

		if (strcmp(c->source, "perf"))
			break;
		if (c->fraction <= 0)
			counter_table_miss(t, c->name,
					   "the PMU was never free for it");
	}
}

void counter_perf_close(struct counter_perf *p)
{
	struct rlimit limit;

	for (size_t i = 0; i < p->n_groups; i++)
		close_group(&p->group[i], p->n_tasks);
	if (p->soft_limit && !getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = p->soft_limit;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	counter_events_free(&p->events);
	free(p->group);
	free(p->task);
	free(p);
}
