/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A comparison in Markdown: what may be the cause first, then what changed. */
#include <math.h>
#include <string.h>

#include "base/msg.h"
#include "reports/render/markdown.h"

static void print_side(const json_t *side, FILE *out)
{
	_cleanup_free_ char *label = markdown_text(text_get(side, "label"));
	_cleanup_free_ char *kernel = markdown_text(text_get(side, "kernel"));
	double trials = js_get_number(side, "trials", NAN);
	double boots = js_get_number(side, "boots", NAN);

	fprintf(out, "%s%s%s", label, *kernel ? " " : "", kernel);
	if (isfinite(trials) && isfinite(boots))
		fprintf(out, " (%.0f trial%s, %.0f boot%s)", trials, trials == 1 ? "" : "s",
			boots, boots == 1 ? "" : "s");
}

static void headline(const json_t *doc, FILE *out)
{
	static const char *const verdicts[] = { "regressed", "improved", "unchanged",
						"inconclusive" };
	const json_t *counts = json_object_get(doc, "counts");
	const json_t *sides = json_object_get(doc, "sides");
	_cleanup_free_ char *verdict = markdown_text(text_get(doc, "verdict"));
	_cleanup_free_ char *order =
		markdown_text(text_get(json_object_get(doc, "order"), "text"));
	_cleanup_free_ char *gate = markdown_text(text_get(doc, "gate_reason"));

	fprintf(out, "**%s**:", verdict);
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		fprintf(out, "%s %.0f %s", i ? "," : "",
			js_get_number(counts, verdicts[i], 0), verdicts[i]);
	fputs("; ", out);
	print_side(json_array_get(sides, 0), out);
	fputs(" against ", out);
	print_side(json_array_get(sides, 1), out);
	fputc('\n', out);
	if (*gate)
		fprintf(out, "\nDoes not gate: %s\n", gate);
	if (*order)
		fprintf(out, "\nOrder: %s\n", order);
}

/* A text, or anything else as JSON. */
static void cell_value(struct markdown_table *t, const json_t *value)
{
	_cleanup_free_ char *text = NULL;

	if (value && !json_is_string(value) && !json_is_null(value))
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
	markdown_cell_text(t, json_is_string(value) ? json_string_value(value) :
			      text ? text : "-");
}

static void print_environment(const json_t *doc, FILE *out)
{
	static const char *const titles[] = { "what differs", "base", "new", NULL };
	struct markdown_table t;
	json_t *o;
	size_t i;

	markdown_table(&t, titles);
	json_array_foreach(json_object_get(doc, "environment"), i, o) {
		markdown_cell_text(&t, text_get(o, "name"));
		cell_value(&t, json_object_get(o, "base"));
		cell_value(&t, json_object_get(o, "new"));
	}
	markdown_table_end(&t, out);
}

/* {"pass": 3, "fail": 2} as "3 pass, 2 fail" */
static char *outcome_counts(const json_t *counts)
{
	_cleanup_str_ struct str s = STR_INIT;
	const char *outcome;
	json_t *n;

	json_object_foreach((json_t *)counts, outcome, n)
		if (json_is_number(n))
			str_addf(&s, "%s%.0f %s", s.len ? ", " : "",
				 json_number_value(n), outcome);
	return markdown_text(s.buf);
}

static void print_outcomes(const json_t *doc, FILE *out)
{
	static const char *const titles[] = { "verdict", "case", "base", "new", "why", NULL };
	struct markdown_table t;
	json_t *o;
	size_t i;

	markdown_table(&t, titles);
	json_array_foreach(json_object_get(doc, "outcomes"), i, o) {
		markdown_cell_text(&t, text_get(o, "verdict"));
		markdown_cell_text(&t, text_get(o, "case"));
		markdown_cell(&t, outcome_counts(json_object_get(o, "base")));
		markdown_cell(&t, outcome_counts(json_object_get(o, "new")));
		markdown_cell_text(&t, text_get(o, "text"));
	}
	markdown_table_end(&t, out);
}

/* --- metrics ----------------------------------------------------------------- */

static char *percent(const json_t *metric, const char *key)
{
	double value = js_get_number(metric, key, NAN);

	return isfinite(value) ? xasprintf("%+.2f %%", 100 * value) : xstrdup("");
}

static char *metric_name(const json_t *metric)
{
	const char *variant = text_get(metric, "variant");
	const char *statistic = text_get(metric, "statistic");

	if (!strcmp(statistic, "median") || !strcmp(statistic, "mean"))
		statistic = "";
	return xasprintf("%s%s%s%s%s%s", text_get(metric, "metric"),
			 *variant ? " " : "", variant, *statistic ? " " : "",
			 statistic, text_is(metric, "rate", "cpu") ? " per CPU s" : "");
}

