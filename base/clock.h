/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks of the project, in nanoseconds. */
#ifndef STRAIN_BASE_CLOCK_H
#define STRAIN_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* Wall time that never steps; what every duration is measured in. */
static inline uint64_t clock_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

#endif
