/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helper processes of a task, and changes to the machine in setup. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/trial.h"
#include "core/undo.h"

pid_t worker_fork(struct worker *w)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		worker_broken(w, "cannot fork a helper: %s", strerror(errno));
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1); /* it died before we asked to die with it */
	w->helper = true;
	return 0;
}

void worker_exit(struct worker *w)
{
	(void)w;
	_exit(0);
}

static uint64_t usage_ns(const struct rusage *u)
{
	return (u->ru_utime.tv_sec + u->ru_stime.tv_sec) * NSEC_PER_SEC +
	       (u->ru_utime.tv_usec + u->ru_stime.tv_usec) * NSEC_PER_USEC;
}

int worker_join(struct worker *w, pid_t pid, int expected_signal)
{
	struct rusage usage;
	int status;

	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			worker_broken(w, "cannot wait for a helper: %s",
				      strerror(errno));
	w->slot->helper_ns += usage_ns(&usage);
	if (WIFSIGNALED(status) && WTERMSIG(status) != expected_signal)
		worker_broken(w, "a helper was killed by signal %d (%s)",
			      WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WIFEXITED(status) && WEXITSTATUS(status)) {
		if (w->slot->outcome == SLOT_BROKEN ||
		    w->slot->outcome == SLOT_SKIP)
			task_leave(w); /* the helper has said why */
		worker_broken(w, "a helper exited with status %d",
			      WEXITSTATUS(status));
	}
	return status;
}

bool worker_wait(struct worker *w, pid_t pid, int *status)
{
	struct rusage usage;
	bool ended = false;

	while (wait4(pid, status, 0, &usage) < 0) {
		if (errno != EINTR)
			worker_broken(w, "cannot wait for process %d: %s", pid,
				      strerror(errno));
		if (w->control->state != WORKER_STOP)
			continue;
		kill(pid, SIGKILL);
		ended = true;
	}
	w->slot->helper_ns += usage_ns(&usage);
	return !ended;
}

void worker_watch_helpers(struct worker *w)
{
	siginfo_t info = { .si_pid = 0 };

	if (w->helper || waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT))
		return;
	if (info.si_pid && (info.si_code != CLD_EXITED || info.si_status))
		worker_join(w, info.si_pid, 0); /* says what happened */
}

static struct undo *undo_of(struct worker *w, const char *what)
{
	if (!w->setup || !w->undo)
		worker_broken(w, "%s: only in setup, and with .uses.settings", what);
	return w->undo;
}

int worker_set_value(struct worker *w, const char *path, const char *value)
{
	return undo_set_value(undo_of(w, path), path, value);
}

int worker_hugepages(struct worker *w, uint64_t size, uint64_t count)
{
	return undo_hugepages(undo_of(w, "huge pages"), size, count);
}

int worker_undo_module(struct worker *w, const char *module)
{
	return undo_note_module(undo_of(w, module), module);
}

int worker_undo_file(struct worker *w, const char *path)
{
	return undo_note_file(undo_of(w, path), path);
}

int worker_mount(struct worker *w, const char *source, const char *target,
		 const char *type, unsigned long flags, const char *data)
{
	return undo_mount(undo_of(w, target), source, target, type, flags, data);
}

int worker_loop(struct worker *w, const char *image, bool direct_io, char *device)
{
	return undo_loop(undo_of(w, image), image, direct_io, device);
}
