/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines that live, die, flood and say nonsense, without a QEMU. */
#include "tests/unit/vm_player.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/rng.h"

static void lives_and_ends(void **state)
{
	struct vm *vm = start("answers");
	char *why = NULL;
	json_t *reply = NULL;
	size_t n;

	(void)state;
	assert_int_equal(vm_exit_status(vm), -1);
	assert_int_equal(vm_stop(vm, &why), 0);
	assert_int_equal(vm_cont(vm, &why), 0);
	assert_int_equal(vm_qmp(vm, "query-status", NULL, &reply, &why), 0);
	json_decref(reply);
	vm_vcpu_ns(vm);
	assert_true(vm_cpu_ns(vm) > 0);
	assert_int_equal(vm_quit(vm, &why), 0);
	until_end(vm);
	assert_string_equal(seen.frames.buf, "H:{};");
	assert_string_equal(seen.console.buf, "booting\n");
	assert_string_equal(vm_console(vm, &n), "booting\n");
	assert_int_equal(n, 8);
	assert_int_equal(seen.events, 6); /* with the mode of commands */
	assert_int_equal(vm_exit_status(vm), 0);
	assert_true(vm_cpu_ns(vm) > 0);
	assert_int_equal(vm_send(vm, FRAME_OFF, NULL, 0), -EPIPE);
	assert_int_equal(vm_stop(vm, &why), -EPIPE);
	free(why);
	vm_free(vm);
}

static void dies_at_once(void **state)
{
	struct vm *vm = start("dies");

	(void)state;
	until_end(vm);
	assert_int_equal(WEXITSTATUS(vm_exit_status(vm)), 3);
	assert_string_equal(vm_said(vm), "qemu: no such machine\nsecond line\n");
	vm_free(vm);
}

static void is_killed(void **state)
{
	struct vm *vm = start("sleeps");

	(void)state;
	vm_wait(vm, 10);
	vm_kill(vm);
	until_end(vm);
	assert_int_equal(WTERMSIG(vm_exit_status(vm)), SIGKILL);
	vm_free(vm);
	vm_free(NULL);
}

static void is_not_there(void **state)
{
	struct vm_spec spec = { .arch = "s390x", .kernel = "k" };
	char *why = NULL;

	(void)state;
	assert_null(vm_start(&spec, &events, &why));
	assert_string_equal(why, "'qemu-system-s390x' is not installed; it is in "
				 "package 'qemu-system-misc'");
	free(why);
}

static void speaks_badly(void **state)
{
	struct vm *vm = start("garbage");

	(void)state;
	until_end(vm);
	assert_string_equal(seen.frames.buf, "L:first;L:second;L:third;");
	/* Once between two good frames. */
	assert_string_equal(seen.garbage.buf, "bytes that are no frame;"
					      "a frame that is too long;");
	vm_free(vm);
}

/* Nobody reads: it stands still. Somebody reads: one complaint. */
static void floods(void **state)
{
	struct vm *vm = start("floods");
	uint64_t before;

	(void)state;
	do {
		before = told->written;
		usleep(100000);
	} while (told->written != before || !before);
	assert_true(before < 4U << 20);
	for (int i = 0; i < 50; i++)
		vm_wait(vm, 1);
	assert_true(told->written > before);
	assert_string_equal(seen.garbage.buf, "bytes that are no frame;");
	vm_free(vm);
}

static void inherits_little(void **state)
{
	int stray = open("/dev/null", O_RDONLY);
	struct vm *vm = start("dies");

	(void)state;
	until_end(vm);
	assert_int_equal(told->fds, 6);
	close(stray);
	vm_free(vm);
}

/* A guest that does not read is no reason to keep all that it does not take. */
static void does_not_read(void **state)
{
	static char payload[12 << 20];
	struct vm *vm = start("sleeps");

	(void)state;
	assert_int_equal(vm_send(vm, FRAME_JOB, payload, sizeof(payload)), 0);
	assert_int_equal(vm_send(vm, FRAME_JOB, payload, sizeof(payload)), 0);
	assert_int_equal(vm_send(vm, FRAME_JOB, payload, sizeof(payload)),
			 -ENOBUFS);
	vm_free(vm);
}

/* Waits for all children to end, theirs that became ours too. */
static unsigned reap_all(void)
{
	uint64_t end = clock_now() + 60 * NSEC_PER_SEC;
	unsigned n = 0;

	while (clock_now() < end) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid > 0)
			n++;
		else if (pid < 0 && errno == ECHILD)
			return n;
		else
			usleep(1000);
	}
	fail_msg("a process is still there");
	return n;
}

/* Whenever its parent dies, QEMU does. */
static void dies_with_its_parent(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();

		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			vm_wait(start("sleeps"), 60000);
			_exit(1);
		}
		assert_true(pid > 0);
		usleep(rng_below(&rng, 20000));
		kill(pid, SIGKILL);
		reap_all();
	}
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(lives_and_ends),  TEST(dies_at_once),  TEST(is_killed),
		TEST(is_not_there),    TEST(speaks_badly),  TEST(floods),
		TEST(inherits_little), TEST(does_not_read),
		TEST(dies_with_its_parent),
	};

	if (strstr(argv[0], "qemu-system"))
		return play(argc, argv);
	return cmocka_run_group_tests_name("vm_machine", tests, install, uninstall);
}
