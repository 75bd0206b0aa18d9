/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events can be counted on this machine, found by opening them. */
#include "core/counter_perf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "core/counter_parts.h"

int counter_events_try(const struct counter_event *const *event, size_t n)
{
	struct perf_group *g;
	int error = perf_group_open(&g, event, n, 0);

	if (!error)
		perf_group_close(g);
	return error;
}

/* A virtual machine often has none: then no event of the CPU can be had. */
static bool have_pmu(void)
{
	/* in user mode only, which is refused last */
	const struct counter_event cycles = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.exclude_kernel = true,
	};
	const struct counter_event instructions = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.exclude_kernel = true,
	};
	const struct counter_event *one = &cycles, *other = &instructions;

	return counter_events_try(&one, 1) != -ENOENT || counter_events_try(&other, 1) != -ENOENT;
}

static int paranoid(void)
{
	char text[16];

	if (file_read_line("/proc/sys/kernel/perf_event_paranoid", text,
			   sizeof(text)))
		return -2;
	return atoi(text);
}

void counter_event_miss(struct counter_table *t, const struct counter_event *e,
			int error)
{
	bool hardware = counter_event_is_hardware(e);

	switch (-error) {
	case EACCES:
	case EPERM:
		counter_table_miss(t, e->name,
				   "perf_event_paranoid is %d: needs CAP_PERFMON",
				   paranoid());
		break;
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		counter_table_miss(t, e->name, "%s",
				   !hardware ? "not known to this kernel" :
				   !have_pmu() ? "no PMU in this machine" :
				   "not an event of this CPU's PMU");
		break;
	case EINVAL:
		counter_table_miss(t, e->name, "%s",
				   hardware ? "the PMU does not count it for a task" :
					      "not known to this kernel");
		break;
	case ENOSYS:
		counter_table_miss(t, e->name, "kernel built without perf events");
		break;
	case EBUSY:
		counter_table_miss(t, e->name, "someone else holds the PMU");
		break;
	default:
		counter_table_miss(t, e->name, "%s", strerror(-error));
	}
}

bool counter_event_try(struct counter_table *t, struct counter_event *e)
{
	_cleanup_free_ char *reason = counter_event_resolve(e);
	const struct counter_event *const one = e;
	char *name;
	int error;

	if (reason) {
		counter_table_miss(t, e->name, "%s", reason);
		return false;
	}
	error = counter_events_try(&one, 1);
	if ((error == -EACCES || error == -EPERM) && !e->kernel_only &&
	    !e->exclude_kernel && !e->exclude_user) {
		e->exclude_kernel = true;
		error = counter_events_try(&one, 1);
		if (!error) {
			name = xasprintf(strrchr(e->name, '/') ? "%su" : "%s:u",
					 e->name);
			free(e->name);
			e->name = name;
			return true;
		}
		e->exclude_kernel = false;
	}
	if (error)
		counter_event_miss(t, e, error);
	return !error;
}
