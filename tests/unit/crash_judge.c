/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of a disk after a power cut, and when a pass proves something. */
#include "tests/unit/image_kit.h"

#include "vm-matrix/crash/judge.h"
#include "vm-matrix/crash/pass.h"
#include "vm-matrix/crash_record.h"

static void judged(const char *writer, const char *found, uint64_t promised,
		   enum crash_outcome wanted, const char *said)
{
	json_t *o = found ? json_loads(found, 0, NULL) : NULL;
	char *why = NULL;
	enum crash_outcome outcome = crash_judge(writer, o, promised, NULL, &why);

	assert_string_equal(crash_outcome_name(outcome), crash_outcome_name(wanted));
	if (said)
		kit_said(&why, said);
	assert_null(why);
	json_decref(o);
}

static void journals(void **state)
{
	(void)state;
	judged("journal", "{\"mounted\":true,\"records\":12}", 12, CRASH_KEPT, NULL);
	judged("journal", "{\"mounted\":true,\"records\":13}", 12, CRASH_KEPT, NULL);
	judged("journal", "{\"mounted\":true,\"records\":11}", 12, CRASH_LOST,
	       "11 records of 12 promised");
	judged("journal", "{\"mounted\":false,\"error\":\"mount: x\"}", 0,
	       CRASH_UNMOUNTABLE, "mount: x");
	judged("journal", "{\"mounted\":true,\"records\":12,\"error\":\"umount: y\"}",
	       12, CRASH_DAMAGED, "umount: y");
	judged("journal", "{\"mounted\":true}", 0, CRASH_UNKNOWN, "did not tell");
	judged("journal", NULL, 0, CRASH_UNKNOWN, "did not tell");
}

/* Both files at generation 30, but for unit @unit of one, which is @value. */
static char *two_files(uint32_t unit, const char *atomic, const char *plain)
{
	struct str s = STR_INIT;

	str_add(&s, "{\"mounted\":true");
	for (int f = 0; f < 2; f++) {
		const char *other = f ? plain : atomic;

		str_addf(&s, ",\"%s\":[", f ? "plain" : "atomic");
		for (uint32_t i = 0; i < CRASH_UNITS; i++) {
			_cleanup_free_ char *whole =
				xasprintf("%u", (unsigned)crash_unit_due(i, 30));

			str_addf(&s, "%s%s", i ? "," : "",
				 i == unit && other ? other : whole);
		}
		str_add(&s, "]");
	}
	str_add(&s, "}");
	return str_take(&s);
}

static void judged_units(uint32_t unit, const char *atomic, const char *plain,
			 enum crash_outcome wanted, unsigned torn)
{
	_cleanup_free_ char *text = two_files(unit, atomic, plain), *why = NULL;
	json_t *found = json_loads(text, 0, NULL);
	unsigned counted = 0;
	enum crash_outcome outcome = crash_judge("atomic", found, 30, &counted, &why);

	assert_string_equal(crash_outcome_name(outcome), crash_outcome_name(wanted));
	assert_int_equal(counted, torn);
	assert_int_equal(why == NULL, outcome == CRASH_KEPT);
	json_decref(found);
}

static void judged_atomic(void **state)
{
	(void)state;
	judged_units(0, NULL, NULL, CRASH_KEPT, 0);
	/* 31 goes to unit 7, whose last was 7 */
	judged_units(7, "31", NULL, CRASH_KEPT, 0);
	judged_units(7, "[7,31]", NULL, CRASH_TORN, 0);
	judged_units(7, NULL, "[7,31]", CRASH_KEPT, 1);
	/* 30 was promised: unit 6 must have it, in both files */
	judged_units(6, "6", NULL, CRASH_LOST, 0);
	judged_units(6, NULL, "6", CRASH_LOST, 0);
	judged_units(6, NULL, "[6,30]", CRASH_LOST, 0);
	judged_units(6, "null", NULL, CRASH_LOST, 0);
	judged("atomic", "{\"mounted\":true,\"atomic\":[]}", 1, CRASH_LOST,
	       "file 'atomic' is not there");
	judged("atomic", "{\"mounted\":true,\"atomic\":[1]}", 1, CRASH_UNKNOWN,
	       "did not tell");
}

/* A pass proves something when every control was found out, and only then. */
static void proof(void **state)
{
	struct crash_cut cut[] = {
		{ .outcome = CRASH_KEPT },
		{ .control = true, .outcome = CRASH_LOST },
		{ .control = true, .outcome = CRASH_DAMAGED },
	};
	struct crash_pass p = { .cut = cut, .n = 1 };

	(void)state;
	assert_false(crash_pass_proves(&p));
	p.n = 3;
	assert_true(crash_pass_proves(&p));
	assert_int_equal(crash_pass_found(&p), 2);
	cut[1].outcome = CRASH_KEPT;
	assert_false(crash_pass_proves(&p));
	assert_int_equal(crash_pass_found(&p), 1);
	/* nobody knows of it */
	cut[1].outcome = CRASH_UNKNOWN;
	assert_false(crash_pass_proves(&p));
	assert_int_equal(crash_pass_found(&p), 1);
	assert_int_equal(crash_pass_bad(&p, false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(journals),
		cmocka_unit_test(judged_atomic),
		cmocka_unit_test(proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
