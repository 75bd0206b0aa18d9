/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html: one page with everything in it, for a browser that is not online.
 * Style and script are html/page.css and html/page.js; the page is whole
 * without the script, which adds sorting, a search and the switch of colours.
 */
#include "reports/render/html.h"

#include <string.h>

#include "core/embedded.h"

/* An embedded file without its first line, the licence. */
static void embed(FILE *out, const char *name)
{
	for (const struct embedded *f = embedded_files; f->name; f++)
		if (!strcmp(f->name, name))
			fputs(strchr(f->text, '\n') + 1, out);
}

void html_svg_text(FILE *out, double x, double y, const char *anchor,
		   const char *text)
{
	fprintf(out, "<text x=\"%.4g\" y=\"%.4g\"", x, y);
	if (anchor)
		fprintf(out, " text-anchor=\"%s\"", anchor);
	fputc('>', out);
	html_text(out, text);
	fputs("</text>", out);
}

void html_figure(struct html_page *p, const char *caption, const char *more,
		 double height, const char *description)
{
	unsigned id = ++p->ids;

	fputs("<figure><figcaption>", p->out);
	html_text(p->out, caption);
	if (more)
		html_in(p->out, "small", more);
	fprintf(p->out, "</figcaption><svg role=img aria-labelledby=\"t%u d%u\" "
		"viewBox=\"0 0 %d %g\"><title id=t%u>", id, id, HTML_FIGURE_WIDTH,
		height, id);
	html_text(p->out, caption);
	fprintf(p->out, "</title><desc id=d%u>", id);
	html_text(p->out, description);
	fputs("</desc>", p->out);
}

void html_figure_end(FILE *out)
{
	fputs("</svg></figure>\n", out);
}

void html_head(FILE *out, const char *headline)
{
	fputs("<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
	      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; "
	      "form-action 'none'\">\n"
	      "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=color-scheme content=\"light dark\">\n", out);
	fputs("<title>", out);
	html_text(out, headline);
	fputs(" - strain</title>\n<style>\n", out);
	embed(out, "page.css");
	fputs("</style>\n</head>\n", out);
}

void html_foot(FILE *out)
{
	fputs("</main>\n<script>\n", out);
	embed(out, "page.js");
	fputs("</script>\n</body>\n</html>\n", out);
}

static void print_header(struct html_page *p, const char *headline)
{
	fputs("<body>\n<a class=jump href=\"#cases\">Skip to the cases</a>\n"
	      "<header>\n<p class=kind>", p->out);
	fputs(p->comparison ? "strain comparison " : "strain report ", p->out);
	html_word(p->out, html_verdict(p));
	fputs("</p>\n<h1>", p->out);
	html_text(p->out, headline);
	fputs("</h1>\n<nav aria-label=\"parts of the page\"><a href=\"#summary\">Summary</a> "
	      "<a href=\"#environment\">Environment</a> <a href=\"#cases\">Cases</a> "
	      "<a href=\"#log\">Kernel log</a></nav>\n<div id=tools></div>\n</header>\n<main>\n",
	      p->out);
}

/* Cases skipped for one reason, together. */
static void print_skips(struct html_page *p)
{
	_cleanup_json_ json_t *by_reason = json_object();
	const char *reason;
	json_t *ids, *id;
	size_t i;

	for (i = 0; i < p->n_cases; i++) {
		const struct html_case *c = &p->cases[i];
		const json_t *of = c->n[HTML_NEW] ? c->part[HTML_NEW][0].of : NULL;
		_cleanup_free_ char *why = xasprintf(
			"%s%s%s", text_get(of, "reason"),
			*text_get(of, "remedy") ? "; remedy: " : "",
			text_get(of, "remedy"));

		if (strcmp(html_outcome(c, HTML_NEW), "skip"))
			continue;
		if (!json_object_get(by_reason, why))
			js_set(by_reason, why, json_array());
		js_add(json_object_get(by_reason, why), js_text(c->id));
	}
	if (!json_object_size(by_reason))
		return;
	fputs("<h3>Skipped</h3><dl class=skips>", p->out);
	json_object_foreach(by_reason, reason, ids) {
		html_in(p->out, "dt", reason);
		fputs("<dd>", p->out);
		json_array_foreach(ids, i, id) {
			fputs(i ? ", " : "", p->out);
			html_text(p->out, json_string_value(id));
		}
		fputs("</dd>", p->out);
	}
	fputs("</dl>\n", p->out);
}

static size_t stem(const char *id)
{
	return strcspn(id, "/@?");
}

static bool shown(const struct html_page *p, const struct html_case *c)
{
	return p->comparison || strcmp(html_outcome(c, HTML_NEW), "skip");
}

/* A heading for each stressor; in a comparison the order is that of importance. */
static void print_cases(struct html_page *p)
{
	const char *before = "";

	for (size_t i = 0; i < p->n_cases; i++) {
		const struct html_case *c = &p->cases[i];

		if (!shown(p, c))
			continue;
		if (!p->comparison && (stem(before) != stem(c->id) ||
				       strncmp(before, c->id, stem(c->id)))) {
			_cleanup_free_ char *name =
				xasprintf("%.*s", (int)stem(c->id), c->id);

			html_in(p->out, "h3 class=stressor", name);
		}
		before = c->id;
		html_case(p, c);
	}
	if (!p->comparison)
		print_skips(p);
}

static void print_page(struct html_page *p)
{
	_cleanup_free_ char *headline = html_headline(p);

	html_head(p->out, headline);
	print_header(p, headline);
	fputs("<section id=summary aria-labelledby=summary-h><h2 id=summary-h>Summary</h2>\n",
	      p->out);
	html_summary(p);
	fprintf(p->out, "</section>\n<section id=environment aria-labelledby=environment-h>"
		"<h2 id=environment-h>%s</h2>\n",
		p->comparison ? "Environment: what differs" : "Environment");
	html_environment(p);
	fputs("</section>\n<section id=cases aria-labelledby=cases-h><h2 id=cases-h>Cases</h2>\n",
	      p->out);
	print_cases(p);
	fputs("</section>\n<section id=log aria-labelledby=log-h><h2 id=log-h>Kernel log</h2>\n",
	      p->out);
	html_kernel_log(p);
	fputs("</section>\n", p->out);
	html_foot(p->out);
}

static int render(const struct render_input *in, const void *values, FILE *out,
		  char **why)
{
	struct html_page page = { .out = out, .in = in, .comparison = in->comparison };

	(void)values;
	(void)why;
	html_collect(&page);
	print_page(&page);
	html_release(&page);
	return 0;
}

const struct renderer render_html = {
	.name = "html",
	.summary = "one page with plots, for a browser that is not online",
	.bulk = true,
	.render = render,
};
