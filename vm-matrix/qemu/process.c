/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "vm-matrix/qemu/process.h"

/* Both are older than some C libraries' wrappers; numbers of the common table. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define CLOEXEC_RANGE 4U /* CLOSE_RANGE_CLOEXEC, Linux 5.11 */

int process_fd(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

static void set_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP)
			signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Moves the standard descriptors into their places, 0 to 2 may cross. */
static void set_std(const int std[3])
{
	int own[3];

	for (int i = 0; i < 3; i++) {
		own[i] = std[i] < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) :
				      std[i];
		if (own[i] >= 0 && own[i] < 3)
			own[i] = fcntl(own[i], F_DUPFD_CLOEXEC, 3);
	}
	for (int i = 0; i < 3; i++)
		if (own[i] < 0 || dup2(own[i], i) < 0)
			_exit(127);
}

static void pin_to(unsigned cpu)
{
	cpu_set_t set;

	if (cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	/* A CPU that went away since: rather run elsewhere than not. */
	sched_setaffinity(0, sizeof(set), &set);
}

/* @tell gets errno if there is no exec. */
static void become(const struct process_spec *s, pid_t parent, int tell)
{
	/* QEMU aborts where KVM does not hold what it promises. */
	const struct rlimit no_core = { 0, 0 };
	int saved;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	set_signals();
	set_std(s->std);
	setrlimit(RLIMIT_CORE, &no_core);
	/* What we inherited ourselves must not live on in the child. */
	syscall(SYS_close_range, 3U, UINT_MAX, CLOEXEC_RANGE);
	for (size_t i = 0; i < s->n_keep; i++)
		fcntl(s->keep[i], F_SETFD, 0);
	if (s->pin)
		pin_to(s->pin - 1);
	execvp(s->argv[0], s->argv);
	saved = errno;
	file_write_all(tell, &saved, sizeof(saved));
	_exit(127);
}

pid_t process_start(const struct process_spec *spec)
{
	pid_t parent = getpid();
	int tell[2], failed = 0;
	pid_t pid;
	ssize_t n;

	if (pipe2(tell, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		/* Were it among 0 to 2, set_std() would close it. */
		int high = fcntl(tell[1], F_DUPFD_CLOEXEC, 3);

		become(spec, parent, high);
	}
	if (pid < 0)
		failed = errno;
	close(tell[1]);
	if (pid > 0) {
		do {
			n = read(tell[0], &failed, sizeof(failed));
		} while (n < 0 && errno == EINTR);
		if (n != sizeof(failed))
			failed = 0;
		if (failed)
			waitpid(pid, NULL, 0);
	}
	close(tell[0]);
	return failed ? -failed : pid;
}
