/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/rounds.h"

#define SIZE_FIRST 8
#define TIMED_NS 10000000  /* what the timed part grows to */
#define WHOLE_NS 100000000 /* what it may take with its preparations */

void rounds_make(struct rounds *r, struct worker *w, uint32_t most)
{
	if (w->tasks > ROUNDS_TASKS)
		worker_broken(w, "at most %d tasks", ROUNDS_TASKS);
	r->size = most < SIZE_FIRST || w->exact ? most : SIZE_FIRST;
	r->fixed = w->exact;
}

static uint32_t next_size(uint32_t size, uint32_t most, uint64_t timed,
			  uint64_t whole)
{
	if (timed > 4 * TIMED_NS || whole > 4 * WHOLE_NS)
		return size > 1 ? size / 2 : size;
	if (timed >= TIMED_NS || whole >= WHOLE_NS || size >= most)
		return size;
	return size < most / 2 ? 2 * size : most;
}

struct rounds_time rounds_measure(struct rounds *r, unsigned tasks, uint32_t most)
{
	uint64_t from = UINT64_MAX, to = 0;
	struct rounds_time t = { .fastest = UINT64_MAX, .slowest = 1 };

	for (unsigned i = 0; i < tasks; i++) {
		uint64_t ns = r->to[i] - r->from[i];

		from = r->from[i] < from ? r->from[i] : from;
		to = r->to[i] > to ? r->to[i] : to;
		t.fastest = ns < t.fastest ? ns : t.fastest;
		t.slowest = ns > t.slowest ? ns : t.slowest;
		t.cpu += r->cpu[i];
	}
	t.all = to - from;
	if (!r->fixed)
		r->size = next_size(r->size, most, t.all, to - r->began);
	return t;
}
