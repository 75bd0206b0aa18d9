/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trend as text: what holds for the whole series, then its metrics. */
#include <math.h>
#include <string.h>

#include "reports/compare/trend_print.h"

const char *trend_label(const json_t *doc, double version)
{
	return text_get(json_array_get(json_object_get(doc, "versions"), (size_t)version), "label");
}

static void print_series(struct compare_print *p)
{
	const json_t *versions = json_object_get(p->doc, "versions");
	const char *order = text_get(json_object_get(p->doc, "method"), "order");
	size_t n = json_array_size(versions), i;
	double trials = 0, boots = 0;
	_cleanup_free_ char *text = NULL;
	json_t *o;

	json_array_foreach(versions, i, o) {
		trials += js_get_number(o, "trials", 0);
		boots += js_get_number(o, "boots", 0);
	}
	text = xasprintf("%zu kernels in the order of %s, %s to %s, %.0f trials in %.0f boots; baseline %s",
			 n, !strcmp(order, "given") ? "the command line" :
			 !strcmp(order, "time") ? "their first report" : "their releases",
			 trend_label(p->doc, 0), trend_label(p->doc, (double)(n - 1)), trials, boots,
			 trend_label(p->doc, js_get_number(p->doc, "baseline", 0)));
	text_sentence(p->out, p->style, 0, 0, "", text);
	p->begun = true;
}

static void print_list(struct compare_print *p, const char *key, const char *title)
{
	const json_t *list = json_object_get(p->doc, key);
	json_t *o;
	size_t i;

	if (json_array_size(list))
		compare_heading(p, title);
	json_array_foreach(list, i, o) {
		const char *verdict = js_get_text(o, "verdict");
		_cleanup_free_ char *text = xasprintf(
			"%s: %s", text_get(o, "case"), text_get(o, verdict ? "text" : "reason"));

		if (verdict)
			text_word(p->out, p->style, compare_colour(verdict), 13, verdict);
		text_sentence(p->out, p->style, verdict ? 12 : 2, verdict ? 13 : 0, "", text);
	}
}

static void print_closing(struct compare_print *p)
{
	static const char *const words[] = { "regressed", "improved", "inconclusive", "unchanged" };
	const json_t *counts = json_object_get(p->doc, "counts");
	const json_t *versions = json_object_get(p->doc, "versions");
	const char *verdict = text_get(p->doc, "verdict");
	_cleanup_free_ char *newest = NULL;
	json_t *note;
	size_t i;

	fputc('\n', p->out);
	json_array_foreach(json_object_get(p->doc, "notes"), i, note)
		if (json_is_string(note))
			text_sentence(p->out, p->style, 0, 0, "note: ", json_string_value(note));
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		double n = js_get_number(counts, words[i], 0);
		_cleanup_free_ char *word = xasprintf("%.0f %s", n, words[i]);

		text_word(p->out, p->style, n > 0 ? compare_colour(words[i]) : TEXT_PLAIN, 0, word);
		fputs(i + 1 < ARRAY_SIZE(words) ? ", " : "\n", p->out);
	}
	newest = text_clean(trend_label(p->doc, (double)json_array_size(versions) - 1));
	fprintf(p->out, "verdict of %s: ", newest);
	text_word(p->out, p->style, compare_colour(verdict), 0, verdict);
	fputc('\n', p->out);
}

void trend_text(const json_t *doc, const struct text_style *style,
		const struct compare_show *show, FILE *out)
{
	struct compare_print p = { doc, style, show, out, false };

	if (!show->quiet) {
		print_series(&p);
		compare_print_environment(&p, "from the baseline to the others this differs also, which may be the cause");
	}
	print_list(&p, "outcomes", "outcomes");
	trend_print_metrics(&p, true);
	trend_print_metrics(&p, false);
	print_list(&p, "refused", "not compared (--force does)");
	if (!show->quiet)
		print_closing(&p);
}
