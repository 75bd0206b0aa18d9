/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/pair/timed.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/value.h"
#include "vm-matrix/frame.h"

#define LOOK_MS 20
/* A window ends when its CPU time is used up, or after so many times as much. */
#define PATIENCE 40
/* Until a guest is ready for a trial, and until its tasks are parked. */
#define READY_LIMIT (600 * NSEC_PER_SEC)
#define PARK_LIMIT (120 * NSEC_PER_SEC)

enum said { SAID_NOTHING, SAID_READY, SAID_PARKED };

struct guest {
	struct pair_boot *boot;
	struct duo *duo;
	bool over, stopped;
	enum said said;
	unsigned trial, variants, place;
	uint64_t vcpu; /* ns, of the windows of this trial that count */
};

/* Both guests of one pair of boots. */
struct duo {
	struct timed_run *of;
	struct guest guest[2];
	unsigned pairs;        /* trials that both have done */
	double started;
	struct rng rng;
	char *why;
};

void timed_order(struct rng *rng, unsigned windows, bool sequential, unsigned *order)
{
	bool swap = sequential && rng_below(rng, 2);

	for (unsigned i = 0; i < windows; i++) {
		if (!sequential)
			swap = rng_below(rng, 2);
		order[sequential ? i : 2 * i] = swap;
		order[sequential ? windows + i : 2 * i + 1] = !swap;
	}
}

/* --- what guests say ------------------------------------------------------------ */

static void on_answer(void *ctx, const char *line)
{
	struct guest *g = ctx;
	unsigned trial, variants, place;

	if (sscanf(line, "ready %u %u %u", &trial, &variants, &place) == 3) {
		g->said = SAID_READY;
		g->trial = trial;
		g->variants = variants;
		g->place = place;
		g->vcpu = 0;
	} else if (sscanf(line, "parked %u", &trial) == 1 && trial == g->trial) {
		g->said = SAID_PARKED;
	}
}

static void on_line(void *ctx, json_t *line)
{
	struct guest *g = ctx;

	timed_line(line, (double)g->vcpu / 1e9, g->duo->pairs, g->duo->started);
}

static bool stop_asked(const struct duo *d)
{
	return d->of->run.interrupted && *d->of->run.interrupted;
}

static void work(struct duo *d, int ms)
{
	struct pollfd fds[2 * VM_FDS];
	size_t n = 0;

	for (int i = 0; i < 2; i++)
		if (!d->guest[i].over)
			n += vm_fds(d->guest[i].boot->vm, fds + n, VM_FDS);
	poll(fds, n, ms);
	for (int i = 0; i < 2; i++) {
		struct guest *g = &d->guest[i];

		if (!g->over && stop_asked(d) && !g->boot->watch.interrupted)
			pair_boot_interrupt(g->boot);
		if (!g->over)
			g->over = !pair_boot_work(g->boot);
	}
}

/* Until @g has said so, or ended; false: neither, in time. */
static bool await(struct duo *d, struct guest *g, enum said said, uint64_t limit)
{
	uint64_t from = clock_now();

	while (!g->over && g->said != said && !g->boot->watch.ended)
		if (clock_now() - from > limit)
			return false;
		else
			work(d, LOOK_MS);
	return true;
}

/* --- turns ------------------------------------------------------------------------ */

static void order(struct guest *g, const char *word)
{
	char line[40];

	snprintf(line, sizeof(line), "%s %u", word, g->trial);
	vm_send(g->boot->vm, FRAME_ORDER, line, strlen(line));
}

static void hold(struct duo *d, struct guest *g, bool on)
{
	if (g->over || g->stopped == on)
		return;
	if (on ? vm_stop(g->boot->vm, &d->why) : vm_cont(g->boot->vm, &d->why)) {
		free(d->why); /* it has ended, which work() sees */
		d->why = NULL;
	}
	g->stopped = on;
}

