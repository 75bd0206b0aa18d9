/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/pattern.h"

void pattern_fill(void *p, size_t size, uint64_t seed, uint64_t first)
{
	uint64_t *word = p;

	for (size_t i = 0; i < size / sizeof(*word); i++)
		word[i] = pattern_word(seed, first + i);
}

size_t pattern_differs(const void *p, size_t size, uint64_t seed, uint64_t first)
{
	const volatile uint64_t *word = p;

	for (size_t i = 0; i < size / sizeof(*word); i++)
		if (word[i] != pattern_word(seed, first + i))
			return i * sizeof(*word);
	return PATTERN_SAME;
}

size_t pattern_not_zero(const void *p, size_t size)
{
	const volatile uint64_t *word = p;

	for (size_t i = 0; i < size / sizeof(*word); i++)
		if (word[i])
			return i * sizeof(*word);
	return PATTERN_SAME;
}
