/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of directory entries, written by hand instead of by printf(). */
#include "kit/dirmodel.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void names(void **state)
{
	static const unsigned numbers[] = { 0, 1, 9, 10, 99, 100, 1024, 65535, 999999,
					    1000000, INT_MAX, UINT_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		for (size_t k = 0; k < sizeof(numbers) / sizeof(*numbers); k++) {
			char got[DIRMODEL_NAME], want[DIRMODEL_NAME];

			snprintf(want, sizeof(want), "%c%u-%u", 'f', numbers[i],
				 numbers[k]);
			assert_ptr_equal(dirmodel_name(got, 'f', numbers[i], numbers[k]),
					 got);
			assert_string_equal(got, want);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
