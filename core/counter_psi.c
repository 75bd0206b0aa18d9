/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pressure stall information (kernel Documentation/accounting/psi.rst): total
 * microseconds in which some, or all, tasks waited for CPU, memory or I/O; of
 * the system, and of our own version 2 control group.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "core/counter_parts.h"
#include "core/machine.h"

static const char *const resources[] = { "cpu", "memory", "io", "irq" };

struct file {
	int fd;
	size_t first, n; /* one line ("some", "full") each */
};

struct pressure {
	struct file file[2 * ARRAY_SIZE(resources)];
	size_t n;
};

static void take_file(const struct file *f, struct counter_table *t, const char *at)
{
	for (size_t i = 0; at && i < f->n; i++) {
		const char *total = strstr(at, "total=");
		uint64_t value;

		if (!total)
			break;
		total += strlen("total=");
		if (counter_number(&total, &value))
			counter_table_set(t, f->first + i, value);
		at = counter_next_line(at);
	}
}

static void add_file(struct pressure *p, struct counter_table *t,
		     struct counter_text *text, const char *path,
		     const char *prefix, const char *resource)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct file *f;

	if (fd < 0)
		return;
	/* psi=0 on the kernel's command line: it opens, reading fails */
	if (!counter_slurp_record(text, fd)) {
		close(fd);
		return;
	}
	f = &p->file[p->n++];
	f->fd = fd;
	f->first = t->n;
	for (const char *at = text->data; at; at = counter_next_line(at)) {
		_cleanup_free_ char *name =
			xasprintf("%s%s.%.*s.us", prefix, resource,
				  (int)strcspn(at, " \n"), at);

		counter_table_add(t, "psi", name, false);
	}
	f->n = t->n - f->first;
	take_file(f, t, text->data);
}

static void *open_psi(struct counter_table *t, const struct counter_job *job)
{
	struct pressure *p = xalloc(sizeof(*p));
	const char *cgroup = *job->root ? NULL : machine_cgroup_v2();

	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		_cleanup_free_ char *path =
			xasprintf("%s/proc/pressure/%s", job->root,
				  resources[i]);

		add_file(p, t, job->text, path, "", resources[i]);
	}
	for (size_t i = 0; cgroup && i < ARRAY_SIZE(resources); i++) {
		_cleanup_free_ char *path =
			xasprintf("%s/%s.pressure", cgroup, resources[i]);

		add_file(p, t, job->text, path, "cgroup.", resources[i]);
	}
	if (p->n)
		return p;
	counter_table_miss(t, "psi", "%s",
			   file_exists("/proc/pressure") ?
				   "not enabled: boot with psi=1" :
				   "kernel built without it, or booted with psi=0");
	free(p);
	return NULL;
}

static void read_psi(void *state, struct counter_table *t,
		     struct counter_text *text)
{
	struct pressure *p = state;

	for (size_t i = 0; i < p->n; i++)
		if (counter_slurp_record(text, p->file[i].fd))
			take_file(&p->file[i], t, text->data);
}

static void close_psi(void *state)
{
	struct pressure *p = state;

	for (size_t i = 0; i < p->n; i++)
		file_close(p->file[i].fd);
	free(p);
}

const struct counter_source counter_psi = {
	.name = "psi",
	.summary = "time lost waiting for CPU, memory and I/O, in microseconds",
	.read_at_open = true,
	.open = open_psi,
	.read = read_psi,
	.close = close_psi,
};
