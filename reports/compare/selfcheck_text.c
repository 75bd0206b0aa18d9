/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A selfcheck as a table for people. */
#include <math.h>
#include <string.h>

#include "reports/compare/selfcheck.h"
#include "reports/text.h"

static char *percent(double ratio)
{
	double p = ratio * 100;

	return isfinite(p) ? xasprintf("%.*f %%", p < 0.995 ? 2 : p < 99.5 ? 1 : 0, p) :
			     xstrdup("-");
}

static char *plain(double value)
{
	return isfinite(value) ? xasprintf("%.2f", value) : xstrdup("-");
}

/* "faults wall", "latency p50", "split ops cpu" */
static char *name_of(const json_t *row)
{
	const char *variant = js_get_text(row, "variant"), *rate = js_get_text(row, "rate");
	_cleanup_free_ char *all = xasprintf("%s%s%s %s", variant ? variant : "", variant ? " " : "",
					     text_get(row, "metric"), rate ? rate : text_get(row, "statistic"));

	return text_clean(all);
}

struct widths {
	int id, name;
};

static void measure(const json_t *doc, struct widths *w)
{
	json_t *row;
	size_t i;

	*w = (struct widths){ 4, 6 };
	json_array_foreach(json_object_get(doc, "metrics"), i, row) {
		_cleanup_free_ char *name = name_of(row);
		int id = (int)strlen(text_get(row, "case")), len = (int)strlen(name);

		w->id = id > w->id ? id : w->id;
		w->name = len > w->name ? len : w->name;
	}
}

static void print_row(const json_t *row, const struct widths *w,
		      const struct text_style *style, FILE *out)
{
	const json_t *floor = json_object_get(row, "floor"), *cv = json_object_get(row, "cv");
	_cleanup_free_ char *id = text_clean(text_get(row, "case")), *name = name_of(row);
	_cleanup_free_ char *paired = percent(js_get_number(floor, "paired", NAN));
	_cleanup_free_ char *unpaired = percent(js_get_number(floor, "unpaired", NAN));
	_cleanup_free_ char *sd = percent(js_get_number(row, "sd", NAN));
	_cleanup_free_ char *again = plain(js_get_number(json_object_get(row, "autocorrelation"),
							 "pairs", NAN));
	_cleanup_free_ char *a = NULL, *b = NULL, *alarms = NULL;
	double count = js_get_number(row, "alarms", 0);

	a = percent(json_is_number(json_array_get(cv, 0)) ? json_number_value(json_array_get(cv, 0)) : NAN);
	b = percent(json_is_number(json_array_get(cv, 1)) ? json_number_value(json_array_get(cv, 1)) : NAN);
	alarms = xasprintf("%.0f of %.0f", count, js_get_number(row, "tests", 0));
	fprintf(out, "%-*s  %-*s %8s %9s %8s %8s %8s %6s  ", w->id, id, w->name, name, paired,
		unpaired, sd, a, b, again);
	text_word(out, style, count > 0 ? TEXT_ODD : TEXT_GOOD, 0, alarms);
	fputc('\n', out);
}

static void print_head(const json_t *doc, FILE *out)
{
	_cleanup_free_ char *kernel = text_clean(text_get(doc, "kernel"));
	char day[16];

	fprintf(out, "%s, linux %s, %.0f pairs of %g s a case\n\n", selfcheck_day(doc, day), kernel,
		js_get_number(doc, "pairs", 0),
		js_get_number(json_object_get(doc, "pairing"), "seconds", 0));
}

void selfcheck_text(const json_t *doc, const struct text_style *style, FILE *out)
{
	bool passed = js_get_true(doc, "passed");
	struct widths w;
	json_t *row;
	size_t i;

	print_head(doc, out);
	measure(doc, &w);
	fprintf(out, "%-*s  %-*s %8s %9s %8s %8s %8s %6s  %s\n", w.id, "case", w.name, "metric", "floor",
		"unpaired", "sd", "cv a", "cv b", "auto", "alarms");
	json_array_foreach(json_object_get(doc, "metrics"), i, row)
		if (style->metrics || js_get_true(row, "primary"))
			print_row(row, &w, style, out);
	fputc('\n', out);
	text_sentence(out, style, 0, 0, "", text_get(doc, "text"));
	fputs("selfcheck: ", out);
	text_word(out, style, passed ? TEXT_GOOD : TEXT_BAD, 0, passed ? "passed" : "failed");
	fputc('\n', out);
}
