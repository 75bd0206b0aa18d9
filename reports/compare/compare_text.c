/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The comparison as text for people. */
#include "reports/compare/compare_print.h"

#include <math.h>
#include <string.h>

/* Differences of the sides that are shown without --all. */
#define DIFFERENCES 12
/* Cases that a list names. */
#define NAMED 20

enum text_colour compare_colour(const char *verdict)
{
	if (!strcmp(verdict, "regressed"))
		return TEXT_BAD;
	return !strcmp(verdict, "improved") || !strcmp(verdict, "unchanged") ? TEXT_GOOD : TEXT_ODD;
}

void compare_heading(struct compare_print *p, const char *text)
{
	fprintf(p->out, "%s%s%s%s\n", p->begun ? "\n" : "", p->style->colour ? "\033[1m" : "", text,
		p->style->colour ? "\033[0m" : "");
	p->begun = true;
}

static void sentence(struct compare_print *p, unsigned indent, const char *before,
		     const char *text)
{
	text_sentence(p->out, p->style, indent, 0, before, text);
	p->begun = true;
}

static const char *label(const struct compare_print *p, size_t side)
{
	return text_get(json_array_get(json_object_get(p->doc, "sides"), side), "label");
}

/* --- what comes before the table --------------------------------------------- */

static void print_sides(struct compare_print *p)
{
	json_t *side;
	size_t i;

	json_array_foreach(json_object_get(p->doc, "sides"), i, side) {
		const json_t *reports = json_object_get(side, "reports");
		double boots = js_get_number(side, "boots", 0), trials = js_get_number(side, "trials", 0);
		_cleanup_free_ char *before = xasprintf("%s: ", text_get(side, "label"));
		_cleanup_str_ struct str s = STR_INIT;

		if (js_get_text(side, "setting"))
			str_addf(&s, "%s, ", text_get(side, "setting"));
		str_addf(&s, "linux %s, %.0f trial%s in %.0f boot%s, %s", text_get(side, "kernel"),
			 trials, trials == 1 ? "" : "s", boots, boots == 1 ? "" : "s",
			 text_get(json_array_get(reports, 0), "path"));
		if (json_array_size(reports) > 1)
			str_addf(&s, " and %zu more", json_array_size(reports) - 1);
		sentence(p, 0, before, s.buf);
	}
}

static void print_order(struct compare_print *p)
{
	const json_t *order = json_object_get(p->doc, "order");
	const char *sequence = text_get(order, "sequence");
	_cleanup_free_ char *text = xasprintf("%s%s%.40s%s", text_get(order, "text"),
					      *sequence ? ": " : "", sequence,
					      strlen(sequence) > 40 ? "..." : "");

	sentence(p, 0, "order: ", text);
}

void compare_print_environment(struct compare_print *p, const char *title)
{
	const json_t *list = json_object_get(p->doc, "environment");
	size_t i, n = json_array_size(list);
	json_t *o;

	if (!n)
		return;
	compare_heading(p, title);
	json_array_foreach(list, i, o) {
		_cleanup_free_ char *before = xasprintf("%s: ", text_get(o, "name"));
		_cleanup_free_ char *both = xasprintf("%s -> %s", text_get(o, "base"), text_get(o, "new"));

		if (i == DIFFERENCES && !p->show->all && n > DIFFERENCES + 1) {
			fprintf(p->out, "  and %zu more: --all\n", n - i);
			break;
		}
		sentence(p, 2, before, both);
	}
}

static void print_outcomes(struct compare_print *p)
{
	const json_t *list = json_object_get(p->doc, "outcomes");
	json_t *o;
	size_t i;

	if (json_array_size(list))
		compare_heading(p, "outcomes");
	json_array_foreach(list, i, o) {
		const char *verdict = text_get(o, "verdict");
		_cleanup_free_ char *text = xasprintf("%s: %s", text_get(o, "case"), text_get(o, "text"));

		text_word(p->out, p->style, compare_colour(verdict), 13, verdict);
		text_sentence(p->out, p->style, 12, 13, "", text);
	}
}

