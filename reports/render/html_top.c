/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the page begins with: the verdict in words, counts, what moved. */
#include "reports/render/html.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* --- headline ------------------------------------------------------------------ */

static size_t count_outcome(const struct html_page *p, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_cases; i++)
		n += !strcmp(html_outcome(&p->cases[i], HTML_NEW), word);
	return n;
}

static const char *const bad_outcomes[] = {
	"fail", "hang", "killed", "broken", "unexpected-pass", "interrupted",
};

/* The run's own word may be graver than that of any case. */
static const char *worst_outcome(const struct html_page *p)
{
	const char *worst = "";

	for (size_t i = 0; i < p->in->n_reports; i++) {
		const char *word = text_get(p->in->reports[i], "outcome");

		if (!*worst || html_gravity(word) < html_gravity(worst))
			worst = word;
	}
	return worst;
}

const char *html_verdict(const struct html_page *p)
{
	return p->comparison ? text_get(p->comparison, "verdict") : worst_outcome(p);
}

static size_t count_rows(const json_t *rows, const char *verdict)
{
	size_t i, n = 0;
	json_t *row;

	json_array_foreach(rows, i, row)
		n += text_is(row, "verdict", verdict);
	return n;
}

/* "2 metrics and 1 outcome": those with the verdict, outcomes of cases too. */
static char *count_moved(const struct html_page *p, const char *verdict)
{
	size_t cases = count_rows(json_object_get(p->comparison, "outcomes"), verdict);
	double metrics = js_get_number(json_object_get(p->comparison, "counts"),
				       verdict, 0);
	const char *plural = cases == 1 ? "" : "s";

	if (!cases)
		return xasprintf("%.0f metric%s", metrics, metrics == 1 ? "" : "s");
	if (!(metrics > 0))
		return xasprintf("%zu case%s", cases, plural);
	return xasprintf("%.0f metric%s and %zu case%s", metrics,
			 metrics == 1 ? "" : "s", cases, plural);
}

static char *headline_of_comparison(const struct html_page *p)
{
	const json_t *counts = json_object_get(p->comparison, "counts");
	const char *word = html_verdict(p);
	_cleanup_free_ char *moved = count_moved(p, word);

	if (!strcmp(word, "regressed"))
		return xasprintf("Regressed: %s got worse", moved);
	if (!strcmp(word, "improved"))
		return xasprintf("Improved: %s got better, nothing worse", moved);
	if (!strcmp(word, "unchanged"))
		return xasprintf("Unchanged: %s stayed within the threshold", moved);
	return xasprintf("Inconclusive: too few trials for %.0f metrics",
			 js_get_number(counts, "inconclusive", 0));
}

char *html_headline(const struct html_page *p)
{
	size_t bad = 0, passed = count_outcome(p, "pass");
	size_t skipped = count_outcome(p, "skip");
	const char *word = html_verdict(p);

	if (p->comparison)
		return headline_of_comparison(p);
	for (size_t i = 0; i < ARRAY_SIZE(bad_outcomes); i++)
		bad += count_outcome(p, bad_outcomes[i]);
	if (bad)
		return xasprintf("%zu of %zu cases did not pass", bad,
				 p->n_cases - skipped);
	if (!strcmp(word, "incomplete"))
		return xasprintf("The run did not end; %zu cases passed so far", passed);
	if (!passed)
		return xasprintf("Nothing passed: %zu cases were skipped", skipped);
	if (strcmp(word, "pass"))
		return xasprintf("%zu cases passed, but the run ended as '%s'", passed,
				 word);
	return passed == 1 ? xstrdup("The case passed") :
			     xasprintf("All %zu cases that ran passed", passed);
}

/* --- counts -------------------------------------------------------------------- */

static void chip(FILE *out, const char *word, double n)
{
	fprintf(out, "<li><span class=count>%.0f</span> ", n);
	html_word(out, word);
	fputs("</li>", out);
}

