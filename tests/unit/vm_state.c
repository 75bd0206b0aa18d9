/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States of machines, saved and restored, without a QEMU. */
#include "tests/unit/vm_player.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void restores(void **state)
{
	_cleanup_free_ char *path = xasprintf("%s/state", dir);
	struct vm_spec spec = { .arch = "amd64", .kernel = "answers",
				.state = path };
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct stat st;
	char *why = NULL;
	struct vm *vm;

	(void)state;
	file_write_all(fd, "plain", 5);
	assert_int_equal(futimens(fd, old), 0);
	close(fd);
	vm = vm_start(&spec, &events, &why);
	assert_non_null(vm);
	assert_int_equal(told->fds, 7);
	vm_free(vm);
	/* It was used: it is not the oldest of the cache any more. */
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_mtime > 1000);
	spec.kernel = "dies";
	assert_null(vm_start(&spec, &events, &why));
	assert_non_null(strstr(why, "does not restore: qemu: no such machine"));
	assert_null(strchr(why, '\n'));
	free(why);
	unlink(path);
	why = NULL;
	assert_null(vm_start(&spec, &events, &why));
	assert_non_null(strstr(why, "No such file"));
	free(why);
}

/* A machine that is not saved goes on, and no process waits for its state. */
static void saves(void **state)
{
	_cleanup_free_ char *path = xasprintf("%s/saved", dir);
	struct vm *vm = start("answers");
	char *why = NULL;

	(void)state;
	assert_int_equal(vm_save(vm, path, &why), 0);
	assert_true(file_exists(path));
	unlink(path);
	vm_free(vm);
	vm = start("refuses");
	assert_int_equal(vm_save(vm, path, &why), -EREMOTEIO);
	assert_non_null(strstr(why, "qemu refuses 'migrate'"));
	free(why);
	assert_false(file_exists(path));
	assert_int_equal(vm_cont(vm, &why), 0);
	vm_free(vm);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void heard(int sig)
{
	(void)sig;
}

/* A signal comes while the end of zstd, which fails, is waited for. */
static void is_interrupted(void **state)
{
	static const char script[] = "#!/bin/sh\n"
				     "/bin/cat >/dev/null\n"
				     "kill -USR1 $PPID\n"
				     "/bin/sleep 0.1\n"
				     "exit 1\n";
	_cleanup_free_ char *path = xasprintf("%s/cut", dir);
	_cleanup_free_ char *zstd = xasprintf("%s/zstd", dir);
	const struct sigaction act = { .sa_handler = heard };
	struct vm *vm = start("answers");
	char *why = NULL;
	int fd;

	(void)state;
	unlink(zstd);
	fd = open(zstd, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	assert_int_equal(file_write_all(fd, script, strlen(script)), 0);
	close(fd);
	assert_int_equal(sigaction(SIGUSR1, &act, NULL), 0);
	assert_int_equal(vm_save(vm, path, &why), -EIO);
	assert_non_null(strstr(why, "zstd failed"));
	free(why);
	assert_false(file_exists(path));
	signal(SIGUSR1, SIG_DFL);
	unlink(zstd);
	vm_free(vm);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(restores),
		TEST(saves),
		TEST(is_interrupted),
	};

	if (strstr(argv[0], "qemu-system"))
		return play(argc, argv);
	return cmocka_run_group_tests_name("vm_state", tests, install, uninstall);
}
