/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task that waits for a CPU is late, not stuck: on a machine with fifteen
 * runnable tasks a CPU two seconds are as short as 130 ms elsewhere. So before
 * the time to end in is over, its tasks are looked at twice; when one of them
 * had none for more than half of the time in between (/proc/PID/task/TID/),
 * they get that much time again, and so on, up to FACTOR times what they had.
 * A task that runs on or sleeps gets none.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "core/member.h"

#define FACTOR 8
#define APART (500 * NSEC_PER_MSEC)

static struct late_task task(pid_t pid, pid_t tid)
{
	struct late_task t = { 0 };
	char path[64], line[512];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	file_read_line(path, line, sizeof(line));
	state = strrchr(line, ')');
	t.runnable = state && !strncmp(state, ") R", 3);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	file_read_line(path, line, sizeof(line));
	if (sscanf(line, "%" SCNu64 " %" SCNu64, &t.cpu, &t.wait) != 2)
		t = (struct late_task){ 0 };
	return t;
}

/* The kernel counts a wait when it is over, so one that is not shows only by
 * how little the task ran. */
bool late_had_no_cpu(const struct late_task *before, const struct late_task *after,
		     uint64_t between)
{
	if (after->wait > before->wait && after->wait - before->wait > between / 2)
		return true;
	return before->runnable && after->runnable &&
	       after->cpu - before->cpu < between / 2;
}

/* Looks at the tasks that are left: did one have no CPU since the last look? */
static bool look(struct member *m, uint64_t now)
{
	const struct trial_area *a = m->area;
	bool late = false;
	unsigned n = 0;

	for (unsigned side = 0; side < a->n_sides; side++)
		for (unsigned i = 0; i < a->side[side].tasks && n < LATE_TASKS; i++) {
			const struct slot *s = trial_slot(a, side, i);
			struct late_task t = { 0 };

			if (!s->pid)
				continue;
			if (!s->finished)
				t = task(s->pid, s->tid ? s->tid : s->pid);
			late |= late_had_no_cpu(&m->seen[n], &t, now - m->looked_at);
			m->seen[n++] = t;
		}
	m->looked_at = now;
	return late;
}

void late_begin(struct member *m)
{
	m->looked_at = m->late = 0;
}

uint64_t late_limit(struct member *m, uint64_t now, uint64_t limit)
{
	uint64_t patience = member_patience(m), late = limit + m->late;
	uint64_t apart = patience / 2 < APART ? patience / 2 : APART;

	if (now + apart < late || m->late >= FACTOR * patience)
		return late;
	if (!m->looked_at) {
		look(m, now);
		/* the monitor had no CPU itself, and needs time to look again */
		if (late < now + apart / 2)
			m->late = now + apart - limit;
	} else if (now >= late && look(m, now)) {
		m->late = now + apart - limit;
	}
	return limit + m->late;
}
