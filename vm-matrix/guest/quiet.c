/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that the boot left behind disturbs the first figures. Nobody says when it
 * is over; it shows in what runs, in what interrupts, and in pages that move.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/value.h"
#include "core/machine.h"
#include "vm-matrix/guest/parts.h"

#define WINDOW_MS 500
#define WINDOWS 6 /* in a row */

/*
 * What a window may have for each CPU. An idle guest of one CPU (5.10 to 7.3) has 16 to 22
 * switches, 12 to 19 interrupts and up to 8 pages in one, for ever; while work is
 * left pages go by hundreds.
 */
#define SWITCHES 40
#define INTERRUPTS 60
#define PAGES 32

/* The last that a boot puts off is probed after 10 s (deferred_probe_timeout).
 * In virtual time it costs nothing to wait for that. */
#define BOOT_NS (12 * NSEC_PER_SEC)

struct look {
	uint64_t switches, interrupts, forks, runnable;
	struct str vmstat;
};

static uint64_t stat_value(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void look(struct look *l)
{
	_cleanup_str_ struct str stat = STR_INIT;

	str_free(&l->vmstat);
	file_read("/proc/vmstat", &l->vmstat);
	file_read("/proc/stat", &stat);
	l->switches = stat_value(stat.buf, "\nctxt ");
	l->interrupts = stat_value(stat.buf, "\nintr ");
	l->forks = stat_value(stat.buf, "\nprocesses ");
	l->runnable = stat_value(stat.buf, "\nprocs_running ");
}

/* How far all lines of vmstat went together. */
static uint64_t moved(const char *a, const char *b)
{
	uint64_t sum = 0;

	while (*a && *b) {
		uint64_t x, y;

		a += strcspn(a, " \n");
		b += strcspn(b, " \n");
		x = strtoull(a, (char **)&a, 10);
		y = strtoull(b, (char **)&b, 10);
		sum += x > y ? x - y : y - x;
		a += *a == '\n';
		b += *b == '\n';
	}
	return sum;
}

struct window {
	uint64_t switches, interrupts, forks, runnable, pages;
};

/* NULL, or what goes on. */
static const char *busy(const struct window *w)
{
	uint64_t cpus = machine_cpus_online();

	if (w->runnable > 1)
		return "tasks run";
	if (w->forks)
		return "processes start";
	if (w->switches > SWITCHES * cpus)
		return "tasks switch";
	if (w->interrupts > INTERRUPTS * cpus)
		return "interrupts come";
	return w->pages > PAGES * cpus ? "pages move" : NULL;
}

static struct window between(const struct look *a, const struct look *b)
{
	return (struct window){
		.switches = b->switches - a->switches,
		.interrupts = b->interrupts - a->interrupts,
		.forks = b->forks - a->forks,
		.runnable = b->runnable,
		.pages = moved(a->vmstat.buf, b->vmstat.buf),
	};
}

static void tell(struct guest *g, const struct window *w, const char *why,
		 double waited)
{
	double second = 1000.0 / WINDOW_MS;

	guest_send_json(g, FRAME_QUIET,
			json_pack("{s:b, s:f, s:I, s:f, s:f, s:f, s:s?}",
				  "quiet", !why, "waited", waited,
				  "runnable", (json_int_t)w->runnable,
				  "interrupts", w->interrupts * second,
				  "switches", w->switches * second,
				  "pages", w->pages * second, "why", why));
}

void guest_quiet(struct guest *g, double seconds, bool exact)
{
	struct look looks[2] = { { .vmstat = STR_INIT }, { .vmstat = STR_INIT } };
	uint64_t begin = clock_now(), now = begin;
	const char *why = "";
	struct window w = { 0 };
	unsigned good = 0, at = 0;

	look(&looks[at]);
	while ((good < WINDOWS || (exact && clock_ns(CLOCK_BOOTTIME) < BOOT_NS)) &&
	       now - begin < seconds * NSEC_PER_SEC && !g->off) {
		uint64_t end = now + WINDOW_MS * NSEC_PER_MSEC;

		for (; now < end && !g->off; now = clock_now())
			guest_turn(g, (int)((end - now) / NSEC_PER_MSEC) + 1);
		at = !at;
		look(&looks[at]);
		w = between(&looks[!at], &looks[at]);
		why = busy(&w);
		good = why ? 0 : good + 1;
	}
	if (!why && good < WINDOWS)
		why = "not for long enough";
	tell(g, &w, why, (now - begin) / 1e9);
	str_free(&looks[0].vmstat);
	str_free(&looks[1].vmstat);
}
