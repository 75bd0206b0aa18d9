/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of every huge page size (Linux 6.10; kernel
 * Documentation/admin-guide/mm/transhuge.rst), one small file each.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/counter_parts.h"

#define THP_DIR "/sys/kernel/mm/transparent_hugepage"

struct thp {
	int *fd; /* one for each counter */
	size_t first, n;
};

static void add_stat(struct thp *s, struct counter_table *t, int dir,
		     const char *size, const char *stat)
{
	int fd = openat(dir, stat, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *name = NULL;

	if (fd < 0)
		return;
	name = xasprintf("%s.%s", size, stat);
	counter_table_add(t, "thp", name, !strncmp(stat, "nr_", 3));
	s->fd = xrealloc(s->fd, (s->n + 1) * sizeof(*s->fd));
	s->fd[s->n++] = fd;
}

/* All statistics of "hugepages-64kB", sorted so that reports compare well. */
static void add_size(struct thp *s, struct counter_table *t, const char *root,
		     const char *size)
{
	_cleanup_free_ char *path =
		xasprintf("%s" THP_DIR "/hugepages-%s/stats", root, size);
	struct dirent **entry;
	int n = scandir(path, &entry, NULL, alphasort);
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < n; i++) {
		if (dir >= 0 && *entry[i]->d_name != '.')
			add_stat(s, t, dir, size, entry[i]->d_name);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	if (dir >= 0)
		close(dir);
}

static void *open_thp(struct counter_table *t, const struct counter_job *job)
{
	_cleanup_free_ char *path = xasprintf("%s" THP_DIR, job->root);
	struct thp *s = xalloc(sizeof(*s));
	struct dirent **entry;
	int n = scandir(path, &entry, NULL, versionsort);

	s->first = t->n;
	for (int i = 0; i < n; i++) {
		if (!strncmp(entry[i]->d_name, "hugepages-", 10))
			add_size(s, t, job->root, entry[i]->d_name + 10);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	if (s->n)
		return s;
	counter_table_miss(t, "thp", "%s",
			   n < 0 ? "kernel built without transparent huge pages" :
				   "needs the statistics of Linux 6.10");
	free(s);
	return NULL;
}

static void read_thp(void *state, struct counter_table *t,
		     struct counter_text *text)
{
	struct thp *s = state;

	(void)text;
	for (size_t i = 0; i < s->n; i++) {
		char buf[24];
		const char *at = buf;
		ssize_t n = pread(s->fd[i], buf, sizeof(buf) - 1, 0);
		uint64_t value;

		if (n <= 0)
			continue;
		buf[n] = '\0';
		if (counter_number(&at, &value))
			counter_table_set(t, s->first + i, value);
	}
}

static void close_thp(void *state)
{
	struct thp *s = state;

	for (size_t i = 0; i < s->n; i++)
		close(s->fd[i]);
	free(s->fd);
	free(s);
}

const struct counter_source counter_thp = {
	.name = "thp",
	.summary = "huge page allocations, fallbacks and splits by size",
	.open = open_thp,
	.read = read_thp,
	.close = close_thp,
};
