/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a feature have an effect here? Asked in a child that may hang or crash. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/run.h"
#include "core/trial.h"

#define PROBE_PATIENCE_MS 10000

static char *wait_probe(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), status = 0, n = 1;
	struct pollfd p = { pidfd, POLLIN, 0 };

	if (pidfd >= 0)
		n = poll(&p, 1, PROBE_PATIENCE_MS);
	if (n < 1)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pidfd >= 0)
		close(pidfd);
	if (n < 1)
		return xasprintf("the probe did not end in %d s",
				 PROBE_PATIENCE_MS / 1000);
	if (WIFSIGNALED(status))
		return xasprintf("the probe was killed by signal %d (%s)",
				 WTERMSIG(status), strsignal(WTERMSIG(status)));
	return NULL;
}

char *run_probe(const struct entry *e, const struct method *m)
{
	struct run_settings settings = { .latency = "off", .temp_path = "/tmp" };
	_cleanup_free_ char *opts = xalloc(e->stressor->opts_size);
	struct run_case c = { .entry = e, .method = m, .workers = 1,
			      .mutation = -1, .opts = opts };
	struct trial_area *a;
	char *why = NULL;
	pid_t pid;

	if (!(m && m->probe) && !e->stressor->probe)
		return NULL;
	if (e->stressor->options)
		option_defaults(e->stressor->options, opts);
	a = trial_area_make(&c, &settings, 1);
	if (!a)
		return xasprintf("cannot map the shared area: %s", strerror(errno));
	pid = fork();
	if (!pid)
		leader_probe(a);
	why = pid < 0 ? xasprintf("cannot fork: %s", strerror(errno)) :
			wait_probe(pid);
	if (!why && a->leader.outcome != SLOT_NONE)
		why = xstrdup(a->leader.reason);
	trial_area_free(a);
	return why;
}
