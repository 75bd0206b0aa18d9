/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows a case's row in the table: judged values, and what went wrong. */
#include "reports/text.h"

#include <math.h>
#include <string.h>

#include "base/value.h"

/* Lines of the kernel's log that are shown under a case. */
#define LOG_LINES 6

const char *text_variant(const json_t *o)
{
	json_t *metric;
	size_t i;

	json_array_foreach(json_object_get(o, "metrics"), i, metric)
		if (js_get_text(metric, "variant"))
			return js_get_text(metric, "variant");
	return "";
}

/* "512 bytes" of page-table-bytes is "512". */
static char *short_value(const json_t *metric, double median)
{
	const char *unit = text_get(metric, "unit"), *id = text_get(metric, "id");
	size_t n = strlen(unit), all = strlen(id);
	char buf[VALUE_TEXT];

	if (n && all >= n && !strcmp(id + all - n, unit) && strcmp(unit, "ratio") != 0)
		return xstrdup(value_format_short(buf, median));
	return text_value(median, unit);
}

/* The judged ratios and gauges, in a line: no column is theirs. */
static void print_judged(const json_t *o, unsigned width, FILE *out)
{
	struct text_wrap w = { out, width, 4, 0, 0 };
	const char *variant = text_variant(o);
	json_t *metric;
	size_t i;

	if (*variant) {
		_cleanup_free_ char *shown = xasprintf("variant %s", variant);

		text_wrap_word(&w, shown);
	}
	json_array_foreach(json_object_get(o, "metrics"), i, metric) {
		_cleanup_free_ char *value = NULL, *word = NULL;
		double median = text_median(json_object_get(metric, "values"));

		if (!js_get_true(metric, "primary") || !isfinite(median) ||
		    !(text_is(metric, "kind", "ratio") ||
		      text_is(metric, "kind", "gauge")) ||
		    (js_get_text(metric, "variant") &&
		     !text_is(metric, "variant", variant)))
			continue;
		value = short_value(metric, median);
		word = xasprintf("%s%s %s", w.column ? "| " : "",
				 text_get(metric, "id"), value);
		text_wrap_word(&w, word);
	}
	text_wrap_end(&w);
}

static void print_reason(const json_t *o, const char *key, const char *before,
			 const struct text_style *style, FILE *out)
{
	const char *reason = js_get_text(o, key);

	if (reason)
		text_sentence(out, style, 4, 0, before, reason);
}

/* What the stressor or the engine remarked, once for all trials. */
static void print_notes(const json_t *o, const struct text_style *style, FILE *out)
{
	_cleanup_words_ struct words seen = { 0 };
	json_t *trial, *note;
	size_t i, k;

	json_array_foreach(json_object_get(o, "trials"), i, trial)
		json_array_foreach(json_object_get(trial, "notes"), k, note) {
			const char *text = json_string_value(note);

			if (!text || words_has(&seen, text))
				continue;
			words_add(&seen, text);
			text_sentence(out, style, 4, 0, "note: ", text);
		}
}

static void print_stuck(const json_t *o, const struct text_style *style, FILE *out)
{
	json_t *trial, *stuck;
	size_t i, k;

	json_array_foreach(json_object_get(o, "trials"), i, trial)
		json_array_foreach(json_object_get(trial, "stuck"), k, stuck) {
			const char *state = text_get(stuck, "state");
			const char *wchan = text_get(stuck, "wchan");
			double signal = js_get_number(stuck, "signal", 0);
			_cleanup_str_ struct str s = STR_INIT;

			str_addf(&s, "%.0f", js_get_number(stuck, "pid", 0));
			if (*state)
				str_addf(&s, ", state %s", state);
			if (*wchan && strcmp(wchan, "0"))
				str_addf(&s, ", in %s", wchan);
			if (signal > 0)
				str_addf(&s, ", signal %.0f", signal);
			if (js_get_true(stuck, "oom"))
				str_add(&s, ", by the OOM killer");
			text_sentence(out, style, 4, 0, "pid ", s.buf);
		}
}

/* Lines of the kernel's log, but the one that is the reason. */
static void print_log(const json_t *doc, const json_t *o,
		      const struct text_style *style, FILE *out)
{
	json_t *record, *trial;
	unsigned shown = 0;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "kernel_log"), i, record)
		json_array_foreach(json_object_get(o, "trials"), k, trial) {
			if (js_get_number(trial, "order", -1) !=
				    js_get_number(record, "order", -2) ||
			    strstr(text_get(o, "reason"), text_get(record, "text")) ||
			    shown++ >= LOG_LINES)
				continue;
			print_reason(record, "text", "kernel: ", style, out);
		}
	if (shown > LOG_LINES)
		fprintf(out, "    kernel: %u more lines in the report\n", shown - LOG_LINES);
}

void text_explain(const json_t *doc, const json_t *o,
		  const struct text_style *style, FILE *out)
{
	print_judged(o, style->width, out);
	print_notes(o, style, out);
	if (text_is(o, "outcome", "pass"))
		return;
	if (!text_is(o, "reason", text_get(o, "outcome")))
		print_reason(o, "reason", "", style, out);
	print_reason(o, "known_issue", "known issue: ", style, out);
	if (js_get_true(o, "shared_blame"))
		fputs("    the kernel complained while several cases ran\n", out);
	print_stuck(o, style, out);
	if (text_is(o, "outcome", "fail") || text_is(o, "outcome", "hang"))
		print_log(doc, o, style, out);
}
