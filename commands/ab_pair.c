/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pair of `strain ab`: both sides set up with fresh workers, then window by
 * window, in random order within each two, so that what the machine and its
 * host do meanwhile meets both alike.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/value.h"
#include "commands/ab.h"

/* Windows are so short that so many rounds fit into a pair; where turns take
 * longer there are so many at least. The first is not judged. */
#define ROUNDS_FIT 5
#define ROUNDS_MIN 3
#define WINDOW_MIN (10 * NSEC_PER_MSEC)
/* How often to look for a child's end where no descriptor tells of it. */
#define BLIND_WAIT_MS 10
/* All of an interrupted comparison has to be over in 2 s. */
#define END_TIME (1500 * NSEC_PER_MSEC)

#define BOTH 3u

static void read_signals(struct ab *ab)
{
	struct signalfd_siginfo info;

	while (read(ab->signals, &info, sizeof(info)) == sizeof(info))
		ab->interrupted = true;
}

/* Takes in what happens until @until or something did. False: leave. */
static bool wait_for(struct ab *ab, uint64_t until)
{
	struct pollfd p[1 + 2 * AB_SIDES] = { { ab->signals, POLLIN, 0 } };
	uint64_t now = clock_now(), left = until > now ? until - now : 0;
	struct timespec t = { (time_t)(left / NSEC_PER_SEC),
			      (long)(left % NSEC_PER_SEC) };
	nfds_t n = 1;

	for (int i = 0; i < AB_SIDES; i++) {
		struct ab_child *c = &ab->child[i];

		if (c->state == AB_ENDED)
			continue;
		if (c->pidfd < 0 && left > BLIND_WAIT_MS * NSEC_PER_MSEC)
			t = (struct timespec){ 0, BLIND_WAIT_MS * 1000000L };
		p[n++] = (struct pollfd){ c->fd, POLLIN, 0 };
		p[n++] = (struct pollfd){ c->pidfd, POLLIN, 0 };
	}
	if (ppoll(p, n, &t, NULL) < 0 && errno != EINTR)
		bug("cannot poll: %s", strerror(errno));
	if (p[0].revents)
		read_signals(ab);
	for (int i = 0; i < AB_SIDES; i++)
		ab_child_read(&ab->child[i]);
	return !ab->interrupted && !ab->why;
}

static bool wait_while(struct ab *ab, int side, enum ab_state state)
{
	while (ab->child[side].state == state)
		if (!wait_for(ab, UINT64_MAX))
			return false;
	return true;
}

static bool set(struct ab *ab, int side)
{
	if (!ab->why)
		ab->why = ab_values_set(&ab->values, side);
	return !ab->why;
}

static bool start(struct ab *ab, int side, uint64_t seed)
{
	const struct ab_side *s = &ab->side[side];
	struct words command = ab_child_command(s, &ab->run, seed);
	_cleanup_free_ char *label = xasprintf("--label=%s", s->label);
	_cleanup_free_ char *slice = xasprintf("--slice=%" PRIu64 "ns",
					       2 * ab->o.window);
	_cleanup_free_ char *nice = xasprintf("--nice=%d", ab->nice);
	bool started;

	words_add(&command, label);
	words_add(&command, slice);
	words_add(&command, nice);
	words_add(&command, "--turns");
	started = set(ab, side) &&
		  ab_child_start(&ab->child[side], s, &command, &ab->mask);
	if (!started && !ab->why)
		ab->why = xasprintf("cannot start side %s: %s", s->label,
				    strerror(errno));
	words_free(&command);
	return started;
}

/* One window of one side. False: its trial is over, or all is. */
static bool turn(struct ab *ab, int side, const char *order, uint64_t window)
{
	struct ab_child *c = &ab->child[side];
	uint64_t until;

	if (c->state != AB_HELD || !set(ab, side))
		return false;
	ab_child_order(c, order);
	c->state = AB_RUNNING;
	until = clock_now() + window;
	while (c->state == AB_RUNNING && clock_now() < until)
		if (!wait_for(ab, until))
			return false;
	if (c->state == AB_RUNNING)
		ab_child_order(c, "pause");
	return wait_while(ab, side, AB_RUNNING) && c->state == AB_HELD;
}

