/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/leftover.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

/* One system call, in the usual case the only one. */
static bool have_children(void)
{
	siginfo_t info;

	return !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
}

static pid_t parent_of(pid_t pid)
{
	char path[40], stat[512];
	const char *at;
	pid_t parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (file_read_line(path, stat, sizeof(stat)))
		return 0;
	at = strrchr(stat, ')'); /* the name may hold anything */
	return at && sscanf(at, ") %*c %d", &parent) == 1 ? parent : 0;
}

/* Without the list of children (CONFIG_PROC_CHILDREN): everybody is asked. */
static void scan_children(struct str *list)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;

	while (proc && (e = readdir(proc)))
		if (isdigit((unsigned char)e->d_name[0]) &&
		    parent_of(atoi(e->d_name)) == getpid())
			str_addf(list, "%s ", e->d_name);
	if (proc)
		closedir(proc);
}

static void find_children(struct str *list)
{
	char path[64];

	if (!have_children())
		return;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	if (file_read(path, list))
		scan_children(list);
}

static bool kept(const struct leftover *l, pid_t pid)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->keep[i] == pid)
			return true;
	return false;
}

void leftover_keep(struct leftover *l, pid_t pid)
{
	if (pid <= 0 || kept(l, pid))
		return;
	l->keep = xrealloc(l->keep, (l->n + 1) * sizeof(*l->keep));
	l->keep[l->n++] = pid;
}

void leftover_keep_all(struct leftover *l)
{
	_cleanup_str_ struct str list = STR_INIT;
	_cleanup_words_ struct words pids = { 0 };

	find_children(&list);
	words_split(&pids, list.buf, " ");
	for (size_t i = 0; i < pids.n; i++)
		leftover_keep(l, atoi(pids.word[i]));
}

void leftover_free(struct leftover *l)
{
	free(l->keep);
	*l = (struct leftover){ 0 };
}

unsigned leftover_kill(const struct leftover *l, bool reap)
{
	_cleanup_str_ struct str list = STR_INIT;
	_cleanup_words_ struct words pids = { 0 };
	unsigned n = 0;

	find_children(&list);
	words_split(&pids, list.buf, " ");
	for (size_t i = 0; i < pids.n; i++) {
		pid_t pid = atoi(pids.word[i]);

		if (pid <= 0 || kept(l, pid))
			continue;
		kill(pid, SIGKILL);
		if (reap)
			waitpid(pid, NULL, WNOHANG);
		n++;
	}
	return n;
}

void leftover_end(const struct leftover *l, uint64_t patience)
{
	uint64_t limit = clock_now() + patience;
	struct timespec pause = { 0, 1000000 };

	while (leftover_kill(l, true) && clock_now() < limit)
		nanosleep(&pause, NULL);
}
