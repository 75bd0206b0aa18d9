/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/kwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "base/value.h"
#include "core/kwatch_splat.h"
#include "core/machine_facts.h"
#include "core/pseudofs.h"

#define RECORD 8192 /* the kernel refuses reads that are shorter than a record */
/* How long to wait for records that are printed a little after their cause. */
#define LATE_MSEC 10
#define LATE_MSEC_OPEN 100 /* while the lines of a splat still come */

#define NOT_OPENED (-2)

static const char *const counters[] = {
	"warn_count",	    "oops_count",      "softlockup_count",
	"hardlockup_count", "rcu_stall_count",
};

struct kwatch {
	int fd;          /* of the log, -1: not watched */
	int clear_fd;    /* of debugfs' clear_warn_once, -1: not ours to write;
			  * NOT_OPENED: it will be at the first trial */
	int counter_fd[ARRAY_SIZE(counters)]; /* -1: not there */
	char *unwatched;
	struct str pending; /* the part of a record that was read so far */
	uint64_t seq;    /* expected next; 0: not known */
	struct kwatch_result result;
	struct kwatch_log log;
};

/* Stay open between the two ends of a trial, and between trials. */
static void open_counters(struct kwatch *k)
{
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		_cleanup_free_ char *path =
			xasprintf("/sys/kernel/%s", counters[i]);

		k->counter_fd[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
}

static void close_counters(struct kwatch *k)
{
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		file_close(k->counter_fd[i]);
}

static bool read_number(int fd, uint64_t *value)
{
	char text[32], *end;
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	*value = strtoull(text, &end, 10);
	return end != text;
}

static void read_counters(struct kwatch *k, bool before)
{
	struct kwatch_result *r = &k->result;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		uint64_t value;

		if (!read_number(k->counter_fd[i], &value))
			continue;
		r->counter[n].name = counters[i];
		if (before)
			r->counter[n].before = value;
		r->counter[n++].after = value;
	}
	r->counter[n].name = NULL;
}

static void clear_result(struct kwatch *k)
{
	struct kwatch_result *r = &k->result;

	for (size_t i = 0; i < r->n; i++)
		free(r->line[i].text);
	free(r->line);
	*r = (struct kwatch_result){
		.watched = k->fd >= 0,
		.unwatched = k->unwatched,
	};
	k->log = (struct kwatch_log){ r, k->log.owns, k->log.ctx };
}

void kwatch_set_owner(struct kwatch *k,
		      bool (*owns)(void *ctx, const char *device), void *ctx)
{
	k->log.owns = owns;
	k->log.ctx = ctx;
}

struct kwatch *kwatch_open_at(const char *path)
{
	struct kwatch *k = xalloc(sizeof(*k));
	char restricted[8] = "";

	k->pending = (struct str)STR_INIT;
	k->clear_fd = -1;
	k->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (k->fd < 0) {
		int error = errno;

		file_read_line("/proc/sys/kernel/dmesg_restrict", restricted,
			       sizeof(restricted));
		k->unwatched = xasprintf(
			"cannot read %s: %s%s", path, strerror(error),
			(error == EPERM || error == EACCES) && *restricted == '1' ?
				" (dmesg_restrict is 1: needs CAP_SYSLOG)" :
				"");
	}
	open_counters(k);
	clear_result(k);
	return k;
}

struct kwatch *kwatch_open(void)
{
	const char *path = getenv("STRAIN_KMSG");
	struct kwatch *k = kwatch_open_at(path ? path : "/dev/kmsg");

	k->clear_fd = NOT_OPENED;
	return k;
}

/* A locked down kernel refuses and complains in the log that we watch. */
static int open_clear(void)
{
	int fd = machine_locked_down() ? -1 :
			pseudofs_open("debugfs", "clear_warn_once", O_WRONLY);

	return fd < 0 ? -1 : fd;
}

/* The kernel writes a line feed inside a record as \x0a. */
static void take_text(struct kwatch *k, uint64_t usec, char *text, bool fragment)
{
	while (text) {
		char *next = strstr(text, "\\x0a");

		if (next)
			*next = '\0';
		if (*text)
			kwatch_log_line(&k->log, usec, text, fragment);
		text = next ? next + 4 : NULL;
		fragment = false;
	}
}

