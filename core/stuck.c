/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "core/member.h"

static char *task_file(pid_t pid, pid_t tid, const char *name)
{
	struct str text = STR_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	if (file_read(path, &text))
		return NULL;
	while (text.len && text.buf[text.len - 1] == '\n')
		text.buf[--text.len] = '\0';
	return str_take(&text);
}

/* "D (disk sleep)" out of the status file. */
static char *task_state(pid_t pid, pid_t tid)
{
	_cleanup_free_ char *status = task_file(pid, tid, "status");
	char *line = status ? strstr(status, "State:") : NULL;

	if (!line)
		return xstrdup("gone");
	line += strlen("State:");
	line += strspn(line, " \t");
	line[strcspn(line, "\n")] = '\0';
	return xstrdup(line);
}

/* Where it sleeps; NULL for "0", which the kernel says of one that runs. */
static char *task_wchan(pid_t pid, pid_t tid)
{
	char *wchan = task_file(pid, tid, "wchan");

	if (wchan && !strcmp(wchan, "0")) {
		free(wchan);
		return NULL;
	}
	return wchan;
}

void stuck_note(struct member *m, pid_t pid, pid_t tid)
{
	_cleanup_free_ char *state = task_state(pid, tid);
	struct stuck *s;

	/* it ended, and whoever waits for it has not had the time */
	if (strchr("ZXg", state[0]))
		return;
	m->stuck = xrealloc(m->stuck, (m->n_stuck + 1) * sizeof(*m->stuck));
	s = &m->stuck[m->n_stuck++];
	*s = (struct stuck){
		.pid = tid,
		.state = xstrdup(state),
		.wchan = task_wchan(pid, tid),
		.stack = task_file(pid, tid, "stack"),
		.syscall = task_file(pid, tid, "syscall"),
	};
}

void stuck_free(struct member *m)
{
	for (size_t i = 0; i < m->n_stuck; i++) {
		free((char *)(uintptr_t)m->stuck[i].state);
		free((char *)(uintptr_t)m->stuck[i].wchan);
		free((char *)(uintptr_t)m->stuck[i].stack);
		free((char *)(uintptr_t)m->stuck[i].syscall);
	}
	free(m->stuck);
	m->stuck = NULL;
	m->n_stuck = 0;
}
