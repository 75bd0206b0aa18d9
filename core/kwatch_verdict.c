/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/kwatch.h"

#include <stddef.h>

#include "base/str.h"

/*
 * Taint bits of the kernel's Documentation/admin-guide/tainted-kernels.rst that
 * say something went wrong. All others tell what somebody loaded or did (P F S
 * R U A C I O E K X T N J), and a stressor that loads a module may set them.
 */
static const struct {
	unsigned bit;
	char letter;
	const char *what;
} failures[] = {
	{ 4, 'M', "a machine check" },
	{ 5, 'B', "a bad page" },
	{ 7, 'D', "an oops or BUG" },
	{ 9, 'W', "a warning" },
	{ 14, 'L', "a soft lockup" },
};

uint64_t kwatch_taint_failures(uint64_t before, uint64_t after)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
		mask |= UINT64_C(1) << failures[i].bit;
	return after & ~before & mask;
}

char *kwatch_complaint(const struct kwatch_result *r)
{
	uint64_t taint = kwatch_taint_failures(r->taint_before, r->taint_after);

	for (size_t i = 0; i < r->n; i++)
		if (r->line[i].kind && kwatch_kind_fails(r->line[i].kind))
			return xasprintf("kernel log: %s: %s", r->line[i].kind,
					 r->line[i].text);
	for (size_t i = 0; r->counter[i].name; i++)
		if (r->counter[i].after > r->counter[i].before)
			return xasprintf("/sys/kernel/%s rose by %llu",
					 r->counter[i].name,
					 (unsigned long long)(r->counter[i].after -
							      r->counter[i].before));
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
		if (taint & UINT64_C(1) << failures[i].bit)
			return xasprintf("the kernel is tainted by %s (%c)",
					 failures[i].what, failures[i].letter);
	return NULL;
}
