/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of metrics: judged ones of a comparison, and those of one side. */
#include "reports/render/html.h"

#include <math.h>
#include <string.h>

/* --- judged ------------------------------------------------------------------ */

static void open_table(FILE *out, const char *label)
{
	fprintf(out, "<div class=scroll role=region tabindex=0 aria-label=\"%s\">"
		"<table class=\"sort cards\"><thead><tr>", label);
}

static void column(FILE *out, const char *attributes, const char *title)
{
	fprintf(out, "<th scope=col%s>%s</th>", attributes, title);
}

static void p_values(FILE *out, const json_t *row)
{
	double adjusted = js_get_number(row, "p_adjusted", NAN);
	double raw = js_get_number(row, "p", NAN);

	if (!isfinite(adjusted)) {
		fputs("<td class=n></td>", out);
		return;
	}
	fprintf(out, "<td class=n data-l=\"p adjusted\" data-v=%.5g>%.2g", adjusted,
		adjusted);
	if (isfinite(raw))
		fprintf(out, "<br><small>raw %.2g</small>", raw);
	fputs("</td>", out);
}

static void units(FILE *out, const json_t *row)
{
	const json_t *n = json_object_get(row, "n");
	double base = json_number_value(json_array_get(n, 0));
	double new = json_number_value(json_array_get(n, 1));

	fprintf(out, "<td class=n data-l=n data-v=%.0f>%.0f", base, base);
	if (new != base)
		fprintf(out, "<br>%.0f", new);
	fputs("</td>", out);
}

static void change(FILE *out, const json_t *row)
{
	_cleanup_free_ char *text = html_percent(js_get_number(row, "change", NAN));
	_cleanup_free_ char *low = html_percent(js_get_number(row, "low", NAN));
	_cleanup_free_ char *high = html_percent(js_get_number(row, "high", NAN));

	fprintf(out, "<td class=n data-l=change data-v=%.5g><b>%s</b>",
		js_get_number(row, "change", 0), text);
	if (*low && *high)
		fprintf(out, "<br><small>%s to %s</small>", low, high);
	fputs("</td>", out);
}

/* "latency p99", with the variant */
static void metric_name(FILE *out, const json_t *row)
{
	const char *variant = text_get(row, "variant");
	const char *statistic = text_get(row, "statistic");

	html_text(out, text_get(row, "metric"));
	if (*variant) {
		fputs(", ", out);
		html_text(out, variant);
	}
	if (*statistic == 'p' || text_is(row, "rate", "cpu")) {
		fputs(" <small>", out);
		html_text(out, *statistic == 'p' ? statistic : "per CPU second");
		fputs("</small>", out);
	}
	if (!js_get_true(row, "primary"))
		fputs(" <small>(does not gate)</small>", out);
	fputs("<br><small>", out);
	html_text(out, text_get(row, "name"));
	if (text_is(row, "better", "lower"))
		fputs("; less is better", out);
	fputs("</small>", out);
}

static void moved_counters(FILE *out, const json_t *row)
{
	size_t i;
	json_t *counter;

	json_array_foreach(json_object_get(row, "counters"), i, counter) {
		_cleanup_free_ char *moved =
			html_percent(js_get_number(counter, "change", NAN));
		_cleanup_free_ char *base = text_value(
			js_get_number(counter, "base", NAN), "");
		_cleanup_free_ char *new = text_value(
			js_get_number(counter, "new", NAN), "");

		if (i == 3)
			break;
		fputs(i ? "; " : "<br><small>counters per operation: ", out);
		html_text(out, text_get(counter, "name"));
		fprintf(out, " %s → %s", base, new);
		if (*moved)
			fprintf(out, " (%s)", moved);
	}
	if (i)
		fputs("</small>", out);
}

void html_case_link(struct html_page *p, const char *id)
{
	FILE *out = p->out;

	for (size_t i = 0; i < p->n_cases; i++)
		if (!strcmp(p->cases[i].id, id)) {
			fprintf(out, "<a href=\"#case-%u\">", p->cases[i].number);
			html_text(out, id);
			fputs("</a>", out);
			return;
		}
	html_text(out, id);
}

/* Does it gate, or did it move? */
static bool important(const json_t *row)
{
	return js_get_true(row, "primary") || text_is(row, "verdict", "regressed") ||
	       text_is(row, "verdict", "improved");
}

static void judged_row(struct html_page *p, const json_t *row, double scale, bool all)
{
	const json_t *values = important(row) ? json_object_get(row, "values") : NULL;
	const char *unit = text_get(row, "unit");
	FILE *out = p->out;

	fputs("<tr><th scope=row>", out);
	if (all) {
		html_case_link(p, text_get(row, "case"));
		fputs("<br>", out);
	}
	metric_name(out, row);
	fprintf(out, "</th><td data-l=verdict data-v=%u>",
		html_gravity(text_get(row, "verdict")));
	html_word(out, text_get(row, "verdict"));
	fputs("</td>", out);
	change(out, row);
	fputs("<td class=wide>", out);
	html_plot_interval(out, row, scale);
	fputs("</td>", out);
	html_cell(out, "base", js_get_number(row, "base", NAN), unit);
	html_cell(out, "new", js_get_number(row, "new", NAN), unit);
	fputs("<td class=wide>", out);
	if (values)
		html_plot_sides(out, json_object_get(values, "base"),
				json_object_get(values, "new"), unit);
	fputs("</td>", out);
	p_values(out, row);
	units(out, row);
	fputs("</tr>\n", out);
}

