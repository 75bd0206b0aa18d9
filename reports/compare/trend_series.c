/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each version measured, and how it differs from baseline and predecessor. */
#include <math.h>
#include <string.h>

#include "reports/compare/trend_parts.h"

/* --- values ------------------------------------------------------------------ */

/* Is the unit the boot: has a version several in which the case was measured? */
static bool by_boots(const struct trend *t, const struct case_view *v)
{
	size_t *boot = xalloc(t->n_versions * sizeof(*boot)); /* its first, + 1 */
	bool several = false;

	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < v->n_members[side]; i++) {
			size_t trial = v->member[side][i].trial;
			size_t at = v->of->trial[side][trial].boot + 1;
			size_t *first = &boot[trend_trial_version(t, v->of, side, trial)];

			several |= *first && *first != at;
			*first = at;
		}
	free(boot);
	return several;
}

static void add_value(struct trend_point *p, double *unit, size_t n)
{
	if (!n)
		return;
	p->x = xrealloc(p->x, (p->n + 1) * sizeof(*p->x));
	p->x[p->n++] = n == 1 ? unit[0] : stat_median(unit, n);
}

/* Trials of one boot follow each other (sort_units() in compare_case.c). */
static void fill_side(const struct trend *t, struct trend_series *s, int side)
{
	const struct case_view *v = s->of->view;
	const double *x = s->of->metric->value[side][s->of->column];
	size_t n = v->n_members[side], k = 0, last = 0;
	double *unit = xalloc((n ? n : 1) * sizeof(*unit));

	for (size_t i = 0; x && i < n; i++) {
		size_t trial = v->member[side][i].trial;
		size_t now = trend_trial_version(t, v->of, side, trial);

		if (i && (!s->boots || now != last || v->member[side][i].unit != v->member[side][i - 1].unit)) {
			add_value(&s->point[last], unit, k);
			k = 0;
		}
		last = now;
		if (isfinite(x[trial]))
			unit[k++] = x[trial];
	}
	add_value(&s->point[last], unit, k);
	free(unit);
}

static void find_scale(const struct trend *t, struct trend_series *s)
{
	s->scale = NAN;
	for (size_t i = 0; i < t->n_versions; i++) {
		struct trend_point *p = &s->point[i];

		p->value = stat_median(p->x, p->n);
		for (size_t k = 0; k < p->n; k++)
			s->linear |= !(p->x[k] > 0);
		if (!(s->scale > 0) || (i == t->baseline && fabs(p->value) > 0))
			s->scale = fabs(p->value);
	}
	if (!(s->scale > 0))
		s->scale = 1;
}

/* The judged scale; a quotient that is none (0 / tiny overflow) is left out. */
static void set_logs(const struct trend *t, struct trend_series *s)
{
	for (size_t i = 0; i < t->n_versions; i++) {
		struct trend_point *p = &s->point[i];
		size_t n = 0;

		p->log = xalloc((p->n ? p->n : 1) * sizeof(*p->log));
		for (size_t k = 0; k < p->n; k++) {
			p->log[n] = s->linear ? p->x[k] / s->scale : log(p->x[k]);
			p->x[n] = p->x[k];
			n += isfinite(p->log[n]);
		}
		p->n = n;
		p->value = stat_median(p->x, n);
	}
}

static void add_series(struct trend *t, const struct series *of)
{
	struct trend_series *s;

	t->series = xrealloc(t->series, (t->n_series + 1) * sizeof(*t->series));
	s = &t->series[t->n_series++];
	*s = (struct trend_series){ .of = of, .boots = by_boots(t, of->view) };
	s->point = xalloc(t->n_versions * sizeof(*s->point));
	for (int side = 0; side < SIDES; side++)
		fill_side(t, s, side);
	find_scale(t, s);
	s->threshold = s->linear == of->linear ? of->j.threshold :
		       s->linear ? expm1(of->j.threshold) : log1p(of->j.threshold);
	set_logs(t, s);
}

static bool wanted(const struct series *s, const struct words *patterns, bool *used)
{
	bool found = !patterns->n;

	for (size_t i = 0; i < patterns->n; i++)
		if (compare_matches(s, patterns->word[i]))
			found = used[i] = true;
	return found;
}

