/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a case's trials to rows, one a statistic, and their verdicts. */
#include "reports/compare/compare_parts.h"

#include <fnmatch.h>
#include <math.h>
#include <string.h>

/* Undisturbed slices of every trial from which their median is judged. */
#define SLICES_NEEDED 3

/* A statistic that a metric of this kind has. */
struct statistic {
	const char *kind;
	enum sample_column column;
	const char *name, *rate;
	double quantile; /* of events; 0: none */
	bool primary;    /* where the metric is */
};

/* clang-format off */
static const struct statistic statistics[] = {
	{ "rate", SAMPLE_VALUE, "mean", "wall", 0, true },
	{ "rate", SAMPLE_CPU_RATE, "mean", "cpu", 0, true },
	{ "cost", SAMPLE_VALUE, "mean", NULL, 0, true },
	{ "gauge", SAMPLE_VALUE, "value", NULL, 0, true },
	{ "ratio", SAMPLE_VALUE, "value", NULL, 0, true },
	{ "latency", SAMPLE_P50, "p50", NULL, 0.5, true },
	{ "latency", SAMPLE_VALUE, "mean", NULL, 0, false },
	{ "latency", SAMPLE_P90, "p90", NULL, 0.9, false },
	{ "latency", SAMPLE_P99, "p99", NULL, 0.99, false },
	{ "latency", SAMPLE_P999, "p99.9", NULL, 0.999, false },
};
/* clang-format on */

/* Does @column have at least @least in every measured trial of both sides? */
static bool everywhere(const struct case_view *v, const struct sample_metric *m,
		       enum sample_column column, double least)
{
	for (int side = 0; side < SIDES; side++) {
		const double *x = m->value[side][column];

		for (size_t i = 0; i < v->n_members[side]; i++)
			if (!x || !(x[v->member[side][i].trial] >= least))
				return false;
	}
	return true;
}

/* --- values of units --------------------------------------------------------- */

/* Medians of each unit's trials; units without a value are left out. */
static void fill_side(struct series *s, int side)
{
	const struct case_view *v = s->view;
	const double *x = s->metric->value[side][s->column];
	size_t n = v->n_members[side], k = 0;
	double *unit = xalloc(n * sizeof(*unit));

	s->x[side] = xalloc(n * sizeof(*s->x[side]));
	for (size_t i = 0; x && i < n; i++) {
		double value = x[v->member[side][i].trial];

		if (isfinite(value))
			unit[k++] = value;
		if (i + 1 < n && v->member[side][i + 1].unit == v->member[side][i].unit)
			continue;
		if (k)
			s->x[side][s->n[side]++] = k == 1 ? unit[0] : stat_median(unit, k);
		k = 0;
	}
	free(unit);
}

/* Pairs of which both sides have a value. */
static void fill_pairs(struct series *s)
{
	const struct case_view *v = s->view;
	const double *x[SIDES];
	size_t n = 0;

	for (int side = 0; side < SIDES; side++) {
		x[side] = s->metric->value[side][s->column];
		s->x[side] = xalloc(v->n_members[side] * sizeof(*s->x[side]));
	}
	for (size_t i = 0; x[0] && x[1] && i < v->n_members[0]; i++) {
		double a = x[0][v->member[0][i].trial], b = x[1][v->member[1][i].trial];

		if (!isfinite(a) || !isfinite(b))
			continue;
		s->x[0][n] = a;
		s->x[1][n++] = b;
	}
	s->n[0] = s->n[1] = n;
}

static void find_scale(struct series *s)
{
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < s->n[side]; i++)
			s->linear |= !(s->x[side][i] > 0);
	s->scale = fabs(stat_median(s->x[SIDE_BASE], s->n[SIDE_BASE]));
	if (!(s->scale > 0))
		s->scale = fabs(stat_median(s->x[SIDE_NEW], s->n[SIDE_NEW]));
	if (!(s->scale > 0))
		s->scale = 1;
}

static double scaled(const struct series *s, double value)
{
	return s->linear ? value / s->scale : log(value);
}

