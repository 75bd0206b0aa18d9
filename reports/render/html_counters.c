/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters per operation: what a trial counted, divided by the operations of
 * its workers; the median over the trials of a side.
 */
#include "reports/render/html.h"

#include <math.h>
#include <string.h>

#define ROWS 60 /* those that matter most */

struct row {
	const char *source, *name;
	double value[HTML_SIDES];
};

static double operations(const json_t *trial)
{
	double sum = 0;
	size_t i;
	json_t *n;

	json_array_foreach(json_object_get(trial, "worker_ops"), i, n)
		sum += json_is_number(n) ? json_number_value(n) : 0;
	return sum;
}

/* A counter that is not there did not move. */
static double per_operation(const struct html_case *c, int side, const char *source,
			    const char *name)
{
	double *value = NULL, median;
	size_t n = 0, i;
	json_t *trial;

	for (size_t part = 0; part < c->n[side]; part++) {
		const json_t *trials =
			json_object_get(c->part[side][part].of, "trials");

		value = xrealloc(value, (n + json_array_size(trials) + 1) *
						sizeof(*value));
		json_array_foreach(trials, i, trial) {
			const json_t *sources = json_object_get(trial, "counters");
			double ops = operations(trial);

			if (ops > 0 && sources)
				value[n++] = js_get_number(json_object_get(sources, source),
							   name, 0) / ops;
		}
	}
	median = html_median(value, n);
	free(value);
	return median;
}

/* Adds the counters of one trial to { source: { name: true } }. */
static void add_names(json_t *names, const json_t *trial)
{
	const char *source, *name;
	json_t *counters, *value;

	json_object_foreach(json_object_get(trial, "counters"), source, counters) {
		if (!json_object_get(names, source))
			js_set(names, source, json_object());
		json_object_foreach(counters, name, value)
			js_set(json_object_get(names, source), name, json_true());
	}
}

static json_t *all_names(const struct html_case *c)
{
	json_t *names = json_object(), *trial;
	size_t i;

	for (int side = 0; side < HTML_SIDES; side++)
		for (size_t part = 0; part < c->n[side]; part++)
			json_array_foreach(json_object_get(c->part[side][part].of,
							   "trials"), i, trial)
				if (i < HTML_TRIALS_MAX)
					add_names(names, trial);
	return names;
}

static double ratio(const struct row *r)
{
	double base = r->value[HTML_BASE], new = r->value[HTML_NEW];

	return base > 0 && new > 0 ? new / base - 1 : NAN;
}

/* Compared: what moved most first; else what is most. */
static int by_weight(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	double p = ratio(x), q = ratio(y);

	if (isfinite(p) && isfinite(q))
		return (fabs(log1p(q)) > fabs(log1p(p))) -
		       (fabs(log1p(q)) < fabs(log1p(p)));
	if (isfinite(p) != isfinite(q))
		return isfinite(q) - isfinite(p);
	return (y->value[HTML_NEW] > x->value[HTML_NEW]) -
	       (y->value[HTML_NEW] < x->value[HTML_NEW]);
}

static size_t fill(struct row *rows, size_t room, const struct html_case *c,
		   const json_t *names)
{
	const char *source, *name;
	json_t *counters, *yes;
	size_t n = 0;

	json_object_foreach((json_t *)names, source, counters)
		json_object_foreach(counters, name, yes) {
			struct row *r = &rows[n];

			if (n == room)
				return n;
			*r = (struct row){ source, name, { NAN, NAN } };
			for (int side = 0; side < HTML_SIDES; side++)
				r->value[side] = per_operation(c, side, source, name);
			n += r->value[HTML_BASE] > 0 || r->value[HTML_NEW] > 0;
		}
	return n;
}

static void print_row(FILE *out, const struct row *r, bool compared)
{
	fputs("<tr><th scope=row>", out);
	html_text(out, r->name);
	fputs("</th>", out);
	html_in(out, "td", r->source);
	if (compared)
		html_cell(out, NULL, r->value[HTML_BASE], "");
	html_cell(out, NULL, r->value[HTML_NEW], "");
	if (compared)
		html_change(out, ratio(r));
	fputs("</tr>\n", out);
}

void html_counters(struct html_page *p, const struct html_case *c)
{
	_cleanup_json_ json_t *names = all_names(c);
	struct row *rows = xalloc(HTML_LIST_MAX * sizeof(*rows));
	size_t n = fill(rows, HTML_LIST_MAX, c, names);

	if (n) {
		qsort(rows, n, sizeof(*rows), by_weight);
		fprintf(p->out, "<h4>Counters per operation</h4>"
			"<div class=scroll role=region tabindex=0 aria-label=\"counters\">"
			"<table class=\"sort counters\"><thead><tr><th scope=col>counter</th>"
			"<th scope=col>source</th>%s</tr></thead><tbody>\n",
			p->comparison ? "<th scope=col class=n>base</th><th scope=col class=n>new</th>"
					"<th scope=col class=n>change</th>" :
					"<th scope=col class=n>per operation</th>");
		for (size_t i = 0; i < n && i < ROWS; i++)
			print_row(p->out, &rows[i], p->comparison);
		fputs("</tbody></table></div>", p->out);
		if (n > ROWS)
			fprintf(p->out, "<p class=m>%zu more moved less.</p>", n - ROWS);
	}
	free(rows);
}
