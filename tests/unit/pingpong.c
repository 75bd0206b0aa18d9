/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The token goes to and fro over each kind of channel, and is never doubled. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kit/pingpong.h"

#define TURNS 1000

static void *other_side(void *arg)
{
	struct pingpong *p = arg;
	uint64_t token;

	for (unsigned i = 0; i < TURNS; i++)
		if (pingpong_receive(p, 1, &token) ||
		    pingpong_send(p, 1, token + 1))
			return NULL;
	return p;
}

static void to_and_fro(enum pingpong_kind kind, bool one_process)
{
	struct pingpong p;
	uint64_t token = 1;
	pthread_t thread;
	void *result;

	assert_int_equal(pingpong_open(&p, kind, one_process), 0);
	assert_int_equal(pthread_create(&thread, NULL, other_side, &p), 0);
	for (unsigned i = 0; i < TURNS; i++) {
		assert_int_equal(pingpong_send(&p, 0, token), 0);
		assert_int_equal(pingpong_receive(&p, 0, &token), 0);
	}
	pthread_join(thread, &result);
	assert_ptr_equal(result, &p);
	assert_int_equal(token, TURNS + 1);
	assert_int_equal(pingpong_try(&p, 0, &token), 0);
	assert_int_equal(pingpong_send(&p, 0, 77), 0);
	assert_int_equal(pingpong_try(&p, 0, &token), 0);
	assert_int_equal(pingpong_try(&p, 1, &token), 1);
	assert_int_equal(token, 77);
	assert_int_equal(pingpong_try(&p, 1, &token), 0);
	pingpong_close(&p);
}

static void pipes(void **state)
{
	(void)state;
	to_and_fro(PINGPONG_PIPE, true);
}

static void eventfds(void **state)
{
	(void)state;
	to_and_fro(PINGPONG_EVENTFD, true);
}

static void futexes(void **state)
{
	(void)state;
	to_and_fro(PINGPONG_FUTEX, true);
	to_and_fro(PINGPONG_FUTEX, false);
}

static void sockets(void **state)
{
	(void)state;
	to_and_fro(PINGPONG_SOCKET, true);
}

static void closing_leaves_no_descriptor(void **state)
{
	static const enum pingpong_kind kinds[] = { PINGPONG_PIPE,
						    PINGPONG_EVENTFD,
						    PINGPONG_SOCKET };
	int before = dup(0);

	(void)state;
	close(before);
	for (unsigned i = 0; i < 3; i++) {
		struct pingpong p;
		int after;

		assert_int_equal(pingpong_open(&p, kinds[i], false), 0);
		pingpong_close(&p);
		after = dup(0);
		assert_int_equal(after, before);
		close(after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipes),
		cmocka_unit_test(eventfds),
		cmocka_unit_test(futexes),
		cmocka_unit_test(sockets),
		cmocka_unit_test(closing_leaves_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
