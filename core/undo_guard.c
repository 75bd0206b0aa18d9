/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guardian: a process that outlives the monitor and replays its log. */
#include "core/undo_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef HAVE_LIBBSD
#include <bsd/unistd.h>
#endif

#include "base/file.h"

#define GRACE_MS 50 /* for those that the monitor's death kills */
#define POLL_MS 100
#define GROUP_STEP_MS 25

/* Is there a member that is not a zombie, in the session we know? */
static bool group_is_alive(pid_t group, pid_t session)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	bool found = false;

	while (proc && !found && (e = readdir(proc))) {
		pid_t pid = atoi(e->d_name);
		struct process p;

		found = pid > 0 && !undo_process(pid, &p) &&
			p.group == group && p.session == session &&
			!undo_process_is_dead(&p);
	}
	if (proc)
		closedir(proc);
	return found;
}

bool undo_kill_group(const struct record *r, unsigned ms)
{
	pid_t group = r->number[0], session = r->number[2];
	struct process p;

	if (group <= 1 || group == getpgrp() ||
	    (kill(-group, 0) < 0 && errno == ESRCH))
		return true;
	/* A leader that started at another time leads another group. */
	if (!undo_process(group, &p) && p.start != r->number[1])
		return true;
	while (group_is_alive(group, session)) {
		kill(-group, SIGKILL);
		if (ms < GROUP_STEP_MS)
			return false;
		undo_sleep_ms(GROUP_STEP_MS);
		ms -= GROUP_STEP_MS;
	}
	return true;
}

static void close_from(int first)
{
	long max = sysconf(_SC_OPEN_MAX);

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0) == 0)
		return;
#endif
	for (int fd = first; fd < (max > 0 ? max : 1024); fd++)
		close(fd);
}

/* Holds neither terminal, pipes nor directories of others; minds no signal. */
static void detach(int *watch)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	setsid();
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != SIGCHLD)
			signal(sig, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (*watch >= 0 && *watch < 3)
		*watch = fcntl(*watch, F_DUPFD, 3);
	for (int fd = 0; fd < 3; fd++)
		if (null >= 0 && null != fd)
			dup2(null, fd);
	if (*watch >= 0) {
		*watch = dup2(*watch, 3) == 3 ? 3 : -1;
		close_from(4);
	} else {
		close_from(3);
	}
	if (chdir("/") < 0)
		return; /* somebody else's directory stays busy, no worse */
}

static void name_process(void)
{
	prctl(PR_SET_NAME, "strain-guardian");
#ifdef HAVE_LIBBSD
	setproctitle("guardian");
#endif
}

/* Returns when the monitor is dead; without pidfds it looks now and then. */
static void wait_for_death(int watch, pid_t monitor)
{
	struct pollfd p = { .fd = watch, .events = POLLIN };

	while (getppid() == monitor) {
		int n = poll(&p, watch >= 0, watch >= 0 ? -1 : POLL_MS);

		if (n > 0)
			return;
		if (n < 0)
			undo_sleep_ms(POLL_MS);
	}
}

static void guardian(const struct undo *u, int watch)
	__attribute__((noreturn));

static void guardian(const struct undo *u, int watch)
{
	struct undo_tally tally = { 0 };

	detach(&watch);
	name_process();
	wait_for_death(watch, u->owner);
	undo_sleep_ms(GRACE_MS);
	/* Again for what was still in use, or came while we worked. */
	for (int i = 0; i < 3; i++) {
		tally.left = 0;
		if (undo_replay_dead(u->path, &tally) || !tally.left)
			break;
		undo_sleep_ms(POLL_MS);
	}
	_exit(0);
}

int undo_guard(struct undo *u)
{
	int watch = -1;
	pid_t pid;

#ifdef SYS_pidfd_open
	watch = syscall(SYS_pidfd_open, u->owner, 0);
#endif
	pid = fork();
	if (pid == 0)
		guardian(u, watch);
	file_closep(&watch);
	if (pid < 0)
		return -errno;
	u->guardian = pid;
	return 0;
}
