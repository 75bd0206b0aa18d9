/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The comparison as a table for people. */
#include "reports/compare.h"

#include <math.h>
#include <string.h>

#include "base/value.h"
#include "reports/text.h"

enum { COLUMN_VERDICT, COLUMN_METRIC, COLUMN_BASE, COLUMN_NEW, COLUMN_CHANGE,
       COLUMN_INTERVAL, COLUMN_P, COLUMN_N, COLUMNS };

/* Columns between two cells, and least of the metric's. */
#define GAP 2
#define NARROW 12
/* Differences of the sides that are shown without --all. */
#define DIFFERENCES 12

struct row {
	char *cell[COLUMNS];
	const json_t *of;
};

struct table {
	struct row *row;
	size_t n;
	const char *title[COLUMNS];
	unsigned width[COLUMNS];
	bool wide; /* a row is a line, however long its name */
};

static enum text_colour colour_of(const char *verdict)
{
	return !strcmp(verdict, "regressed") ? TEXT_BAD :
	       !strcmp(verdict, "improved") || !strcmp(verdict, "unchanged") ? TEXT_GOOD : TEXT_ODD;
}

/* Columns on the screen, not bytes. */
static unsigned columns(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* --- cells ------------------------------------------------------------------- */

/* "288k", "2.67 us": the unit of a rate is in its name. */
static char *value_cell(const json_t *o, const char *key)
{
	double value = js_get_number(o, key, NAN);
	const char *unit = text_get(o, "unit");
	char buf[VALUE_TEXT];

	if (!isfinite(value))
		return xstrdup("-");
	if (!strcmp(unit, "ns") || !strcmp(unit, "us") || !strcmp(unit, "ratio") || fabs(value) < 1)
		return text_value(value, !strcmp(unit, "ns") || !strcmp(unit, "us") ? unit : "");
	return xstrdup(value_format_short(buf, value));
}

static void add_percent(struct str *s, double ratio)
{
	double percent = ratio * 100;
	int digits = fabs(percent) < 9.95 ? 1 : 0;

	if (!isfinite(percent))
		str_add(s, "?");
	else if (fabs(percent) > 9999)
		str_addf(s, "%+.2g", percent);
	else
		str_addf(s, "%+.*f", digits, percent);
}

static char *change_cell(const json_t *o)
{
	struct str s = STR_INIT;

	add_percent(&s, js_get_number(o, "change", NAN));
	str_add(&s, "%");
	return str_take(&s);
}

static char *interval_cell(const json_t *o)
{
	struct str s = STR_INIT;

	if (!(js_get_number(o, "confidence", 0) > 0))
		return xstrdup("none");
	add_percent(&s, js_get_number(o, "low", NAN));
	str_add(&s, "..");
	add_percent(&s, js_get_number(o, "high", NAN));
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
static char *name_cell(const json_t *o)
{
	const char *variant = js_get_text(o, "variant"), *statistic = text_get(o, "statistic");
	const char *unit = text_get(o, "unit"), *metric = text_get(o, "metric");
	struct str s = STR_INIT;
	char *clean;

	str_addf(&s, "%s %s%s%s", text_get(o, "case"), variant ? variant : "", variant ? " " : "",
		 metric);
	if (text_is(o, "rate", "cpu"))
		str_add(&s, " per CPU-s");
	else if (text_is(o, "rate", "wall"))
		str_add(&s, "/s");
	else if (*statistic == 'p' || text_is(o, "kind", "latency"))
		str_addf(&s, " %s", statistic);
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
	row->cell[COLUMN_METRIC] = name_cell(o);
	row->cell[COLUMN_BASE] = value_cell(o, "base");
	row->cell[COLUMN_NEW] = value_cell(o, "new");
	row->cell[COLUMN_CHANGE] = change_cell(o);
	row->cell[COLUMN_INTERVAL] = interval_cell(o);
	row->cell[COLUMN_P] = p_cell(o);
	row->cell[COLUMN_N] = n_cell(o);
}

/* --- the table --------------------------------------------------------------- */

static void measure(struct table *t, const struct text_style *style)
{
	unsigned others = 0;

	for (unsigned c = 0; c < COLUMNS; c++) {
		t->width[c] = columns(t->title[c]);
		for (size_t i = 0; i < t->n; i++) {
			unsigned n = columns(t->row[i].cell[c]);

			t->width[c] = n > t->width[c] ? n : t->width[c];
		}
		others += c == COLUMN_METRIC ? 0 : t->width[c] + GAP;
	}
	t->wide = !style->wrap || others + t->width[COLUMN_METRIC] <= style->width;
	if (!t->wide)
		t->width[COLUMN_METRIC] = others + NARROW <= style->width ? style->width - others : NARROW;
}

static void blanks(FILE *out, unsigned n)
{
	fprintf(out, "%*s", (int)n, "");
}

static void print_row(const struct table *t, const char *const *cell,
		      const struct text_style *style, bool title, FILE *out)
{
	unsigned name = columns(cell[COLUMN_METRIC]);

	text_word(out, style, title ? TEXT_PLAIN : colour_of(cell[COLUMN_VERDICT]),
		  (int)t->width[COLUMN_VERDICT], cell[COLUMN_VERDICT]);
	blanks(out, GAP);
	fputs(cell[COLUMN_METRIC], out);
	if (name > t->width[COLUMN_METRIC]) {
		fputc('\n', out);
		blanks(out, t->width[COLUMN_VERDICT] + GAP);
		name = 0;
	}
	blanks(out, t->width[COLUMN_METRIC] - name);
	for (unsigned c = COLUMN_BASE; c < COLUMNS; c++) {
		blanks(out, GAP + t->width[c] - columns(cell[c]));
		fputs(cell[c], out);
	}
	fputc('\n', out);
}

static void print_counters(const json_t *o, const struct text_style *style, FILE *out)
{
	json_t *counter;
	size_t i;

	json_array_foreach(json_object_get(o, "counters"), i, counter) {
		char a[VALUE_TEXT], b[VALUE_TEXT];
		double change = js_get_number(counter, "change", NAN);
		_cleanup_str_ struct str s = STR_INIT;

		str_addf(&s, "%s %s an operation %s -> %s", text_get(counter, "source"),
			 text_get(counter, "name"),
			 value_format_short(a, js_get_number(counter, "base", NAN)),
			 value_format_short(b, js_get_number(counter, "new", NAN)));
		if (isfinite(change)) {
			str_add(&s, " (");
			add_percent(&s, change);
			str_add(&s, "%)");
		}
		text_sentence(out, style, 4, 0, "", s.buf);
	}
}

static bool moved(const json_t *o)
{
	return text_is(o, "verdict", "regressed") || text_is(o, "verdict", "improved");
}

/* Counters are those of the case: told once. */
static bool counters_told(const struct table *t, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (text_is(t->row[i].of, "case", text_get(t->row[row].of, "case")) &&
		    moved(t->row[i].of))
			return true;
	return false;
}

static void print_table(struct table *t, const struct text_style *style, bool explain, FILE *out)
{
	measure(t, style);
	print_row(t, t->title, style, true, out);
	for (size_t i = 0; i < t->n; i++) {
		const json_t *o = t->row[i].of;

		print_row(t, (const char *const *)t->row[i].cell, style, false, out);
		if (explain && text_is(o, "verdict", "inconclusive"))
			text_sentence(out, style, 4, 0, "", text_get(o, "text"));
		if (moved(o) && !counters_told(t, i))
			print_counters(o, style, out);
	}
}

static void free_table(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		for (unsigned c = 0; c < COLUMNS; c++)
			free(t->row[i].cell[c]);
	free(t->row);
}

static void heading(const char *text, const struct text_style *style, FILE *out)
{
	fprintf(out, "\n%s%s%s\n", style->colour ? "\033[1m" : "", text,
		style->colour ? "\033[0m" : "");
}

/* Rows that gate, or the others. */
static void print_metrics(const json_t *doc, const struct text_style *style,
			  const struct compare_show *show, bool primary, FILE *out)
{
	_cleanup_free_ char *interval = xasprintf(
		"%.0f%% RANGE", js_get_number(json_object_get(doc, "method"), "confidence", 0.95) * 100);
	struct table t = { .title = { "VERDICT", "METRIC", "BASE", "NEW", "CHANGE", interval,
				      "P ADJ", "N" } };
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(doc, "metrics"), i, o)
		if (js_get_true(o, "primary") == primary &&
		    (moved(o) || (!show->quiet && (primary || show->all))))
			add_row(&t, o);
	if (t.n) {
		heading(primary ? "judged" : show->all ? "not judged, for explanation" :
						"also changed, does not gate", style, out);
		print_table(&t, style, primary || show->all, out);
	}
	free_table(&t);
}

/* --- what comes before and after --------------------------------------------- */

static void print_sides(const json_t *doc, const struct text_style *style, FILE *out)
{
	json_t *side;
	size_t i;

	json_array_foreach(json_object_get(doc, "sides"), i, side) {
		const json_t *reports = json_object_get(side, "reports");
		const char *path = text_get(json_array_get(reports, 0), "path");
		double boots = js_get_number(side, "boots", 0), trials = js_get_number(side, "trials", 0);
		_cleanup_str_ struct str s = STR_INIT;

		str_addf(&s, "linux %s, %.0f trial%s in %.0f boot%s, %s", text_get(side, "kernel"),
			 trials, trials == 1 ? "" : "s", boots, boots == 1 ? "" : "s", path);
		if (json_array_size(reports) > 1)
			str_addf(&s, " and %zu more", json_array_size(reports) - 1);
		text_word(out, style, TEXT_PLAIN, 0, text_get(side, "label"));
		fputc(':', out);
		text_sentence(out, style, 0, (unsigned)strlen(text_get(side, "label")) + 1, "", s.buf);
	}
	text_sentence(out, style, 0, 0, "order: ", text_get(json_object_get(doc, "order"), "text"));
}

static void print_environment(const json_t *doc, const struct text_style *style,
			      const struct compare_show *show, FILE *out)
{
	const json_t *list = json_object_get(doc, "environment");
	size_t i, n = json_array_size(list);
	json_t *o;

	if (!n)
		return;
	heading("the sides differ in more than what is compared; it may be the cause", style, out);
	json_array_foreach(list, i, o) {
		_cleanup_free_ char *before = xasprintf("%s: ", text_get(o, "name"));
		_cleanup_free_ char *both = xasprintf("%s -> %s", text_get(o, "base"), text_get(o, "new"));

		if (i == DIFFERENCES && !show->all && n > DIFFERENCES + 1) {
			fprintf(out, "  and %zu more (--all)\n", n - i);
			break;
		}
		text_sentence(out, style, 2, 0, before, both);
	}
}

static void print_outcomes(const json_t *doc, const struct text_style *style, FILE *out)
{
	const json_t *list = json_object_get(doc, "outcomes");
	json_t *o;
	size_t i;

	if (json_array_size(list))
		heading("outcomes", style, out);
	json_array_foreach(list, i, o) {
		_cleanup_free_ char *text = xasprintf("%s: %s", text_get(o, "case"), text_get(o, "text"));

		text_word(out, style, colour_of(text_get(o, "verdict")), 12, text_get(o, "verdict"));
		fputs(" ", out);
		text_sentence(out, style, 0, 13, "", text);
	}
}

static void print_list(const json_t *list, const char *before, const struct text_style *style,
		       FILE *out)
{
	_cleanup_str_ struct str s = STR_INIT;
	json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
		str_addf(&s, "%s%s", i ? ", " : "", json_string_value(member) ? json_string_value(member) : "");
	if (s.len)
		text_sentence(out, style, 0, 0, before, s.buf);
}

static void print_rest(const json_t *doc, const struct text_style *style,
		       const struct compare_show *show, FILE *out)
{
	const json_t *only = json_object_get(doc, "only"), *sides = json_object_get(doc, "sides");
	static const char *const keys[] = { "base", "new" };
	json_t *o;
	size_t i;

	if (json_array_size(json_object_get(doc, "refused")))
		heading("not compared", style, out);
	json_array_foreach(json_object_get(doc, "refused"), i, o) {
		_cleanup_free_ char *before = xasprintf("%s: ", text_get(o, "case"));

		text_sentence(out, style, 2, 0, before, text_get(o, "reason"));
	}
	if (show->quiet)
		return;
	fputc('\n', out);
	for (i = 0; i < 2; i++) {
		_cleanup_free_ char *before = xasprintf("only in %s: ", text_get(json_array_get(sides, i), "label"));

		print_list(json_object_get(only, keys[i]), before, style, out);
	}
	json_array_foreach(json_object_get(doc, "notes"), i, o)
		text_sentence(out, style, 0, 0, "note: ", json_string_value(o));
}

static void print_closing(const json_t *doc, const struct text_style *style, FILE *out)
{
	static const char *const words[] = { "regressed", "improved", "inconclusive", "unchanged" };
	const json_t *counts = json_object_get(doc, "counts");
	const char *verdict = text_get(doc, "verdict");

	if (js_get_text(doc, "gate_reason"))
		text_sentence(out, style, 0, 0, "does not gate: ", text_get(doc, "gate_reason"));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		fprintf(out, "%s%.0f %s", i ? ", " : "", js_get_number(counts, words[i], 0), words[i]);
	fputs("\nverdict: ", out);
	text_word(out, style, colour_of(verdict), 0, verdict);
	fprintf(out, "%s\n", js_get_true(doc, "gates") ? "" : ", does not gate");
}

void compare_text(const json_t *doc, const struct text_style *style,
		  const struct compare_show *show, FILE *out)
{
	if (!show->quiet) {
		print_sides(doc, style, out);
		print_environment(doc, style, show, out);
	}
	print_outcomes(doc, style, out);
	print_metrics(doc, style, show, true, out);
	print_metrics(doc, style, show, false, out);
	print_rest(doc, style, show, out);
	if (!show->quiet)
		print_closing(doc, style, out);
}