bool trend_series(struct trend *t, char **why)
{
	_cleanup_words_ struct words patterns = { 0 };
	bool *used;

	words_split(&patterns, t->o->metrics ? t->o->metrics : "", ",");
	used = xalloc((patterns.n ? patterns.n : 1) * sizeof(*used));
	for (size_t i = 0; i < t->c.n_series; i++)
		if (wanted(&t->c.series[i], &patterns, used))
			add_series(t, &t->c.series[i]);
	for (size_t i = 0; i < patterns.n && t->c.n_series && !*why; i++)
		if (!used[i])
			*why = xasprintf("'%s' names no metric of this series", patterns.word[i]);
	free(used);
	return !*why;
}

/* --- pairs of versions ------------------------------------------------------- */

static void add_pair(const struct trend *t, struct trend_series *s, size_t from, size_t to,
		     bool baseline)
{
	const struct trend_point *a = &s->point[from], *b = &s->point[to];
	struct trend_pair *p;

	s->pair = xrealloc(s->pair, (s->n_pairs + 1) * sizeof(*s->pair));
	p = &s->pair[s->n_pairs++];
	*p = (struct trend_pair){ .from = from, .to = to, .baseline = baseline };
	verdict_test(a->log, a->n, b->log, b->n, s->of->metric->better, &t->c.rule, &p->j);
	p->j.primary = s->of->j.primary;
	p->j.threshold = s->threshold;
}

/* All versions of a short series; of a long one the newest. */
static void add_pairs(const struct trend *t, struct trend_series *s)
{
	size_t before = SIZE_MAX, n = 0;

	for (size_t i = 0; i < t->n_versions; i++)
		n += s->point[i].n > 0;
	s->searched = n >= TREND_SERIES;
	for (size_t i = 0; i < t->n_versions; i++) {
		if (!s->point[i].n)
			continue;
		if (!s->searched || i == t->newest) {
			if (i != t->baseline && s->point[t->baseline].n)
				add_pair(t, s, t->baseline, i, true);
			if (before != SIZE_MAX && before != t->baseline)
				add_pair(t, s, before, i, false);
		}
		before = i;
	}
}

/* The order in which verdicts outweigh each other. */
static bool outweighs(enum verdict a, enum verdict b)
{
	static const int weight[] = {
		[VERDICT_REGRESSED] = 3, [VERDICT_INCONCLUSIVE] = 2,
		[VERDICT_IMPROVED] = 1,	 [VERDICT_UNCHANGED] = 0,
	};

	return weight[a] > weight[b];
}

/* Of the newest version, and of the last change if the series has lasted since. */
static void conclude(const struct trend *t, struct trend_series *s)
{
	bool any = false;

	s->verdict = VERDICT_UNCHANGED;
	for (size_t i = 0; i < s->n_pairs; i++) {
		if (s->pair[i].to != t->newest)
			continue;
		any = true;
		if (outweighs(s->pair[i].j.verdict, s->verdict))
			s->verdict = s->pair[i].j.verdict;
	}
	if (!any)
		s->verdict = VERDICT_INCONCLUSIVE;
	if (s->n_changes && s->change[s->n_changes - 1].at > t->baseline &&
	    outweighs(s->change[s->n_changes - 1].verdict, s->verdict))
		s->verdict = s->change[s->n_changes - 1].verdict;
}

void trend_judge(struct trend *t)
{
	struct judged *all;
	size_t n = 0;

	for (size_t i = 0; i < t->n_series; i++) {
		add_pairs(t, &t->series[i]);
		n += t->series[i].n_pairs;
	}
	t->alpha = trend_alpha(t);
	all = xalloc((n ? n : 1) * sizeof(*all));
	n = 0;
	for (size_t i = 0; i < t->n_series; i++)
		for (size_t k = 0; k < t->series[i].n_pairs; k++)
			all[n++] = t->series[i].pair[k].j;
	verdict_decide(all, n, &t->c.rule);
	n = 0;
	for (size_t i = 0; i < t->n_series; i++) {
		struct trend_series *s = &t->series[i];

		for (size_t k = 0; k < s->n_pairs; k++)
			s->pair[k].j = all[n++];
		if (s->searched)
			trend_changes(t, s);
		conclude(t, s);
	}
	free(all);
}
