/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns: of the sides of a case, in windows that the monitor plans, or, with
 * settings->turns, of whole runs, in windows that another process orders.
 */
#include "core/exact.h"
#include "core/member.h"

/* Windows of a trial at most: with more they get longer. */
#define WINDOWS_MAX (1u << 30)
/* A turn that only an order ends. */
#define ENDLESS (UINT64_MAX / 4)

static void plan_windows(struct member *m)
{
	unsigned sides = m->area->n_sides;
	uint64_t rounds = m->settings->timeout / (sides * m->settings->slice);

	if (m->settings->turns) {
		m->windows = UINT32_MAX;
		m->window_ns = ENDLESS;
		return;
	}
	if (sides == 1)
		rounds = 1;
	else if (rounds < 2)
		rounds = 2;
	else if (rounds > WINDOWS_MAX / sides)
		rounds = WINDOWS_MAX / sides;
	m->windows = rounds * sides;
	m->window_ns = m->settings->timeout / m->windows;
}

/* The sides take their turns in random order within each round. */
static unsigned next_side(struct member *m)
{
	unsigned n = m->area->n_sides, at = m->window % n;

	if (!at)
		for (unsigned i = 0; i < n; i++)
			m->order[i] = i;
	if (n > 1) {
		unsigned pick = at + rng_below(&m->rng, n - at);
		unsigned side = m->order[pick];

		m->order[pick] = m->order[at];
		m->order[at] = side;
	}
	return m->order[at];
}

bool turn_side_finished(const struct member *m)
{
	const struct side *s = &m->area->side[m->side];

	return s->finished == s->tasks;
}

bool turn_is_last(const struct member *m)
{
	return !m->settings->turns &&
	       (m->area->n_sides == 1 || m->window == m->windows);
}

static void turn_begin(struct member *m)
{
	struct side *s;

	do {
		if (m->window == m->windows) {
			member_stop(m, clock_now());
			return;
		}
		m->side = next_side(m);
		m->window++;
	} while (turn_side_finished(m) && member_tasks_left(m));
	s = &m->area->side[m->side];
	m->state = MEMBER_RUN;
	measure_turn(m, 0);
	m->turn_start = m->border = m->last.when;
	m->end = m->turn_start + m->window_ns;
	s->quiet_ns = 0;
	s->since = trial_by_turns(m->area) ? m->turn_start : 0;
	trial_set_state(m->area, m->side, WORKER_RUN);
}

void turn_end(struct member *m, uint64_t now)
{
	uint64_t quiet = m->area->side[m->side].quiet_ns;

	measure_turn(m, quiet > m->turn_start && quiet < now ? quiet : now);
	if (!m->settings->turns) {
		turn_begin(m);
		return;
	}
	m->state = MEMBER_HELD;
	if (m->warm_turn)
		measure_warm_turn(m);
}

/* With sides by turns, the first round of windows where there are enough. */
static uint64_t warmup(const struct member *m)
{
	uint64_t most = m->settings->timeout / 5;
	unsigned sides = m->area->n_sides;

	if (m->of->ops || !m->settings->warmup || m->settings->turns)
		return 0;
	if (sides > 1)
		return m->windows / sides < 4 ? 0 : sides * m->window_ns;
	return m->settings->warmup < most ? m->settings->warmup : most;
}

void turn_open_gate(struct member *m)
{
	measure_open(m);
	plan_windows(m);
	if (m->of->exact)
		exact_settle();
	m->gate = clock_now();
	if (m->settings->turns) {
		m->state = MEMBER_HELD;
		return;
	}
	m->warm_until = warmup(m) ? m->gate + warmup(m) : 0;
	for (unsigned i = 0; i < m->area->n_sides; i++)
		m->area->side[i].warm = m->warm_until != 0;
	turn_begin(m);
}

/*
 * A side that has its turn and has not finished one operation yet, in a short
 * trial on a busy machine, gets a little more: without it there is no ratio. By
 * order of others as much as to set up, since the other run waits meanwhile.
 */
bool turn_may_go_on(const struct member *m, uint64_t now)
{
	const struct side *s = &m->area->side[m->side];
	uint64_t more = m->settings->turns ? m->settings->setup_time :
					     member_patience(m);

	if (!trial_by_turns(m->area) || now >= m->end + more)
		return false;
	for (unsigned i = 0; i < s->tasks; i++)
		if (trial_slot(m->area, m->side, i)->count[0])
			return false;
	return true;
}

void member_order(struct member *m, enum order order)
{
	switch (order) {
	case ORDER_GO:
	case ORDER_WARM:
		if (m->state != MEMBER_HELD)
			break;
		m->warm_turn = order == ORDER_WARM && !m->of->ops;
		for (unsigned i = 0; i < m->area->n_sides; i++)
			m->area->side[i].warm = m->warm_turn;
		turn_begin(m);
		break;
	case ORDER_PAUSE:
		if (m->state == MEMBER_RUN)
			m->end = clock_now();
		break;
	case ORDER_STOP:
		if (m->state == MEMBER_HELD || m->state == MEMBER_RUN)
			member_stop(m, clock_now());
		break;
	case ORDER_NONE:
	case ORDER_GONE:
		break;
	}
}
