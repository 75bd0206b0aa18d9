/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines without a QEMU: the program of tests is found under QEMU's name and
 * plays one, good or bad, as its "kernel" says; and what the tests see of it.
 */
#ifndef STRAIN_TESTS_UNIT_VM_PLAYER_H
#define STRAIN_TESTS_UNIT_VM_PLAYER_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/dir.h"
#include "base/file.h"
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

static inline int wire(int argc, char **argv, const char *id)
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

static inline void say(int fd, const char *text)
{
	if (file_write_all(fd, text, strlen(text)))
		exit(98);
}

static inline void say_frame(int fd, enum frame_kind kind, const char *text, int damage)
{
	struct str s = STR_INIT;

	frame_add(&s, kind, text, strlen(text));
	s.buf[s.len - 1] ^= damage;
	if (file_write_all(fd, s.buf, s.len))
		exit(98);
	str_free(&s);
}

/* Answers every command until "quit"; the id is the last number of the line. */
static inline void control(int fd, const char *refused)
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

static inline unsigned count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	closedir(d);
	return n - 3; /* . .. and the folder */
}

static inline void flood(int fd)
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

static inline void speak_badly(int port)
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

/* What main() does where the program is called as QEMU. */
static inline int play(int argc, char **argv)
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

static inline void on_frame(void *ctx, uint8_t kind, const void *payload, size_t n)
{
	(void)ctx;
	str_addf(&seen.frames, "%c:%.*s;", kind, (int)n, (const char *)payload);
}

static inline void on_console(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	str_add_n(&seen.console, text, n);
}

static inline void on_event(void *ctx, const char *name, const json_t *event)
{
	(void)ctx;
	assert_string_equal(name, "SEEN");
	assert_true(json_is_object(event));
	seen.events++;
}

static inline void on_garbage(void *ctx, const char *why)
{
	(void)ctx;
	str_addf(&seen.garbage, "%s;", why);
}

static const struct vm_events events = { NULL, on_frame, on_console, on_event,
					 on_garbage };

static inline struct vm *start(const char *part)
{
	struct vm_spec spec = { .arch = "amd64", .kernel = part };
	char *why = NULL;
	struct vm *vm = vm_start(&spec, &events, &why);

	if (!vm)
		fail_msg("%s", why);
	return vm;
}

static inline void until_end(struct vm *vm)
{
	while (vm_wait(vm, 1000))
		;
	assert_false(vm_running(vm));
}

static inline int setup(void **state)
{
	(void)state;
	seen = (struct seen){ STR_INIT, STR_INIT, STR_INIT, 0 };
	memset(told, 0, sizeof(*told));
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	str_free(&seen.frames);
	str_free(&seen.console);
	str_free(&seen.garbage);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* The real one, where there is one: states go through it. */
static inline void use_zstd(void)
{
	_cleanup_free_ char *link = xasprintf("%s/zstd", dir);

	if (!access("/usr/bin/zstd", X_OK) && symlink("/usr/bin/zstd", link))
		fprintf(stderr, "no zstd: %s\n", strerror(errno));
}

/* Of the group: the only QEMU of the path is this program. */
static inline int install(void **state)
{
	char self[4096] = "", path[64], file[64];
	int fd;

	(void)state;
	if (!mkdtemp(dir) || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/qemu-system-x86_64", dir);
	snprintf(file, sizeof(file), "%s/told", dir);
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (symlink(self, path) || fd < 0 || ftruncate(fd, sizeof(*told)))
		return -1;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	use_zstd();
	return setenv("STRAIN_TOLD", file, 1) || setenv("PATH", dir, 1);
}

static inline int uninstall(void **state)
{
	(void)state;
	return dir_remove(dir);
}

#endif
