/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks that some kernels cannot run live: their verdict on a recorded
 * observation holds, and does not on the mutated one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/registry.h"

static void verdicts(void **state)
{
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < registry_size; i++) {
		const struct check *c = registry[i].stressor->checks;

		for (; c && c->id; c++) {
			if (!c->recorded)
				continue;
			n++;
			if (!c->recorded(false))
				fail_msg("%s: '%s' fails as it was recorded",
					 registry[i].name, c->id);
			if (c->recorded(true))
				fail_msg("%s: '%s' holds though it is mutated",
					 registry[i].name, c->id);
			/* a verdict depends on nothing that came before */
			assert_true(c->recorded(false));
		}
	}
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
	};

	return cmocka_run_group_tests_name("recorded", tests, NULL, NULL);
}
