/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/text.h"

#include <math.h>
#include <string.h>

#include "base/msg.h"
#include "base/value.h"

enum { COLUMN_CASE, COLUMN_OUTCOME, COLUMN_RATE, COLUMN_CPU, COLUMN_P50,
       COLUMN_P99, COLUMN_CHECKS, COLUMNS };

static const char *const titles[COLUMNS] = { "CASE", "OUTCOME", "RATE", "PER CPU-S",
					     "P50", "P99", "CHECKS" };

#define NARROW_CASE 16

struct row {
	char *cell[COLUMNS];
	const json_t *of; /* case whose explanation follows, or NULL */
};

struct table {
	struct row *row;
	size_t n;
	unsigned width[COLUMNS];
};

static const struct {
	const char *outcome, *word; /* word for the closing line */
	enum text_colour colour;
	bool always;                /* in the closing line even when 0 */
} outcomes[] = {
	{ "pass", "passed", TEXT_GOOD, true },
	{ "fail", "failed", TEXT_BAD, true },
	{ "broken", "broken", TEXT_BAD, false },
	{ "hang", "hung", TEXT_BAD, false },
	{ "killed", "killed", TEXT_BAD, false },
	{ "unexpected-pass", "passed unexpectedly", TEXT_BAD, false },
	{ "expected-fail", "failed as expected", TEXT_ODD, false },
	{ "interrupted", "not finished", TEXT_ODD, false },
	{ "skip", "skipped", TEXT_ODD, true },
};

static enum text_colour colour_of(const char *outcome)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (!strcmp(outcomes[i].outcome, outcome))
			return outcomes[i].colour;
	return TEXT_BAD;
}

static struct row *add_row(struct table *t)
{
	t->row = xrealloc(t->row, (t->n + 1) * sizeof(*t->row));
	memset(&t->row[t->n], 0, sizeof(*t->row));
	return &t->row[t->n++];
}

static char *checks_text(const json_t *o)
{
	double evaluated = 0, failed = 0;
	char all[VALUE_TEXT], bad[VALUE_TEXT];
	json_t *check;
	size_t i;

	json_array_foreach(json_object_get(o, "checks"), i, check) {
		evaluated += js_get_number(check, "evaluated", 0);
		failed += js_get_number(check, "failed", 0);
	}
	value_format_short(all, evaluated);
	if (failed > 0)
		return xasprintf("%s/%s failed", value_format_short(bad, failed), all);
	return xstrdup(evaluated > 0 ? all : "none");
}

/* The metric of @kind in @variant: the primary one before others. */
static json_t *find_metric(const json_t *o, const char *kind, const char *variant)
{
	json_t *metric, *found = NULL;
	size_t i;

	json_array_foreach(json_object_get(o, "metrics"), i, metric)
		if (text_is(metric, "kind", kind) && text_is(metric, "variant", variant) &&
		    (!found || (js_get_true(metric, "primary") &&
				!js_get_true(found, "primary") &&
				strcmp(kind, "rate"))))
			found = metric;
	return found;
}

static char *share(const json_t *latency, const char *which)
{
	const json_t *list = json_object_get(json_object_get(latency, "percentiles"), which);

	return list ? text_value(text_median(list), text_get(latency, "unit")) : xstrdup("");
}

static void fill_metrics(struct row *row, const json_t *o, const char *variant)
{
	const json_t *rate = find_metric(o, "rate", variant);
	const json_t *latency = find_metric(o, "latency", variant);
	double cpu = text_median(json_object_get(rate, "cpu_rates"));
	char buf[VALUE_TEXT];

	if (rate) {
		row->cell[COLUMN_RATE] = text_value(
			text_median(json_object_get(rate, "values")), text_get(rate, "unit"));
		if (cpu > 0)
			row->cell[COLUMN_CPU] = xstrdup(value_format_short(buf, cpu));
	}
	row->cell[COLUMN_P50] = share(latency, "50");
	row->cell[COLUMN_P99] = share(latency, "99");
}

/* Where it ran in variants by turns the row is the first one's. */
static void add_case(struct table *t, const json_t *o)
{
	struct row *row = add_row(t);

	row->cell[COLUMN_CASE] = text_clean(text_get(o, "id"));
	row->cell[COLUMN_OUTCOME] = text_clean(text_get(o, "outcome"));
	row->cell[COLUMN_CHECKS] = checks_text(o);
	fill_metrics(row, o, text_variant(o));
	row->of = o;
}

/* Width of all columns but the first. */
static unsigned others(const struct table *t)
{
	unsigned n = 0;

	for (unsigned c = 1; c < COLUMNS; c++)
		n += t->width[c] ? t->width[c] + 2 : 0;
	return n;
}

static void measure(struct table *t, unsigned limit)
{
	for (unsigned c = 0; c < COLUMNS; c++) {
		for (size_t i = 0; i < t->n; i++) {
			unsigned n = t->row[i].cell[c] ? strlen(t->row[i].cell[c]) : 0;

			if (n > t->width[c])
				t->width[c] = n;
		}
		/* a column that says nothing is not there */
		if (t->width[c] && t->width[c] < strlen(titles[c]))
			t->width[c] = strlen(titles[c]);
	}
	/* where it is narrow one column is left to --metrics, and a name that is
	 * still too long gets a line of its own */
	if (t->width[COLUMN_CASE] + others(t) > limit)
		t->width[COLUMN_CPU] = 0;
	if (t->width[COLUMN_CASE] + others(t) > limit)
		t->width[COLUMN_CASE] = others(t) + NARROW_CASE < limit ?
						limit - others(t) : NARROW_CASE;
}

