/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/walk.h"

#include <string.h>

static size_t common_divisor(size_t a, size_t b)
{
	while (b) {
		size_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

struct walk walk_make(const char *order, size_t n)
{
	struct walk k = { .n = n, .stride = 1 };

	if (!strcmp(order, "reverse"))
		k.stride = n - 1;
	if (!strcmp(order, "scattered") && n > 4) {
		/* Near the golden section neighbours in time are far apart. */
		k.stride = n / 2 + n / 8;
		while (common_divisor(n, k.stride) != 1)
			k.stride++;
	}
	return k;
}
