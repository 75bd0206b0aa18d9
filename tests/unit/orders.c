/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders of another process: framing, late ones, foreign ones, and their end. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/rng.h"
#include "base/str.h"
#include "core/orders.h"

static struct orders o;
static int peer, kept_in, kept_out; /* who gives orders; our own descriptors */

static int begin(void **state)
{
	int fd[2];

	(void)state;
	kept_in = dup(STDIN_FILENO);
	kept_out = dup(STDOUT_FILENO);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		return -1;
	peer = fd[0];
	dup2(fd[1], STDIN_FILENO);
	close(fd[1]);
	orders_open(&o);
	orders_trial(&o, 3);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	dup2(kept_in, STDIN_FILENO);
	close(kept_in);
	close(kept_out);
	close(peer);
	return 0;
}

static void say_n(const char *text, size_t n)
{
	assert_int_equal(send(peer, text, n, MSG_NOSIGNAL), n);
}

static void say(const char *text)
{
	say_n(text, strlen(text));
}

/* Standard output is also where the test itself reports. */
static void held(unsigned sides, unsigned first)
{
	fflush(stdout);
	dup2(STDIN_FILENO, STDOUT_FILENO);
	orders_held(&o, sides, first);
	dup2(kept_out, STDOUT_FILENO);
}

static void answers(const char *wanted)
{
	char text[64] = "";
	ssize_t n = recv(peer, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(text, wanted);
}

static void nothing_yet(void **state)
{
	(void)state;
	assert_int_equal(orders_next(&o), ORDER_NONE);
	assert_false(o.gone);
}

static void known_orders(void **state)
{
	(void)state;
	say("warm 3\ngo 3\npause 3\nstop 3\n");
	assert_int_equal(orders_next(&o), ORDER_WARM);
	assert_int_equal(orders_next(&o), ORDER_GO);
	assert_int_equal(orders_next(&o), ORDER_PAUSE);
	assert_int_equal(orders_next(&o), ORDER_STOP);
	assert_int_equal(orders_next(&o), ORDER_NONE);
}

/* A line may come letter by letter, and is one once its end is there. */
static void pieces(void **state)
{
	static const char order[] = "pause 3";

	(void)state;
	for (const char *p = order; *p; p++) {
		say_n(p, 1);
		assert_int_equal(orders_next(&o), ORDER_NONE);
	}
	say("\ngo");
	assert_int_equal(orders_next(&o), ORDER_PAUSE);
	assert_int_equal(orders_next(&o), ORDER_NONE);
	say(" 3\n");
	assert_int_equal(orders_next(&o), ORDER_GO);
}

/* What is for another trial, or no order, hides none that follows. */
static void passed_over(void **state)
{
	static const char *const lines[] = {
		"go 2\n", "go 4\n", "go\n", "go \n", "go 3 \n", "go 3x\n", "go 3.0\n",
		"go x\n", "GO 3\n", " go 3\n", "gone 3\n", "go\t3\n", "go 33\n", "\n",
		"\n\n\n", "{}\n", "go 99999999999999999999999999\n", "go 4294967299\n",
		"stop\n", "ready 3 1 0\n", "\xff\xfe\n", "go 3\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		say(lines[i]);
		if (orders_next(&o) != ORDER_NONE)
			fail_msg("'%s' was obeyed", lines[i]);
		assert_false(o.gone);
		say("pause 3\n");
		assert_int_equal(orders_next(&o), ORDER_PAUSE);
	}
}

/* A nul byte ends no line. */
static void nul_bytes(void **state)
{
	(void)state;
	say_n("go 3\0x\n", 7);
	say_n("\0\0\0\n", 4);
	say("stop 3\n");
	assert_int_equal(orders_next(&o), ORDER_STOP);
}

/* The longest line that is taken in, and one that is longer. */
static void long_lines(void **state)
{
	char line[sizeof(o.line) + 1];

	(void)state;
	memset(line, 'x', sizeof(line));
	say_n(line, sizeof(o.line) - 1);
	say("\ngo 3\n");
	assert_int_equal(orders_next(&o), ORDER_GO);
	say_n(line, sizeof(o.line));
	say("\ngo 3\n");
	assert_int_equal(orders_next(&o), ORDER_GONE);
	assert_int_equal(orders_next(&o), ORDER_GONE);
}

/* Orders that were given before the end are obeyed; half a line is none. */
static void end_of_orders(void **state)
{
	(void)state;
	say("go 3\npause 3\nstop 3");
	shutdown(peer, SHUT_WR);
	assert_int_equal(orders_next(&o), ORDER_GO);
	assert_int_equal(orders_next(&o), ORDER_PAUSE);
	assert_int_equal(orders_next(&o), ORDER_GONE);
	assert_int_equal(orders_next(&o), ORDER_GONE);
}

static void no_input(void **state)
{
	(void)state;
	close(STDIN_FILENO);
	assert_int_equal(orders_next(&o), ORDER_GONE);
}

static void garbage(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (unsigned round = 0; round < 300; round++) {
		char bytes[512];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = rng_below(&rng, 24) ? (char)rng_next(&rng) : '\n';
		orders_open(&o);
		orders_trial(&o, round);
		say_n(bytes, sizeof(bytes));
		while (orders_next(&o) == ORDER_NONE && o.n)
			say("\n");
		assert_true(o.n < sizeof(o.line) || o.gone);
		while (recv(STDIN_FILENO, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			;
	}
}

/* One answer to the start of a trial, and one to each turn. */
static void one_answer_each(void **state)
{
	(void)state;
	held(2, 5);
	answers("ready 3 2 5\n");
	held(2, 5);
	answers("");
	say("go 3\n");
	assert_int_equal(orders_next(&o), ORDER_GO);
	held(2, 5);
	answers("parked 3\n");
	held(2, 5);
	answers("");
	say("pause 3\ngo 2\n"); /* parked already; and of another trial */
	assert_int_equal(orders_next(&o), ORDER_PAUSE);
	assert_int_equal(orders_next(&o), ORDER_NONE);
	held(2, 5);
	answers("");
	say("warm 3\n");
	assert_int_equal(orders_next(&o), ORDER_WARM);
	held(2, 5);
	answers("parked 3\n");
	orders_trial(&o, 4);
	held(1, 6);
	answers("ready 4 1 6\n");
}

/* Who does not read answers gives no orders either. */
static void nobody_reads(void **state)
{
	(void)state;
	close(peer);
	held(1, 0);
	assert_true(o.gone);
	assert_int_equal(orders_next(&o), ORDER_GONE);
	peer = -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_yet),
		TEST(known_orders),
		TEST(pieces),
		TEST(passed_over),
		TEST(nul_bytes),
		TEST(long_lines),
		TEST(end_of_orders),
		TEST(no_input),
		TEST(garbage),
		TEST(one_answer_each),
		TEST(nobody_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
