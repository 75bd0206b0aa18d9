/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes side by side: CPUs of their own, order, ends, and what is left. */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "vm-matrix/cell/schedule.h"

#define N 6

/* What all processes see. */
struct seen {
	cpu_set_t cpus[N];
	unsigned running, most;
	int go[N];
};

struct test {
	struct seen *seen;
	int status[N];
	unsigned ended, order[N];
	unsigned turns;
	unsigned stop_after; /* turns; 0: never */
	pid_t pid[N];
	char phase[N][64];
};

static int run(void *ctx, size_t item, int say)
{
	struct test *t = ctx;
	unsigned now = __atomic_add_fetch(&t->seen->running, 1, __ATOMIC_SEQ_CST);

	if (now > t->seen->most)
		t->seen->most = now;
	sched_getaffinity(0, sizeof(cpu_set_t), &t->seen->cpus[item]);
	dprintf(say, "first\nitem %zu\n", item);
	if (t->stop_after) {
		if (item & 1)
			signal(SIGTERM, SIG_IGN); /* has to be killed */
		for (;;)
			pause();
	}
	/* until the parent has had a look at what was said */
	while (!__atomic_load_n(&t->seen->go[item], __ATOMIC_SEQ_CST))
		usleep(1000);
	__atomic_sub_fetch(&t->seen->running, 1, __ATOMIC_SEQ_CST);
	return (int)item;
}

static void ended(void *ctx, size_t item, int status)
{
	struct test *t = ctx;

	t->status[item] = status;
	t->order[t->ended++] = (unsigned)item;
}

static bool turn(void *ctx, const struct schedule *s)
{
	struct test *t = ctx;

	t->turns++;
	for (size_t i = 0; i < s->n; i++)
		if (s->item[i].state == ITEM_RUNS && *s->item[i].phase) {
			memcpy(t->phase[i], s->item[i].phase, sizeof(t->phase[i]));
			t->seen->go[i] = 1;
		}
	return t->stop_after && t->turns >= t->stop_after;
}

static struct schedule make(struct test *t, struct schedule_item *item)
{
	*t = (struct test){ 0 };
	t->seen = mmap(NULL, sizeof(*t->seen), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(item, 0, N * sizeof(*item));
	for (size_t i = 0; i < N; i++)
		item[i].cpus = 1;
	return (struct schedule){ .item = item, .n = N, .ctx = t, .run = run,
				  .ended = ended, .turn = turn };
}

static void all_run(void **state)
{
	struct schedule_item item[N];
	struct test t;
	struct schedule s = make(&t, item);

	(void)state;
	item[2].cpus = 1000; /* more than there are: alone */
	schedule_run(&s);
	assert_int_equal(t.ended, N);
	for (int i = 0; i < N; i++) {
		assert_true(WIFEXITED(t.status[i]));
		assert_int_equal(WEXITSTATUS(t.status[i]), i);
		assert_int_equal(item[i].state, ITEM_DONE);
		assert_int_equal(CPU_COUNT(&t.seen->cpus[i]), i == 2 ? (int)schedule_cpus() : 1);
	}
	assert_true(t.seen->most <= schedule_cpus());
	assert_string_equal(t.phase[0], "item 0");
	munmap(t.seen, sizeof(*t.seen));
}

static void one_at_a_time(void **state)
{
	struct schedule_item item[N];
	struct test t;
	struct schedule s = make(&t, item);

	(void)state;
	s.jobs = 1;
	item[4].cpus = 2;
	schedule_run(&s);
	assert_int_equal(t.seen->most, 1);
	for (unsigned i = 0; i < N; i++) {
		assert_int_equal(t.order[i], i);
		assert_int_equal(CPU_COUNT(&t.seen->cpus[i]), 1);
	}
	munmap(t.seen, sizeof(*t.seen));
}

static void stopped(void **state)
{
	struct schedule_item item[N];
	struct test t;
	struct schedule s = make(&t, item);
	unsigned started = 0;

	(void)state;
	t.stop_after = 1;
	schedule_run(&s);
	for (int i = 0; i < N; i++) {
		started += item[i].state == ITEM_DONE;
		assert_int_not_equal(item[i].state, ITEM_RUNS);
		if (item[i].state == ITEM_DONE)
			assert_true(WIFSIGNALED(t.status[i]));
	}
	assert_int_equal(started, t.ended);
	assert_true(started <= schedule_cpus());
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
	munmap(t.seen, sizeof(*t.seen));
}

static void time_left(void **state)
{
	struct schedule_item item[] = {
		{ .cpus = 1, .state = ITEM_DONE, .seconds = 4 },
		{ .cpus = 1, .state = ITEM_DONE, .seconds = 8 },
		{ .cpus = 1, .state = ITEM_RUNS, .seconds = 2 },
		{ .cpus = 1, .state = ITEM_RUNS, .seconds = 50 },
		{ .cpus = 2, .state = ITEM_WAITS },
		{ .cpus = 9, .state = ITEM_WAITS },
	};
	struct schedule s = { .item = item, .n = ARRAY_SIZE(item), .jobs = 2 };

	(void)state;
	/* 4 of one CPU, none, and 6 of two twice: 28 on two */
	assert_true(schedule_left(&s) == 14);
	s.jobs = 1;
	assert_true(schedule_left(&s) == 16);
	s.n = 2;
	assert_true(schedule_left(&s) == 0);
	item[0].state = item[1].state = ITEM_WAITS;
	assert_true(schedule_left(&s) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_run),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(stopped),
		cmocka_unit_test(time_left),
	};

	return cmocka_run_group_tests_name("cell_schedule", tests, NULL, NULL);
}
