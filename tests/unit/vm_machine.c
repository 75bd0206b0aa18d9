/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines without a QEMU: this program is found under QEMU's name and plays one,
 * good or bad, as its "kernel" says.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/rng.h"
#include "base/value.h"
#include "vm-matrix/frame.h"
#include "vm-matrix/qemu/vm.h"

/* What the player tells the test beside its sockets. */
struct told {
	uint64_t written; /* bytes that the port took */
	unsigned fds;     /* that it inherited */
};

static struct told *told;
static char dir[] = "/tmp/strain-machine-XXXXXX";

/* --- the player ---------------------------------------------------------- */

static int wire(int argc, char **argv, const char *id)
{
	for (int i = 1; i < argc; i++) {
		const char *at = strstr(argv[i], id);

		if (!strncmp(argv[i], "socket,", 7) && at)
			return atoi(strstr(at, "fd=") + 3);
	}
	exit(99);
}

static const char *word_after(int argc, char **argv, const char *option)
{
	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], option))
			return argv[i + 1];
	return "";
}

static void say(int fd, const char *text)
{
	if (file_write_all(fd, text, strlen(text)))
		exit(98);
}

static void say_frame(int fd, enum frame_kind kind, const char *text, int damage)
{
	struct str s = STR_INIT;

	frame_add(&s, kind, text, strlen(text));
	s.buf[s.len - 1] ^= damage;
	if (file_write_all(fd, s.buf, s.len))
		exit(98);
	str_free(&s);
}

/* Answers every command until "quit"; the id is the last number of the line. */
static void control(int fd, const char *refused)
{
	char line[4096];
	size_t n = 0;

	say(fd, "{\"QMP\": {}}\n");
	while (n < sizeof(line) && read(fd, line + n, 1) == 1) {
		const char *value = "{}";
		char *id, answer[256];

		if (line[n++] != '\n')
			continue;
		line[n - 1] = '\0';
		n = 0;
		id = strstr(line, "\"id\":");
		if (strstr(line, "query-cpus-fast"))
			value = "[{\"thread-id\":1},{\"thread-id\":1}]";
		if (strstr(line, "query-status"))
			value = "{\"status\":\"paused\"}";
		if (strstr(line, "query-migrate"))
			value = "{\"status\":\"completed\"}";
		snprintf(answer, sizeof(answer),
			 "{\"event\":\"SEEN\"}\n{\"%s\":%s,\"id\":%d}\n",
			 *refused && strstr(line, refused) ? "error" : "return",
			 value, atoi(id + 5));
		say(fd, answer);
		if (strstr(line, "\"quit\""))
			exit(0);
	}
	exit(97);
}

static unsigned count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	closedir(d);
	return n - 3; /* . .. and the folder */
}

static void flood(int fd)
{
	static char much[4096];

	memset(much, 'x', sizeof(much));
	for (;;) {
		ssize_t n = write(fd, much, sizeof(much));

		if (n <= 0)
			exit(96);
		told->written += n;
	}
}

static void speak_badly(int port)
{
	unsigned char header[FRAME_HEADER];

	say_frame(port, FRAME_LINE, "first", 0);
	say(port, "noise");
	say_frame(port, FRAME_LINE, "damaged", 1);
	say_frame(port, FRAME_LINE, "second", 0);
	frame_header(header, FRAME_LINE, "", 0);
	memset(header + 8, 0xff, 4); /* the length */
	file_write_all(port, header, sizeof(header));
	say_frame(port, FRAME_LINE, "third", 0);
	exit(0);
}

static int play(int argc, char **argv)
{
	const char *part = word_after(argc, argv, "-kernel");
	int port = wire(argc, argv, "id=port");
	int console = wire(argc, argv, "id=console");
	int fd = open(getenv("STRAIN_TOLD"), O_RDWR | O_CLOEXEC);

	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	close(fd);
	told->fds = count_fds();
	if (!strcmp(part, "dies")) {
		fputs("qemu: no such machine\nsecond line\n", stderr);
		return 3;
	}
	if (!strcmp(part, "floods"))
		flood(port);
	if (!strcmp(part, "garbage"))
		speak_badly(port);
	if (!strcmp(part, "sleeps"))
		for (;;)
			pause();
	say(console, "booting\n");
	say_frame(port, FRAME_HELLO, "{}", 0);
	control(wire(argc, argv, "id=qmp"),
		!strcmp(part, "refuses") ? "\"migrate\"" : "");
	return 0;
}

/* --- the test ------------------------------------------------------------ */

static struct seen {
	struct str frames, console, garbage;
	unsigned events;
} seen;

static void on_frame(void *ctx, uint8_t kind, const void *payload, size_t n)
{
	(void)ctx;
	str_addf(&seen.frames, "%c:%.*s;", kind, (int)n, (const char *)payload);
}

static void on_console(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	str_add_n(&seen.console, text, n);
}

static void on_event(void *ctx, const char *name, const json_t *event)
{
	(void)ctx;
	assert_string_equal(name, "SEEN");
	assert_true(json_is_object(event));
	seen.events++;
}

static void on_garbage(void *ctx, const char *why)
{
	(void)ctx;
	str_addf(&seen.garbage, "%s;", why);
}

static const struct vm_events events = { NULL, on_frame, on_console, on_event,
					 on_garbage };

static struct vm *start(const char *part)
{
	struct vm_spec spec = { .arch = "amd64", .kernel = part };
	char *why = NULL;
	struct vm *vm = vm_start(&spec, &events, &why);

	if (!vm)
		fail_msg("%s", why);
	return vm;
}

static void until_end(struct vm *vm)
{
	while (vm_wait(vm, 1000))
		;
	assert_false(vm_running(vm));
}

static int setup(void **state)
{
	(void)state;
	seen = (struct seen){ STR_INIT, STR_INIT, STR_INIT, 0 };
	memset(told, 0, sizeof(*told));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	str_free(&seen.frames);
	str_free(&seen.console);
	str_free(&seen.garbage);
	return 0;
}

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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int run(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lives_and_ends), TEST(dies_at_once),   TEST(is_killed),
		TEST(is_not_there),   TEST(speaks_badly),   TEST(floods),
		TEST(inherits_little), TEST(does_not_read), TEST(restores),
		TEST(saves),
		TEST(dies_with_its_parent),
	};

	return cmocka_run_group_tests_name("vm_machine", tests, NULL, NULL);
}

/* The real one, where there is one: states go through it. */
static void use_zstd(void)
{
	_cleanup_free_ char *link = xasprintf("%s/zstd", dir);

	if (!access("/usr/bin/zstd", X_OK) && symlink("/usr/bin/zstd", link))
		fprintf(stderr, "no zstd: %s\n", strerror(errno));
}

int main(int argc, char **argv)
{
	char self[4096] = "", path[64], file[64];
	int fd, status;

	if (strstr(argv[0], "qemu-system"))
		return play(argc, argv);
	if (!mkdtemp(dir) || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	snprintf(path, sizeof(path), "%s/qemu-system-x86_64", dir);
	snprintf(file, sizeof(file), "%s/told", dir);
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (symlink(self, path) || fd < 0 || ftruncate(fd, sizeof(*told)))
		return 1;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	close(fd);
	setenv("STRAIN_TOLD", file, 1);
	use_zstd();
	setenv("PATH", dir, 1);
	status = run();
	dir_remove(dir);
	return status;
}
