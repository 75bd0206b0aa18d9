/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has no CPU gets more time to end in; who sleeps or runs on gets none. */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/member.h"

#define MSEC NSEC_PER_MSEC
#define GRACE (200 * MSEC)

static const struct metric metrics[] = {
	{ "ops", "operations", "ops/s", METRIC_RATE, BETTER_HIGHER }, {}
};
static struct stressor stressor = { .metrics = metrics };
static struct entry entry = { "late", "cpu", &stressor };
static struct run_settings settings;
static struct run_case of = { .id = (char *)"late", .entry = &entry, .workers = 1,
			      .mutation = -1 };
static struct member m;

/* A member with one task, that of the process. */
static void watch(pid_t pid)
{
	option_defaults(run_options, &settings);
	settings.grace = GRACE;
	m = (struct member){ .of = &of, .settings = &settings };
	m.area = trial_area_make(&of, &settings, 1);
	assert_non_null(m.area);
	trial_slot(m.area, 0, 0)->pid = pid;
	trial_slot(m.area, 0, 0)->tid = pid;
	late_begin(&m);
}

static int first_cpu(void)
{
	cpu_set_t set;
	int cpu = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	return cpu;
}

/* Burns the CPU; an @idle one only where nobody else wants it. */
static pid_t burn(bool idle)
{
	struct sched_param none = { 0 };
	int cpu = first_cpu();
	pid_t pid = fork();
	cpu_set_t set;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	if (idle)
		sched_setscheduler(0, SCHED_IDLE, &none);
	for (volatile unsigned turn = 0;;)
		turn++;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void sleep_until(uint64_t when)
{
	while (clock_now() < when)
		usleep(1000);
}

/* Two looks a quarter of a second apart; the limit that stands after them. */
static uint64_t after_two_looks(uint64_t *given)
{
	uint64_t now = clock_now();

	*given = now + 90 * MSEC;
	assert_int_equal(late_limit(&m, now, *given), *given);
	assert_int_equal(m.looked_at, now);
	sleep_until(*given + 160 * MSEC);
	return late_limit(&m, clock_now(), *given);
}

static void without_a_cpu_it_is_late(void **state)
{
	pid_t hog = burn(false), idle = burn(true);
	uint64_t given, limit;

	(void)state;
	usleep(50000); /* until both are what they want to be */
	watch(idle);
	limit = after_two_looks(&given);
	assert_true(limit > given + 160 * MSEC);

	/* not for ever: nine times what it had, in all */
	for (unsigned looks = 0; limit > clock_now() && looks < 100; looks++) {
		sleep_until(limit);
		limit = late_limit(&m, clock_now(), given);
	}
	assert_true(limit >= given + 8 * GRACE);
	assert_true(clock_now() >= limit);
	end(idle);
	end(hog);
	trial_area_free(m.area);
}

static void who_sleeps_is_not(void **state)
{
	pid_t pid = fork();
	uint64_t given, limit;

	(void)state;
	assert_true(pid >= 0);
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (; !pid;)
		pause();
	usleep(50000);
	watch(pid);
	limit = after_two_looks(&given);
	assert_int_equal(limit, given);
	end(pid);
	assert_int_equal(late_limit(&m, clock_now(), given), given);
	trial_area_free(m.area);
}

static void early_nobody_looks(void **state)
{
	uint64_t now = clock_now();

	(void)state;
	watch(getpid());
	assert_int_equal(late_limit(&m, now, now + GRACE), now + GRACE);
	assert_int_equal(m.looked_at, 0);
	/* called late itself, it gives time for the second look */
	assert_true(late_limit(&m, now, now - MSEC) > now);
	assert_int_equal(m.looked_at, now);
	trial_area_free(m.area);
}

static void looks_are_told_apart(void **state)
{
	static const struct {
		struct late_task before, after;
		bool late;
	} rows[] = { /* .cpu, .wait, .runnable; 100 in between */
		{ { 10, 10, true }, { 60, 10, true }, false },
		{ { 10, 10, true }, { 59, 10, true }, true },
		{ { 10, 10, true }, { 110, 10, true }, false },
		{ { 10, 10, false }, { 10, 10, true }, false },
		{ { 10, 10, true }, { 10, 10, false }, false },
		{ { 10, 10, false }, { 10, 60, false }, false },
		{ { 10, 10, false }, { 10, 61, false }, true },
		{ { 10, 10, true }, { 0, 0, false }, false }, /* it ended */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(late_had_no_cpu(&rows[i].before, &rows[i].after, 100),
				 rows[i].late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_are_told_apart),
		cmocka_unit_test(early_nobody_looks),
		cmocka_unit_test(who_sleeps_is_not),
		cmocka_unit_test(without_a_cpu_it_is_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