static void print_counts(struct html_page *p)
{
	static const char *const verdicts[] = {
		"regressed", "improved", "unchanged", "inconclusive",
	};
	const json_t *counts = json_object_get(p->comparison, "counts");

	fputs("<ul class=counts>", p->out);
	for (size_t i = 0; i < ARRAY_SIZE(verdicts) && p->comparison; i++)
		chip(p->out, verdicts[i],
		     js_get_number(counts, verdicts[i], 0) +
			     count_rows(json_object_get(p->comparison, "outcomes"),
					verdicts[i]));
	if (!p->comparison) {
		chip(p->out, "pass", (double)count_outcome(p, "pass"));
		for (size_t i = 0; i < ARRAY_SIZE(bad_outcomes); i++)
			if (!i || count_outcome(p, bad_outcomes[i]))
				chip(p->out, bad_outcomes[i],
				     (double)count_outcome(p, bad_outcomes[i]));
		if (count_outcome(p, "expected-fail"))
			chip(p->out, "expected-fail",
			     (double)count_outcome(p, "expected-fail"));
		chip(p->out, "skip", (double)count_outcome(p, "skip"));
	}
	fputs("</ul>", p->out);
}

/* --- one side ------------------------------------------------------------------ */

static void print_run(struct html_page *p, const json_t *report)
{
	_cleanup_free_ char *when = render_time(js_get_number(report, "started", -1),
						true);
	double seconds = js_get_number(report, "seconds", NAN);
	_cleanup_free_ char *length = text_value(seconds, "s");
	const json_t *machine = json_object_get(report, "machine");
	size_t i;
	json_t *note;

	fputs("<p>Linux <b>", p->out);
	html_text(p->out, render_kernel(report));
	fputs("</b> on ", p->out);
	html_text(p->out, text_get(machine, "cpu.model"));
	if (js_get_number(machine, "cpu.threads", 0) > 0)
		fprintf(p->out, ", %.0f CPUs", js_get_number(machine, "cpu.threads", 0));
	if (*text_get(machine, "hypervisor")) {
		fputs(", in a guest of ", p->out);
		html_text(p->out, text_get(machine, "hypervisor"));
	}
	if (*when)
		fprintf(p->out, "; started <time datetime=\"%s\">%s</time>", when, when);
	if (isfinite(seconds))
		fprintf(p->out, ", took %s", length);
	fputs(".</p>", p->out);
	json_array_foreach(json_object_get(report, "notes"), i, note)
		if (i < HTML_LIST_MAX)
			html_in(p->out, "p class=note", json_string_value(note));
	if (js_get_number(report, "left_behind", 0) > 0)
		fprintf(p->out, "<p class=note>%.0f changes could not be undone.</p>",
			js_get_number(report, "left_behind", 0));
	if (js_get_true(report, "truncated"))
		fputs("<p class=note>The last line of the report was cut.</p>", p->out);
}

static const char *reason_of(const struct html_case *c, const char *outcome)
{
	for (size_t i = 0; i < c->n[HTML_NEW]; i++)
		if (text_is(c->part[HTML_NEW][i].of, "outcome", outcome))
			return text_get(c->part[HTML_NEW][i].of, "reason");
	return "";
}

static void case_link(FILE *out, const struct html_case *c)
{
	fprintf(out, " <a href=\"#case-%u\">", c->number);
	html_text(out, c->id);
	fputs("</a>", out);
}

/* Of a run that was ended early there may be many, all alike: one item. */
static void print_interrupted(struct html_page *p)
{
	const char *reason = "";
	size_t n = 0;

	for (size_t i = 0; i < p->n_cases; i++) {
		if (strcmp(html_outcome(&p->cases[i], HTML_NEW), "interrupted") != 0)
			continue;
		if (!n++) {
			reason = reason_of(&p->cases[i], "interrupted");
			fputs("<li>", p->out);
			html_word(p->out, "interrupted");
		}
		case_link(p->out, &p->cases[i]);
	}
	if (!n)
		return;
	fputs("<br>", p->out);
	html_text(p->out, reason);
	fputs("</li>", p->out);
}

