/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/slices.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Short trials touch little memory: a table starts with room for so many. */
#define FIRST_ROOM 2

/* All of them in one piece: there are hundreds, of a few values each. */
static void widen_columns(struct slices *s)
{
	double *from = s->column[0];
	double *to = xalloc(s->n_columns * s->room * sizeof(double));

	for (size_t i = 0; i < s->n_columns; i++) {
		if (from)
			memcpy(to + i * s->room, s->column[i], s->n * sizeof(double));
		s->column[i] = to + i * s->room;
	}
	free(from);
}

static void make_room(struct slices *s)
{
	size_t bytes;

	s->room = s->room ? 2 * s->room : FIRST_ROOM;
	if (s->room > SLICES_MAX)
		s->room = SLICES_MAX + 1; /* for one that is merged at once */
	bytes = s->room * sizeof(double);
	s->start = xrealloc(s->start, bytes);
	s->seconds = xrealloc(s->seconds, bytes);
	s->cpu = xrealloc(s->cpu, bytes);
	s->wait = xrealloc(s->wait, bytes);
	s->flags = xrealloc(s->flags, s->room);
	if (s->n_columns)
		widen_columns(s);
}

void slices_init(struct slices *s, size_t n_columns)
{
	*s = (struct slices){
		.n_columns = n_columns,
		.merged = 1,
		.column = xalloc(n_columns * sizeof(double *)),
		.gauge = xalloc(n_columns * sizeof(bool)),
	};
	make_room(s);
}

static void merge(struct slices *s, size_t into, size_t from)
{
	s->seconds[into] += s->seconds[from];
	s->cpu[into] += s->cpu[from];
	s->wait[into] += s->wait[from];
	s->flags[into] |= s->flags[from];
	for (size_t c = 0; c < s->n_columns; c++)
		s->column[c][into] = s->column[c][from] +
				     (s->gauge[c] ? 0 : s->column[c][into]);
}

static void move(struct slices *s, size_t into, size_t from)
{
	s->start[into] = s->start[from];
	s->seconds[into] = s->seconds[from];
	s->cpu[into] = s->cpu[from];
	s->wait[into] = s->wait[from];
	s->flags[into] = s->flags[from];
	for (size_t c = 0; c < s->n_columns; c++)
		s->column[c][into] = s->column[c][from];
}

static void coarsen(struct slices *s)
{
	for (size_t i = 0; i + 1 < s->n; i += 2) {
		merge(s, i, i + 1);
		move(s, i / 2, i);
	}
	s->n /= 2;
	s->merged *= 2;
	s->pending = s->merged; /* the last one is complete */
}

void slices_add(struct slices *s, double start, double seconds, double cpu,
		double wait, uint8_t flags, const double *values)
{
	size_t at;

	if (s->n == SLICES_MAX && s->pending == s->merged)
		coarsen(s); /* not before the last one is complete */
	if (s->n == s->room)
		make_room(s);
	at = s->n++;
	s->start[at] = start;
	s->seconds[at] = seconds;
	s->cpu[at] = cpu;
	s->wait[at] = wait;
	s->flags[at] = flags;
	for (size_t c = 0; c < s->n_columns; c++)
		s->column[c][at] = values[c];
	if (at && s->pending < s->merged) {
		merge(s, at - 1, at);
		s->n--;
		s->pending++;
	} else {
		s->pending = 1;
	}
}

void slices_free(struct slices *s)
{
	if (s->n_columns)
		free(s->column[0]);
	free(s->column);
	free(s->gauge);
	free(s->start);
	free(s->seconds);
	free(s->cpu);
	free(s->wait);
	free(s->flags);
	*s = (struct slices){ 0 };
}