static void print_row(const struct table *t, const char *const *cell,
		      const struct text_style *style, bool title, FILE *out)
{
	unsigned last = 0, name = strlen(cell[COLUMN_CASE]);

	for (unsigned c = 0; c < COLUMNS; c++)
		if (cell[c] && *cell[c])
			last = c;
	fputs(cell[COLUMN_CASE], out);
	if (name > t->width[COLUMN_CASE]) {
		fputc('\n', out);
		name = 0;
	}
	fprintf(out, "%*s", last ? (int)(t->width[COLUMN_CASE] - name) : 0, "");
	for (unsigned c = 1; c <= last; c++) {
		const char *text = cell[c] ? cell[c] : "";
		int width = c == last ? 0 : t->width[c];

		if (!t->width[c])
			continue;
		fputs("  ", out);
		if (c == COLUMN_OUTCOME)
			text_word(out, style, title ? TEXT_PLAIN : colour_of(text),
				  width, text);
		else if (c == COLUMN_CHECKS)
			fputs(text, out);
		else
			fprintf(out, "%*s", (int)t->width[c], text);
	}
	fputc('\n', out);
}

static void print_table(const json_t *doc, const struct text_style *style, FILE *out)
{
	struct table t = { 0 };
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(doc, "cases"), i, o)
		if (!text_is(o, "outcome", "skip") &&
		    !(style->quiet && text_is(o, "outcome", "pass")) &&
		    json_array_size(json_object_get(o, "trials")))
			add_case(&t, o);
	measure(&t, style->width);
	if (t.n)
		print_row(&t, titles, style, true, out);
	for (i = 0; i < t.n; i++) {
		print_row(&t, (const char *const *)t.row[i].cell, style, false, out);
		if (t.row[i].of)
			text_explain(doc, t.row[i].of, style, out);
		for (unsigned c = 0; c < COLUMNS; c++)
			free(t.row[i].cell[c]);
	}
	free(t.row);
}

static bool same_skip(const json_t *a, const json_t *b)
{
	return text_is(b, "outcome", "skip") && text_is(a, "reason", text_get(b, "reason")) &&
	       text_is(a, "remedy", text_get(b, "remedy"));
}

/* Cases that were skipped for one reason, together. */
static void print_skips(const json_t *doc, const struct text_style *style, FILE *out)
{
	const json_t *cases = json_object_get(doc, "cases");
	size_t i, k, n = json_array_size(cases);

	for (i = 0; i < n; i++) {
		const json_t *o = json_array_get(cases, i);
		struct text_wrap w = { out, style->width, 4, 0, 0 };
		const char *remedy = text_get(o, "remedy");
		_cleanup_free_ char *why = xasprintf(
			"%s%s%s%s", text_get(o, "reason"), *remedy ? " (" : "",
			remedy, *remedy ? ")" : "");

		if (!text_is(o, "outcome", "skip"))
			continue;
		for (k = 0; k < i && !same_skip(o, json_array_get(cases, k)); k++)
			;
		if (k < i)
			continue;
		text_word(out, style, TEXT_ODD, 0, "skipped");
		fputc(':', out);
		text_sentence(out, style, 0, strlen("skipped:"), "", why);
		for (k = i; k < n; k++)
			if (same_skip(o, json_array_get(cases, k)))
				text_wrap_word(&w, text_get(json_array_get(cases, k), "id"));
		text_wrap_end(&w);
	}
}

static void print_notes(const json_t *doc, const struct text_style *style, FILE *out)
{
	double left = js_get_number(doc, "left_behind", 0);
	const char *mutate = js_get_text(json_object_get(doc, "settings"), "mutate");
	json_t *note;
	size_t i;

	if (mutate) {
		_cleanup_free_ char *made =
			xasprintf("--mutate %s corrupted what a check observes", mutate);

		text_sentence(out, style, 0, 0, "note: ", made);
	}
	json_array_foreach(json_object_get(doc, "notes"), i, note)
		text_sentence(out, style, 0, 0, "note: ", json_string_value(note));
	if (left > 0)
		fprintf(out, "%.0f changes could not be undone: run 'strain restore'\n", left);
	if (text_is(doc, "outcome", "incomplete"))
		fputs("the run did not end, or is still on\n", out);
	if (js_get_true(doc, "truncated"))
		fputs("the last line of the report was cut\n", out);
}

static void print_closing(const json_t *doc, const struct text_style *style, FILE *out)
{
	const json_t *counts = json_object_get(doc, "counts");
	double seconds = js_get_number(doc, "seconds", -1);
	const char *separator = "";

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		double n = js_get_number(counts, outcomes[i].outcome, 0);
		_cleanup_free_ char *word = xasprintf("%.0f %s", n, outcomes[i].word);

		if (!n && !outcomes[i].always)
			continue;
		fputs(separator, out);
		text_word(out, style, n ? outcomes[i].colour : TEXT_PLAIN, 0, word);
		separator = ", ";
	}
	if (seconds >= 0)
		fprintf(out, " in %.*f s", seconds < 9.95 ? 1 : 0, seconds);
	fputs(js_get_true(doc, "interrupted") ? ", interrupted\n" : "\n", out);
}

void report_text(const json_t *doc, const char *path,
		 const struct text_style *style, FILE *out)
{
	_cleanup_free_ char *clean = text_clean(path);
	json_t *o;
	size_t i;

	print_table(doc, style, out);
	if (style->quiet)
		return;
	json_array_foreach(json_object_get(doc, "cases"), i, o)
		if (style->metrics)
			text_metrics(o, style, out);
	print_skips(doc, style, out);
	if (!style->metrics)
		text_missing(doc, style, out);
	print_notes(doc, style, out);
	print_closing(doc, style, out);
	if (path)
		fprintf(out, "report: %s\n", clean);
}
