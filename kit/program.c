/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

/* Starts it with both outputs into @out, -1: nowhere. 0, or -errno. */
static int start(char *const argv[], int out, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t defaults;
	int e;

	sigfillset(&defaults);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (out < 0)
		posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	e = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -e;
}

int program_start(char *const argv[], pid_t *pid)
{
	return start(argv, -1, pid);
}

/* Reads all; what is left in @said is the last line that was not empty. */
static void listen_to(int fd, char *said, size_t size)
{
	char buf[512];
	bool fresh = true;
	size_t n = 0;
	ssize_t got;

	said[0] = '\0';
	while ((got = read(fd, buf, sizeof(buf))) > 0 ||
	       (got < 0 && errno == EINTR)) {
		for (ssize_t i = 0; i < got; i++) {
			if (buf[i] == '\n') {
				fresh = true;
				continue;
			}
			n = fresh ? 0 : n;
			fresh = false;
			if (n + 1 < size)
				said[n++] = buf[i];
			said[n] = '\0';
		}
	}
}

int program_run(char *const argv[], char *said, size_t size)
{
	int fds[2], e, status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	e = start(argv, fds[1], &pid);
	close(fds[1]);
	if (!e)
		listen_to(fds[0], said, size);
	close(fds[0]);
	if (e)
		return e;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}
