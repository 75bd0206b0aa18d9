/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A slow-down of a known size, to see whether comparisons find it: with P per
 * cent, for every 100 operations that are counted P more of the same kind are
 * done. Options that ask for it are hidden (--fault-slow 5).
 */
#ifndef STRAIN_KIT_SLOW_H
#define STRAIN_KIT_SLOW_H

#include <stdint.h>

#define SLOW_MOST 1000

struct slow {
	uint32_t percent; /* 0: all count */
	uint64_t carried; /* hundredths of operations that are not counted yet */
};

/* Of @n operations that were done, how many count. */
static inline uint64_t slow_count(struct slow *s, uint64_t n)
{
	uint64_t counted;

	if (!s->percent)
		return n;
	s->carried += n * 100;
	counted = s->carried / (100 + s->percent);
	s->carried -= counted * (100 + s->percent);
	return counted;
}

#endif
