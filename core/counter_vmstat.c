/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of "name value" lines: /proc/vmstat and /proc/meminfo. */
#include <string.h>

#include "base/file.h"
#include "core/counter_parts.h"

struct lines {
	int fd;
	size_t first, n; /* its counters */
};

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/*
 * Most "nr_" lines of vmstat are levels, but these only ever grow; of the other
 * lines one is a level.
 */
static bool vmstat_is_gauge(const char *name)
{
	static const char grow[] =
		"nr_dirtied nr_written nr_throttled_written nr_vmscan_write "
		"nr_vmscan_immediate_reclaim nr_foll_pin_acquired "
		"nr_foll_pin_released";

	if (!strcmp(name, "workingset_nodes"))
		return true;
	return starts(name, "nr_") && !starts(name, "nr_tlb_") &&
	       !word_in(grow, name);
}

/* Short, and of every line: quicker than strcspn(). */
static size_t name_length(const char *at)
{
	size_t n = 0;

	while (at[n] && at[n] != ' ' && at[n] != ':' && at[n] != '\n')
		n++;
	return n;
}

static bool meminfo_is_gauge(const char *name)
{
	(void)name;
	return true;
}

/* Lines keep their order until the next boot: the next one is nearly always right. */
static void take_lines(const struct lines *s, struct counter_table *t,
		       const char *text)
{
	size_t next = 0;
	uint64_t value;

	for (const char *at = text; at; at = counter_next_line(at)) {
		size_t len = name_length(at);
		const char *rest = at + len + (at[len] == ':');
		size_t i = counter_table_find(t, s->first, s->n, next, at, len);

		if (i == s->n || !counter_number(&rest, &value))
			continue;
		if (!strncmp(rest, " kB", 3))
			value *= 1024;
		counter_table_set(t, s->first + i, value);
		next = i + 1;
	}
}

static void read_lines(void *state, struct counter_table *t,
		       struct counter_text *text)
{
	const struct lines *s = state;

	if (counter_slurp(text, s->fd))
		take_lines(s, t, text->data);
}

static void *open_lines(struct counter_table *t, const struct counter_job *job,
			const char *source, const char *path,
			bool (*is_gauge)(const char *name))
{
	int fd = counter_open_file(t, job, source, path, NULL);
	struct lines *s;

	if (fd < 0)
		return NULL;
	s = xalloc(sizeof(*s));
	s->fd = fd;
	s->first = t->n;
	counter_slurp(job->text, fd);
	for (const char *at = job->text->data; at; at = counter_next_line(at)) {
		size_t len = name_length(at);
		char name[128];

		if (!len || len >= sizeof(name))
			continue;
		memcpy(name, at, len);
		name[len] = '\0';
		counter_table_add(t, source, name, is_gauge(name));
	}
	s->n = t->n - s->first;
	take_lines(s, t, job->text->data);
	return s;
}

static void *open_vmstat(struct counter_table *t, const struct counter_job *job)
{
	return open_lines(t, job, "vmstat", "/proc/vmstat", vmstat_is_gauge);
}

static void *open_meminfo(struct counter_table *t,
			  const struct counter_job *job)
{
	return open_lines(t, job, "meminfo", "/proc/meminfo", meminfo_is_gauge);
}

static void close_lines(void *state)
{
	struct lines *s = state;

	file_close(s->fd);
	free(s);
}

const struct counter_source counter_vmstat = {
	.name = "vmstat",
	.summary = "events and levels of the memory management",
	.read_at_open = true,
	.open = open_vmstat,
	.read = read_lines,
	.close = close_lines,
};

const struct counter_source counter_meminfo = {
	.name = "meminfo",
	.summary = "what memory is used for, in bytes",
	.read_at_open = true,
	.open = open_meminfo,
	.read = read_lines,
	.close = close_lines,
};
