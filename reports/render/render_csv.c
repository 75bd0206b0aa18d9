/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv (RFC 4180): a row for each metric and trial of run reports, or for each
 * metric of a comparison. A name in the header is the member's name in the
 * document. Text that a spreadsheet would take for a formula gets a leading
 * quote; line breaks within a value become blanks, so that a row is a line.
 */
#include "reports/render/render.h"

#include <stdlib.h>
#include <string.h>

struct table {
	FILE *out;
	bool begun; /* the row has a value */
	json_t *percents; /* { "50": true, ... } in numeric order */
};

static void cell(struct table *t, const char *text)
{
	_cleanup_free_ char *clean = text_clean(text);
	bool formula = *clean && strchr("=+-@", *clean);

	if (t->begun)
		fputc(',', t->out);
	t->begun = true;
	if (!formula && !clean[strcspn(clean, ",\"")]) {
		fputs(clean, t->out);
		return;
	}
	fputs(formula ? "\"'" : "\"", t->out);
	for (const char *at = clean; *at; at++) {
		if (*at == '"')
			fputc('"', t->out);
		fputc(*at, t->out);
	}
	fputc('"', t->out);
}

static void number(struct table *t, const json_t *value)
{
	_cleanup_free_ char *text = render_number(value);

	if (t->begun)
		fputc(',', t->out);
	t->begun = true;
	fputs(text, t->out);
}

static void truth(struct table *t, const json_t *o, const char *key)
{
	cell(t, js_get_true(o, key) ? "1" : "0");
}

static void end_row(struct table *t)
{
	fputs("\r\n", t->out);
	t->begun = false;
}

static void texts(struct table *t, const json_t *o, const char *const *keys)
{
	for (; *keys; keys++)
		cell(t, text_get(o, *keys));
}

static void header(struct table *t, const char *const *names)
{
	for (; *names; names++)
		cell(t, *names);
}

/* --- run reports ------------------------------------------------------------- */

/* What a row has of the report, its case and the trial before the metric. */
static const char *const trial_names[] = {
	"report", "kernel", "case", "label", "trial", "order", "pair",
	"started", "boot_id", "outcome", NULL,
};
static const char *const metric_texts[] = { "id", "variant", "unit", "kind",
					    "better", NULL };
static const char *const metric_names[] = { "metric", "variant", "unit", "kind",
					    "better", "primary", NULL };
/* Lists with a value for each trial. */
static const char *const lists[] = { "values", "cpu_rates", "medians",
				     "cpu_medians", "slices", "counts", "mins",
				     "maxs", NULL };
static const char *const list_names[] = { "value", "cpu_rate", "median",
					  "cpu_median", "slices", "count", "min",
					  "max", NULL };

static int by_value(const void *a, const void *b)
{
	double x = strtod(*(const char *const *)a, NULL);
	double y = strtod(*(const char *const *)b, NULL);

	return x < y ? -1 : x > y;
}

/* All percentiles that any metric has, in order. */
static json_t *find_percents(const struct render_input *in)
{
	_cleanup_json_ json_t *found = json_object();
	json_t *sorted = json_object(), *o, *metric, *list;
	const char **names, *name;
	size_t i, k, n = 0;

	for (size_t r = 0; r < in->n_reports; r++)
		json_array_foreach(json_object_get(in->reports[r], "cases"), i, o)
			json_array_foreach(json_object_get(o, "metrics"), k, metric)
				json_object_foreach(json_object_get(metric, "percentiles"), name, list)
					js_set(found, name, json_true());
	names = xalloc((json_object_size(found) + 1) * sizeof(*names));
	json_object_foreach(found, name, list)
		names[n++] = name;
	qsort(names, n, sizeof(*names), by_value);
	for (i = 0; i < n; i++)
		js_set(sorted, names[i], json_true());
	free(names);
	return sorted;
}

