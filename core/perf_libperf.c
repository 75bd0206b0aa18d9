/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting through libperf of the kernel tree (tools/lib/perf). A list of
 * events is opened all or nothing there, and for all threads or none; so each
 * group of each task is a list of its own, and one that cannot be had closes
 * nothing else.
 */
#ifdef HAVE_LIBPERF

#include "core/counter_perf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <perf/core.h>
#include <perf/evlist.h>
#include <perf/evsel.h>
#include <perf/threadmap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/counter.h"

struct perf_group {
	struct perf_evlist *list;
	struct perf_evsel *event[PERF_GROUP_MAX]; /* owned by the list */
};

const char *counter_backend(void)
{
	return "libperf";
}

static int print_nothing(enum libperf_print_level level, const char *format,
			 va_list ap)
{
	(void)level;
	(void)format;
	(void)ap;
	return 0;
}

static struct perf_evsel *new_event(const struct counter_event *e, bool leader)
{
	/*
	 * The library copies the structure as it was when the library was
	 * built, which may be longer than ours: .size says what is valid, the
	 * rest must only be there.
	 */
	union {
		struct perf_event_attr attr;
		char room[1024];
	} u = { .room = { 0 } };

	perf_fill_attr(&u.attr, e, leader);
	return perf_evsel__new(&u.attr);
}

static int open_list(struct perf_group *g,
		     const struct counter_event *const *event, size_t n,
		     pid_t tid)
{
	struct perf_thread_map *task = perf_thread_map__new_dummy();

	if (!task)
		return -ENOMEM;
	perf_thread_map__set_pid(task, 0, tid);
	for (size_t i = 0; i < n; i++) {
		g->event[i] = new_event(event[i], !i);
		if (!g->event[i]) {
			perf_thread_map__put(task);
			return -ENOMEM;
		}
		perf_evlist__add(g->list, g->event[i]);
	}
	perf_evlist__set_leader(g->list);
	perf_evlist__set_maps(g->list, NULL, task);
	perf_thread_map__put(task);
	return perf_evlist__open(g->list);
}

int perf_group_open(struct perf_group **group,
		    const struct counter_event *const *event, size_t n,
		    pid_t tid)
{
	static bool ready;
	struct perf_group *g = xalloc(sizeof(*g));
	int error;

	if (!ready)
		libperf_init(print_nothing);
	ready = true;
	g->list = perf_evlist__new();
	error = g->list ? open_list(g, event, n, tid) : -ENOMEM;
	if (error) {
		perf_group_close(g);
		return error;
	}
	*group = g;
	return 0;
}

int perf_group_enable(struct perf_group *group)
{
	return perf_evsel__enable(group->event[0]);
}

bool perf_group_read(struct perf_group *group, size_t i, struct perf_value *v)
{
	struct perf_counts_values got = { .values = { 0 } };

	if (perf_evsel__read(group->event[i], 0, 0, &got))
		return false;
	*v = (struct perf_value){ got.val, got.ena, got.run };
	return true;
}

void perf_group_close(struct perf_group *group)
{
	if (group->list) {
		perf_evlist__close(group->list);
		/* an event deleted with its list keeps its thread map forever */
		perf_evlist__set_maps(group->list, NULL, NULL);
		perf_evlist__delete(group->list);
	}
	free(group);
}

/* The library opens without close-on-exec and does not tell the descriptors. */
void perf_groups_opened(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char target[32];
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target,
				       sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		if (!strcmp(target, "anon_inode:[perf_event]"))
			fcntl(atoi(entry->d_name), F_SETFD, FD_CLOEXEC);
	}
	if (dir)
		closedir(dir);
}

#else
typedef int perf_libperf_is_not_built; /* ISO C forbids an empty file */
#endif
