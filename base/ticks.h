/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU's own counter, where the kernel keeps its time with it: two readings take
 * less than half of what two of the clock take, which matters around an operation
 * that itself takes a hundred nanoseconds. On x86 that is the TSC under the clock
 * source "tsc" (constant in rate, the same on all CPUs, or the kernel would not have
 * it); elsewhere the clock is asked.
 */
#ifndef STRAIN_BASE_TICKS_H
#define STRAIN_BASE_TICKS_H

#include <stdint.h>

/* The counter and CLOCK_MONOTONIC at one moment; .tick 0: there is no counter. */
struct ticks_pair {
	uint64_t tick, ns;
};

/* Reads a file of sysfs once a process. */
struct ticks_pair ticks_pair(void);

/*
 * Nanoseconds per tick since @from, times 2^32, at least 0.1 ms after it; 0: there
 * is no counter, or it is too early to tell.
 */
uint64_t ticks_scale(const struct ticks_pair *from);

static inline uint64_t ticks_ns(uint64_t ticks, uint64_t scale)
{
	return (ticks >> 32) * scale + ((ticks & UINT32_MAX) * scale >> 32);
}

/*
 * Only where ticks_scale() is not 0. By the compiler's own name: <x86intrin.h>, all of
 * it for one instruction, takes 0.4 s to read, and a quarter of core/ would read it.
 */
static inline uint64_t ticks_now(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

/* As above, when all instructions before it are done (Intel SDM, RDTSC). */
static inline uint64_t ticks_done(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ volatile("lfence" ::: "memory");
#endif
	return ticks_now();
}

#endif
