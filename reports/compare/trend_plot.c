/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A metric over the versions: one row each, in letters that any terminal, pipe
 * or mail can show. */
#include <math.h>
#include <string.h>

#include "reports/compare/trend_print.h"

/* Columns of a plot, in a pipe, and of a line from which it has a range too. */
#define PLOT_LEAST 24
#define PLOT_PIPE 40
#define PLOT_MOST 60
#define WIDE 100
#define LABEL_MOST 28
/* Largest to smallest value from which the scale is logarithmic. */
#define DECADES 20

struct plot {
	struct compare_print *p;
	const json_t *of;     /* the metric */
	double low, high;     /* of the scale, logarithms where it has them */
	double base;          /* the baseline's value, NaN: none */
	bool log, wide;
	unsigned label, value, width; /* of columns */
};

static bool moved(const char *verdict)
{
	return !strcmp(verdict, "regressed") || !strcmp(verdict, "improved");
}

/* --- scale ------------------------------------------------------------------- */

static void find_scale(struct plot *f)
{
	double low = INFINITY, high = -INFINITY, baseline = js_get_number(f->p->doc, "baseline", 0);
	json_t *o, *value;
	size_t i, k;

	f->base = NAN;
	json_array_foreach(json_object_get(f->of, "points"), i, o) {
		if (js_get_number(o, "version", NAN) == baseline)
			f->base = js_get_number(o, "value", NAN);
		json_array_foreach(json_object_get(o, "values"), k, value) {
			low = fmin(low, json_number_value(value));
			high = fmax(high, json_number_value(value));
		}
	}
	f->log = low > 0 && high / low > DECADES;
	f->low = f->log ? log(low) : low;
	f->high = f->log ? log(high) : high;
}

/* Column of a value. */
static unsigned column(const struct plot *f, double value)
{
	double x = f->log ? log(value) : value, span = f->high - f->low;
	/* halves, since the span of finite numbers may be none */
	double share = span > 0 ? (x / 2 - f->low / 2) / (f->high / 2 - f->low / 2) : 0.5;

	share = share > 0 ? fmin(share, 1) : 0;
	return (unsigned)lround(share * (f->width - 1));
}

/* "   --o-- :  ": the units' range, their median, the baseline's median. */
static char *drawing(const struct plot *f, const json_t *point)
{
	char *line = xalloc(f->width + 1);
	json_t *value;
	size_t i;
	unsigned first = f->width, last = 0;

	memset(line, ' ', f->width);
	if (isfinite(f->base))
		line[column(f, f->base)] = ':';
	json_array_foreach(json_object_get(point, "values"), i, value) {
		unsigned at = column(f, json_number_value(value));

		first = at < first ? at : first;
		last = at > last ? at : last;
	}
	for (unsigned at = first; at <= last && at < f->width; at++)
		line[at] = '-';
	line[column(f, js_get_number(point, "value", f->low))] = 'o';
	return line;
}

/* --- rows -------------------------------------------------------------------- */

/* The comparison of a version with the baseline, or with its predecessor. */
static const json_t *find_pair(const struct plot *f, double version, const char *against)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(f->of, "comparisons"), i, o)
		if (js_get_number(o, "to", NAN) == version && text_is(o, "against", against))
			return o;
	return NULL;
}

static void print_percent(const struct plot *f, double change, int width)
{
	_cleanup_str_ struct str s = STR_INIT;

	compare_add_percent(&s, change);
	fprintf(f->p->out, "%*s%%", width, s.buf);
}

static void print_range(const struct plot *f, const json_t *pair)
{
	_cleanup_str_ struct str s = STR_INIT;

	if (js_get_number(pair, "confidence", 0) > 0) {
		compare_add_percent(&s, js_get_number(pair, "low", NAN));
		str_add(&s, "..");
		compare_add_percent(&s, js_get_number(pair, "high", NAN));
	}
	fprintf(f->p->out, " %14s", s.buf);
}

/* Against the baseline; a change from the version before is told behind it. */
static void print_verdicts(const struct plot *f, const json_t *point, double version)
{
	const json_t *pair = find_pair(f, version, "baseline");
	const json_t *before = find_pair(f, version, "predecessor");
	double value = js_get_number(point, "value", NAN);
	double change = pair ? js_get_number(pair, "change", NAN) : value / f->base - 1;
	_cleanup_free_ char *from = NULL;

	if (version == js_get_number(f->p->doc, "baseline", 0)) {
		fputs(" baseline", f->p->out);
		return;
	}
	print_percent(f, change, 7);
	if (pair && f->wide)
		print_range(f, pair);
	if (pair) {
		fputs("  ", f->p->out);
		text_word(f->p->out, f->p->style, compare_colour(text_get(pair, "verdict")), 0,
			  text_get(pair, "verdict"));
	}
	if (!before || !moved(text_get(before, "verdict")))
		return;
	from = text_clean(trend_label(f->p->doc, js_get_number(before, "from", 0)));
	fprintf(f->p->out, "%s%s from %s", pair ? ", " : "  ", text_get(before, "verdict"), from);
}

