/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/cpulist.h"

static cpu_set_t before;
static unsigned first, last, cpus[CPULIST_MAX]; /* first and last CPU that is ours */

static int find_ours(void **state)
{
	(void)state;
	if (sched_getaffinity(0, sizeof(before), &before))
		return -1;
	for (first = 0; !CPU_ISSET(first, &before); first++)
		;
	for (last = CPU_SETSIZE - 1; !CPU_ISSET(last, &before); last--)
		;
	return 0;
}

static int put_back(void **state)
{
	(void)state;
	return sched_setaffinity(0, sizeof(before), &before);
}

static void lists(void **state)
{
	char text[64];

	(void)state;
	snprintf(text, sizeof(text), "%u", first);
	assert_int_equal(cpulist_parse(text, cpus), 1);
	assert_int_equal(cpus[0], first);
	snprintf(text, sizeof(text), "%u,%u-%u,%u", last, first, first, last);
	assert_int_equal(cpulist_parse(text, cpus), 3);
	assert_int_equal(cpus[0], last);
	assert_int_equal(cpus[1], first);
	assert_int_equal(cpus[2], last);
	assert_int_equal(cpulist_count(text), first == last ? 1 : 2);
	if ((unsigned)CPU_COUNT(&before) == last - first + 1) {
		snprintf(text, sizeof(text), "%u-%u", first, last);
		assert_int_equal(cpulist_parse(text, cpus), last - first + 1);
		for (unsigned i = first; i <= last; i++)
			assert_int_equal(cpus[i - first], i);
	}
}

static void wrong(void **state)
{
	static const char *const texts[] = {
		"", ",", "0,", ",0", "0-", "-0", "1-0", "a", "0x0", "0 ", " 0", "0--1",
		"0;1", "4095", "4096", "99999999999999999999", "0-99999999999999999999",
		"0-0-0", "+0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (cpulist_parse(texts[i], cpus) != -1)
			fail_msg("'%s' is taken for a list", texts[i]);
}

/* What is not in our own affinity mask cannot be had. */
static void others(void **state)
{
	char text[64];
	cpu_set_t one;

	(void)state;
	if (first == last)
		skip();
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	snprintf(text, sizeof(text), "%u,%u", first, last);
	assert_int_equal(cpulist_parse(text, cpus), -1);
	assert_int_equal(put_back(NULL), 0);
	assert_int_equal(cpulist_parse(text, cpus), 2);
}

static void pins(void **state)
{
	char text[64];
	cpu_set_t now;

	(void)state;
	snprintf(text, sizeof(text), "%u,%u", last, first);
	for (unsigned i = 0; i < 3; i++) {
		cpulist_pin(text, i);
		assert_int_equal(sched_getaffinity(0, sizeof(now), &now), 0);
		assert_int_equal(CPU_COUNT(&now), 1);
		assert_true(CPU_ISSET(i % 2 ? first : last, &now));
		assert_int_equal(put_back(NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(wrong),
		cmocka_unit_test(others),
		cmocka_unit_test(pins),
	};

	return cmocka_run_group_tests_name("cpulist", tests, find_ours, put_back);
}
