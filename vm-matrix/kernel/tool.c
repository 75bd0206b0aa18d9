/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/kernel/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

char *tool_find(const char *name)
{
	char *program = file_program(name, NULL);

	return program ? program : file_program(name, "/usr/sbin:/sbin");
}

static void __attribute__((noreturn))
child(const char *const argv[], int out, bool stderr_too, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(stderr_too ? out : null, STDERR_FILENO) < 0)
		_exit(127);
	/* Its words are read: they must be the ones we know. */
	setenv("LC_ALL", "C", 1);
	setenv("DEBIAN_FRONTEND", "noninteractive", 1);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

int tool_start(struct tool *t, const char *const argv[], bool stderr_too)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	t->pid = fork();
	if (!t->pid)
		child(argv, ends[1], stderr_too, parent);
	close(ends[1]);
	if (t->pid < 0) {
		int e = errno;

		close(ends[0]);
		return -e;
	}
	t->out = ends[0];
	return 0;
}

int tool_wait(struct tool *t)
{
	int status;

	if (t->out >= 0)
		close(t->out);
	t->out = -1;
	while (waitpid(t->pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int tool_finish(struct tool *t, struct str *said, bool (*tick)(void *ctx), void *ctx)
{
	for (;;) {
		struct pollfd p = { .fd = t->out, .events = POLLIN };
		char buf[4096];
		ssize_t n;
		int r = poll(&p, 1, tick ? 200 : -1);

		if (tick && !tick(ctx))
			kill(t->pid, SIGTERM);
		if (r <= 0)
			continue;
		n = read(t->out, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (said)
			str_add_n(said, buf, (size_t)n);
	}
	return tool_wait(t);
}

int tool_run(const char *const argv[], struct str *said, bool (*tick)(void *ctx),
	     void *ctx)
{
	struct tool t;
	int r = tool_start(&t, argv, true);

	return r < 0 ? r : tool_finish(&t, said, tick, ctx);
}
