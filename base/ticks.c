/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/ticks.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"

#define SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define TRIES 4
#define LEAST 100000 /* ns: a pair is off by a reading, 30 ns, which is then 0.03 % */

static bool has_counter(void)
{
#if defined(__x86_64__) || defined(__i386__)
	static int known = -1;
	char name[32];

	if (known < 0)
		known = !file_read_line(SOURCE, name, sizeof(name)) && !strcmp(name, "tsc");
	return known;
#else
	return false;
#endif
}

/* The reading that took least: in none of them may the CPU have been lost. */
struct ticks_pair ticks_pair(void)
{
	struct ticks_pair pair = { 0 };
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES && has_counter(); i++) {
		uint64_t before = ticks_done(), ns = clock_now(), took = ticks_done() - before;

		if (took >= least)
			continue;
		least = took;
		pair = (struct ticks_pair){ before + took / 2, ns };
	}
	return pair;
}

uint64_t ticks_scale(const struct ticks_pair *from)
{
	struct ticks_pair now;
	double scale;

	if (!from->tick)
		return 0;
	now = ticks_pair();
	if (now.ns < from->ns + LEAST || now.tick <= from->tick)
		return 0;
	scale = (double)(now.ns - from->ns) / (double)(now.tick - from->tick) * 4294967296.0;
	return scale < UINT32_MAX ? (uint64_t)scale : 0; /* or ticks_ns() overflows */
}
