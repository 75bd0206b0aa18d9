/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HAVE_LIBPERF

#include "core/counter_perf.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "core/counter.h"

struct perf_group {
	int fd[PERF_GROUP_MAX];
	size_t n;
};

const char *counter_backend(void)
{
	return "perf_event_open";
}

int perf_group_open(struct perf_group **group,
		    const struct counter_event *const *event, size_t n,
		    pid_t tid)
{
	struct perf_group *g = xalloc(sizeof(*g));

	for (size_t i = 0; i < n; i++) {
		struct perf_event_attr attr;
		int leader = i ? g->fd[0] : -1;

		perf_fill_attr(&attr, event[i], !i);
		g->fd[i] = syscall(SYS_perf_event_open, &attr, tid, -1, leader,
				   PERF_FLAG_FD_CLOEXEC);
		if (g->fd[i] < 0) {
			int error = errno;

			perf_group_close(g);
			return -error;
		}
		g->n++;
	}
	*group = g;
	return 0;
}

int perf_group_enable(struct perf_group *group)
{
	/* enabling the leader lets its siblings, never disabled, count too */
	return ioctl(group->fd[0], PERF_EVENT_IOC_ENABLE, 0) ? -errno : 0;
}

bool perf_group_read(struct perf_group *group, size_t i, struct perf_value *v)
{
	uint64_t got[3];

	if (read(group->fd[i], got, sizeof(got)) != sizeof(got))
		return false;
	*v = (struct perf_value){ got[0], got[1], got[2] };
	return true;
}

void perf_group_close(struct perf_group *group)
{
	/* siblings first: a closed leader would set them free to count alone */
	for (size_t i = group->n; i-- > 0;)
		close(group->fd[i]);
	free(group);
}

void perf_groups_opened(void)
{
	/* every descriptor was opened close-on-exec */
}

#else
typedef int perf_raw_is_not_built; /* ISO C forbids an empty file */
#endif
