/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/msg.h"
#include "base/value.h"
#include "vm-matrix/guest/parts.h"

#define BEAT_NS (2 * NSEC_PER_SEC)

static uint64_t oom_kills(void)
{
	_cleanup_str_ struct str text = STR_INIT;
	const char *at;

	file_read("/proc/vmstat", &text);
	at = strstr(text.buf, "\noom_kill ");
	return at ? strtoull(at + strlen("\noom_kill "), NULL, 10) : 0;
}

/* "vm.swappiness", or a path. */
static char *write_setting(const char *name, const char *value)
{
	_cleanup_free_ char *path = *name == '/' ?
		xstrdup(name) : xasprintf("/proc/sys/%s", name);
	int err;

	for (char *p = path; *name != '/' && *p; p++)
		if (*p == '.')
			*p = '/';
	err = file_write(path, value);
	return err ? xasprintf("setting '%s' to '%s': %s", name, value,
			       strerror(-err)) : NULL;
}

/* NULL, or a message to free. */
static char *write_file(const char *path, const char *text)
{
	_cleanup_free_ char *folder = xstrdup(path);
	_cleanup_close_ int fd = -1;
	char *slash = strrchr(folder, '/');
	int err = 0;

	if (slash && slash > folder) {
		*slash = '\0';
		err = dir_make(folder, 0755);
	}
	if (!err)
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (!err)
		err = fd < 0 ? -errno : file_write_all(fd, text, strlen(text));
	return err ? xasprintf("file '%s': %s", path, strerror(-err)) : NULL;
}

/*
 * Housekeeping that comes every second or ten, and falls into a trial or does
 * not: of 40 trials of page faults that did the same, the longest took 4 % more
 * instructions than the shortest, without it 3 %, most of them within 2 %. What
 * a kernel lacks needs no rest.
 */
static void rest_exact(void)
{
	static const char *const settings[][2] = {
		{ "vm.stat_interval", "1000000" },
		{ "vm.dirty_writeback_centisecs", "0" },
		{ "vm.compaction_proactiveness", "0" },
		{ "/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs",
		  "4294967295" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		free(write_setting(settings[i][0], settings[i][1]));
}

/* What the machine has to be like. NULL, or a message to free. */
static char *make_ready(const struct job *j)
{
	json_t *modules = json_object_get(j->words, "modules");
	json_t *settings = json_object_get(j->words, "settings"), *value;
	json_t *files = json_object_get(j->words, "files");
	const char *key;
	char *why = guest_now(j->words);

	if (j->exact)
		rest_exact();
	for (size_t i = 0; i < json_array_size(modules) && !why; i++) {
		const char *line = json_string_value(json_array_get(modules, i));

		why = line ? guest_module(line) : xstrdup("a module is not text");
	}
	json_object_foreach(settings, key, value) {
		if (why)
			break;
		why = json_is_string(value) ?
			write_setting(key, json_string_value(value)) :
			xasprintf("setting '%s' is not text", key);
	}
	json_object_foreach(files, key, value) {
		if (why)
			break;
		why = json_is_string(value) ?
			write_file(key, json_string_value(value)) :
			xasprintf("file '%s' is not text", key);
	}
	return why;
}

static void become_job(const struct guest *g, const struct job *j, int in,
		       int out, int err, int frames)
{
	const json_t *environment = json_object_get(j->words, "env");
	const char *key;
	sigset_t none;
	json_t *value;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ||
	    (frames >= 0 && dup3(frames, GUEST_FRAMES, O_CLOEXEC) < 0))
		_exit(EXIT_BROKEN);
	json_object_foreach((json_t *)environment, key, value)
		if (json_is_string(value))
			setenv(key, json_string_value(value), 1);
	exit(j->kind->run(g, j->words));
}

/* A pipe whose end @mine (0: we read) does not block. */
static void make_pipe(int p[2], int mine)
{
	if (pipe2(p, O_CLOEXEC) < 0 || fcntl(p[mine], F_SETFL, O_NONBLOCK) < 0)
		die(EXIT_BROKEN, "making a pipe: %s", strerror(errno));
}

static void start(const struct guest *g, struct job *j)
{
	bool turns = json_is_true(json_object_get(j->words, "turns")) ||
		     json_is_true(json_object_get(j->words, "waits"));
	int in[2] = { -1, -1 }, out[2], err[2], frames[2] = { -1, -1 };

	if (turns)
		make_pipe(in, 1);
	else
		in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	make_pipe(out, 0);
	make_pipe(err, 0);
	if (j->kind->frames)
		make_pipe(frames, 0);
	j->begin = j->beat = clock_now();
	j->pid = fork();
	if (j->pid < 0)
		die(EXIT_BROKEN, "starting a job: %s", strerror(errno));
	if (!j->pid)
		become_job(g, j, in[0], out[1], err[1], frames[1]);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	file_close(frames[1]);
	j->in = in[1];
	j->out = out[0];
	j->err = err[0];
	j->frames = frames[0];
}

static int until_beat(const struct job *j)
{
	uint64_t now = clock_now();

	if (j->exact)
		return -1;
	return now - j->beat >= BEAT_NS ? 0 :
	       (int)((BEAT_NS - (now - j->beat)) / NSEC_PER_MSEC) + 1;
}

static void beat(struct guest *g, struct job *j)
{
	if (j->exact || clock_now() - j->beat < BEAT_NS)
		return;
	j->beat = clock_now();
	if (g->out.len == g->out_at) /* else the host does not listen anyway */
		guest_send(g, FRAME_HEARTBEAT, NULL, 0);
}

static void send_end(struct guest *g, const struct job *j)
{
	bool killed = j->pid > 0 && WIFSIGNALED(j->status);
	uint64_t kills = oom_kills();
	bool oom = killed && WTERMSIG(j->status) == SIGKILL && kills > g->oom_kills;
	double seconds = j->begin ? (clock_now() - j->begin) / 1e9 : 0;
	json_t *end = json_pack("{s:i, s:i, s:f, s:b}",
				"status", j->pid <= 0 ? EXIT_BROKEN :
					  killed ? -1 : WEXITSTATUS(j->status),
				"signal", killed ? WTERMSIG(j->status) : 0,
				"seconds", seconds,
				"out_of_memory", oom);

	g->oom_kills = kills;
	guest_send_json(g, FRAME_END, end);
}

static void carry_out(struct guest *g, struct job *j)
{
	double quiet = json_number_value(json_object_get(j->words, "quiet"));

	if (quiet > 0)
		guest_quiet(g, quiet, j->exact);
	if (g->off)
		return;
	start(g, j);
	while (!j->reaped && !g->off) {
		guest_turn(g, until_beat(j));
		beat(g, j);
	}
	/* what it left behind would run beside the next one */
	if (g->machine)
		kill(-1, SIGKILL);
	job_drain(g, j);
}

void guest_job(struct guest *g, json_t *words)
{
	const char *name = json_string_value(json_object_get(words, "kind"));
	struct job j = { .words = words, .pid = -1, .in = -1, .out = -1,
			 .err = -1, .frames = -1 };
	char *why = NULL;

	j.kind = job_kind_find(name ? name : "run");
	j.exact = json_is_true(json_object_get(words, "exact"));
	if (!j.kind)
		why = xasprintf("unknown kind of job '%s'", name);
	else if (g->machine)
		why = make_ready(&j);
	g->job = &j;
	if (why)
		guest_say(g, "%s", why);
	else
		carry_out(g, &j);
	send_end(g, &j);
	g->job = NULL;
	free(why);
	json_decref(words);
	str_free(&j.line);
	str_free(&j.orders);
	frame_reader_free(&j.made);
}
