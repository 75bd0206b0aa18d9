/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows a case's row in the table: judged values, and what went wrong. */
#include "reports/text.h"

#include <math.h>
#include <string.h>

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

/* The judged ratios and gauges, in a line: no column is theirs. */
static void print_judged(const json_t *o, unsigned width, FILE *out)
{
	struct text_wrap w = { out, width, 4, 0 };
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
		value = text_value(median, text_get(metric, "unit"));
		word = xasprintf("%s%s %s", w.column ? "| " : "",
				 text_get(metric, "name"), value);
		text_wrap_word(&w, word);
	}
	text_wrap_end(&w);
}

static void print_reason(const json_t *o, const char *key, const char *before, FILE *out)
{
	const char *reason = js_get_text(o, key);
	_cleanup_free_ char *clean = text_clean(reason);

	if (reason)
		fprintf(out, "    %s%s\n", before, clean);
}

static void print_stuck(const json_t *o, FILE *out)
{
	json_t *trial, *stuck;
	size_t i, k;

	json_array_foreach(json_object_get(o, "trials"), i, trial)
		json_array_foreach(json_object_get(trial, "stuck"), k, stuck) {
			_cleanup_free_ char *state = text_clean(text_get(stuck, "state"));
			_cleanup_free_ char *wchan = text_clean(text_get(stuck, "wchan"));
			double signal = js_get_number(stuck, "signal", 0);

			fprintf(out, "    pid %.0f", js_get_number(stuck, "pid", 0));
			if (*state)
				fprintf(out, ", state %s", state);
			if (*wchan && strcmp(wchan, "0"))
				fprintf(out, ", in %s", wchan);
			if (signal > 0)
				fprintf(out, ", signal %.0f", signal);
			fputs(js_get_true(stuck, "oom") ? ", by the OOM killer\n" : "\n", out);
		}
}

static void print_log(const json_t *doc, const json_t *o, FILE *out)
{
	json_t *record, *trial;
	unsigned shown = 0;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "kernel_log"), i, record)
		json_array_foreach(json_object_get(o, "trials"), k, trial) {
			if (js_get_number(trial, "order", -1) !=
				    js_get_number(record, "order", -2) ||
			    shown++ >= LOG_LINES)
				continue;
			print_reason(record, "text", "kernel: ", out);
		}
	if (shown > LOG_LINES)
		fprintf(out, "    kernel: %u more lines in the report\n", shown - LOG_LINES);
}

void text_explain(const json_t *doc, const json_t *o, unsigned width, FILE *out)
{
	print_judged(o, width, out);
	if (text_is(o, "outcome", "pass"))
		return;
	print_reason(o, "reason", "", out);
	print_reason(o, "known_issue", "known issue: ", out);
	if (js_get_true(o, "shared_blame"))
		fputs("    the kernel complained while several cases ran\n", out);
	print_stuck(o, out);
	if (text_is(o, "outcome", "fail") || text_is(o, "outcome", "hang"))
		print_log(doc, o, out);
}
