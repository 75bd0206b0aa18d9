/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler's view: /proc/stat (kernel Documentation/filesystems/proc.rst)
 * and /proc/schedstat (Documentation/scheduler/sched-stats.rst).
 */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/counter_parts.h"

struct numbers {
	int fd;
	size_t first;
};

/* One number of a line of /proc/stat. */
struct field {
	const char *line;
	unsigned column; /* behind the line's name, from 0 */
	bool ticks, gauge;
	const char *name;
};

/* In the order of the file, which is read once from top to bottom. */
static const struct field stat_fields[] = {
	{ "cpu", 0, true, false, "cpu.user.ms" },
	{ "cpu", 1, true, false, "cpu.nice.ms" },
	{ "cpu", 2, true, false, "cpu.system.ms" },
	{ "cpu", 3, true, false, "cpu.idle.ms" },
	{ "cpu", 4, true, false, "cpu.iowait.ms" },
	{ "cpu", 5, true, false, "cpu.irq.ms" },
	{ "cpu", 6, true, false, "cpu.softirq.ms" },
	{ "cpu", 7, true, false, "cpu.steal.ms" },
	{ "cpu", 8, true, false, "cpu.guest.ms" },
	{ "intr", 0, false, false, "intr" },
	{ "ctxt", 0, false, false, "ctxt" },
	{ "processes", 0, false, false, "processes" },
	{ "procs_running", 0, false, true, "procs_running" },
	{ "procs_blocked", 0, false, true, "procs_blocked" },
	{ "softirq", 0, false, false, "softirq" },
	{ "softirq", 2, false, false, "softirq.timer" },
	{ "softirq", 3, false, false, "softirq.net_tx" },
	{ "softirq", 4, false, false, "softirq.net_rx" },
	{ "softirq", 5, false, false, "softirq.block" },
	{ "softirq", 8, false, false, "softirq.sched" },
	{ "softirq", 9, false, false, "softirq.hrtimer" },
	{ "softirq", 10, false, false, "softirq.rcu" },
};

static void *open_numbers(struct counter_table *t, const struct counter_job *job,
			  const char *source, const char *path,
			  const char *without)
{
	int fd = counter_open_file(t, job, source, path, without);
	struct numbers *s;

	if (fd < 0)
		return NULL;
	s = xalloc(sizeof(*s));
	s->fd = fd;
	s->first = t->n;
	return s;
}

static void *open_stat(struct counter_table *t, const struct counter_job *job)
{
	void *s = open_numbers(t, job, "stat", "/proc/stat", NULL);

	for (size_t i = 0; s && i < ARRAY_SIZE(stat_fields); i++)
		counter_table_add(t, "stat", stat_fields[i].name,
				  stat_fields[i].gauge);
	return s;
}

static const char *find_line(const char *at, const char *name)
{
	size_t n = strlen(name);

	while (at && (strncmp(at, name, n) || at[n] != ' '))
		at = counter_next_line(at);
	return at;
}

static void read_stat(void *state, struct counter_table *t,
		      struct counter_text *text)
{
	static long ticks_per_second;
	struct numbers *s = state;
	const char *line = NULL, *at = NULL;
	unsigned column = 0;
	uint64_t value = 0;

	if (!ticks_per_second)
		ticks_per_second = sysconf(_SC_CLK_TCK);
	if (!counter_slurp(text, s->fd))
		return;
	line = text->data;
	for (size_t i = 0; i < ARRAY_SIZE(stat_fields); i++) {
		const struct field *f = &stat_fields[i];

		if (!at || strcmp(f->line, f[-1].line)) {
			const char *found = find_line(line, f->line);

			at = found ? found + strlen(f->line) : "";
			line = found ? found : line;
			column = 0;
		}
		for (; column <= f->column; column++)
			if (!counter_number(&at, &value))
				break;
		if (column <= f->column)
			continue;
		if (f->ticks)
			value = value * 1000 / ticks_per_second;
		counter_table_set(t, s->first + i, value);
	}
}

static void close_numbers(void *state)
{
	struct numbers *s = state;

	close(s->fd);
	free(s);
}

const struct counter_source counter_stat = {
	.name = "stat",
	.summary = "CPU time by use, context switches, interrupts, tasks",
	.open = open_stat,
	.read = read_stat,
	.close = close_numbers,
};

/* Columns of a "cpuN" line, the same in versions 14 to 17; the second is unused. */
#define SCHED_COLUMNS 9
static const char *const sched_columns[SCHED_COLUMNS] = {
	"sched_yield",	 NULL,		"schedule",  "schedule_to_idle",
	"wakeups",	 "local_wakeups", "run.ns",  "wait.ns",
	"timeslices",
};

static void *open_schedstat(struct counter_table *t,
			    const struct counter_job *job)
{
	void *s = open_numbers(t, job, "schedstat", "/proc/schedstat",
			       "kernel built without CONFIG_SCHEDSTATS");

	for (size_t i = 0; s && i < SCHED_COLUMNS; i++)
		if (sched_columns[i])
			counter_table_add(t, "schedstat", sched_columns[i],
					  false);
	return s;
}

static void read_schedstat(void *state, struct counter_table *t,
			   struct counter_text *text)
{
	struct numbers *s = state;
	uint64_t sum[SCHED_COLUMNS] = { 0 }, value;
	size_t counter = s->first;

	if (!counter_slurp(text, s->fd))
		return;
	for (const char *at = text->data; at; at = counter_next_line(at)) {
		const char *number = at + strcspn(at, " \n");

		if (strncmp(at, "cpu", 3))
			continue;
		for (size_t i = 0; i < SCHED_COLUMNS; i++)
			if (counter_number(&number, &value))
				sum[i] += value;
	}
	for (size_t i = 0; i < SCHED_COLUMNS; i++)
		if (sched_columns[i])
			counter_table_set(t, counter++, sum[i]);
}

const struct counter_source counter_schedstat = {
	.name = "schedstat",
	.summary = "what the run queues did: wake-ups, time run and waited",
	.open = open_schedstat,
	.read = read_schedstat,
	.close = close_numbers,
};
