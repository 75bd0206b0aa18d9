/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/pair/timed.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/value.h"
#include "vm-matrix/frame.h"

#define LOOK_MS 20
/* A window ends when its CPU time is used up, or after so many times as much. */
#define PATIENCE 40
/* A variant of several has so many windows in a row. */
#define STINT 25
/* Before those that count, one of so many. */
#define WARM 5
/* Until a guest is ready for a trial, and until its tasks are parked. */
#define READY_LIMIT (600 * NSEC_PER_SEC)
#define PARK_LIMIT (120 * NSEC_PER_SEC)

enum said { SAID_NOTHING, SAID_READY, SAID_PARKED };

struct guest {
	struct pair_boot *boot;
	struct duo *duo;
	bool over, stopped;
	enum said said;
	unsigned trial, variants, place; /* that it is ready for */
	unsigned doing; /* the trial that has the turns */
	bool runs;     /* was let go and not parked since */
	uint64_t from; /* ns of its virtual CPU when that began */
	uint64_t due;  /* what it should have had since */
	uint64_t vcpu; /* ns, of this trial, before that */
};

/* Both guests of one pair of boots. */
struct duo {
	struct timed_run *of;
	struct guest guest[2];
	unsigned pairs;        /* trials that both have done */
	double started;
	uint64_t lengthwise;   /* by place of a case: its last trial was so */
	struct rng rng;
	char *why;
};

void timed_order(struct rng *rng, unsigned windows, unsigned *order)
{
	for (unsigned i = 0; i < windows; i++) {
		order[2 * i] = rng_below(rng, 2);
		order[2 * i + 1] = !order[2 * i];
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

/* Of the trial's windows, so far. */
static uint64_t spent(const struct guest *g)
{
	return g->vcpu + (g->runs && !g->over ? vm_vcpu_ns(g->boot->vm) - g->from : 0);
}

static void on_line(void *ctx, json_t *line)
{
	struct guest *g = ctx;

	timed_line(line, (double)spent(g) / 1e9, g->duo->pairs, g->duo->started);
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

/* The trial has ended: by itself, or with the guest. */
static bool has_left(const struct guest *g)
{
	return g->over || g->boot->watch.ended || g->trial != g->doing;
}

/* Until @g has said so, or ended, or its trial has when that is to pause; false: nothing
 * of it, in time. */
static bool await(struct duo *d, struct guest *g, enum said said, uint64_t limit)
{
	uint64_t from = clock_now();

	while (!g->over && g->said != said && !g->boot->watch.ended &&
	       !(said == SAID_PARKED && has_left(g)))
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

/* Outside of its windows each guest stands still, and its clock with it. */
static void run_window(struct duo *d, struct guest *g)
{
	uint64_t window = d->of->window, began = clock_now(), base, used;
	struct vm *vm = g->boot->vm;

	if (has_left(g))
		return;
	/* the time of a running thread lags, that of its process does not */
	base = vm_cpu_ns(vm) - (vm_vcpu_ns(vm) - g->from);
	g->due += window; /* what a window took too much the next one lacks */
	hold(d, g, false);
	while (!has_left(g) && clock_now() - began < window * PATIENCE &&
	       (used = vm_cpu_ns(g->boot->vm) - base) < g->due)
		work(d, (int)((g->due - used) / NSEC_PER_MSEC) + 1);
	hold(d, g, true);
}

static void begin(struct guest *g, const char *word)
{
	if (has_left(g))
		return;
	g->said = SAID_NOTHING;
	g->due = 0;
	g->from = vm_vcpu_ns(g->boot->vm);
	g->runs = true;
	order(g, word);
}

static void park(struct duo *d, struct guest *g)
{
	if (!has_left(g)) {
		order(g, "pause");
		hold(d, g, false);
		if (!await(d, g, SAID_PARKED, PARK_LIMIT))
			pair_boot_interrupt(g->boot);
		hold(d, g, true);
	}
	g->vcpu = spent(g);
	g->runs = false;
}

/* One variant has @n windows in each guest, or in @only one. */
static void do_stint(struct duo *d, const char *word, unsigned n, int only)
{
	unsigned *turn = xalloc(2 * n * sizeof(*turn));

	timed_order(&d->rng, n, turn);
	for (int i = 0; i < 2; i++)
		if (only < 0 || i == only)
			begin(&d->guest[i], word);
	for (unsigned i = 0; i < 2 * n; i++)
		if (only < 0 || (int)turn[i] == only)
			run_window(d, &d->guest[turn[i]]);
	for (int i = 0; i < 2; i++)
		if (only < 0 || i == only)
			park(d, &d->guest[i]);
	free(turn);
}

static void do_windows(struct duo *d, int only)
{
	unsigned variants = d->guest[only == 1].variants, left = d->of->windows;

	while (left) {
		unsigned n = variants > 1 && left > STINT ? STINT : left;

		for (unsigned v = 0; v < variants; v++)
			do_stint(d, "go", n, only);
		left -= n;
	}
}

static void end_trial(struct duo *d, struct guest *g)
{
	if (has_left(g))
		return;
	g->said = SAID_NOTHING;
	order(g, "stop");
	hold(d, g, false);
	if (!await(d, g, SAID_READY, READY_LIMIT))
		pair_boot_interrupt(g->boot);
	hold(d, g, true);
}

/* Of each case every second trial. */
static bool by_length(struct duo *d, const struct guest *g)
{
	uint64_t bit = 1ULL << g->place % 64;

	d->lengthwise ^= bit;
	return d->of->sequential && d->lengthwise & bit;
}

/* A trial that both have; else the one that is behind does its own alone. */
static void do_trial(struct duo *d)
{
	struct guest *g = d->guest;
	int alone = g[0].place == g[1].place ? -1 : g[1].place < g[0].place;
	int first = (int)rng_below(&d->rng, 2);
	bool sequential = by_length(d, &g[0]);

	for (int i = 0; i < 2; i++) {
		g[i].doing = g[i].trial;
		g[i].vcpu = 0;
	}
	for (unsigned v = 0; alone < 0 && v < g[0].variants; v++)
		do_stint(d, "warm", d->of->windows / WARM + 1, -1);
	g[0].vcpu = g[1].vcpu = 0;
	if (alone >= 0 || !sequential) {
		do_windows(d, alone);
	} else {
		do_windows(d, first);
		do_windows(d, !first);
	}
	for (int i = 0; i < 2; i++)
		if (alone < 0 || i == alone)
			end_trial(d, &g[i]);
	d->pairs += alone < 0;
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

/*
 * Both guests get one CPU of the host: else each keeps to the one that it had last,
 * and what differs between those, for seconds, is taken for a difference of the
 * kernels. The last one, since interrupts go to the first. As in struct vm_spec.
 */
static unsigned common_cpu(void)
{
	unsigned cpu = CPU_SETSIZE;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	while (cpu && !CPU_ISSET(cpu - 1, &set))
		cpu--;
	return cpu;
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
		g->boot->pin = common_cpu();
		g->boot->listener = (struct pair_listener){ g, on_answer, on_line };
		if (good)
			good = pair_boot_start(g->boot, why);
		g->over = !good;
	}
	if (!good && !d.guest[0].over)
		pair_boot_interrupt(d.guest[0].boot);
	for (int i = 0; i < 2; i++)
		await(&d, &d.guest[i], SAID_READY, READY_LIMIT);
	for (int i = 0; i < 2; i++)
		hold(&d, &d.guest[i], true);
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
