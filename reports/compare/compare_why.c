/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Second reading of a few reports: counters per operation under what changed. */
#include "reports/compare/compare_parts.h"

#include <math.h>
#include <string.h>

#include "reports/load.h"

/* Reports of a side that are read again, spread over all of them. */
#define READ_AGAIN 16
/* Counters under a metric, and events in a trial from which one is believed. */
#define SHOWN 3
#define FEWEST 10
#define SIGNIFICANT 0.05
#define SMALLEST 0.01

struct moved {
	char *source, *name;
	double *x[SIDES]; /* per operation, one a trial */
	double base, new, change, p, score;
};

struct moves {
	struct moved *row;
	size_t n;
	double *ops[SIDES];
	size_t trials[SIDES];
};

static bool changed(const struct series *s)
{
	return s->j.verdict == VERDICT_REGRESSED || s->j.verdict == VERDICT_IMPROVED;
}

/* --- collecting -------------------------------------------------------------- */

static double operations(const json_t *trial)
{
	double sum = 0;
	json_t *ops;
	size_t i;

	json_array_foreach(json_object_get(trial, "worker_ops"), i, ops)
		if (json_is_number(ops))
			sum += json_number_value(ops);
	return sum;
}

static struct moved *find_row(struct moves *m, const char *source, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->row[i].name, name) && !strcmp(m->row[i].source, source))
			return &m->row[i];
	m->row = xrealloc(m->row, (m->n + 1) * sizeof(*m->row));
	m->row[m->n] = (struct moved){ .source = xstrdup(source), .name = xstrdup(name) };
	return &m->row[m->n++];
}

static void put(struct moves *m, struct moved *row, int side, double value)
{
	size_t at = m->trials[side] - 1;

	/* a counter that did not move is left out of a trial */
	if (!row->x[side])
		row->x[side] = xalloc((at + 1) * sizeof(double));
	row->x[side][at] = value;
}

/* Room for one more trial in all rows. */
static void grow(struct moves *m, int side)
{
	size_t n = ++m->trials[side];

	m->ops[side] = xrealloc(m->ops[side], n * sizeof(double));
	for (size_t i = 0; i < m->n; i++) {
		if (!m->row[i].x[side])
			continue;
		m->row[i].x[side] = xrealloc(m->row[i].x[side], n * sizeof(double));
		m->row[i].x[side][n - 1] = 0;
	}
}

/* What the kernel counts for processes anyway. */
static void add_usage(struct moves *m, int side, const json_t *trial, double ops)
{
	static const char *const names[] = { "voluntary_switches", "involuntary_switches" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const json_t *value = json_object_get(trial, names[i]);

		if (json_is_number(value))
			put(m, find_row(m, "rusage", names[i]), side,
			    json_number_value(value) / ops);
	}
}

static void add_trial(struct moves *m, int side, const json_t *trial)
{
	double ops = operations(trial);
	const char *source, *name;
	json_t *counters, *value;

	if (!samples_measured(js_get_text(trial, "outcome")) || !(ops > 0))
		return;
	grow(m, side);
	m->ops[side][m->trials[side] - 1] = ops;
	add_usage(m, side, trial, ops);
	json_object_foreach(json_object_get(trial, "counters"), source, counters)
		json_object_foreach(counters, name, value)
			if (json_is_number(value))
				put(m, find_row(m, source, name), side,
				    json_number_value(value) / ops);
}

static void add_document(const struct comparison *c, struct moves *all, int side,
			 const json_t *doc)
{
	json_t *o, *trial;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "cases"), i, o) {
		if (!js_get_text(o, "id") ||
		    !samples_labelled(doc, o, c->side[side]->pick))
			continue;
		for (size_t v = 0; v < c->samples.n_cases; v++)
			if (samples_same_case(c->view[v].of, side, o))
				json_array_foreach(json_object_get(o, "trials"), k, trial)
					add_trial(&all[v], side, trial);
	}
}

static void read_again(const struct comparison *c, struct moves *all)
{
	for (int side = 0; side < SIDES; side++) {
		size_t n = c->side[side]->n, step = (n + READ_AGAIN - 1) / READ_AGAIN;

		for (size_t i = 0; i < n; i += step) {
			const struct compare_source *source = &c->side[side]->source[i];
			_cleanup_free_ char *why = NULL;
			_cleanup_json_ json_t *read = NULL;

			if (!source->doc)
				read = report_load(source->path, REPORT_SUMMARY, &why);
			if (source->doc || read)
				add_document(c, all, side, source->doc ? source->doc : read);
		}
	}
}

/* --- choosing ---------------------------------------------------------------- */

static void judge_row(const struct moves *m, struct moved *row)
{
	double ops[SIDES], rest;

	row->score = 0;
	for (int side = 0; side < SIDES; side++) {
		ops[side] = stat_median(m->ops[side], m->trials[side]);
		if (!row->x[side])
			row->x[side] = xalloc(m->trials[side] * sizeof(double));
	}
	row->base = stat_median(row->x[0], m->trials[0]);
	row->new = stat_median(row->x[1], m->trials[1]);
	row->change = row->base > 0 ? row->new / row->base - 1 : NAN;
	if (!(row->base * ops[0] >= FEWEST) && !(row->new * ops[1] >= FEWEST))
		return;
	row->p = stat_mann_whitney(row->x[0], m->trials[0], row->x[1], m->trials[1]).p;
	/* what was zero is as good as half an event a trial */
	rest = 0.5 / fmax(ops[0], ops[1]);
	if (row->p <= SIGNIFICANT)
		row->score = fabs(log((row->new + rest) / (row->base + rest)));
}

static int by_score(const void *a, const void *b)
{
	const struct moved *x = a, *y = b;

	return x->score > y->score ? -1 : x->score < y->score;
}

static json_t *most_moved(struct moves *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n && m->trials[0] && m->trials[1]; i++)
		judge_row(m, &m->row[i]);
	if (m->n)
		qsort(m->row, m->n, sizeof(*m->row), by_score);
	for (size_t i = 0; i < m->n && i < SHOWN && m->row[i].score > SMALLEST; i++) {
		json_t *o = json_object();

		js_set(o, "name", js_text(m->row[i].name));
		js_set(o, "source", js_text(m->row[i].source));
		js_set(o, "base", js_number(m->row[i].base));
		js_set(o, "new", js_number(m->row[i].new));
		js_set(o, "change", js_number(m->row[i].change));
		js_set(o, "p", js_number(m->row[i].p));
		js_add(list, o);
	}
	return list;
}

static void free_moves(struct moves *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->row[i].source);
		free(m->row[i].name);
		free(m->row[i].x[0]);
		free(m->row[i].x[1]);
	}
	free(m->row);
	free(m->ops[0]);
	free(m->ops[1]);
}

void compare_explain(struct comparison *c)
{
	struct moves *all;
	bool any = false;

	for (size_t i = 0; i < c->n_series; i++)
		any |= changed(&c->series[i]);
	if (!any)
		return;
	all = xalloc(c->samples.n_cases * sizeof(*all));
	read_again(c, all);
	for (size_t v = 0; v < c->samples.n_cases; v++) {
		_cleanup_json_ json_t *list = most_moved(&all[v]);

		for (size_t i = 0; i < c->n_series; i++)
			if (c->series[i].view == &c->view[v] && changed(&c->series[i]))
				c->series[i].counters = json_incref(list);
		free_moves(&all[v]);
	}
	free(all);
}
