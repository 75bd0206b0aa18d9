/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control protocol against a QEMU that misbehaves. Answers are written before
 * the command that they are for: the ids count from 1.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "vm-matrix/qemu/qmp.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define READY GREETING "{\"return\": {}, \"id\": 0}\r\n"

static struct qmp q;
static int qemu; /* its side */

static int setup(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	qmp_init(&q, pair[0]);
	qemu = pair[1];
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	qmp_free(&q);
	if (qemu >= 0)
		close(qemu);
	return 0;
}

static void say(const char *text)
{
	assert_int_equal(file_write_all(qemu, text, strlen(text)), 0);
}

static void hang_up(void)
{
	close(qemu);
	qemu = -1;
}

/* What was said to QEMU so far. */
static const char *heard(void)
{
	static char text[4096];
	ssize_t n = recv(qemu, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static int command(const char *name, json_t **reply, const char *expected)
{
	char *why = NULL;
	int err = qmp_command(&q, name, NULL, -1, 50, reply, &why);

	if (!expected) {
		assert_null(why);
		return err;
	}
	assert_non_null(why);
	if (!strstr(why, expected))
		fail_msg("'%s' does not say '%s'", why, expected);
	free(why);
	return err;
}

static void answers_and_events(void **state)
{
	json_t *reply = NULL, *event;

	(void)state;
	say(READY "{\"event\": \"STOP\"}\r\n"
		  "{\"return\": {\"status\": \"paused\"}, \"id\": 1}\r\n"
		  "{\"event\": \"RESUME\", \"data\": {}}\r\n");
	assert_int_equal(command("query-status", &reply, NULL), 0);
	assert_string_equal(
		json_string_value(json_object_get(reply, "status")), "paused");
	json_decref(reply);
	assert_string_equal(heard(),
			    "{\"execute\":\"qmp_capabilities\",\"id\":0}\n"
			    "{\"execute\":\"query-status\",\"id\":1}\n");
	event = qmp_event(&q);
	assert_string_equal(json_string_value(json_object_get(event, "event")),
			    "STOP");
	json_decref(event);
	event = qmp_event(&q);
	assert_string_equal(json_string_value(json_object_get(event, "event")),
			    "RESUME");
	json_decref(event);
	assert_null(qmp_event(&q));
}

static void arguments(void **state)
{
	char *why = NULL;

	(void)state;
	say(READY "{\"return\": {}, \"id\": 1}\n");
	assert_int_equal(qmp_command(&q, "x", json_pack("{s:i}", "a", 1), -1,
				     50, NULL, &why),
			 0);
	assert_non_null(strstr(heard(), "\"arguments\":{\"a\":1}"));
}

static void refusal(void **state)
{
	(void)state;
	say(READY "{\"error\": {\"class\": \"GenericError\", "
		  "\"desc\": \"no such thing\"}, \"id\": 1}\n");
	assert_int_equal(command("x", NULL, "no such thing"), -EREMOTEIO);
	say("{\"error\": 7, \"id\": 2}\n");
	assert_int_equal(command("x", NULL, "does not say why"), -EREMOTEIO);
}

static void byte_by_byte(void **state)
{
	static const char text[] = READY "{\"event\": \"STOP\"}\n";

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		assert_int_equal(write(qemu, &text[i], 1), 1);
		assert_int_equal(qmp_read(&q), 0);
		if (i + 2 < sizeof(text))
			assert_int_equal(json_array_size(q.events), 0);
	}
	assert_int_equal(json_array_size(q.events), 1);
}

/* Who gave up waiting does not get another's answer later. */
static void late(void **state)
{
	json_t *reply = NULL;

	(void)state;
	say(READY);
	assert_int_equal(command("slow", NULL, "time is up"), -ETIMEDOUT);
	say("{\"return\": 1, \"id\": 1}\n{\"return\": 2, \"id\": 2}\n");
	assert_int_equal(command("next", &reply, NULL), 0);
	assert_int_equal(json_integer_value(reply), 2);
	json_decref(reply);
}

static void ended(void **state)
{
	(void)state;
	say(READY "{\"event\": \"SHUTDOWN\"}\n{\"half\": ");
	hang_up();
	assert_int_equal(command("x", NULL, "it has ended"), -EPIPE);
	assert_int_equal(qmp_read(&q), -EPIPE);
	assert_int_equal(json_array_size(q.events), 1);
	assert_int_equal(command("x", NULL, "it has ended"), -EPIPE);
}

static void nonsense(void **state)
{
	(void)state;
	say(READY "\r\n  \nhello\n");
	assert_int_equal(command("x", NULL, "no JSON"), -EPROTO);
}

static void no_object(void **state)
{
	(void)state;
	say("[1, 2]\n");
	assert_int_equal(command("x", NULL, "no object"), -EPROTO);
}

static void zero_bytes(void **state)
{
	(void)state;
	assert_int_equal(write(qemu, "{\"a\0\": 1}\n", 10), 10);
	assert_int_equal(command("x", NULL, "no JSON"), -EPROTO);
}

static void without_end(void **state)
{
	static char much[65536];

	(void)state;
	memset(much, 'x', sizeof(much));
	fcntl(qemu, F_SETFL, O_NONBLOCK);
	for (unsigned i = 0; i < 200 && q.fd >= 0; i++) {
		if (send(qemu, much, sizeof(much), MSG_NOSIGNAL) < 0)
			assert_int_equal(errno, EAGAIN);
		qmp_read(&q);
	}
	assert_int_equal(q.fd, -1);
	assert_true(q.in.len < 6U << 20);
	assert_int_equal(command("x", NULL, "without end"), -EPROTO);
}

static void many_events(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		say("{\"event\": \"STOP\"}\n");
		qmp_read(&q);
	}
	assert_true(json_array_size(q.events) <= 4096);
}

static void passes_a_descriptor(void **state)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, text[512], *why = NULL;
	struct iovec io = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int fd = -1;

	(void)state;
	say(READY "{\"return\": {}, \"id\": 1}\n");
	assert_int_equal(recv(qemu, text, sizeof(text), 0), 38);
	assert_int_equal(qmp_command(&q, "getfd", NULL, qemu, 50, NULL, &why), 0);
	assert_true(recvmsg(qemu, &m, MSG_CMSG_CLOEXEC) > 0);
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	assert_int_equal(close(fd), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_and_events), TEST(arguments), TEST(refusal),
		TEST(byte_by_byte),	  TEST(late),	   TEST(ended),
		TEST(nonsense),		  TEST(no_object), TEST(zero_bytes),
		TEST(without_end),	  TEST(many_events),
		TEST(passes_a_descriptor),
	};

	return cmocka_run_group_tests_name("qmp", tests, NULL, NULL);
}
