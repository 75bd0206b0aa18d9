/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page of a matrix: cells, what did not pass with the end of its console,
 * then a table for each job with cells as columns and cases as rows.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reports/render/html.h"
#include "vm-matrix/document/html_parts.h"

#define TAIL 60 /* lines of a console */

/* --- top ------------------------------------------------------------------------ */

static void print_header(const struct view *v, FILE *out, const char *headline)
{
	fputs("<body>\n<a class=jump href=\"#cells\">Skip to the cells</a>\n"
	      "<header>\n<p class=kind>strain matrix ", out);
	html_text(out, text_get(json_object_get(v->doc, "matrix"), "name"));
	fputc(' ', out);
	html_word(out, text_get(v->doc, "outcome"));
	fputs("</p>\n<h1>", out);
	html_text(out, headline);
	fputs("</h1>\n<nav aria-label=\"parts of the page\"><a href=\"#summary\">Summary</a> "
	      "<a href=\"#cells\">Cells</a> <a href=\"#bad\">What did not pass</a> "
	      "<a href=\"#outcomes\">Cases</a> <a href=\"#metrics\">Metrics</a></nav>\n"
	      "<div id=tools data-what=cell></div>\n</header>\n<main>\n", out);
}

static void print_counts(const struct view *v, FILE *out)
{
	size_t count[MATRIX_OUTCOMES] = { 0 };

	for (size_t i = 0; i < v->n; i++)
		count[v->cell[i].outcome]++;
	fputs("<ul class=counts>", out);
	for (size_t i = 0; i < MATRIX_OUTCOMES; i++)
		if (count[i]) {
			fprintf(out, "<li><span class=count>%zu</span> ", count[i]);
			html_word(out, matrix_outcomes[i]);
			fputs("</li>", out);
		}
	fputs("</ul>\n", out);
}

static void fact(FILE *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	fputs("<div>", out);
	html_in(out, "dt", name);
	html_in(out, "dd", value);
	fputs("</div>", out);
}

/* What all cells say of @key; "differs" where they do not agree. */
static const char *common(const struct view *v, const char *key)
{
	const char *said = "";

	for (size_t i = 0; i < v->n; i++) {
		const char *here = text_get(v->cell[i].cell, key);

		if (*here && *said && strcmp(here, said))
			return "differs between cells";
		said = *here ? here : said;
	}
	return said;
}

static void print_facts(const struct view *v, FILE *out)
{
	const json_t *matrix = json_object_get(v->doc, "matrix");
	const json_t *host = json_object_get(v->doc, "host");
	const json_t *tool = json_object_get(v->doc, "tool");
	_cleanup_free_ char *seconds = view_seconds(js_get_number(v->doc, "seconds", 0));
	_cleanup_free_ char *started = render_time(js_get_number(v->doc, "started", NAN), true);
	_cleanup_free_ char *cpus = xasprintf("%.0f", js_get_number(host, "cpus", 0));
	_cleanup_free_ char *built = xasprintf("%s %s", text_get(tool, "version"),
					       text_get(tool, "commit"));

	fputs("<dl class=facts>", out);
	fact(out, "About", text_get(matrix, "about"));
	fact(out, "Matrix file", text_get(matrix, "file"));
	fact(out, "Only", text_get(matrix, "only"));
	fact(out, "Shard", text_get(matrix, "shard"));
	fact(out, "Started", started);
	fact(out, "Took", seconds);
	fact(out, "Acceleration", common(v, "accel"));
	fact(out, "Emulator", common(v, "emulator"));
	fact(out, "Host's kernel", text_get(host, "release"));
	fact(out, "Host's CPUs", cpus);
	fact(out, "strain", built);
	fputs("</dl>\n", out);
}

static bool any_emulated(const struct view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (text_is(v->cell[i].cell, "accel", "tcg"))
			return true;
	return false;
}

