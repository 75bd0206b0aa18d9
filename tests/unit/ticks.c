/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CPU's counter agrees with the clock, or is not used. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/ticks.h"
#include "base/value.h"

static void counts_as_the_clock(void **state)
{
	struct ticks_pair from = ticks_pair(), to;
	uint64_t scale;

	(void)state;
	if (!from.tick)
		skip();
	usleep(20000);
	scale = ticks_scale(&from);
	assert_true(scale > 0);
	from = ticks_pair();
	usleep(20000);
	to = ticks_pair();
	assert_true(fabs((double)ticks_ns(to.tick - from.tick, scale) /
				 (double)(to.ns - from.ns) - 1) < 0.01);
	assert_true(ticks_done() >= to.tick);
}

static void tells_when_it_is_too_early(void **state)
{
	struct ticks_pair none = { 0 }, now = ticks_pair(), late = now;

	(void)state;
	assert_int_equal(ticks_scale(&none), 0);
	late.ns = clock_now() + NSEC_PER_SEC;
	assert_int_equal(ticks_scale(&late), 0);
	if (now.tick) { /* a counter of less than 1 GHz */
		now.tick = ticks_done() - 1000;
		now.ns -= NSEC_PER_SEC;
		assert_int_equal(ticks_scale(&now), 0);
	}
}

static void multiplies_without_overflow(void **state)
{
	(void)state;
	assert_int_equal(ticks_ns(3, 1ull << 31), 1);
	assert_int_equal(ticks_ns(UINT64_MAX, 1ull << 31), UINT64_MAX >> 1);
	assert_int_equal(ticks_ns(1ull << 40, UINT32_MAX), (1ull << 40) - (1ull << 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_as_the_clock),
		cmocka_unit_test(tells_when_it_is_too_early),
		cmocka_unit_test(multiplies_without_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