/* Why: one sentence, and the counters that moved most. */
static void judged_reason(FILE *out, const json_t *row)
{
	const char *held = js_get_text(row, "held");

	fputs("<tr class=why><td colspan=9>", out);
	html_text(out, text_get(row, "text"));
	if (held) {
		fputs("; does not gate: ", out);
		html_text(out, held);
	}
	moved_counters(out, row);
	fputs("</td></tr>\n", out);
}

static void judged_head(FILE *out, double scale, bool all)
{
	_cleanup_free_ char *end = html_percent(scale);

	open_table(out, "judged metrics");
	column(out, "", all ? "case and metric" : "metric");
	column(out, "", "verdict");
	column(out, " class=n", "change");
	fprintf(out, "<th scope=col class=skip>interval, to ±%s; shaded: "
		"below the threshold</th>", end + 1);
	column(out, " class=n", "base");
	column(out, " class=n", "new");
	column(out, " class=skip", "units: base above, new below");
	column(out, " class=n", "p adjusted");
	column(out, " class=n", "n");
	fputs("</tr></thead><tbody>\n", out);
}

static void judged_table(struct html_page *p, const json_t *rows, bool all)
{
	double scale = html_plot_scale(rows);
	size_t i;
	json_t *row;

	judged_head(p->out, scale, all);
	json_array_foreach(rows, i, row) {
		if (i == HTML_LIST_MAX)
			break;
		judged_row(p, row, scale, all);
		if (important(row))
			judged_reason(p->out, row);
	}
	fputs("</tbody></table></div>", p->out);
	if (json_array_size(rows) > HTML_LIST_MAX)
		fprintf(p->out, "<p class=m>%zu more are in the comparison.</p>",
			json_array_size(rows) - HTML_LIST_MAX);
}

/* What neither gates nor moved is there, but not in the way. */
void html_judged(struct html_page *p, const json_t *rows, bool all)
{
	_cleanup_json_ json_t *first = json_array();
	_cleanup_json_ json_t *rest = json_array();
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
		js_add(important(row) ? first : rest,
		       json_incref(row));
	if (json_array_size(first))
		judged_table(p, first, all);
	if (!json_array_size(rest))
		return;
	fprintf(p->out, "<details><summary>%zu metrics that do not gate and did not move"
		"</summary>", json_array_size(rest));
	judged_table(p, rest, all);
	fputs("</details>", p->out);
}

/* --- of one side ---------------------------------------------------------------- */

static void spread(FILE *out, const double *value, size_t n, double median)
{
	double low = INFINITY, high = -INFINITY, share;

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(value[i]))
			continue;
		low = value[i] < low ? value[i] : low;
		high = value[i] > high ? value[i] : high;
	}
	share = (high - low) / fabs(median);
	if (n < 2 || !isfinite(share))
		fputs("<td class=n></td>", out);
	else
		fprintf(out, "<td class=n data-l=spread data-v=%.5g>%.*f %%</td>",
			share, share < 0.1 ? 1 : 0, share * 100);
}

static void median_cell(FILE *out, const struct html_case *c, int side,
			const json_t *metric, const char *member, const char *label)
{
	const char *unit = text_get(metric, "unit");
	size_t n;
	double *value = html_series(c, side, text_get(metric, "id"),
				    text_get(metric, "variant"), member, &n);

	html_cell(out, label, html_median(value, n), unit);
	free(value);
}

static void metric_row(FILE *out, const struct html_case *c, int side,
		       const json_t *metric)
{
	const char *variant = text_get(metric, "variant");
	size_t n;
	double *value = html_series(c, side, text_get(metric, "id"), variant, "values",
				    &n);
	double median = html_median(value, n);

	fputs("<tr><th scope=row>", out);
	html_text(out, text_get(metric, "id"));
	if (*variant) {
		fputs(", ", out);
		html_text(out, variant);
	}
	fputs("<br><small>", out);
	html_text(out, text_get(metric, "name"));
	fputs(text_is(metric, "better", "lower") ? "; less is better</small></th>" :
						   "</small></th>", out);
	html_cell(out, "median", median, text_get(metric, "unit"));
	spread(out, value, n, median);
	fputs("<td class=wide>", out);
	html_plot_trials(out, value, n, text_get(metric, "unit"));
	fputs("</td>", out);
	median_cell(out, c, side, metric, "cpu_rates", "per CPU second");
	median_cell(out, c, side, metric, "percentiles.50", "p50");
	median_cell(out, c, side, metric, "percentiles.99", "p99");
	median_cell(out, c, side, metric, "percentiles.99.9", "p99.9");
	fputs("</tr>\n", out);
	free(value);
}

void html_metrics(struct html_page *p, const struct html_case *c, int side)
{
	FILE *out = p->out;
	const json_t *metrics = NULL;
	size_t i;
	json_t *metric;

	for (size_t part = 0; part < c->n[side] && !json_array_size(metrics); part++)
		metrics = json_object_get(c->part[side][part].of, "metrics");
	if (!json_array_size(metrics))
		return;
	fprintf(out, "<h4>Metrics%s</h4>",
		!p->comparison ? "" : side == HTML_BASE ? " of base" : " of new");
	open_table(out, "metrics");
	column(out, "", "metric");
	column(out, " class=n", "median");
	column(out, " class=n", "spread");
	column(out, " class=skip", "trials in turn");
	column(out, " class=n", "per CPU second");
	column(out, " class=n", "p50");
	column(out, " class=n", "p99");
	column(out, " class=n", "p99.9");
	fputs("</tr></thead><tbody>\n", out);
	json_array_foreach(metrics, i, metric)
		if (i < HTML_LIST_MAX && js_get_text(metric, "id"))
			metric_row(out, c, side, metric);
	fputs("</tbody></table></div>", out);
}