/* --- what comes behind it ---------------------------------------------------- */

static void print_refused(struct compare_print *p)
{
	const json_t *list = json_object_get(p->doc, "refused");
	json_t *o;
	size_t i;

	if (json_array_size(list))
		compare_heading(p, "not compared (--force does)");
	json_array_foreach(list, i, o) {
		_cleanup_free_ char *before = xasprintf("%s: ", text_get(o, "case"));

		sentence(p, 2, before, text_get(o, "reason"));
	}
}

static void print_shapes(struct compare_print *p)
{
	json_t *o;
	size_t i, n = 0;

	json_array_foreach(json_object_get(p->doc, "shapes"), i, o) {
		const char *variant = js_get_text(o, "variant");
		_cleanup_free_ char *text = xasprintf(
			"%s %s%s%s (adjusted p %.2g)", text_get(o, "case"), variant ? variant : "",
			variant ? " " : "", text_get(o, "metric"), js_get_number(o, "p_adjusted", NAN));

		if (!text_is(o, "verdict", "changed"))
			continue;
		if (!n++)
			compare_heading(p, "the distribution of times changed, not judged");
		sentence(p, 2, "", text);
	}
}

static void print_only(struct compare_print *p, size_t side, const char *key)
{
	const json_t *list = json_object_get(json_object_get(p->doc, "only"), key);
	_cleanup_free_ char *before = xasprintf("only in %s: ", label(p, side));
	_cleanup_str_ struct str s = STR_INIT;
	json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
		if (i < NAMED && json_is_string(member))
			str_addf(&s, "%s%s", i ? ", " : "", json_string_value(member));
	if (json_array_size(list) > NAMED)
		str_addf(&s, " and %zu more", json_array_size(list) - NAMED);
	if (s.len)
		sentence(p, 0, before, s.buf);
}

static void print_rest(struct compare_print *p)
{
	json_t *o;
	size_t i;

	fputc('\n', p->out);
	print_only(p, 0, "base");
	print_only(p, 1, "new");
	json_array_foreach(json_object_get(p->doc, "notes"), i, o)
		if (json_is_string(o))
			sentence(p, 0, "note: ", json_string_value(o));
	if (p->show->all)
		sentence(p, 0, "rule: ", text_get(json_object_get(p->doc, "method"), "rate_rule"));
	if (js_get_text(p->doc, "gate_reason"))
		sentence(p, 0, "does not gate: ", text_get(p->doc, "gate_reason"));
}

static void print_closing(struct compare_print *p)
{
	static const char *const words[] = { "regressed", "improved", "inconclusive", "unchanged" };
	const json_t *counts = json_object_get(p->doc, "counts");
	const char *verdict = text_get(p->doc, "verdict");

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		double n = js_get_number(counts, words[i], 0);
		_cleanup_free_ char *word = xasprintf("%.0f %s", n, words[i]);

		text_word(p->out, p->style, n > 0 ? compare_colour(words[i]) : TEXT_PLAIN, 0, word);
		fputs(i + 1 < ARRAY_SIZE(words) ? ", " : "\n", p->out);
	}
	fputs("verdict: ", p->out);
	text_word(p->out, p->style, compare_colour(verdict), 0, verdict);
	fprintf(p->out, "%s\n", js_get_true(p->doc, "gates") ? "" : ", does not gate");
}

void compare_text(const json_t *doc, const struct text_style *style,
		  const struct compare_show *show, FILE *out)
{
	struct compare_print p = { doc, style, show, out, false };

	if (!show->quiet) {
		print_sides(&p);
		print_order(&p);
		compare_print_environment(&p, "the sides differ also in this, which may be the cause");
	}
	print_outcomes(&p);
	compare_print_metrics(&p, true);
	compare_print_metrics(&p, false);
	if (!show->quiet)
		print_shapes(&p);
	print_refused(&p);
	if (show->quiet)
		return;
	print_rest(&p);
	print_closing(&p);
}
