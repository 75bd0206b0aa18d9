/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * markdown: for comments on pull requests and summaries of CI jobs. The result
 * comes first, then a table with a column for each report, then what went
 * wrong.
 */
#include "reports/render/markdown.h"

#include <math.h>
#include <string.h>

#include "reports/build.h"
#include "reports/render/results.h"

#define LOG_LINES 30 /* of one case; the report has all */

/* "2 pass, 1 fail" */
static char *counts(const json_t *report)
{
	const json_t *counts = json_object_get(report, "counts");
	struct str s = STR_INIT;

	for (size_t i = 0; build_outcomes[i]; i++) {
		double n = js_get_number(counts, build_outcomes[i], 0);

		if (n > 0)
			str_addf(&s, "%s%.0f %s", s.len ? ", " : "", n,
				 build_outcomes[i]);
	}
	return s.len ? str_take(&s) : xstrdup("no cases");
}

static void headline(const json_t *report, const char *title, FILE *out)
{
	_cleanup_free_ char *outcome = markdown_text(text_get(report, "outcome"));
	_cleanup_free_ char *kernel = markdown_text(render_kernel(report));
	_cleanup_free_ char *name = markdown_text(title);
	_cleanup_free_ char *numbers = counts(report);
	double seconds = js_get_number(report, "seconds", -1);

	fprintf(out, "**%s** on %s: %s", outcome, *kernel ? kernel : "unknown kernel",
		numbers);
	if (seconds >= 0)
		fprintf(out, " in %.1f s", seconds);
	if (title)
		fprintf(out, " (%s)", name);
	fputs("\n", out);
}

/* --- table ------------------------------------------------------------------- */

/* The titles of the columns of reports: kernels, with a number where several
 * are the same. */
static char *column_title(const struct render_input *in, size_t i)
{
	const char *kernel = render_kernel(in->reports[i]);

	for (size_t k = 0; k < in->n_reports; k++)
		if (k != i && !strcmp(render_kernel(in->reports[k]), kernel))
			return xasprintf(">%s (%zu)", kernel, i + 1);
	return xasprintf(">%s", kernel);
}

static void begin(struct markdown_table *t, const struct render_input *in)
{
	const char **titles = xalloc((in->n_reports + 3) * sizeof(*titles));
	char **owned = xalloc(in->n_reports * sizeof(*owned));

	titles[0] = "case";
	titles[1] = "metric";
	for (size_t i = 0; i < in->n_reports; i++)
		titles[i + 2] = owned[i] = column_title(in, i);
	markdown_table(t, titles);
	for (size_t i = 0; i < in->n_reports; i++)
		free(owned[i]);
	free(owned);
	free(titles);
}

/* Key of a row: the case, or one of its metrics. */
static char *key_of(const json_t *o, const json_t *metric)
{
	return xasprintf("%s\n%s\n%s\n%s", text_get(o, "id"), text_get(o, "label"),
			 text_get(metric, "id"), text_get(metric, "variant"));
}

/* Adds @value of report @i to a row, which comes into being. */
static void put(json_t *rows, const json_t *o, const json_t *metric, size_t i,
		char *value)
{
	_cleanup_free_ char *key = key_of(o, metric), *text = value;
	_cleanup_free_ char *column = xasprintf("%zu", i);
	json_t *row = json_object_get(rows, key);

	if (!row) {
		const char *label = text_get(o, "label");
		const char *variant = text_get(metric, "variant");
		_cleanup_free_ char *name = xasprintf("%s%s%s%s", text_get(o, "id"),
						      *label ? " [" : "", label,
						      *label ? "]" : "");
		_cleanup_free_ char *what = xasprintf(
			"%s%s%s", metric ? text_get(metric, "id") : "outcome",
			*variant ? " " : "", variant);

		row = json_object();
		js_set_text(row, "case", name);
		js_set_text(row, "metric", what);
		js_set(rows, key, row);
	}
	js_set_text(row, column, text);
}

/* Outcome and primary metrics of the cases of report @i. */
static void collect(json_t *rows, const json_t *report, size_t i)
{
	json_t *o, *metric;
	size_t k, m;

	json_array_foreach(json_object_get(report, "cases"), k, o) {
		put(rows, o, NULL, i, xstrdup(text_get(o, "outcome")));
		json_array_foreach(json_object_get(o, "metrics"), m, metric) {
			const json_t *list = json_object_get(metric, "medians");
			double value = text_median(list);

			if (!isfinite(value))
				value = text_median(json_object_get(metric, "values"));
			if (js_get_true(metric, "primary") && isfinite(value))
				put(rows, o, metric, i,
				    text_value(value, text_get(metric, "unit")));
		}
	}
}

