/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One case: why it ended as it did, its numbers, checks and trials. */
#include "reports/render/html.h"

#include <math.h>
#include <string.h>

static const char *const side_names[] = { "base", "new" };

/* --- outcome ------------------------------------------------------------------- */

static void paragraph(FILE *out, const char *before, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "<p>%s", before);
	html_text(out, text);
	fputs("</p>", out);
}

/* The worst trial's reason, once a side. */
static void print_reason(struct html_page *p, const struct html_case *c, int side)
{
	const char *worst = html_outcome(c, side);
	FILE *out = p->out;

	for (size_t i = 0; i < c->n[side]; i++) {
		const json_t *of = c->part[side][i].of;

		if (!text_is(of, "outcome", worst) || text_is(of, "outcome", "pass"))
			continue;
		fputs("<p>", out);
		if (p->comparison)
			fprintf(out, "%s: ", side_names[side]);
		html_word(out, worst);
		fputs(": ", out);
		html_text(out, text_get(of, "reason"));
		fputs("</p>", out);
		paragraph(out, "Remedy: ", text_get(of, "remedy"));
		paragraph(out, "Known: ", text_get(of, "known_issue"));
		if (js_get_true(of, "shared_blame"))
			fputs("<p>Other cases ran at the same time.</p>", out);
		return;
	}
}

static void print_value(FILE *out, const json_t *value)
{
	_cleanup_free_ char *text = NULL;

	if (json_is_string(value)) {
		html_text(out, json_string_value(value));
	} else if (json_is_boolean(value)) {
		fputs(json_is_true(value) ? "yes" : "no", out);
	} else {
		text = render_number(value);
		fputs(*text ? text : "-", out);
	}
}

static void fact(FILE *out, const char *name, const json_t *value)
{
	if (!value)
		return;
	fputs("<div><dt>", out);
	html_text(out, name);
	fputs("</dt><dd>", out);
	print_value(out, value);
	fputs("</dd></div>", out);
}

static void print_work(FILE *out, const json_t *of)
{
	const json_t *fs = json_object_get(of, "fs");
	const char *name;
	json_t *value;

	fputs("<dl class=facts>", out);
	fact(out, "workers", json_object_get(of, "workers"));
	fact(out, "operations a worker, at most", json_object_get(of, "ops"));
	if (js_get_true(of, "threads"))
		fact(out, "threads", json_true());
	if (js_get_true(of, "verify"))
		fact(out, "verify", json_true());
	fact(out, "mutation", json_object_get(of, "mutation"));
	fact(out, "filesystem", json_object_get(fs, "type"));
	fact(out, "device", json_object_get(fs, "device"));
	fact(out, "mkfs", json_object_get(fs, "mkfs"));
	fact(out, "mount", json_object_get(fs, "mount"));
	json_object_foreach(json_object_get(of, "options"), name, value)
		fact(out, name, value);
	fputs("</dl>", out);
}

/* --- checks -------------------------------------------------------------------- */

/* Adds what @part evaluated to the checks of { id: check }. */
static void add_checks(json_t *sum, const json_t *of)
{
	static const char *const counts[] = { "evaluated", "failed" };
	size_t i;
	json_t *check;

	json_array_foreach(json_object_get(of, "checks"), i, check) {
		const char *id = js_get_text(check, "id");
		json_t *into = id ? json_object_get(sum, id) : NULL;

		if (!id)
			continue;
		if (!into) {
			js_set(sum, id, json_copy(check));
			continue;
		}
		for (size_t k = 0; k < ARRAY_SIZE(counts); k++)
			js_set(into, counts[k],
			       js_number(js_get_number(into, counts[k], 0) +
					 js_get_number(check, counts[k], 0)));
		if (!js_get_text(into, "reason"))
			js_copy(into, check, "reason");
	}
}

static void check_row(FILE *out, const json_t *check)
{
	double evaluated = js_get_number(check, "evaluated", 0);
	double failed = js_get_number(check, "failed", 0);

	fputs("<tr><th scope=row>", out);
	html_text(out, text_get(check, "id"));
	fputs("</th><td>", out);
	html_word(out, failed > 0 ? "fail" : evaluated > 0 ? "pass" : "skip");
	fprintf(out, "</td><td class=n data-v=%.0f>%.0f</td><td class=n>%.0f</td><td>",
		evaluated, evaluated, failed);
	html_text(out, text_get(check, "proves"));
	if (js_get_text(check, "reason")) {
		fputs("<br><b>", out);
		html_text(out, js_get_text(check, "reason"));
		fputs("</b>", out);
	}
	fputs("</td></tr>\n", out);
}

