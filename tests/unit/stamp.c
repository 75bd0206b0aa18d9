/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stamped data: every kind of damage gets its own verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kit/stamp.h"

#define SIZE 8192
#define FILE_ID 7
#define OFFSET 65536

static uint64_t buf[SIZE / 8];

static struct stamp_verdict judged(void)
{
	return stamp_judge(buf, SIZE, FILE_ID, OFFSET);
}

static void filled(void)
{
	stamp_fill(buf, SIZE, FILE_ID, OFFSET, 5);
}

static void whole(void **state)
{
	(void)state;
	filled();
	assert_int_equal(judged().state, STAMP_WHOLE);
	assert_int_equal(judged().low, 5);
	assert_int_equal(judged().high, 5);
}

static void every_flipped_bit_is_damage(void **state)
{
	(void)state;
	filled();
	for (unsigned bit = 0; bit < STAMP_SIZE * 8; bit++) {
		buf[64 + bit / 64] ^= 1ULL << bit % 64;
		assert_int_equal(judged().state, STAMP_DAMAGED);
		assert_int_equal(judged().at, STAMP_SIZE);
		buf[64 + bit / 64] ^= 1ULL << bit % 64;
	}
	assert_int_equal(judged().state, STAMP_WHOLE);
}

static void two_generations_are_torn(void **state)
{
	(void)state;
	filled();
	stamp_fill(buf + SIZE / 16, SIZE / 2, FILE_ID, OFFSET + SIZE / 2, 6);
	assert_int_equal(judged().state, STAMP_TORN);
	assert_int_equal(judged().low, 5);
	assert_int_equal(judged().high, 6);
	assert_int_equal(judged().at, SIZE / 2);
}

static void a_hole_is_torn_or_empty(void **state)
{
	(void)state;
	filled();
	memset(buf, 0, STAMP_SIZE);
	assert_int_equal(judged().state, STAMP_TORN);
	assert_int_equal(judged().low, 0);
	memset(buf, 0, SIZE);
	assert_int_equal(judged().state, STAMP_EMPTY);
}

static void other_places_are_foreign(void **state)
{
	struct stamp_verdict v;

	(void)state;
	stamp_fill(buf, SIZE, FILE_ID, OFFSET + SIZE, 5);
	v = judged();
	assert_int_equal(v.state, STAMP_FOREIGN);
	assert_int_equal(v.block, (OFFSET + SIZE) / STAMP_SIZE);
	stamp_fill(buf, SIZE, FILE_ID + 1, OFFSET, 5);
	v = judged();
	assert_int_equal(v.state, STAMP_FOREIGN);
	assert_int_equal(v.file, FILE_ID + 1);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(stamp_name(STAMP_WHOLE), "whole");
	assert_string_equal(stamp_name(STAMP_DAMAGED), "damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(every_flipped_bit_is_damage),
		cmocka_unit_test(two_generations_are_torn),
		cmocka_unit_test(a_hole_is_torn_or_empty),
		cmocka_unit_test(other_places_are_foreign),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