static void print_summary(const struct view *v, FILE *out)
{
	json_t *note;
	size_t i;

	print_counts(v, out);
	if (!js_get_true(v->doc, "sealed"))
		fputs("<p class=note>The matrix did not end: it was interrupted, or still runs.</p>\n",
		      out);
	json_array_foreach(json_object_get(v->doc, "notes"), i, note)
		html_in(out, "p class=note", json_string_value(note));
	print_facts(v, out);
}

/* --- cells ------------------------------------------------------------------------ */

/* A relative path of plain letters: no scheme, no host. */
static bool safe_link(const char *path)
{
	return *path && *path != '/' && !strchr(path, ':') && !strchr(path, '\\') &&
	       strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789._+-/") == strlen(path);
}

static void link_to(FILE *out, const json_t *cell, const char *key, const char *name)
{
	const char *path = text_get(cell, key);

	if (!safe_link(path))
		return;
	fputs("<a href=\"", out);
	html_text(out, path);
	fprintf(out, "\">%s</a> ", name);
}

static void print_case_counts(const struct view *v, FILE *out, size_t i)
{
	static const char *const words[] = {
		"fail", "hang", "killed", "broken", "unexpected-pass", "interrupted",
		"expected-fail", "pass", "skip",
	};

	fputs("<td data-l=cases>", out);
	for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
		size_t n = view_count(v, i, words[k]);

		if (n) {
			fprintf(out, "<span class=whole>%zu ", n);
			html_word(out, words[k]);
			fputs("</span> ", out);
		}
	}
	fputs("</td>", out);
}

/* @told: further down is why it did not pass. */
static void print_cell(const struct view *v, FILE *out, size_t i, bool told)
{
	const struct view_cell *c = &v->cell[i];
	const json_t *kernel = json_object_get(c->cell, "kernel");
	const char *release = text_get(kernel, "release");

	fputs("<tr><th scope=row>", out);
	if (told)
		fprintf(out, "<a href=\"#cell-%zu\">", i);
	html_text(out, c->label);
	fputs(told ? "</a></th><td>" : "</th><td>", out);
	html_word(out, matrix_outcomes[c->outcome]);
	fputs("</td><td data-l=kernel>", out);
	html_text(out, *release ? release : text_get(kernel, "source"));
	fputs("</td>", out);
	html_cell(out, "boot", js_get_number(c->cell, "boot_seconds", NAN), "s");
	html_cell(out, "time", js_get_number(c->cell, "seconds", NAN), "s");
	html_cell(out, "CPU time", js_get_number(c->cell, "cpu_seconds", NAN), "s");
	print_case_counts(v, out, i);
	fputs("<td>", out);
	link_to(out, c->cell, "report_file", "report");
	link_to(out, c->cell, "console_file", "console");
	if (js_get_true(c->cell, "from_cache"))
		fputs("<small>from the cache</small>", out);
	fputs("</td></tr>\n", out);
}

/* Does the cell have a place, "cell-N", among those that did not pass? */
static bool is_bad(const struct view_cell *c)
{
	return c->outcome != MATRIX_PASS &&
	       (c->outcome != MATRIX_INTERRUPTED || json_object_get(c->cell, "started"));
}

static void print_cells(const struct view *v, FILE *out)
{
	fputs("<div class=scroll><table class=\"sort cards\"><thead><tr><th scope=col>Cell</th>"
	      "<th scope=col>Outcome</th><th scope=col>Kernel</th>"
	      "<th scope=col class=n>Boot</th><th scope=col class=n>Time</th>"
	      "<th scope=col class=n>CPU time</th><th scope=col class=skip>Cases</th>"
	      "<th scope=col class=skip>Files</th></tr></thead><tbody>\n", out);
	for (size_t i = 0, bad = 0; i < v->n; i++)
		print_cell(v, out, i,
			   is_bad(&v->cell[i]) && ++bad <= HTML_LIST_MAX);
	fputs("</tbody></table></div>\n", out);
}

