/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory cgroups: numbers out of their files, and what a limit has to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/worker.h"
#include "kit/memcg.h"

static void keys(void **state)
{
	static const char events[] = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n";

	(void)state;
	assert_int_equal(memcg_key(events, "max"), 12);
	assert_int_equal(memcg_key(events, "oom"), 3);
	assert_int_equal(memcg_key(events, "oom_kill"), 2);
	assert_int_equal(memcg_key(events, "kill"), 0);
	assert_int_equal(memcg_key(events, "low"), 0);
	assert_int_equal(memcg_key("anon 18446744073709551615", "anon") == UINT64_MAX, 1);
	assert_int_equal(memcg_key("", "anon"), 0);
}

/* Whole pages, and the slack is a quarter of it at most. */
static void limits(void **state)
{
	static const size_t page[] = { 4096, 16384, 65536 };

	(void)state;
	for (size_t i = 0; i < sizeof(page) / sizeof(*page); i++) {
		const struct worker w = { .page_size = page[i] };
		uint64_t limit = memcg_limit(&w, (8 << 20) + 1);

		assert_int_equal(limit % page[i], 0);
		assert_true(limit >= 8 << 20);
		assert_true(limit / 4 >= memcg_slack(&w) - page[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
