/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "reports/release.h"

/* clang-format off */
static const char *const ascending[] = {
	"2.6.39.4", "3.0.101", "4.19.325", "5.9", "5.9.16", "5.10", "5.10.0",
	"5.10.0-9-amd64", "5.10.0-34-amd64", "6.1", "6.1.158-cloud",
	"6.12.1", "6.12.9", "6.12.10", "6.12.10+",
	"6.18-rc1", "6.18-rc3", "6.18-rc3-00012-gabc", "6.18-rc3-next-20260101",
	"6.18.0-rc10", "6.18", "6.18.0", "6.18.0-12-generic", "6.18.1",
	"6.18.44", "6.18.44-fc", "7.0.0-rc1",
	"99999999999999999999.1", "99999999999999999999.2",
	"linux-9", "linux-10",
};
/* clang-format on */

/* Every pair, so that the order is one: what holds of neighbours is not enough. */
static void one_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ascending); i++)
		for (size_t k = 0; k < ARRAY_SIZE(ascending); k++) {
			int order = release_compare(ascending[i], ascending[k]);

			if ((i < k) != (order < 0) || (i == k) != !order)
				fail_msg("'%s' and '%s': %d", ascending[i], ascending[k], order);
		}
}

static void equal_numbers_in_other_words(void **state)
{
	(void)state;
	assert_int_equal(release_compare("6.18~rc3", "6.18~rc3"), 0);
	assert_true(release_compare("6.18~rc3", "6.18.0") < 0);
	assert_true(release_compare("6.018", "6.19") < 0);
	assert_true(release_compare("6.18.", "6.18.1") < 0);
	assert_true(release_compare("6..18", "6.1") < 0);
}

static void texts_without_a_number_come_last(void **state)
{
	(void)state;
	assert_true(release_compare("", "1") > 0);
	assert_int_equal(release_compare("", ""), 0);
	assert_true(release_compare("-rc1", "9.9") > 0);
	assert_true(release_compare("\xff", "a") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_order),
		cmocka_unit_test(equal_numbers_in_other_words),
		cmocka_unit_test(texts_without_a_number_come_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