static void print_failures(struct html_page *p)
{
	size_t unfinished = count_outcome(p, "interrupted");
	size_t bad = p->n_cases - unfinished - count_outcome(p, "pass") -
		     count_outcome(p, "skip");

	if (!bad && !unfinished)
		return;
	fputs("<h3>What did not pass</h3><ul class=failures>", p->out);
	for (size_t i = 0; i < p->n_cases; i++) {
		const char *word = html_outcome(&p->cases[i], HTML_NEW);

		if (!strcmp(word, "pass") || !strcmp(word, "skip") ||
		    !strcmp(word, "interrupted"))
			continue;
		fputs("<li>", p->out);
		html_word(p->out, word);
		case_link(p->out, &p->cases[i]);
		fputs("<br>", p->out);
		html_text(p->out, reason_of(&p->cases[i], word));
		fputs("</li>", p->out);
	}
	print_interrupted(p);
	fputs("</ul>", p->out);
}

/* --- two sides ----------------------------------------------------------------- */

static void print_sides(struct html_page *p)
{
	bool some_setting = false;
	size_t i;
	json_t *side;

	json_array_foreach(json_object_get(p->comparison, "sides"), i, side)
		some_setting |= *text_get(side, "setting") != '\0';
	fputs("<div class=scroll role=region tabindex=0 aria-label=sides><table class=cards>"
	      "<thead><tr><th scope=col>side</th>", p->out);
	if (some_setting)
		fputs("<th scope=col>setting</th>", p->out);
	fputs("<th scope=col>kernel</th><th scope=col class=n>boots</th><th scope=col class=n>trials</th>"
	      "<th scope=col class=n>reports</th></tr></thead><tbody>", p->out);
	json_array_foreach(json_object_get(p->comparison, "sides"), i, side) {
		fputs("<tr>", p->out);
		html_in(p->out, "th scope=row", text_get(side, "label"));
		if (some_setting)
			html_in(p->out, "td data-l=setting", text_get(side, "setting"));
		html_in(p->out, "td data-l=kernel", text_get(side, "kernel"));
		fprintf(p->out, "<td class=n data-l=boots>%.0f</td>"
			"<td class=n data-l=trials>%.0f</td>"
			"<td class=n data-l=reports>%zu</td></tr>",
			js_get_number(side, "boots", 0), js_get_number(side, "trials", 0),
			json_array_size(json_object_get(side, "reports")));
	}
	fputs("</tbody></table></div>", p->out);
}

/* "pass 3, fail 2" */
static void print_tally(FILE *out, const json_t *tally)
{
	const char *word, *separator = "";
	json_t *n;

	json_object_foreach((json_t *)tally, word, n) {
		fputs(separator, out);
		html_text(out, word);
		fprintf(out, " %.0f", json_number_value(n));
		separator = ", ";
	}
}

static void print_outcomes(struct html_page *p)
{
	const json_t *rows = json_object_get(p->comparison, "outcomes");
	size_t i;
	json_t *row;

	if (!json_array_size(rows))
		return;
	fputs("<h3>Outcomes that changed</h3><ul class=failures>", p->out);
	json_array_foreach(rows, i, row) {
		if (i == HTML_LIST_MAX)
			break;
		fputs("<li>", p->out);
		html_word(p->out, text_get(row, "verdict"));
		fputc(' ', p->out);
		html_case_link(p, text_get(row, "case"));
		fputs(": ", p->out);
		print_tally(p->out, json_object_get(row, "base"));
		fputs(" → ", p->out);
		print_tally(p->out, json_object_get(row, "new"));
		fputs("<br>", p->out);
		html_text(p->out, text_get(row, "text"));
		fputs("</li>", p->out);
	}
	fputs("</ul>", p->out);
}

