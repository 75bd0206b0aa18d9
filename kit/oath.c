/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/oath.h"

#include <inttypes.h>
#include <string.h>

#include "kit/atomic.h"

uint32_t oath_size(unsigned unit, uint32_t min, uint32_t max)
{
	uint32_t size = 16384u << (2 * (unit % 3));

	if (size > max)
		size = max;
	return size < min ? min : size;
}

uint32_t oath_unit_size(const struct worker *w, unsigned unit)
{
	const struct atomic_shared *s = w->shared;

	return oath_size(unit, s->limits.min, s->limits.max);
}

void oath_take(struct oath oath[OATH_UNITS], const struct oath_mark *m)
{
	struct oath *o = &oath[m->unit % OATH_UNITS];

	switch (m->step) {
	case OATH_ISSUE:
		o->issued = m->generation;
		break;
	case OATH_ACK:
		o->floor = m->generation;
		break;
	case OATH_DROP:
		o->floor = 0;
		break;
	default:
		break;
	}
}

/* Neither torn nor anything else than old or new. */
static bool oath_whole(const struct stamp_verdict *v)
{
	return v->state != STAMP_TORN;
}

bool oath_kept(const struct stamp_verdict *v, const struct oath *o)
{
	return v->low >= o->floor && v->high <= o->issued;
}

static void mutate(struct worker *w, char *buf, uint32_t size, uint64_t id,
		   uint64_t at, const struct oath *o)
{
	struct stamp_verdict v;

	if (worker_mutated(w, ATOMIC_OWN))
		buf[size / 2] ^= 1;
	if (worker_mutated(w, ATOMIC_UNTORN)) {
		v = stamp_judge(buf, size, id, at);
		stamp_fill(buf + size - STAMP_SIZE, STAMP_SIZE, id,
			   at + size - STAMP_SIZE, v.high + 1);
	}
	if (worker_mutated(w, ATOMIC_ACKED) && o->floor > 1)
		stamp_fill(buf, size, id, at, o->floor - 1);
	else if (worker_mutated(w, ATOMIC_ACKED))
		memset(buf, 0, size);
}

void oath_judge(struct worker *w, void *buf, uint32_t size, uint64_t id,
		unsigned unit, const struct oath *o)
{
	uint64_t at = (uint64_t)unit * OATH_STRIDE;
	struct stamp_verdict v;

	mutate(w, buf, size, id, at, o);
	v = stamp_judge(buf, size, id, at);
	if (!worker_check(w, ATOMIC_OWN,
			  v.state != STAMP_FOREIGN && v.state != STAMP_DAMAGED,
			  "unit %u of %u bytes after the crash: block %" PRIu64
			  " is %s",
			  unit, size, (at + v.at) / STAMP_SIZE,
			  stamp_name(v.state)))
		return;
	if (!worker_check(
		    w, ATOMIC_UNTORN, oath_whole(&v),
		    "unit %u of %u bytes after the crash: generations %" PRIu64
		    " and %" PRIu64 " meet at byte %" PRIu64,
		    unit, size, v.low, v.high, v.at))
		return;
	worker_check(w, ATOMIC_ACKED, oath_kept(&v, o),
		     "unit %u of %u bytes after the crash: generation %" PRIu64
		     ", but %" PRIu64 " was acknowledged and %" PRIu64
		     " the last issued",
		     unit, size, v.high, o->floor, o->issued);
}

/* Recorded: two sectors after a crash, generation 5 acknowledged, 6 issued. */
static struct stamp_verdict recorded(uint64_t first, uint64_t second)
{
	static uint64_t buf[2 * STAMP_SIZE / 8];

	stamp_fill(buf, STAMP_SIZE, 1, 0, first);
	stamp_fill(buf + STAMP_SIZE / 8, STAMP_SIZE, 1, STAMP_SIZE, second);
	return stamp_judge(buf, sizeof(buf), 1, 0);
}

bool atomic_recorded_untorn(bool mutated)
{
	struct stamp_verdict v = recorded(6, mutated ? 5 : 6);

	return oath_whole(&v);
}

bool atomic_recorded_acked(bool mutated)
{
	struct oath o = { .issued = 6, .floor = 5 };
	struct stamp_verdict v = recorded(mutated ? 4 : 5, mutated ? 4 : 5);

	return oath_kept(&v, &o);
}
