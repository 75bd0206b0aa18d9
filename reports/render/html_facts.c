/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where it ran, what differs between the sides, and the kernel's complaints. */
#include "reports/render/html.h"

#include <math.h>
#include <string.h>

#define LOG_LINES 2000

/* --- facts --------------------------------------------------------------------- */

static void print_text(FILE *out, const json_t *value)
{
	_cleanup_free_ char *text = NULL;

	if (json_is_string(value)) {
		html_text(out, json_string_value(value));
		return;
	}
	if (json_is_boolean(value)) {
		fputs(json_is_true(value) ? "yes" : "no", out);
		return;
	}
	text = render_number(value);
	html_text(out, *text ? text : "none");
}

static void print_group(FILE *out, const char *title, const json_t *facts)
{
	const char *name;
	json_t *value;

	if (!json_object_size(facts))
		return;
	fputs("<details><summary>", out);
	html_text(out, title);
	fprintf(out, " <span class=key>%zu</span></summary><dl class=facts>",
		json_object_size(facts));
	json_object_foreach((json_t *)facts, name, value) {
		if (json_is_object(value) || json_is_array(value))
			continue;
		fputs("<div><dt>", out);
		html_text(out, name);
		fputs("</dt><dd>", out);
		print_text(out, value);
		fputs("</dd></div>", out);
	}
	fputs("</dl></details>\n", out);
}

static const char *group_title(const char *name)
{
	static const char *const titles[][2] = {
		{ "now", "At the start" },
		{ "cgroup", "Control group" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		if (!strcmp(name, titles[i][0]))
			return titles[i][1];
	return name;
}

static void print_facts(struct html_page *p, const json_t *report)
{
	const char *name;
	json_t *group;

	fputs("<div class=groups>", p->out);
	print_group(p->out, "Kernel", json_object_get(report, "kernel"));
	print_group(p->out, "Machine", json_object_get(report, "machine"));
	print_group(p->out, "Sysctls", json_object_get(report, "sysctl"));
	print_group(p->out, "Libraries", json_object_get(report, "libraries"));
	json_object_foreach(json_object_get(report, "environment"), name, group)
		print_group(p->out, group_title(name), group);
	print_group(p->out, "Options of the run", json_object_get(report, "settings"));
	fputs("</div>\n", p->out);
}

static void print_differences(struct html_page *p)
{
	const json_t *rows = json_object_get(p->comparison, "environment");
	size_t i;
	json_t *row;

	if (!json_array_size(rows)) {
		fputs("<p>Both sides say the same of kernel, command line, settings and "
		      "machine.</p>", p->out);
		return;
	}
	fputs("<p>These may be the cause of what moved.</p>"
	      "<div class=scroll role=region tabindex=0 aria-label=differences>"
	      "<table class=cards><thead><tr><th scope=col>what</th>"
	      "<th scope=col>base</th><th scope=col>new</th></tr></thead><tbody>\n",
	      p->out);
	json_array_foreach(rows, i, row) {
		if (i == HTML_LIST_MAX)
			break;
		fputs("<tr>", p->out);
		html_in(p->out, "th scope=row", text_get(row, "name"));
		fputs("<td data-l=base>", p->out);
		print_text(p->out, json_object_get(row, "base"));
		fputs("</td><td data-l=new>", p->out);
		print_text(p->out, json_object_get(row, "new"));
		fputs("</td></tr>\n", p->out);
	}
	fputs("</tbody></table></div>\n", p->out);
}

static void print_command(FILE *out, const json_t *report)
{
	size_t i;
	json_t *word;

	fputs("<pre class=command>strain", out);
	json_array_foreach(json_object_get(report, "command"), i, word) {
		fputc(' ', out);
		html_text(out, json_string_value(word));
	}
	fputs("</pre><p class=m>Seed ", out);
	html_text(out, text_get(report, "seed"));
	fputs(", strain ", out);
	html_text(out, text_get(json_object_get(report, "tool"), "version"));
	fputs(" ", out);
	html_text(out, text_get(json_object_get(report, "tool"), "commit"));
	fputs("</p>\n", out);
}

/* Of many reports of a side the first, which is said. */
static void print_side(struct html_page *p, int side)
{
	size_t first = 0, n = 0;

	for (size_t i = p->in->n_reports; i-- > 0;)
		if (html_side(p, i, NULL) == side) {
			first = i;
			n++;
		}
	if (!n)
		return;
	if (p->comparison)
		fprintf(p->out, "<h3>%s</h3>\n", side == HTML_BASE ? "Base" : "New");
	if (n > 1)
		fprintf(p->out, "<p class=m>The first of %zu reports:</p>\n", n);
	print_command(p->out, p->in->reports[first]);
	print_facts(p, p->in->reports[first]);
}

void html_environment(struct html_page *p)
{
	if (p->comparison)
		print_differences(p);
	for (int side = 0; side < HTML_SIDES; side++)
		print_side(p, side);
}

/* --- kernel log ---------------------------------------------------------------- */

static void print_log(struct html_page *p, const json_t *report, const char *path)
{
	const json_t *log = json_object_get(report, "kernel_log");
	double trial = -1;
	size_t i;
	json_t *record;

	if (!json_array_size(log))
		return;
	html_in(p->out, "h3", path);
	fputs("<pre class=log tabindex=0>", p->out);
	json_array_foreach(log, i, record) {
		double order = js_get_number(record, "order", -1);
		const char *kind = js_get_text(record, "kind");

		if (i == LOG_LINES)
			break;
		if (order >= 0 && order != trial)
			fprintf(p->out, "--- trial at place %.0f of the run\n", order + 1);
		trial = order;
		fprintf(p->out, "[%12.6f] ", js_get_number(record, "time", 0));
		if (kind)
			fputs("<b class=bad>", p->out);
		html_text(p->out, text_get(record, "text"));
		if (kind) {
			fputs("</b> <i>← ", p->out);
			html_text(p->out, kind);
			fputs("</i>", p->out);
		}
		fputc('\n', p->out);
	}
	fputs("</pre>\n", p->out);
	if (json_array_size(log) > LOG_LINES)
		fprintf(p->out, "<p class=m>%zu more lines are in the report.</p>",
			json_array_size(log) - LOG_LINES);
}

/* Was the log watched in every trial? */
static bool watched(const json_t *report)
{
	size_t i, k;
	json_t *of, *trial;

	json_array_foreach(json_object_get(report, "cases"), i, of)
		json_array_foreach(json_object_get(of, "trials"), k, trial)
			if (json_is_false(json_object_get(
				    json_object_get(trial, "kernel"), "watched")))
				return false;
	return true;
}

void html_kernel_log(struct html_page *p)
{
	bool any = false, blind = false;

	for (size_t i = 0; i < p->in->n_reports; i++) {
		any |= json_array_size(json_object_get(p->in->reports[i],
						       "kernel_log")) > 0;
		blind |= !watched(p->in->reports[i]);
		print_log(p, p->in->reports[i], p->in->paths[i]);
	}
	if (blind)
		fputs("<p class=note>The kernel log was not watched in some trials.</p>",
		      p->out);
	if (!any)
		fputs("<p>No complaint was seen.</p>", p->out);
}