static void cell_number(struct markdown_table *t, const json_t *metric,
			const char *key)
{
	_cleanup_free_ char *text = text_value(js_get_number(metric, key, NAN),
					       text_get(metric, "unit"));

	markdown_cell_text(t, text);
}

static void metric_row(struct markdown_table *t, const json_t *metric)
{
	_cleanup_free_ char *name = metric_name(metric);
	char *change = percent(metric, "change"), *low = percent(metric, "low");
	char *high = percent(metric, "high");
	const json_t *n = json_object_get(metric, "n");
	double p = js_get_number(metric, "p_adjusted", NAN);

	markdown_cell_text(t, text_get(metric, "verdict"));
	markdown_cell_text(t, text_get(metric, "case"));
	markdown_cell_text(t, name);
	cell_number(t, metric, "base");
	cell_number(t, metric, "new");
	markdown_cell(t, change);
	markdown_cell(t, *low && *high ? xasprintf("%s to %s", low, high) : xstrdup(""));
	markdown_cell(t, isfinite(p) ? xasprintf("%.3g", p) : xstrdup(""));
	markdown_cell(t, json_is_number(json_array_get(n, 0)) &&
					 json_is_number(json_array_get(n, 1)) ?
				 xasprintf("%.0f, %.0f",
					   json_number_value(json_array_get(n, 0)),
					   json_number_value(json_array_get(n, 1))) :
				 xstrdup(""));
	free(low);
	free(high);
}

static bool changed(const json_t *metric)
{
	return text_is(metric, "verdict", "regressed") ||
	       text_is(metric, "verdict", "improved");
}

/* Primary ones and those that changed, or the others. */
static void print_metrics(const json_t *doc, bool important, FILE *out)
{
	static const char *const titles[] = { "verdict", "case", "metric", ">base",
					      ">new", ">change", ">interval",
					      ">adjusted p", ">n", NULL };
	struct markdown_table t;
	json_t *metric;
	size_t i;

	markdown_table(&t, titles);
	json_array_foreach(json_object_get(doc, "metrics"), i, metric)
		if ((js_get_true(metric, "primary") || changed(metric)) == important)
			metric_row(&t, metric);
	if (!important && t.n > t.columns)
		fputs("\nOther metrics, which do not gate:\n", out);
	markdown_table_end(&t, out);
}

static void print_counters(const json_t *metric, FILE *out)
{
	const json_t *list = json_object_get(metric, "counters");
	json_t *counter;
	size_t i;

	json_array_foreach(list, i, counter) {
		_cleanup_free_ char *name = markdown_text(text_get(counter, "name"));
		_cleanup_free_ char *change = percent(counter, "change");

		fprintf(out, "%s%s %.4g to %.4g", i ? ", " : "  Counters per operation: ",
			name, js_get_number(counter, "base", 0),
			js_get_number(counter, "new", 0));
		if (*change)
			fprintf(out, " (%s)", change);
	}
	fputs(json_array_size(list) ? "\n" : "", out);
}

/* Why, under the table: a sentence and the counters of what changed. */
static void print_reasons(const json_t *doc, FILE *out)
{
	json_t *metric;
	bool first = true;
	size_t i;

	json_array_foreach(json_object_get(doc, "metrics"), i, metric) {
		_cleanup_free_ char *id = markdown_text(text_get(metric, "case"));
		_cleanup_free_ char *plain = metric_name(metric);
		_cleanup_free_ char *name = markdown_text(plain);
		_cleanup_free_ char *why = markdown_text(text_get(metric, "text"));

		if (!changed(metric) && !(js_get_true(metric, "primary") &&
					  text_is(metric, "verdict", "inconclusive")))
			continue;
		fprintf(out, "%s- **%s** %s: %s\n", first ? "\n" : "", id, name, why);
		print_counters(metric, out);
		first = false;
	}
}

static void print_list(const json_t *list, const char *before, FILE *out)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o) {
		const char *plain = json_is_string(o) ? json_string_value(o) :
							text_get(o, "case");
		_cleanup_free_ char *text = markdown_text(plain);
		_cleanup_free_ char *why = markdown_text(text_get(o, "reason"));

		fprintf(out, "%s- %s%s%s%s\n", i ? "" : "\n", before, text,
			*why ? ": " : "", why);
	}
}

void markdown_comparison(const json_t *doc, FILE *out)
{
	const json_t *only = json_object_get(doc, "only");

	headline(doc, out);
	print_environment(doc, out);
	print_outcomes(doc, out);
	print_metrics(doc, true, out);
	print_reasons(doc, out);
	print_metrics(doc, false, out);
	print_list(json_object_get(doc, "refused"), "not compared: ", out);
	print_list(json_object_get(only, "base"), "only in base: ", out);
	print_list(json_object_get(only, "new"), "only in new: ", out);
	print_list(json_object_get(doc, "notes"), "note: ", out);
}
