/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of a comparison as a table, with what explains each below it. */
#include "reports/compare/compare_print.h"

#include <math.h>
#include <string.h>

#include "base/value.h"

enum { COLUMN_VERDICT, COLUMN_METRIC, COLUMN_BASE, COLUMN_NEW, COLUMN_CHANGE,
       COLUMN_RANGE, COLUMN_P, COLUMN_N, COLUMNS };

/* Columns between two cells; least of the metric's where lines are short. */
#define GAP 2
#define NARROW 12

struct row {
	char *cell[COLUMNS];
	const json_t *of;
};

struct table {
	struct row *row;
	size_t n;
	const char *title[COLUMNS];
	unsigned width[COLUMNS];
};

unsigned compare_columns(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* --- cells ------------------------------------------------------------------- */

static char *short_number(double value)
{
	char buf[VALUE_TEXT];

	if (!isfinite(value))
		return xstrdup("-");
	return fabs(value) < 1 ? xasprintf("%.3g", value) : xstrdup(value_format_short(buf, value));
}

/* "288k", "2.67 us": the unit of a rate is in its name. */
char *compare_value_cell(const json_t *number, const char *unit)
{
	double value = json_is_number(number) ? json_number_value(number) : NAN;

	if (isfinite(value) && (!strcmp(unit, "ns") || !strcmp(unit, "us")))
		return text_value(value, unit);
	return short_number(value);
}

void compare_add_percent(struct str *s, double ratio)
{
	double percent = ratio * 100;

	if (!isfinite(percent))
		str_add(s, "?");
	else if (fabs(percent) >= 9999.5) {
		_cleanup_free_ char *large = short_number(fabs(percent));

		str_addf(s, "%c%s", percent < 0 ? '-' : '+', large);
	} else if (fabs(percent) < 0.05)
		str_add(s, "0.0");
	else
		str_addf(s, "%+.*f", fabs(percent) < 9.95 ? 1 : 0, percent);
}

static char *change_cell(const json_t *o)
{
	struct str s = STR_INIT;

	compare_add_percent(&s, js_get_number(o, "change", NAN));
	str_add(&s, "%");
	return str_take(&s);
}

static char *range_cell(const json_t *o)
{
	struct str s = STR_INIT;

	if (!(js_get_number(o, "confidence", 0) > 0))
		return xstrdup("unknown");
	compare_add_percent(&s, js_get_number(o, "low", NAN));
	str_add(&s, "..");
	compare_add_percent(&s, js_get_number(o, "high", NAN));
	return str_take(&s);
}

static char *p_cell(const json_t *o)
{
	double p = js_get_number(o, "p_adjusted", NAN);

	if (!isfinite(p))
		return xstrdup("-");
	return p < 0.0001 ? xstrdup("<.0001") : xasprintf("%.*f", p < 0.01 ? 4 : p < 0.1 ? 3 : 2, p);
}

static char *n_cell(const json_t *o)
{
	const json_t *n = json_object_get(o, "n");
	long long base = json_integer_value(json_array_get(n, 0));
	long long new = json_integer_value(json_array_get(n, 1));

	return js_get_true(o, "paired") ? xasprintf("%lld", base) : xasprintf("%lld+%lld", base, new);
}

/* "fault/anon faults/s", "... faults per CPU-s", "... shared latency p50" */
char *compare_name_cell(const json_t *o)
{
	const char *variant = js_get_text(o, "variant"), *metric = text_get(o, "metric");
	const char *unit = text_get(o, "unit");
	struct str s = STR_INIT;
	char *clean;

	str_addf(&s, "%s %s%s%s", text_get(o, "case"), variant ? variant : "", variant ? " " : "",
		 metric);
	if (text_is(o, "rate", "cpu"))
		str_add(&s, " per CPU-s");
	else if (text_is(o, "rate", "wall"))
		str_add(&s, "/s");
	else if (text_is(o, "kind", "latency"))
		str_addf(&s, " %s", text_get(o, "statistic"));
	else if (*unit && strcmp(unit, "ns") && strcmp(unit, "ratio") && strcmp(unit, metric))
		str_addf(&s, " (%s)", unit);
	clean = text_clean(s.buf);
	str_free(&s);
	return clean;
}

static void add_row(struct table *t, const json_t *o)
{
	struct row *row;

	t->row = xrealloc(t->row, (t->n + 1) * sizeof(*t->row));
	row = &t->row[t->n++];
	row->of = o;
	row->cell[COLUMN_VERDICT] = text_clean(text_get(o, "verdict"));
	row->cell[COLUMN_METRIC] = compare_name_cell(o);
	row->cell[COLUMN_BASE] = compare_value_cell(json_object_get(o, "base"),
						     text_get(o, "unit"));
	row->cell[COLUMN_NEW] = compare_value_cell(json_object_get(o, "new"),
						     text_get(o, "unit"));
	row->cell[COLUMN_CHANGE] = change_cell(o);
	row->cell[COLUMN_RANGE] = range_cell(o);
	row->cell[COLUMN_P] = p_cell(o);
	row->cell[COLUMN_N] = n_cell(o);
}

/* --- lines ------------------------------------------------------------------- */

/* A pipe gets each row in one line. Where a line is too short the name has one
 * of its own. */
static void measure(struct table *t, const struct text_style *style)
{
	unsigned others = 0, *name = &t->width[COLUMN_METRIC];

	for (unsigned c = 0; c < COLUMNS; c++) {
		t->width[c] = compare_columns(t->title[c]);
		for (size_t i = 0; i < t->n; i++) {
			unsigned n = compare_columns(t->row[i].cell[c]);

			t->width[c] = n > t->width[c] ? n : t->width[c];
		}
		others += c == COLUMN_METRIC ? 0 : t->width[c] + GAP;
	}
	if (style->wrap && others + *name > style->width)
		*name = others + NARROW <= style->width ? style->width - others : NARROW;
}

static void blanks(FILE *out, unsigned n)
{
	fprintf(out, "%*s", (int)n, "");
}

static void print_row(const struct table *t, const char *const *cell,
		      const struct compare_print *p, bool title)
{
	unsigned name = compare_columns(cell[COLUMN_METRIC]);

	text_word(p->out, p->style, title ? TEXT_PLAIN : compare_colour(cell[COLUMN_VERDICT]),
		  (int)t->width[COLUMN_VERDICT], cell[COLUMN_VERDICT]);
	blanks(p->out, GAP);
	fputs(cell[COLUMN_METRIC], p->out);
	if (name > t->width[COLUMN_METRIC]) {
		fputc('\n', p->out);
		blanks(p->out, t->width[COLUMN_VERDICT] + GAP);
		name = 0;
	}
	blanks(p->out, t->width[COLUMN_METRIC] - name);
	for (unsigned c = COLUMN_BASE; c < COLUMNS; c++) {
		blanks(p->out, GAP + t->width[c] - compare_columns(cell[c]));
		fputs(cell[c], p->out);
	}
	fputc('\n', p->out);
}

static void print_counters(const json_t *o, const struct compare_print *p)
{
	const json_t *list = json_object_get(o, "counters");
	_cleanup_str_ struct str s = STR_INIT;
	json_t *counter;
	size_t i;

	json_array_foreach(list, i, counter) {
		_cleanup_free_ char *base = short_number(js_get_number(counter, "base", NAN));
		_cleanup_free_ char *new = short_number(js_get_number(counter, "new", NAN));
		double change = js_get_number(counter, "change", NAN);

		str_addf(&s, "%s%s %s %s -> %s", i ? ", " : "", text_get(counter, "source"),
			 text_get(counter, "name"), base, new);
		if (!isfinite(change))
			continue;
		str_add(&s, " (");
		compare_add_percent(&s, change);
		str_add(&s, "%)");
	}
	if (s.len)
		text_sentence(p->out, p->style, 4, 0, "an operation: ", s.buf);
}

static void print_undecided(const json_t *doc, const json_t *o, const struct compare_print *p)
{
	double missed = js_get_number(o, "missed", NAN), needed = js_get_number(o, "needed", NAN);
	const char *unit = text_get(json_object_get(doc, "method"), "unit");
	_cleanup_str_ struct str s = STR_INIT;

	if (isfinite(missed))
		str_addf(&s, "up to %.3g%% could be missed; ", missed * 100);
	if (isfinite(needed))
		str_addf(&s, "about %.0f %s would decide", needed,
			 !js_get_true(o, "paired") ? (*unit == 'b' ? "boots a side" : "trials a side") :
			 *unit == 'b' ? "boots" : "pairs");
	text_sentence(p->out, p->style, 4, 0, "", s.buf);
}

static bool moved(const json_t *o)
{
	return text_is(o, "verdict", "regressed") || text_is(o, "verdict", "improved");
}

/* Counters are those of the case: told once. */
static bool counters_told(const struct table *t, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (moved(t->row[i].of) &&
		    text_is(t->row[i].of, "case", text_get(t->row[row].of, "case")))
			return true;
	return false;
}

static void print_rows(struct table *t, const struct compare_print *p)
{
	measure(t, p->style);
	print_row(t, t->title, p, true);
	for (size_t i = 0; i < t->n; i++) {
		const json_t *o = t->row[i].of;

		print_row(t, (const char *const *)t->row[i].cell, p, false);
		if (text_is(o, "verdict", "inconclusive"))
			print_undecided(p->doc, o, p);
		if (moved(o) && !counters_told(t, i))
			print_counters(o, p);
	}
}

void compare_print_metrics(struct compare_print *p, bool primary)
{
	double confidence = js_get_number(json_object_get(p->doc, "method"), "confidence", 0.95);
	_cleanup_free_ char *range = xasprintf("%.3g%% RANGE", confidence * 100);
	struct table t = { .title = { "VERDICT", "METRIC", "BASE", "NEW", "CHANGE", range, "ADJ P",
				      "N" } };
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(p->doc, "metrics"), i, o)
		if (js_get_true(o, "primary") == primary &&
		    (moved(o) || (!p->show->quiet && (primary || p->show->all))))
			add_row(&t, o);
	if (t.n) {
		compare_heading(p, primary ? "judged" :
				   p->show->all ? "not judged, for explanation" :
						  "also changed, not judged");
		print_rows(&t, p);
	}
	for (i = 0; i < t.n; i++)
		for (unsigned c = 0; c < COLUMNS; c++)
			free(t.row[i].cell[c]);
	free(t.row);
}