double compare_change(const struct series *s, double shift)
{
	if (isnan(shift) || isinf(shift))
		return NAN;
	return s->linear ? shift : expm1(shift);
}

/* Differences of pairs; where boots are the units their medians. */
static size_t differences(const struct series *s, double *d)
{
	const struct case_view *v = s->view;
	size_t n = 0, k = 0, units = 0;
	double *unit;

	for (size_t i = 0; i < s->n[0]; i++)
		d[i] = scaled(s, s->x[1][i]) - scaled(s, s->x[0][i]);
	if (!v->boots || s->n[0] != v->n_members[0])
		return s->n[0];
	unit = xalloc(s->n[0] * sizeof(*unit));
	for (size_t i = 0; i < s->n[0]; i++) {
		unit[k++] = d[i];
		n = i + 1;
		if (n < s->n[0] && v->member[0][n].unit == v->member[0][i].unit)
			continue;
		d[units++] = stat_median(unit, k);
		k = 0;
	}
	free(unit);
	return units;
}

static void test_series(struct series *s, const struct verdict_options *rule)
{
	double *x[SIDES] = { 0 };

	find_scale(s);
	for (int side = 0; side < SIDES; side++)
		x[side] = xalloc(s->n[side] * sizeof(*x[side]));
	if (s->view->paired) {
		verdict_test_paired(x[0], differences(s, x[0]), s->metric->better, rule, &s->j);
	} else {
		for (int side = 0; side < SIDES; side++)
			for (size_t i = 0; i < s->n[side]; i++)
				x[side][i] = scaled(s, s->x[side][i]);
		verdict_test(x[0], s->n[0], x[1], s->n[1], s->metric->better, rule, &s->j);
	}
	free(x[0]);
	free(x[1]);
}

/* --- which rows there are ---------------------------------------------------- */

/* Why a row of the case does not gate: the rule was fixed beforehand and is
 * told in method.rate_rule. */
static const char *held(const struct series *s)
{
	const struct case_view *v = s->view;
	const char *kind = s->metric->kind, *unit = s->metric->unit;
	bool cpu = v->contended && v->bound;

	if (!strcmp(kind, "rate")) {
		if (!strcmp(s->rate, "cpu"))
			return cpu ? NULL : "the rate per second of wall time gates";
		if (cpu)
			return "the CPUs were contended: the rate per CPU second gates";
	}
	if (!v->contended || v->paired || !strcmp(kind, "cost") || !strcmp(kind, "ratio"))
		return NULL;
	if (!strcmp(kind, "gauge") && !strstr(unit, "/s") && strcmp(unit, "ns"))
		return NULL;
	return COMPARE_HELD_BY_LOAD;
}

static void add_series(struct comparison *c, const struct case_view *v,
		       const struct sample_metric *m, const struct statistic *k)
{
	struct series *s;
	double events = k->quantile > 0 ? ceil(10 / (1 - k->quantile) - 1e-6) : 0;

	if (events > 0 && !everywhere(v, m, SAMPLE_COUNT, events))
		return;
	c->series = xrealloc(c->series, (c->n_series + 1) * sizeof(*c->series));
	s = &c->series[c->n_series];
	*s = (struct series){ .view = v, .metric = m, .column = k->column,
			      .statistic = k->name, .rate = k->rate, .floor = NAN };
	if (k->rate && everywhere(v, m, SAMPLE_SLICES, SLICES_NEEDED)) {
		s->column = k->column == SAMPLE_VALUE ? SAMPLE_MEDIAN : SAMPLE_CPU_MEDIAN;
		s->statistic = "median";
	}
	if (v->paired) {
		fill_pairs(s);
	} else {
		fill_side(s, SIDE_BASE);
		fill_side(s, SIDE_NEW);
	}
	if (!s->n[SIDE_BASE] || !s->n[SIDE_NEW]) {
		free(s->x[0]);
		free(s->x[1]);
		return;
	}
	c->n_series++;
	test_series(s, &c->rule);
	s->j.primary = m->primary && k->primary;
	s->held = s->j.primary && !c->o->allow_uncontrolled ? held(s) :
		  s->j.primary && k->rate && !strcmp(k->rate, "cpu") ? held(s) : NULL;
}