static void print_table(const struct render_input *in, FILE *out)
{
	_cleanup_json_ json_t *rows = json_object();
	struct markdown_table t;
	const char *key, *before = "";
	json_t *row;

	for (size_t i = 0; i < in->n_reports; i++)
		collect(rows, in->reports[i], i);
	begin(&t, in);
	json_object_foreach(rows, key, row) {
		/* each case's name once */
		markdown_cell_text(&t, strcmp(text_get(row, "case"), before) ?
					       text_get(row, "case") : "");
		before = text_get(row, "case");
		markdown_cell_text(&t, text_get(row, "metric"));
		for (size_t i = 0; i < in->n_reports; i++) {
			_cleanup_free_ char *column = xasprintf("%zu", i);

			markdown_cell_text(&t, text_get(row, column));
		}
	}
	markdown_table_end(&t, out);
}

/* --- what went wrong --------------------------------------------------------- */

static void print_result(const struct result *result, FILE *out)
{
	_cleanup_free_ char *name =
		xasprintf("%s%s%s", result->group, *result->name ? "/" : "",
			  result->name);
	_cleanup_free_ char *title = markdown_text(name);
	_cleanup_free_ char *why = markdown_text(result->message);
	_cleanup_free_ char *outcome = markdown_text(text_get(result->of, "outcome"));

	fprintf(out, "\n**%s** %s: %s\n", title, outcome, why);
	for (size_t i = 0; i < result->log.n && i < LOG_LINES; i++)
		fprintf(out, "%s    %s\n", i ? "" : "\n", result->log.word[i]);
	if (result->log.n > LOG_LINES)
		fprintf(out, "    (%zu more lines)\n", result->log.n - LOG_LINES);
}

/* Cases that were skipped for one reason, together. */
static void print_skips(const struct results *r, FILE *out)
{
	_cleanup_json_ json_t *by_reason = json_object();
	const char *reason, *before = "\n";
	json_t *names, *name;
	size_t i;

	for (i = 0; i < r->n; i++) {
		const struct result *result = &r->result[i];
		const char *why = result->message;

		if (result->status != RESULT_SKIP)
			continue;
		if (!json_object_get(by_reason, why))
			js_set(by_reason, why, json_array());
		js_add(json_object_get(by_reason, why),
		       js_text(text_get(result->of, "id")));
	}
	json_object_foreach(by_reason, reason, names) {
		_cleanup_free_ char *text = markdown_text(reason);

		fprintf(out, "%s- skipped: %s:", before, text);
		before = "";
		json_array_foreach(names, i, name) {
			_cleanup_free_ char *id = markdown_text(json_string_value(name));

			fprintf(out, "%s %s", i ? "," : "", id);
		}
		fputc('\n', out);
	}
}

static void print_wrong(const json_t *report, const char *path, FILE *out)
{
	struct results r = results_of_report(report, path);

	for (size_t i = 0; i < r.n; i++)
		if (r.result[i].status != RESULT_PASS &&
		    r.result[i].status != RESULT_SKIP)
			print_result(&r.result[i], out);
	print_skips(&r, out);
	for (size_t i = 0; i < r.lines.n; i++) {
		_cleanup_free_ char *line = markdown_text(r.lines.word[i]);

		fprintf(out, "%s- note: %s\n", i ? "" : "\n", line);
	}
	results_free(&r);
}

static int render(const struct render_input *in, const void *opts, FILE *out,
		  char **why)
{
	(void)opts;
	(void)why;
	if (in->comparison) {
		markdown_comparison(in->comparison, out);
		return 0;
	}
	for (size_t i = 0; i < in->n_reports; i++) {
		fputs(i ? "\n" : "", out);
		headline(in->reports[i], in->n_reports > 1 ? in->paths[i] : NULL, out);
	}
	print_table(in, out);
	for (size_t i = 0; i < in->n_reports; i++)
		print_wrong(in->reports[i], in->paths[i], out);
	return 0;
}

const struct renderer render_markdown = {
	.name = "markdown",
	.summary = "GitHub's dialect, for comments and job summaries",
	.render = render,
};