static void print_moved(struct html_page *p)
{
	_cleanup_json_ json_t *moved = json_array();
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(p->comparison, "metrics"), i, row)
		if (text_is(row, "verdict", "regressed") ||
		    text_is(row, "verdict", "improved"))
			js_add(moved, json_incref(row));
	fputs("<h3>What moved</h3>", p->out);
	if (json_array_size(moved))
		html_judged(p, moved, true);
	else
		fputs("<p>No metric moved enough to be called regressed or improved.</p>",
		      p->out);
}

static void print_list(FILE *out, const char *title, const json_t *list,
		       const char *first, const char *second)
{
	size_t i;
	json_t *item;

	if (!json_array_size(list))
		return;
	fprintf(out, "<h3>%s</h3><ul>", title);
	json_array_foreach(list, i, item) {
		const char *text = second ? js_get_text(item, second) : NULL;

		if (i == HTML_LIST_MAX)
			break;
		fputs("<li>", out);
		html_text(out, first ? text_get(item, first) : json_string_value(item));
		if (text) {
			fputs(": ", out);
			html_text(out, text);
		}
		fputs("</li>", out);
	}
	fputs("</ul>", out);
}

/* Of the documents' sentences, which begin small and have no full stop. */
static void html_sentence(FILE *out, const char *text)
{
	_cleanup_free_ char *own = xstrdup(text);

	if (!*own)
		return;
	own[0] = (char)toupper((unsigned char)own[0]);
	html_text(out, own);
	fputs(". ", out);
}

static void print_method(struct html_page *p)
{
	const json_t *method = json_object_get(p->comparison, "method");
	const json_t *order = json_object_get(p->comparison, "order");
	_cleanup_free_ char *sequence = text_clean(text_get(order, "sequence"));

	fprintf(p->out, "<p class=m>False discovery rate %.3g, intervals of %.3g %%, "
		"unit: one ",
		js_get_number(method, "fdr", 0.05),
		js_get_number(method, "confidence", 0.95) * 100);
	html_text(p->out, text_get(method, "unit"));
	fputs(js_get_true(method, "paired") ? ", paired. " : ". ", p->out);
	html_sentence(p->out, text_get(method, "rate_rule"));
	fputs("Order of the trials: ", p->out);
	html_text(p->out, text_get(order, "design"));
	if (*sequence && strlen(sequence) <= 64) {
		fputs(" (", p->out);
		html_text(p->out, sequence);
		fputs(")", p->out);
	}
	fputs(". ", p->out);
	html_sentence(p->out, text_get(order, "text"));
	fputs("</p>", p->out);
}

static void summary_of_comparison(struct html_page *p)
{
	const json_t *only = json_object_get(p->comparison, "only");
	const char *why = js_get_text(p->comparison, "gate_reason");

	if (why) {
		fputs("<p class=note>Does not gate: ", p->out);
		html_text(p->out, why);
		fputs("</p>", p->out);
	}
	print_sides(p);
	print_outcomes(p);
	print_moved(p);
	print_method(p);
	print_list(p->out, "Refused", json_object_get(p->comparison, "refused"), "case",
		   "reason");
	print_list(p->out, "Only in base", json_object_get(only, "base"), NULL, NULL);
	print_list(p->out, "Only in new", json_object_get(only, "new"), NULL, NULL);
	print_list(p->out, "Notes", json_object_get(p->comparison, "notes"), NULL, NULL);
}

void html_summary(struct html_page *p)
{
	print_counts(p);
	if (p->comparison) {
		summary_of_comparison(p);
		return;
	}
	for (size_t i = 0; i < p->in->n_reports && i < HTML_LIST_MAX; i++)
		print_run(p, p->in->reports[i]);
	print_failures(p);
}
