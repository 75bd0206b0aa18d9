/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's time stamp counter is the guest's under TCG. A kernel that has to
 * find its rate by itself, while QEMU waits for a CPU of a busy host, can be
 * wrong by far (a clock 13 times too fast was seen, and with it lockups and hangs
 * that were none); so it is told.
 */
#include "vm-matrix/qemu/command.h"

#if defined(__x86_64__) || defined(__i386__)

#include <time.h>

#include "base/clock.h"
#include "base/ticks.h"

/* Counter and clock at the same moment: the closest of some pairs. */
static void read_both(uint64_t *ticks, uint64_t *ns)
{
	uint64_t closest = UINT64_MAX;

	for (int i = 0; i < 20; i++) {
		uint64_t before = clock_now(), now = ticks_now(), after = clock_now();

		if (after - before >= closest)
			continue;
		closest = after - before;
		*ticks = now;
		*ns = before + closest / 2;
	}
}

unsigned command_tsc_mhz(void)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	static unsigned mhz;
	uint64_t ticks[2] = { 0 }, ns[2] = { 0 };

	if (mhz)
		return mhz;
	read_both(&ticks[0], &ns[0]);
	nanosleep(&pause, NULL);
	read_both(&ticks[1], &ns[1]);
	if (ns[1] > ns[0])
		mhz = (unsigned)((double)(ticks[1] - ticks[0]) * 1000 /
				 (double)(ns[1] - ns[0]) + 0.5);
	return mhz;
}

#else

unsigned command_tsc_mhz(void)
{
	return 0;
}

#endif