/* --- what did not pass -------------------------------------------------------------- */

static void print_tail(FILE *out, const json_t *cell)
{
	const json_t *tail = json_object_get(cell, "console_tail");
	size_t n = json_array_size(tail);

	if (!n)
		return;
	fputs("<h4>End of the console</h4><pre class=log tabindex=0>", out);
	for (size_t i = n > TAIL ? n - TAIL : 0; i < n; i++) {
		html_text(out, json_string_value(json_array_get(tail, i)));
		fputc('\n', out);
	}
	fputs("</pre>", out);
}

static void print_bad_cases(FILE *out, const struct view_cell *c)
{
	const char *id;
	json_t *of;
	bool any = false;

	json_object_foreach(c->cases, id, of) {
		const char *outcome = text_get(of, "outcome");

		if (!strcmp(outcome, "pass") || !strcmp(outcome, "skip"))
			continue;
		fputs(any ? "<li>" : "<ul class=failures><li>", out);
		any = true;
		html_word(out, outcome);
		fputc(' ', out);
		html_in(out, "b", id);
		fputs(": ", out);
		html_text(out, text_get(of, "reason"));
		fputs("</li>", out);
	}
	fputs(any ? "</ul>" : "", out);
}

static void print_bad_cell(const struct view *v, FILE *out, size_t i)
{
	const struct view_cell *c = &v->cell[i];
	const char *state = text_get(c->cell, "guest_state");

	fprintf(out, "<details class=case id=cell-%zu%s><summary>", i,
		c->outcome == MATRIX_SKIPPED ? "" : " open");
	html_word(out, matrix_outcomes[c->outcome]);
	html_in(out, "span class=id", c->label);
	html_in(out, "span class=key", text_get(c->cell, "reason"));
	fputs("</summary><div class=body>", out);
	print_bad_cases(out, c);
	print_tail(out, c->cell);
	if (*state) {
		fputs("<h4>The guest when it was ended</h4>", out);
		html_in(out, "pre class=log tabindex=0", state);
	}
	fputs("<p>", out);
	link_to(out, c->cell, "console_file", "Whole console");
	link_to(out, c->cell, "report_file", "Report");
	fputs("</p></div></details>\n", out);
}

static void print_bad(const struct view *v, FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		if (is_bad(&v->cell[i]) && ++n <= HTML_LIST_MAX)
			print_bad_cell(v, out, i);
	if (!n)
		fputs("<p>Everything that ran passed.</p>\n", out);
	if (n > HTML_LIST_MAX)
		fprintf(out, "<p>%zu more are in the document only.</p>\n",
			n - HTML_LIST_MAX);
}

/* --- all of it ------------------------------------------------------------------------- */

static void section(FILE *out, const char *id, const char *title)
{
	fprintf(out, "<section id=%s aria-labelledby=%s-h><h2 id=%s-h>%s</h2>\n", id, id, id,
		title);
}

void matrix_html(const json_t *doc, FILE *out)
{
	struct view v = view_open(doc);
	_cleanup_free_ char *headline = view_headline(&v);

	html_head(out, headline);
	print_header(&v, out, headline);
	section(out, "summary", "Summary");
	print_summary(&v, out);
	fputs("</section>\n", out);
	section(out, "cells", "Cells");
	print_cells(&v, out);
	fputs("</section>\n", out);
	section(out, "bad", "What did not pass");
	print_bad(&v, out);
	fputs("</section>\n", out);
	section(out, "outcomes", "Cases");
	html_outcomes(&v, out);
	fputs("</section>\n", out);
	section(out, "metrics", "Metrics");
	if (any_emulated(&v))
		fputs("<p class=note>Emulated: these figures tell kernels apart only roughly, "
		      "and say nothing of real hardware.</p>\n", out);
	html_medians(&v, out);
	fputs("</section>\n", out);
	html_foot(out);
	view_close(&v);
}
