/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/rng.h"

#include <string.h>
#include <sys/auxv.h>

#include "base/clock.h"

/* Both halves go through the mixer: none of them can be told from the result. */
uint64_t rng_unknown(void)
{
	const char *given = (const char *)getauxval(AT_RANDOM);
	static uint64_t calls;
	uint64_t half[2] = { 0 }, state;

	if (given)
		memcpy(half, given, sizeof(half));
	state = half[0] + rng_mix(&calls);
	state = rng_mix(&state) ^ clock_now();
	state = rng_mix(&state) + half[1];
	return rng_mix(&state);
}
