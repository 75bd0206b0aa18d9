/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables with cells as columns, cases or metrics as rows; one for each job. */
#include <math.h>
#include <string.h>

#include "reports/render/html.h"
#include "vm-matrix/document/html_parts.h"

#define COLUMNS_MOST 64 /* wider than that nobody reads */

/* The cells of a job that have something to show, as columns. */
struct grid {
	const struct view *v;
	const struct view_job *job;
	FILE *out;
	size_t column[COLUMNS_MOST];
	size_t n;
	size_t left_out;
};

static struct grid grid_of(const struct view *v, const struct view_job *job, FILE *out)
{
	struct grid g = { .v = v, .job = job, .out = out };

	for (size_t i = 0; i < job->n; i++) {
		if (!json_object_size(v->cell[job->cell[i]].cases))
			continue;
		if (g.n < COLUMNS_MOST)
			g.column[g.n++] = job->cell[i];
		else
			g.left_out++;
	}
	return g;
}

/* The label in lines: kernel first, what else tells the cell apart below. */
static void print_column_head(const struct grid *g, const struct view_cell *c, const char *tag)
{
	const char *slash = strchr(c->label, '/');
	_cleanup_free_ char *first = xasprintf("%.*s", (int)strcspn(c->label, "/"), c->label);

	fprintf(g->out, "<th scope=col%s>", tag);
	html_text(g->out, first);
	if (slash)
		html_in(g->out, "small", slash + 1);
	fputs("</th>", g->out);
}

static void print_head(const struct grid *g, const char *first, const char *tag)
{
	if (g->v->n_jobs > 1)
		html_in(g->out, "h3", g->job->name);
	fprintf(g->out, "<div class=scroll tabindex=0 role=region aria-label=\"%s by cell\">"
		"<table class=grid><thead><tr><th scope=col>%s</th>", first, first);
	for (size_t i = 0; i < g->n; i++)
		print_column_head(g, &g->v->cell[g->column[i]], tag);
	fputs("</tr></thead><tbody>\n", g->out);
}

static void print_foot(const struct grid *g)
{
	fputs("</tbody></table></div>\n", g->out);
	if (g->left_out)
		fprintf(g->out, "<p class=m>%zu more cells are in the document only.</p>\n",
			g->left_out);
}

/* --- outcomes ---------------------------------------------------------------------- */

static void print_outcome(const struct grid *g, size_t cell, const char *id)
{
	const json_t *of = json_object_get(g->v->cell[cell].cases, id);
	const char *reason = text_get(of, "reason");

	fputs("<td", g->out);
	if (*reason) {
		fputs(" title=\"", g->out);
		html_text(g->out, reason);
		fputs("\"", g->out);
	}
	fputs(">", g->out);
	if (of)
		html_word(g->out, text_get(of, "outcome"));
	fputs("</td>", g->out);
}

static void print_outcomes_of(const struct grid *g, bool differing)
{
	print_head(g, "Case", "");
	for (size_t k = 0; k < g->job->cases.n; k++) {
		const char *id = g->job->cases.word[k];

		if (differing && !view_differs(g->v, g->job, id))
			continue;
		fputs("<tr>", g->out);
		html_in(g->out, "th scope=row", id);
		for (size_t i = 0; i < g->n; i++)
			print_outcome(g, g->column[i], id);
		fputs("</tr>\n", g->out);
	}
	print_foot(g);
}

static size_t count_differing(const struct grid *g)
{
	size_t n = 0;

	for (size_t k = 0; k < g->job->cases.n; k++)
		n += view_differs(g->v, g->job, g->job->cases.word[k]);
	return n;
}

void html_outcomes(const struct view *v, FILE *out)
{
	bool any = false;

	for (size_t j = 0; j < v->n_jobs; j++) {
		struct grid g = grid_of(v, &v->job[j], out);
		size_t differ = count_differing(&g);

		if (!g.n)
			continue;
		any = true;
		if (differ) {
			fprintf(out, "<p>%zu of %zu cases differ between cells:</p>\n", differ,
				g.job->cases.n);
			print_outcomes_of(&g, true);
		} else if (g.n > 1) {
			fprintf(out, "<p>All %zu cases ended the same way in all cells.</p>\n",
				g.job->cases.n);
		}
		fputs("<details><summary>All cases</summary>\n", out);
		print_outcomes_of(&g, false);
		fputs("</details>\n", out);
	}
	if (!any)
		fputs("<p>No cell has a report.</p>\n", out);
}

/* --- metrics ------------------------------------------------------------------------ */

static const char *variant_of(const json_t *metric)
{
	return text_get(metric, "variant");
}

static const json_t *find_metric(const json_t *of, const char *id, const char *variant)
{
	json_t *m;
	size_t i;

	json_array_foreach(json_object_get(of, "metrics"), i, m)
		if (text_is(m, "id", id) && !strcmp(variant_of(m), variant))
			return m;
	return NULL;
}

/* A rate by CPU time where there is one: it is less of the host's load. */
static double median_of(const json_t *metric)
{
	return js_get_number(metric, "cpu_median", js_get_number(metric, "median", NAN));
}

/* @first: of its case. */
static void print_medians_row(const struct grid *g, const char *id, const json_t *metric,
			      bool first)
{
	const char *unit = text_get(metric, "unit"), *variant = variant_of(metric);
	bool cpu = json_object_get(metric, "cpu_median");
	_cleanup_free_ char *name =
		xasprintf("%s%s%s%s", text_get(metric, "name"), *variant ? ", " : "", variant,
			  cpu ? ", by CPU time" : "");

	fputs(first ? "<tr><th scope=row>" : "<tr class=more><th scope=row>", g->out);
	if (first)
		html_text(g->out, id);
	html_in(g->out, "small", name);
	fputs("</th>", g->out);
	for (size_t i = 0; i < g->n; i++) {
		const json_t *of = json_object_get(g->v->cell[g->column[i]].cases, id);
		const json_t *here = find_metric(of, text_get(metric, "id"), variant);

		html_cell(g->out, NULL, here ? median_of(here) : NAN, unit);
	}
	fputs("</tr>\n", g->out);
}

/* The case as the first cell has it that measured it. */
static const json_t *measured(const struct grid *g, const char *id)
{
	for (size_t i = 0; i < g->n; i++) {
		const json_t *of = json_object_get(g->v->cell[g->column[i]].cases, id);

		if (json_array_size(json_object_get(of, "metrics")))
			return of;
	}
	return NULL;
}

static bool print_medians_of(const struct grid *g, bool print)
{
	bool any = false;

	for (size_t k = 0; k < g->job->cases.n; k++) {
		const char *id = g->job->cases.word[k];
		const json_t *of = measured(g, id);
		bool first = true;
		json_t *metric;
		size_t i;

		json_array_foreach(json_object_get(of, "metrics"), i, metric) {
			if (!js_get_true(metric, "primary") || isnan(median_of(metric)))
				continue;
			any = true;
			if (print)
				print_medians_row(g, id, metric, first);
			first = false;
		}
	}
	return any;
}

void html_medians(const struct view *v, FILE *out)
{
	bool any = false;

	for (size_t j = 0; j < v->n_jobs; j++) {
		struct grid g = grid_of(v, &v->job[j], out);

		if (!g.n || !print_medians_of(&g, false))
			continue;
		any = true;
		print_head(&g, "Metric", " class=n");
		print_medians_of(&g, true);
		print_foot(&g);
	}
	if (!any)
		fputs("<p>Nothing was measured.</p>\n", out);
}