/* A change point comes above the version that it begins with. */
static void print_change(const struct plot *f, double version)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(f->of, "changes"), i, o) {
		if (js_get_number(o, "at", NAN) != version)
			continue;
		fprintf(f->p->out, "    %*s", (int)(f->label + f->value + 2), "");
		fputs("== ", f->p->out);
		text_word(f->p->out, f->p->style, compare_colour(text_get(o, "verdict")), 0,
			  text_get(o, "verdict"));
		print_percent(f, js_get_number(o, "change", NAN), 1 + 7);
		if (js_get_number(o, "confidence", 0) > 0)
			print_range(f, o);
		fputs(" from here on\n", f->p->out);
	}
}

static void print_point(const struct plot *f, const json_t *point)
{
	double version = js_get_number(point, "version", 0);
	_cleanup_free_ char *label = text_clean(trend_label(f->p->doc, version));
	_cleanup_free_ char *value = compare_value_cell(
		json_object_get(point, "value"), text_get(f->of, "unit"));
	_cleanup_free_ char *line = drawing(f, point);

	print_change(f, version);
	fprintf(f->p->out, "    %-*s %*s |%s|", (int)f->label, label, (int)f->value, value, line);
	print_verdicts(f, point, version);
	fputc('\n', f->p->out);
}

static unsigned wider(unsigned width, const char *text, unsigned most)
{
	unsigned n = compare_columns(text);

	n = n > most ? most : n;
	return n > width ? n : width;
}

static void measure(struct plot *f)
{
	const struct text_style *style = f->p->style;
	unsigned others;
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(f->of, "points"), i, o) {
		_cleanup_free_ char *label = text_clean(
			trend_label(f->p->doc, js_get_number(o, "version", 0)));
		_cleanup_free_ char *value = compare_value_cell(json_object_get(o, "value"),
								text_get(f->of, "unit"));

		f->label = wider(f->label, label, LABEL_MOST);
		f->value = wider(f->value, value, LABEL_MOST);
	}
	f->wide = !style->wrap || style->width >= WIDE;
	others = 4 + f->label + 1 + f->value + 3 + 8 + (f->wide ? 15 : 0) + 14;
	f->width = others + PLOT_LEAST > style->width ? PLOT_LEAST : style->width - others;
	f->width = style->wrap ? f->width : PLOT_PIPE;
	f->width = f->width > PLOT_MOST ? PLOT_MOST : f->width;
}

static void print_metric(struct compare_print *p, const json_t *o)
{
	struct plot f = { .p = p, .of = o };
	const char *verdict = text_get(o, "verdict"), *held = js_get_text(o, "held");
	_cleanup_free_ char *name = compare_name_cell(o);
	_cleanup_free_ char *text = xasprintf("%s, %s is better: %s%s%s%s", name,
					      text_is(o, "better", "higher") ? "more" : "less",
					      text_get(o, "text"), held ? " (does not gate: " : "",
					      held ? held : "", held ? ")" : "");
	json_t *point;
	size_t i;

	text_word(p->out, p->style, compare_colour(verdict), 13, verdict);
	text_sentence(p->out, p->style, 12, 13, "", text);
	find_scale(&f);
	measure(&f);
	json_array_foreach(json_object_get(o, "points"), i, point)
		print_point(&f, point);
}

/* Did it change, at the end or anywhere? */
static bool changed(const json_t *o)
{
	json_t *pair;
	size_t i;

	json_array_foreach(json_object_get(o, "comparisons"), i, pair)
		if (moved(text_get(pair, "verdict")))
			return true;
	return moved(text_get(o, "verdict")) || json_array_size(json_object_get(o, "changes"));
}

void trend_print_metrics(struct compare_print *p, bool primary)
{
	bool any = false;
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(p->doc, "metrics"), i, o) {
		bool shown = changed(o) || (!p->show->quiet && (primary || p->show->all));

		if (js_get_true(o, "primary") != primary || !shown)
			continue;
		if (!any)
			compare_heading(p, primary ? "judged" : p->show->all ?
					"not judged, for explanation" : "also changed, not judged");
		any = true;
		print_metric(p, o);
	}
}