/* One window of one guest, all variants; the other one stands still. */
static void take_turn(struct duo *d, struct guest *g, bool warm)
{
	uint64_t window = d->of->window, before;

	hold(d, g == &d->guest[0] ? &d->guest[1] : &d->guest[0], true);
	hold(d, g, false);
	for (unsigned v = 0; v < g->variants && !g->over && !g->boot->watch.ended; v++) {
		uint64_t from = clock_now();

		before = vm_vcpu_ns(g->boot->vm);
		g->said = SAID_NOTHING;
		order(g, warm ? "warm" : "go");
		while (!g->over && vm_vcpu_ns(g->boot->vm) - before < window &&
		       clock_now() - from < window * PATIENCE)
			work(d, (int)(window / NSEC_PER_MSEC / 4) + 1);
		if (g->over)
			return;
		order(g, "pause");
		if (!await(d, g, SAID_PARKED, PARK_LIMIT))
			pair_boot_interrupt(g->boot);
		if (!warm && !g->over)
			g->vcpu += vm_vcpu_ns(g->boot->vm) - before;
	}
}

static void end_trial(struct duo *d, struct guest *g)
{
	if (g->over)
		return;
	hold(d, g, false);
	g->said = SAID_NOTHING;
	order(g, "stop");
	if (!await(d, g, SAID_READY, READY_LIMIT))
		pair_boot_interrupt(g->boot);
	hold(d, g, true);
}

/* A trial that both have; else the one that is behind does its own alone. */
static void do_trial(struct duo *d)
{
	unsigned n = d->of->windows, *turns = xalloc(2 * n * sizeof(*turns));
	struct guest *g = d->guest;
	int alone = g[0].place == g[1].place ? -1 : g[1].place < g[0].place;

	timed_order(&d->rng, n, d->of->sequential, turns);
	for (unsigned i = 0; alone < 0 && i < 2; i++)
		take_turn(d, &g[i], true);
	for (unsigned i = 0; i < 2 * n && !g[0].over && !g[1].over; i++)
		if (alone < 0 || (int)turns[i] == alone)
			take_turn(d, &g[turns[i]], false);
	for (int i = 0; i < 2; i++)
		if (alone < 0 || i == alone)
			end_trial(d, &g[i]);
	d->pairs += alone < 0;
	free(turns);
}

static bool wants_turns(const struct guest *g)
{
	return !g->over && !g->boot->watch.ended && g->said == SAID_READY;
}

static void finish(struct duo *d)
{
	struct guest *g = d->guest;

	for (int i = 0; i < 2; i++) {
		hold(d, &g[i], false);
		/* what the other one has not is of no use */
		while (wants_turns(&g[i])) {
			g[i].said = SAID_NOTHING;
			order(&g[i], "stop");
			await(d, &g[i], SAID_READY, READY_LIMIT);
		}
		while (!g[i].over)
			work(d, LOOK_MS);
	}
}

static bool run_duo(struct timed_run *r, unsigned number, char **why)
{
	struct duo d = { .of = r, .started = (double)clock_ns(CLOCK_REALTIME) / 1e9 };
	bool good = true;

	rng_seed(&d.rng, r->run.seed + number);
	for (int i = 0; i < 2; i++) {
		struct guest *g = &d.guest[i];

		*g = (struct guest){ .duo = &d, .boot = &r->run.boot[i * r->run.boots + number] };
		g->over = !good;
		g->boot->listener = (struct pair_listener){ g, on_answer, on_line };
		if (good)
			good = pair_boot_start(g->boot, why);
		g->over = !good;
	}
	if (!good && !d.guest[0].over)
		pair_boot_interrupt(d.guest[0].boot);
	for (int i = 0; i < 2; i++)
		await(&d, &d.guest[i], SAID_READY, READY_LIMIT);
	while (wants_turns(&d.guest[0]) && wants_turns(&d.guest[1]))
		do_trial(&d);
	finish(&d);
	return good;
}

bool timed_run(struct timed_run *r, char **why)
{
	bool good = true;

	pair_lay_out(&r->run);
	for (unsigned i = 0; good && i < r->run.boots; i++) {
		if (r->run.interrupted && *r->run.interrupted)
			break;
		good = run_duo(r, i, why);
		for (int side = 0; side < 2 && r->run.over; side++)
			r->run.over(r->run.ctx, &r->run.boot[side * r->run.boots + i],
				    2 * (r->run.boots - i - 1) + !side);
	}
	return good;
}