/*
 * "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,...];TEXT". The facility is the
 * priority above its three lowest bits: 0 is the kernel's, and what programs
 * write to the log has never that. FLAGS of a piece of a line are 'c' or '+'.
 */
static void take_record(struct kwatch *k, char *line, bool skip)
{
	char *end, *text = strchr(line, ';');
	uint64_t priority, seq, usec;

	if (*line < '0' || *line > '9' || !text)
		return; /* " KEY=VALUE" of the record before */
	*text++ = '\0';
	priority = strtoull(line, &end, 10);
	if (*end != ',')
		return;
	seq = strtoull(end + 1, &end, 10);
	if (*end != ',')
		return;
	usec = strtoull(end + 1, &end, 10);
	if (k->seq && seq > k->seq && !skip)
		k->result.dropped += seq - k->seq;
	k->seq = seq + 1;
	if (skip || priority >> 3)
		return;
	take_text(k, usec, text, *end == ',' && (end[1] == 'c' || end[1] == '+'));
}

static void take_lines(struct kwatch *k, bool skip)
{
	char *at = k->pending.buf, *end;

	for (; (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		take_record(k, at, skip);
	}
	k->pending.len = strlen(at);
	memmove(k->pending.buf, at, k->pending.len + 1);
}

/* Takes all that is there now. */
static void take_all(struct kwatch *k, bool skip)
{
	char buf[RECORD];

	while (k->fd >= 0) {
		ssize_t n = read(k->fd, buf, sizeof(buf));

		if (n > 0) {
			str_add_n(&k->pending, buf, n);
			take_lines(k, skip);
		} else if (n < 0 && errno == EPIPE) {
			/* overwritten before it was read: the next one tells how many */
			if (!k->seq && !skip)
				k->result.dropped++;
		} else if (!n || errno != EINTR) {
			break;
		}
	}
}

/* To the end of the log; what cannot seek is read. */
static void skip_all(struct kwatch *k)
{
	if (k->fd < 0 || lseek(k->fd, 0, SEEK_END) < 0) {
		take_all(k, true);
		return;
	}
	k->seq = 0;
	k->pending.len = 0;
}

void kwatch_begin(struct kwatch *k)
{
	if (k->clear_fd == NOT_OPENED)
		k->clear_fd = open_clear();
	if (k->clear_fd >= 0 && pwrite(k->clear_fd, "1", 1, 0) != 1) {
		/* closed by lockdown: not possible at the next trial either */
		close(k->clear_fd);
		k->clear_fd = -1;
	}
	skip_all(k);
	clear_result(k);
	k->result.taint_before = k->result.taint_after = machine_taint();
	read_counters(k, true);
}

void kwatch_poll(struct kwatch *k)
{
	take_all(k, false);
}

const struct kwatch_result *kwatch_end(struct kwatch *k)
{
	uint64_t start = clock_now();
	struct pollfd p = { .fd = k->fd, .events = POLLIN };

	while (k->fd >= 0) {
		uint64_t limit = k->log.open ? LATE_MSEC_OPEN : LATE_MSEC;
		uint64_t waited = (clock_now() - start) / NSEC_PER_MSEC;
		uint64_t seq = k->seq;

		if (waited >= limit || poll(&p, 1, limit - waited) <= 0)
			break;
		take_all(k, false);
		/* a file is always readable: nothing new means the end of it */
		if (k->seq == seq)
			break;
	}
	k->result.taint_after = machine_taint();
	read_counters(k, false);
	if (!k->result.splats) {
		_cleanup_free_ char *silent = kwatch_complaint(&k->result);

		k->result.splats = silent != NULL;
	}
	return &k->result;
}

void kwatch_close(struct kwatch *k)
{
	if (!k)
		return;
	clear_result(k);
	str_free(&k->pending);
	close_counters(k);
	file_close(k->fd);
	file_close(k->clear_fd);
	free(k->unwatched);
	free(k);
}