static void trial_header(struct table *t)
{
	const char *name;
	json_t *yes;

	header(t, trial_names);
	header(t, metric_names);
	header(t, list_names);
	json_object_foreach(t->percents, name, yes) {
		_cleanup_free_ char *column = xasprintf("p%s", name);

		cell(t, column);
	}
	end_row(t);
}

struct position {
	const char *path;
	const json_t *report, *of, *trial;
	size_t index; /* of the trial in the case's lists */
};

static void trial_row(struct table *t, const struct position *p,
		      const json_t *metric)
{
	const json_t *percentiles = json_object_get(metric, "percentiles");
	const char *name;
	json_t *yes;

	cell(t, p->path);
	cell(t, render_kernel(p->report));
	cell(t, text_get(p->of, "id"));
	cell(t, text_get(p->of, "label"));
	number(t, json_object_get(p->trial, "number"));
	number(t, json_object_get(p->trial, "order"));
	number(t, json_object_get(p->trial, "pair"));
	number(t, json_object_get(p->trial, "started"));
	cell(t, text_get(p->trial, "boot_id"));
	cell(t, text_get(p->trial, "outcome"));
	texts(t, metric, metric_texts);
	truth(t, metric, "primary");
	for (size_t i = 0; lists[i]; i++)
		number(t, json_array_get(json_object_get(metric, lists[i]), p->index));
	json_object_foreach(t->percents, name, yes)
		number(t, json_array_get(json_object_get(percentiles, name), p->index));
	end_row(t);
}

static void trial_rows(struct table *t, struct position *p)
{
	json_t *o, *trial, *metric;
	size_t i, k, m;

	json_array_foreach(json_object_get(p->report, "cases"), i, o)
		json_array_foreach(json_object_get(o, "trials"), k, trial) {
			p->of = o;
			p->trial = trial;
			p->index = k;
			json_array_foreach(json_object_get(o, "metrics"), m, metric)
				trial_row(t, p, metric);
		}
}

/* --- a comparison ------------------------------------------------------------ */

static const char *const compared_texts[] = { "case", "metric", "variant",
					      "statistic", "rate", "unit", "kind",
					      "better", NULL };
static const char *const compared_numbers[] = { "base", "new", "change", "low",
						"high", "confidence", "p",
						"p_adjusted", "threshold",
						"floor", "missed", "needed",
						NULL };
static const char *const compared_rest[] = { "primary", "verdict", NULL };
static const char *const compared_end[] = { "n_base", "n_new", "paired", "exact",
					    "text", NULL };

static void comparison_rows(struct table *t, const json_t *comparison)
{
	json_t *metric, *n;
	size_t i;

	header(t, compared_texts);
	header(t, compared_rest);
	header(t, compared_numbers);
	header(t, compared_end);
	end_row(t);
	json_array_foreach(json_object_get(comparison, "metrics"), i, metric) {
		texts(t, metric, compared_texts);
		truth(t, metric, "primary");
		cell(t, text_get(metric, "verdict"));
		for (size_t k = 0; compared_numbers[k]; k++)
			number(t, json_object_get(metric, compared_numbers[k]));
		n = json_object_get(metric, "n");
		number(t, json_array_get(n, 0));
		number(t, json_array_get(n, 1));
		truth(t, metric, "paired");
		truth(t, metric, "exact");
		cell(t, text_get(metric, "text"));
		end_row(t);
	}
}

static int render(const struct render_input *in, const void *values, FILE *out,
		  char **why)
{
	struct table t = { .out = out };

	(void)values;
	(void)why;
	if (in->comparison) {
		comparison_rows(&t, in->comparison);
		return 0;
	}
	t.percents = find_percents(in);
	trial_header(&t);
	for (size_t i = 0; i < in->n_reports; i++)
		trial_rows(&t, &(struct position){ .path = in->paths[i],
						   .report = in->reports[i] });
	json_decref(t.percents);
	return 0;
}

const struct renderer render_csv = {
	.name = "csv",
	.summary = "a row for each metric and trial, or each metric of a comparison",
	.render = render,
};
