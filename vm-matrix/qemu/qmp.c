/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/value.h"
#include "vm-matrix/qemu/qmp.h"

/* The longest answer that we ask for are the registers of some CPUs. */
#define LINE_MAX_SIZE (4U << 20)
#define READ_MAX (1U << 20)
/* Events nobody takes: a machine that is told to stop and go thousands of times
 * between two looks. The oldest go. */
#define EVENTS_MAX 4096

static void close_it(struct qmp *q)
{
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
}

static void set_fault(struct qmp *q, const char *what)
{
	if (!q->fault)
		q->fault = xstrdup(what);
	close_it(q);
}

void qmp_init(struct qmp *q, int fd)
{
	static const char hello[] =
		"{\"execute\":\"qmp_capabilities\",\"id\":0}\n";

	*q = (struct qmp){ .fd = fd, .in = STR_INIT, .events = json_array() };
	/* Into an empty socket, whose other side is not even running. */
	if (send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) < 0)
		close_it(q);
}

void qmp_free(struct qmp *q)
{
	close_it(q);
	str_free(&q->in);
	json_decref(q->events);
	json_decref(q->answer);
	free(q->fault);
	q->events = q->answer = NULL;
	q->fault = NULL;
}

json_t *qmp_event(struct qmp *q)
{
	json_t *event = json_incref(json_array_get(q->events, 0));

	if (event)
		json_array_remove(q->events, 0);
	return event;
}

/* Takes over the reference. Answers to who gave up waiting are dropped. */
static void sort_in(struct qmp *q, json_t *object)
{
	json_t *id = json_object_get(object, "id");

	if (!json_is_object(object)) {
		set_fault(q, "qemu said what is no object");
		json_decref(object);
	} else if (json_object_get(object, "event")) {
		if (json_array_size(q->events) >= EVENTS_MAX)
			json_array_remove(q->events, 0);
		json_array_append_new(q->events, object);
	} else if (q->waits_for && json_is_integer(id) &&
		   json_integer_value(id) == q->waits_for) {
		json_decref(q->answer);
		q->answer = object;
		q->waits_for = 0;
	} else {
		json_decref(object);
	}
}

static void take_lines(struct qmp *q)
{
	size_t done = 0;
	char *end;

	while (q->fd >= 0 && q->scanned < q->in.len &&
	       (end = memchr(q->in.buf + q->scanned, '\n',
			     q->in.len - q->scanned))) {
		size_t n = end - (q->in.buf + done);
		bool blank = n == strspn(q->in.buf + done, " \t\r");
		json_t *object = NULL;

		if (!blank)
			object = json_loadb(q->in.buf + done, n, 0, NULL);
		done = q->scanned = end + 1 - q->in.buf;
		if (object)
			sort_in(q, object);
		else if (!blank)
			set_fault(q, "qemu said what is no JSON");
	}
	/* Also when it has no NUL byte at the end any more: .len rules. */
	memmove(q->in.buf, q->in.buf + done, q->in.len - done);
	q->in.len -= done;
	q->scanned = q->in.len;
	if (q->in.len > LINE_MAX_SIZE)
		set_fault(q, "qemu said a line without end");
}

int qmp_read(struct qmp *q)
{
	char buf[16384];
	size_t sum = 0;
	ssize_t n;

	while (q->fd >= 0 && sum < READ_MAX) {
		n = recv(q->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0) {
			str_add_n(&q->in, buf, n);
			take_lines(q);
			sum += n;
		} else if (!n || (errno != EAGAIN && errno != EINTR)) {
			close_it(q);
		} else if (errno == EAGAIN) {
			break;
		}
	}
	return q->fd < 0 ? -EPIPE : 0;
}

/* The socket is empty of commands of ours: one at a time, each answered. What
 * does not fit at once is a QEMU that reads no more. */
static int send_line(struct qmp *q, const char *text, size_t n, int pass)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { .buf = { 0 } };
	struct iovec io = { .iov_base = (void *)text, .iov_len = n };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (pass >= 0) {
		m.msg_control = control.buf;
		m.msg_controllen = sizeof(control.buf);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass, sizeof(int));
	}
	if (q->fd < 0)
		return -EPIPE;
	if (sendmsg(q->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n)
		return 0;
	return errno == EAGAIN ? -ETIMEDOUT : -EPIPE;
}

static int send_command(struct qmp *q, const char *name, json_t *args, int pass)
{
	json_t *o = json_pack("{s:s, s:I}", "execute", name, "id",
			      (json_int_t)++q->last_id);
	char *text;
	struct str line = STR_INIT;
	int err;

	if (args)
		json_object_set_new(o, "arguments", args);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text)
		return -EINVAL;
	str_addf(&line, "%s\n", text);
	free(text);
	json_decref(q->answer);
	q->answer = NULL;
	q->waits_for = q->last_id;
	err = send_line(q, line.buf, line.len, pass);
	str_free(&line);
	return err;
}

static int wait_answer(struct qmp *q, int timeout_ms)
{
	uint64_t end = clock_now() + timeout_ms * NSEC_PER_MSEC, now;

	for (;;) {
		struct pollfd p = { .fd = q->fd, .events = POLLIN };
		int err = qmp_read(q);

		if (q->answer)
			return 0;
		if (err)
			return err;
		now = clock_now();
		if (now >= end)
			return -ETIMEDOUT;
		poll(&p, 1, (end - now) / NSEC_PER_MSEC + 1);
	}
}

static int refused(struct qmp *q, const char *name, char **why)
{
	json_t *error = json_object_get(q->answer, "error");
	const char *desc = json_string_value(json_object_get(error, "desc"));

	*why = xasprintf("qemu refuses '%s': %s", name,
			 desc ? desc : "it does not say why");
	return -EREMOTEIO;
}

int qmp_command(struct qmp *q, const char *name, json_t *args, int pass,
		int timeout_ms, json_t **reply, char **why)
{
	int err = send_command(q, name, args, pass);
	json_t *value;

	if (!err)
		err = wait_answer(q, timeout_ms);
	q->waits_for = 0;
	if (err && q->fault)
		err = -EPROTO;
	if (err) {
		*why = xasprintf("qemu does not answer '%s': %s", name,
				 q->fault		   ? q->fault :
				 err == -ETIMEDOUT ? "time is up" :
						     "it has ended");
		return err;
	}
	value = json_object_get(q->answer, "return");
	if (!value)
		err = refused(q, name, why);
	else if (reply)
		*reply = json_incref(value);
	json_decref(q->answer);
	q->answer = NULL;
	return err;
}