/* @mask: the sides that take part, both or one alone. */
static void take_turns(struct ab *ab, unsigned mask)
{
	uint64_t window, end = clock_now() + ab->o.pair_time;
	unsigned variants = 1;

	for (int i = 0; i < AB_SIDES; i++)
		if ((mask >> i & 1) && ab->child[i].variants > variants)
			variants = ab->child[i].variants;
	window = ab->o.pair_time / AB_SIDES / variants / ROUNDS_FIT;
	if (window > ab->o.window)
		window = ab->o.window;
	if (window < WINDOW_MIN)
		window = WINDOW_MIN;
	/* On a busy machine a turn takes longer: all tasks have to get a CPU to
	 * see its end. The pair keeps its time, with fewer rounds. */
	for (unsigned round = 0;
	     round < ROUNDS_MIN || clock_now() + variants * window < end; round++)
		for (unsigned i = 0; i < variants * AB_SIDES; i += AB_SIDES) {
			int first = (int)rng_below(&ab->rng, AB_SIDES);
			const char *order = round ? "go" : "warm";

			if ((mask >> first & 1) && !turn(ab, first, order, window))
				return;
			if ((mask >> !first & 1) && !turn(ab, !first, order, window))
				return;
		}
}

/* Each side clears away, and sets up its next trial, under its own settings. */
static bool stop(struct ab *ab, unsigned mask)
{
	for (int i = 0; i < AB_SIDES; i++) {
		struct ab_child *c = &ab->child[i];

		if (!(mask >> i & 1))
			continue;
		if (c->state == AB_HELD) {
			if (!set(ab, i))
				return false;
			ab_child_order(c, "stop");
			c->state = AB_BUSY;
		}
		if (ab->values.n && !wait_while(ab, i, AB_BUSY))
			return false;
	}
	for (int i = 0; i < AB_SIDES; i++)
		if ((mask >> i & 1) && !wait_while(ab, i, AB_BUSY))
			return false;
	return true;
}

/* Whose turn it is: both when they wait at the same case; else the one that
 * waits at the case that the other one has passed or has not. */
static unsigned whose(struct ab *ab)
{
	bool a = ab->child[0].state == AB_HELD, b = ab->child[1].state == AB_HELD;
	int place;

	if (!a || !b)
		return a ? 1 : b ? 2 : 0;
	place = ab_merge_match(&ab->merge, ab->child[1].first);
	if (place == (int)ab->child[0].first)
		return BOTH;
	return place > (int)ab->child[0].first ? 1 : 2;
}

static bool go_on(struct ab *ab)
{
	unsigned mask;

	for (int i = 0; i < AB_SIDES; i++)
		if (ab->child[i].lines)
			ab_merge_plan(&ab->merge, i, ab->child[i].lines);
	while ((mask = whose(ab))) {
		take_turns(ab, mask);
		if (ab->interrupted || ab->why || !stop(ab, mask))
			return false;
	}
	return true;
}

static bool run_sides(struct ab *ab, uint64_t seed)
{
	int first = (int)rng_below(&ab->rng, AB_SIDES);
	bool one_by_one = ab->o.by_trials || ab->values.n;

	for (int i = 0; i < AB_SIDES; i++) {
		int side = i ? !first : first;

		if (!start(ab, side, seed) ||
		    (one_by_one && !wait_while(ab, side, AB_BUSY)) ||
		    (ab->o.by_trials && !go_on(ab)))
			return false;
	}
	for (int i = 0; i < AB_SIDES; i++)
		if (!wait_while(ab, i, AB_BUSY))
			return false;
	return go_on(ab);
}

/* It said how it ended, or the pair is worth nothing. */
static bool whole(struct ab *ab, int side)
{
	struct ab_child *c = &ab->child[side];
	size_t n = json_array_size(c->lines);
	const char *last = n ? js_get_text(json_array_get(c->lines, n - 1), "line") : NULL;

	if (last && !strcmp(last, "end") &&
	    !js_get_true(json_array_get(c->lines, n - 1), "interrupted"))
		return true;
	if (!ab->interrupted && !ab->why)
		ab->why = xasprintf("side %s ended early, with status %#x",
				    ab->side[side].label, (unsigned)c->status);
	return false;
}

bool ab_pair(struct ab *ab)
{
	uint64_t seed = (rng_next(&ab->rng) >> 11) | 1;
	json_t *lines[AB_SIDES];
	bool done = run_sides(ab, seed);

	if (!done)
		for (int i = 0; i < AB_SIDES; i++)
			ab_child_end(&ab->child[i], clock_now() + END_TIME / AB_SIDES);
	for (int i = 0; i < AB_SIDES && done; i++) {
		done = whole(ab, i);
		lines[i] = ab->child[i].lines;
	}
	if (done)
		ab_merge_pair(&ab->merge, ab->pairs++, lines);
	for (int i = 0; i < AB_SIDES; i++)
		ab_child_free(&ab->child[i]);
	return done;
}
