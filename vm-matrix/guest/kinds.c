/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of jobs, each in its own process. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"
#include "core/machine.h"
#include "vm-matrix/guest/crash.h"

/* A build that needs shared libraries, for stressors that need some; the host
 * puts it into the image for jobs with these. */
#define DYNAMIC "/bin/strain"
/* Where the shell of the image is this. */
#define BUSYBOX "/bin/busybox"

/*
 * This program with other words, in this process: under emulation to start it
 * anew takes as long as all else that comes before a first operation.
 */
static int run_self(const struct guest *g, struct words *argv)
{
	words_end(argv);
	if (g->machine && access(DYNAMIC, X_OK) == 0) {
		setenv(MACHINE_GUEST, "1", 1);
		execv(DYNAMIC, argv->word);
		die(EXIT_BROKEN, "starting '" DYNAMIC "': %s", strerror(errno));
	}
	/* with none of the guest's descriptors */
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) < 0)
		die(EXIT_BROKEN, "closing descriptors: %s", strerror(errno));
	return g->program((int)argv->n, argv->word);
}

static int run_strain(const struct guest *g, const json_t *job)
{
	const json_t *words = json_object_get(job, "argv");
	bool turns = json_is_true(json_object_get(job, "turns"));
	_cleanup_words_ struct words argv = { 0 };

	words_add(&argv, "strain");
	words_add(&argv, "run");
	words_add(&argv, turns ? "--turns" : "--lines");
	for (size_t i = 0; i < json_array_size(words); i++) {
		const char *word = json_string_value(json_array_get(words, i));

		if (!word)
			die(EXIT_BROKEN, "word %zu of the job is not text", i);
		words_add(&argv, word);
	}
	return run_self(g, &argv);
}

static int run_doctor(const struct guest *g, const json_t *job)
{
	_cleanup_words_ struct words argv = { 0 };

	(void)job;
	words_add(&argv, "strain");
	words_add(&argv, "doctor");
	words_add(&argv, "--json");
	return run_self(g, &argv);
}

/* /dev/console cannot be a controlling terminal; what is behind it can. */
static int open_console(void)
{
	char names[128], path[140];
	const char *last;

	if (file_read_line("/sys/class/tty/console/active", names, sizeof(names)))
		return -1;
	last = strrchr(names, ' ');
	snprintf(path, sizeof(path), "/dev/%s", last ? last + 1 : names);
	return open(path, O_RDWR);
}

/* All that is in it by its name, except what is there already. */
static void install_busybox(void)
{
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		/* it complains of each name that exists */
		dup2(null, STDERR_FILENO);
		execl(BUSYBOX, "busybox", "--install", "-s", "/bin", NULL);
		_exit(EXIT_BROKEN);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* For whoever types: this program by its name, and more filesystems. */
static void welcome(const struct guest *g)
{
	if (!g->machine)
		return;
	guest_mount_more();
	if (access(BUSYBOX, X_OK) == 0)
		install_busybox();
	if (symlink("/init", DYNAMIC) < 0 && errno != EEXIST)
		error("making '" DYNAMIC "': %s", strerror(errno));
}

static int run_script(const struct guest *g, const json_t *job)
{
	const char *script = json_string_value(json_object_get(job, "script"));

	if (!script)
		die(EXIT_BROKEN, "the script of the job is not text");
	welcome(g);
	execl("/bin/sh", "sh", "-c", script, NULL);
	die(EXIT_BROKEN, "starting '/bin/sh': %s", strerror(errno));
}

static int run_shell(const struct guest *g, const json_t *job)
{
	char *argv[] = { (char *)"sh", (char *)"-i", NULL };
	int fd = open_console(), told = dup(STDERR_FILENO);

	(void)job;
	if (fd < 0)
		die(EXIT_BROKEN, "opening the console: %s", strerror(errno));
	fcntl(told, F_SETFD, FD_CLOEXEC);
	welcome(g);
	setsid();
	ioctl(fd, TIOCSCTTY, 1);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	setenv("TERM", "linux", 0);
	setenv("PS1", "strain:\\w# ", 0);
	execv("/bin/sh", argv);
	dup2(told, STDERR_FILENO);
	error("starting '/bin/sh': %s", strerror(errno));
	return EXIT_BROKEN;
}

static const struct job_kind kinds[] = {
	{ "run", run_strain, OUTPUT_LINES, false },
	{ "doctor", run_doctor, OUTPUT_DOCUMENT, false },
	{ "script", run_script, OUTPUT_TEXT, false },
	{ "shell", run_shell, OUTPUT_TEXT, false },
	{ "crash-write", crash_write_run, OUTPUT_TEXT, true },
	{ "crash-verify", crash_verify_run, OUTPUT_TEXT, true },
	{ "fault", fault_run, OUTPUT_TEXT, false },
};

const struct job_kind *job_kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}
