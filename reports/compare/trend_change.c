/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a long series changes. */
#include <math.h>
#include <stdlib.h>

#include "reports/compare/trend_parts.h"

/* False alarms in a metric whatever their number; and the least that random
 * orders can tell within reasonable time. */
#define ALPHA_MOST 0.01
#define ALPHA_LEAST 0.001

/* Medians of the versions that have values. */
struct line {
	double *x;
	size_t *version;
	size_t n;
	size_t *point; /* first values of segments but the first */
	size_t n_points;
};

double trend_alpha(const struct trend *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_series; i++)
		n += t->series[i].searched && t->series[i].of->j.primary;
	return fmax(fmin(ALPHA_MOST, t->c.rule.fdr / (double)(n ? n : 1)), ALPHA_LEAST);
}

static void read_line(const struct trend *t, const struct trend_series *s, struct line *l)
{
	l->x = xalloc(t->n_versions * sizeof(*l->x));
	l->version = xalloc(t->n_versions * sizeof(*l->version));
	l->point = xalloc(t->n_versions * sizeof(*l->point));
	for (size_t i = 0; i < t->n_versions; i++) {
		if (!s->point[i].n)
			continue;
		l->x[l->n] = stat_median(s->point[i].log, s->point[i].n);
		l->version[l->n++] = i;
	}
}

/* The segments on both sides of a point: begin, middle, end. */
static void neighbours(const struct line *l, size_t i, size_t at[3])
{
	at[0] = i ? l->point[i - 1] : 0;
	at[1] = l->point[i];
	at[2] = i + 1 < l->n_points ? l->point[i + 1] : l->n;
}

static void shift_at(const struct trend *t, const struct line *l, size_t i,
		     struct stat_shift *shift)
{
	size_t at[3];

	neighbours(l, i, at);
	stat_shift(l->x + at[0], at[1] - at[0], l->x + at[1], at[2] - at[1],
		   1 - t->c.rule.confidence, shift);
}

/* Takes away the smallest change while it is below the threshold: its segments
 * become one, and what is beside them may be larger or smaller then. */
static void merge(const struct trend *t, struct line *l, double threshold)
{
	while (l->n_points) {
		double least = INFINITY;
		size_t which = 0;

		for (size_t i = 0; i < l->n_points; i++) {
			struct stat_shift shift;

			shift_at(t, l, i, &shift);
			if (!(fabs(shift.estimate) >= least)) {
				least = fabs(shift.estimate);
				which = i;
			}
		}
		if (least >= threshold)
			return;
		for (size_t i = which + 1; i < l->n_points; i++)
			l->point[i - 1] = l->point[i];
		l->n_points--;
	}
}

static void turn(struct stat_shift *s)
{
	double low = s->low;

	s->estimate = -s->estimate;
	s->low = -s->high;
	s->high = -low;
}

static void keep(const struct trend *t, struct trend_series *s, const struct line *l, size_t i)
{
	struct trend_change *c = &s->change[i];
	size_t at[3];

	neighbours(l, i, at);
	c->first = l->version[at[0]];
	c->at = l->version[at[1]];
	c->last = l->version[at[2] - 1];
	c->n[0] = at[1] - at[0];
	c->n[1] = at[2] - at[1];
	shift_at(t, l, i, &c->shift);
	if (s->of->metric->better < 0)
		turn(&c->shift);
	c->verdict = c->shift.estimate < 0 ? VERDICT_REGRESSED : VERDICT_IMPROVED;
}

void trend_changes(const struct trend *t, struct trend_series *s)
{
	double alpha = s->of->j.primary ? t->alpha : ALPHA_MOST;
	struct line l = { 0 };

	read_line(t, s, &l);
	l.n_points = stat_ediv(l.x, l.n, alpha, (unsigned)ceil(2 / alpha) - 1, t->o->judge.seed,
			       l.point);
	merge(t, &l, s->threshold);
	s->n_changes = l.n_points;
	s->change = xalloc((l.n_points ? l.n_points : 1) * sizeof(*s->change));
	for (size_t i = 0; i < l.n_points; i++)
		keep(t, s, &l, i);
	free(l.x);
	free(l.version);
	free(l.point);
}