static void print_checks(struct html_page *p, const struct html_case *c, int side)
{
	_cleanup_json_ json_t *sum = json_object();
	const char *id;
	json_t *check;
	FILE *out = p->out;

	for (size_t i = 0; i < c->n[side]; i++)
		add_checks(sum, c->part[side][i].of);
	if (!json_object_size(sum))
		return;
	fprintf(out, "<h4>Checks%s%s</h4><div class=scroll role=region tabindex=0 "
		"aria-label=checks><table><thead><tr><th scope=col>check</th>"
		"<th scope=col>outcome</th><th scope=col class=n>evaluated</th>"
		"<th scope=col class=n>failed</th><th scope=col>what it proves</th>"
		"</tr></thead><tbody>\n",
		p->comparison ? " of " : "", p->comparison ? side_names[side] : "");
	json_object_foreach(sum, id, check)
		check_row(out, check);
	fputs("</tbody></table></div>", out);
}

/* --- trials -------------------------------------------------------------------- */

static const struct {
	const char *key, *title;
} trial_columns[] = {
	{ "seconds", "seconds" },
	{ "cpu_seconds", "CPU seconds" },
	{ "wait_seconds", "waiting for a CPU" },
	{ "steal_seconds", "stolen" },
	{ "system_seconds", "in the kernel" },
	{ "voluntary_switches", "switches" },
	{ "involuntary_switches", "preempted" },
	{ "minor_faults", "faults" },
};

static void trial_remarks(FILE *out, const json_t *trial)
{
	static const char *const keys[] = { "state", "wchan", "syscall" };
	size_t i;
	json_t *note;

	if (js_get_text(trial, "reason"))
		html_in(out, "p", js_get_text(trial, "reason"));
	json_array_foreach(json_object_get(trial, "notes"), i, note)
		html_in(out, "p", json_string_value(note));
	json_array_foreach(json_object_get(trial, "stuck"), i, note) {
		fprintf(out, "<p>task %.0f", js_get_number(note, "pid", 0));
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			if (js_get_text(note, keys[k])) {
				fprintf(out, ", %s ", keys[k]);
				html_text(out, js_get_text(note, keys[k]));
			}
		if (js_get_number(note, "signal", 0) > 0)
			fprintf(out, ", killed by signal %.0f%s",
				js_get_number(note, "signal", 0),
				js_get_true(note, "oom") ? " of the OOM killer" : "");
		fputs("</p>", out);
		if (js_get_text(note, "stack"))
			html_in(out, "pre", js_get_text(note, "stack"));
	}
}

static void plain_number(FILE *out, double value)
{
	if (!isfinite(value))
		fputs("<td></td>", out);
	else if (fabs(value) < 1e15 && value == floor(value))
		fprintf(out, "<td>%.0f</td>", value);
	else
		fprintf(out, "<td>%.3g</td>", value);
}

static void trial_row(FILE *out, const json_t *trial, const char *side)
{
	bool remarks = json_array_size(json_object_get(trial, "notes")) ||
		       json_array_size(json_object_get(trial, "stuck")) ||
		       js_get_text(trial, "reason");
	double pair = js_get_number(trial, "pair", -1);

	fprintf(out, "<tr><th scope=row>%s%.0f", side,
		js_get_number(trial, "number", 0) + 1);
	if (pair >= 0)
		fprintf(out, " <small>pair %.0f</small>", pair + 1);
	fputs("</th><td>", out);
	html_word(out, text_get(trial, "outcome"));
	fputs("</td>", out);
	for (size_t i = 0; i < ARRAY_SIZE(trial_columns); i++)
		plain_number(out, js_get_number(trial, trial_columns[i].key, NAN));
	fputs("</tr>\n", out);
	if (!remarks)
		return;
	fprintf(out, "<tr class=why><td colspan=%zu>", ARRAY_SIZE(trial_columns) + 2);
	trial_remarks(out, trial);
	fputs("</td></tr>\n", out);
}

static size_t count_trials(const struct html_case *c)
{
	size_t n = 0;

	for (int side = 0; side < HTML_SIDES; side++)
		for (size_t i = 0; i < c->n[side]; i++)
			n += json_array_size(
				json_object_get(c->part[side][i].of, "trials"));
	return n;
}

