/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slices and histograms of a case in one trial: the line of bulk data. */
#include "reports/lines.h"

#include <string.h>

static json_t *numbers(const double *value, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		js_add(array, js_number(value[i]));
	return array;
}

static bool is_gauge(const struct case_result *c, const char *name, const char *source)
{
	for (size_t i = 0; i < c->n_counters; i++)
		if (!strcmp(c->counter[i].name, name) &&
		    !strcmp(c->counter[i].source, source))
			return c->counter[i].gauge;
	return false;
}

/* Does the column say more than the trial's summary does? */
static bool moved(const struct case_result *c, const struct slice_table *t, size_t column)
{
	const char *name = t->columns[column].name, *source = t->columns[column].source;
	const double *value = t->columns[column].value;
	double still;

	if (!strcmp(source, "metric"))
		return true;
	still = is_gauge(c, name, source) ? value[0] : 0;
	for (size_t i = 0; i < t->n; i++)
		if (value[i] != still)
			return true;
	return false;
}

static json_t *slices(const struct case_result *c, const struct slice_table *t)
{
	json_t *o = json_object(), *flags = json_array(), *columns = json_array();

	js_set_text(o, "variant", t->variant);
	js_set(o, "start", numbers(t->start, t->n));
	js_set(o, "seconds", numbers(t->seconds, t->n));
	js_set(o, "cpu_seconds", numbers(t->cpu_seconds, t->n));
	js_set(o, "wait_seconds", numbers(t->wait_seconds, t->n));
	for (size_t i = 0; i < t->n; i++)
		js_add(flags, json_integer(t->flags[i]));
	js_set(o, "flags", flags);
	for (size_t i = 0; i < t->n_columns; i++) {
		json_t *column;

		if (!moved(c, t, i))
			continue;
		column = json_object();
		js_set(column, "name", js_text(t->columns[i].name));
		js_set(column, "source", js_text(t->columns[i].source));
		js_set(column, "values", numbers(t->columns[i].value, t->n));
		js_add(columns, column);
	}
	js_set(o, "columns", columns);
	return o;
}

static json_t *histogram(const struct metric_result *m)
{
	const struct hist *h = m->hist;
	json_t *o = json_object(), *buckets = json_array();

	js_set(o, "metric", js_text(m->metric->id));
	js_set_text(o, "variant", m->variant);
	js_set(o, "count", js_count(h->count));
	js_set(o, "sum", js_count(h->sum));
	js_set(o, "min", js_count(h->min));
	js_set(o, "max", js_count(h->max));
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		if (h->bucket[i])
			js_add(buckets, json_pack("[i,I]", (int)i,
						  (json_int_t)h->bucket[i]));
	js_set(o, "buckets", buckets);
	return o;
}

json_t *line_bulk(const struct trial_result *e, const struct case_result *c)
{
	json_t *o, *tables = json_array(), *histograms = json_array();

	for (size_t i = 0; i < c->n_slices; i++)
		if (c->slices[i].n)
			js_add(tables, slices(c, &c->slices[i]));
	for (size_t i = 0; i < c->n_metrics; i++)
		if (c->metric[i].hist && c->metric[i].hist->count)
			js_add(histograms, histogram(&c->metric[i]));
	if (!json_array_size(tables) && !json_array_size(histograms)) {
		json_decref(tables);
		json_decref(histograms);
		return NULL;
	}
	o = json_object();
	js_set(o, "line", js_text("bulk"));
	js_set(o, "order", js_count(e->order));
	js_set(o, "case", js_count(c->of->index));
	js_set(o, "slices", tables);
	js_set(o, "histograms", histograms);
	return o;
}
