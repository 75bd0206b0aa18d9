/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/io of the workers (kernel Documentation/filesystems/proc.rst). */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/counter_parts.h"

/* In the order of /proc/PID/io. */
static const char *const io_names[] = {
	"rchar",	  "wchar",	  "syscr",
	"syscw",	  "read_bytes",	  "write_bytes",
	"cancelled_write_bytes",
};

struct io {
	size_t first, n;
	struct {
		int fd;
		uint64_t value[ARRAY_SIZE(io_names)]; /* of the last reading */
	} worker[];
};

static void *open_io(struct counter_table *t, const struct counter_job *job)
{
	struct io *s = xalloc(sizeof(*s) + job->n_pids * sizeof(s->worker[0]));

	s->first = t->n;
	for (size_t i = 0; i < job->n_pids; i++) {
		_cleanup_free_ char *path =
			xasprintf("/proc/%d/io", (int)job->pids[i]);
		int fd = counter_open_file(
			t, job, "io", path,
			"kernel built without CONFIG_TASK_IO_ACCOUNTING");

		if (fd < 0)
			break;
		s->worker[s->n++].fd = fd;
	}
	if (!job->n_pids)
		counter_table_miss(t, "io", "no worker to read it of");
	if (s->n < job->n_pids || !s->n) {
		/* a sum over some of the workers would tell nothing */
		while (s->n)
			close(s->worker[--s->n].fd);
		free(s);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(io_names); i++)
		counter_table_add(t, "io", io_names[i], false);
	return s;
}

/* A worker that is gone keeps what it had. */
static void read_worker(struct io *s, size_t worker, const char *at)
{
	for (size_t i = 0; at && i < ARRAY_SIZE(io_names); i++) {
		const char *number = at + strcspn(at, ":\n");
		uint64_t value;

		number += *number == ':';
		if (counter_number(&number, &value))
			s->worker[worker].value[i] = value;
		at = counter_next_line(at);
	}
}

static void read_io(void *state, struct counter_table *t,
		    struct counter_text *text)
{
	struct io *s = state;

	for (size_t i = 0; i < s->n; i++)
		if (counter_slurp(text, s->worker[i].fd))
			read_worker(s, i, text->data);
	for (size_t i = 0; i < ARRAY_SIZE(io_names); i++) {
		uint64_t sum = 0;

		for (size_t j = 0; j < s->n; j++)
			sum += s->worker[j].value[i];
		counter_table_set(t, s->first + i, sum);
	}
}

static void close_io(void *state)
{
	struct io *s = state;

	for (size_t i = 0; i < s->n; i++)
		close(s->worker[i].fd);
	free(s);
}

const struct counter_source counter_io = {
	.name = "io",
	.summary = "bytes and calls of reading and writing, of the workers",
	.open = open_io,
	.read = read_io,
	.close = close_io,
};