static void print_trials(struct html_page *p, const struct html_case *c)
{
	size_t n = count_trials(c), left = HTML_TRIALS_MAX, i;
	FILE *out = p->out;
	json_t *trial;

	if (!n)
		return;
	fputs("<h4>Trials</h4><div class=scroll role=region tabindex=0 aria-label=trials>"
	      "<table class=\"sort numbers\"><thead><tr><th scope=col>trial</th>"
	      "<th scope=col>outcome</th>", out);
	for (i = 0; i < ARRAY_SIZE(trial_columns); i++)
		fprintf(out, "<th scope=col>%s</th>", trial_columns[i].title);
	fputs("</tr></thead><tbody>\n", out);
	for (int side = 0; side < HTML_SIDES; side++)
		for (size_t part = 0; part < c->n[side]; part++)
			json_array_foreach(json_object_get(c->part[side][part].of,
							   "trials"), i, trial)
				if (left) {
					trial_row(out, trial,
						  !p->comparison ? "" :
						  side	  ? "new " : "base ");
					left--;
				}
	fputs("</tbody></table></div>", out);
	if (n > HTML_TRIALS_MAX)
		fprintf(out, "<p class=m>%zu more trials are in the report.</p>",
			n - HTML_TRIALS_MAX);
}

/* --- all of it ------------------------------------------------------------------ */

static void print_shapes(FILE *out, const json_t *shapes)
{
	size_t i;
	json_t *row;

	json_array_foreach(shapes, i, row) {
		double adjusted = js_get_number(row, "p_adjusted", NAN);

		if (!text_is(row, "verdict", "changed"))
			continue;
		fputs("<p>", out);
		html_word(out, "changed");
		fputs(" shape of ", out);
		html_text(out, text_get(row, "metric"));
		fputs(*text_get(row, "variant") ? ", " : "", out);
		html_text(out, text_get(row, "variant"));
		if (isfinite(adjusted))
			fprintf(out, ": its distribution differs, p adjusted %.3g",
				adjusted);
		fputs("</p>", out);
	}
}

/* What the line of a closed case says. */
static const char *case_word(const struct html_page *p, const struct html_case *c)
{
	const char *word = c->outcome ? text_get(c->outcome, "verdict") : "";
	size_t i;
	json_t *row;

	if (!p->comparison)
		return html_outcome(c, HTML_NEW);
	json_array_foreach(c->metrics, i, row)
		if (!*word || html_gravity(text_get(row, "verdict")) < html_gravity(word))
			word = text_get(row, "verdict");
	if (!*word)
		word = html_outcome(c, c->n[HTML_NEW] ? HTML_NEW : HTML_BASE);
	return word;
}

static void summary_number(FILE *out, const struct html_page *p,
			   const struct html_case *c)
{
	size_t i, n;
	json_t *m;

	if (p->comparison || !c->n[HTML_NEW])
		return;
	json_array_foreach(json_object_get(c->part[HTML_NEW][0].of, "metrics"), i, m) {
		_cleanup_free_ char *text = NULL;
		double *value;

		if (i && !js_get_true(m, "primary"))
			continue;
		value = html_series(c, HTML_NEW, text_get(m, "id"),
				    text_get(m, "variant"), "values", &n);
		text = text_value(html_median(value, n), text_get(m, "unit"));
		free(value);
		html_in(out, "span class=key", text);
		return;
	}
}

void html_case(struct html_page *p, const struct html_case *c)
{
	const char *word = case_word(p, c);
	bool open = html_gravity(word) < html_gravity("expected-fail");
	FILE *out = p->out;

	fprintf(out, "<details class=case id=\"case-%u\"%s><summary><span class=id>",
		c->number, open ? " open" : "");
	html_text(out, c->id);
	fputs("</span> ", out);
	html_word(out, word);
	fputc(' ', out);
	summary_number(out, p, c);
	fputs("</summary>\n<div class=body>", out);
	if (c->outcome)
		paragraph(out, "", text_get(c->outcome, "text"));
	for (int side = 0; side < HTML_SIDES; side++)
		if (c->n[side])
			print_reason(p, c, side);
	print_shapes(out, c->shapes);
	if (json_array_size(c->metrics))
		html_judged(p, c->metrics, false);
	else
		for (int side = 0; side < HTML_SIDES; side++)
			html_metrics(p, c, side);
	html_slices(p, c);
	html_latencies(p, c);
	html_counters(p, c);
	for (int side = 0; side < HTML_SIDES; side++)
		print_checks(p, c, side);
	print_trials(p, c);
	for (int side = HTML_SIDES - 1; side >= 0; side--)
		if (c->n[side]) {
			fputs("<h4>What ran</h4>", out);
			print_work(out, c->part[side][0].of);
			break;
		}
	fputs("</div></details>\n", out);
}
