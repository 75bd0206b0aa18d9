/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterned memory: word i of a pattern is a function of a seed and i, so that
 * a page holding another page's bytes, an older generation's bytes or zeros
 * differs, and one word can be checked without its neighbours. Words are never
 * all equal within a page and rarely zero. For blocks that may be torn by a
 * crash see kit/stamp.h; this one is for memory, where checking costs less
 * than the page fault beside it.
 */
#ifndef STRAIN_KIT_PATTERN_H
#define STRAIN_KIT_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define PATTERN_SAME SIZE_MAX /* nothing differs */

/* Odd, so that all 2^64 words of a pattern differ (the golden ratio's bits). */
#define PATTERN_STEP 0x9e3779b97f4a7c15ULL

static inline uint64_t pattern_word(uint64_t seed, uint64_t i)
{
	return seed + i * PATTERN_STEP;
}

/* Word i of @p gets word @first + i; @size is a multiple of 8, @p aligned to 8. */
void pattern_fill(void *p, size_t size, uint64_t seed, uint64_t first);
/* Offset of the first word that differs, or PATTERN_SAME. */
size_t pattern_differs(const void *p, size_t size, uint64_t seed,
		       uint64_t first);
/* Offset of the first word that is not zero, or PATTERN_SAME. */
size_t pattern_not_zero(const void *p, size_t size);

#endif