/* Is the metric defined alike on both sides? Refused otherwise. */
static bool comparable(struct comparison *c, const struct case_view *v,
		       const struct sample_metric *m)
{
	_cleanup_free_ char *text = NULL;
	json_t *o;

	if (m->version[0] < 0 || m->version[1] < 0)
		js_add(c->notes, json_sprintf("metric '%s' of %s is only in %s", m->id, v->of->id,
					      c->side[m->version[0] < 0]->label));
	if (m->version[0] < 0 || m->version[1] < 0 || !m->better)
		return false;
	if (m->mixed)
		text = xasprintf("metric '%s': reports of one side define it differently", m->id);
	else if (m->version[0] != m->version[1])
		text = xasprintf("metric '%s': definition %lld in %s, %lld in %s", m->id,
				 (long long)m->version[0], c->side[0]->label,
				 (long long)m->version[1], c->side[1]->label);
	if (!text)
		return true;
	if (c->o->force) {
		js_add(c->notes, json_sprintf("compared by force: %s: %s", v->of->id, text));
		return true;
	}
	o = json_object();
	js_set(o, "case", js_text(v->of->id));
	js_set(o, "reason", js_text(text));
	js_add(c->refused, o);
	return false;
}

void compare_series(struct comparison *c)
{
	for (size_t i = 0; i < c->samples.n_cases; i++) {
		const struct case_view *v = &c->view[i];

		if (v->refused || !v->n_members[0] || !v->n_members[1])
			continue;
		for (size_t k = 0; k < v->of->n_metrics; k++) {
			const struct sample_metric *m = &v->of->metric[k];

			if (!comparable(c, v, m))
				continue;
			for (size_t n = 0; n < ARRAY_SIZE(statistics); n++)
				if (!strcmp(statistics[n].kind, m->kind))
					add_series(c, v, m, &statistics[n]);
		}
	}
}

/* --- primary by the user's word ---------------------------------------------- */

bool compare_matches(const struct series *s, const char *pattern)
{
	const char *metric = s->metric->id, *id = s->view->of->id;
	const char *which = s->rate ? s->rate : s->statistic;
	char *forms[] = {
		xstrdup(metric), xasprintf("%s:%s", metric, which),
		xasprintf("%s:%s", id, metric), xasprintf("%s:%s:%s", id, metric, which),
	};
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		found |= !fnmatch(pattern, forms[i], 0);
		free(forms[i]);
	}
	return found;
}

bool compare_primaries(struct comparison *c, char **why)
{
	_cleanup_words_ struct words patterns = { 0 };

	if (!c->o->primary)
		return true;
	words_split(&patterns, c->o->primary, ",");
	for (size_t i = 0; i < c->n_series; i++) {
		c->series[i].j.primary = false;
		c->series[i].held = NULL;
	}
	for (size_t p = 0; p < patterns.n; p++) {
		bool found = false;

		for (size_t i = 0; i < c->n_series; i++)
			if (compare_matches(&c->series[i], patterns.word[p])) {
				found = true;
				c->series[i].j.primary = true;
			}
		if (!found && c->n_series) {
			*why = xasprintf("'%s' names no metric of this comparison",
					 patterns.word[p]);
			return false;
		}
	}
	return true;
}

/* --- verdicts ---------------------------------------------------------------- */

static void set_threshold(const struct comparison *c, struct series *s)
{
	double least = compare_threshold(c);

	s->floor = compare_row_floor(c, s);
	if (s->floor > least)
		least = s->floor;
	s->j.threshold = s->linear ? least : log1p(least);
}

void compare_judge(struct comparison *c)
{
	struct judged *all = xalloc(c->n_series * sizeof(*all));

	for (size_t i = 0; i < c->n_series; i++) {
		set_threshold(c, &c->series[i]);
		if (c->series[i].held)
			c->series[i].j.primary = false;
		all[i] = c->series[i].j;
	}
	verdict_decide(all, c->n_series, &c->rule);
	for (size_t i = 0; i < c->n_series; i++)
		c->series[i].j = all[i];
	free(all);
}
