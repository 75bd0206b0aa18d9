/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --metrics: everything that was measured of a case. */
#include "reports/text.h"

#include <math.h>
#include <string.h>

#include "base/value.h"

#define NAME_WIDTH 28

/* Least and greatest of the trials. */
static void add_range(struct str *s, const json_t *list, const char *unit)
{
	double low = INFINITY, high = -INFINITY, number;
	_cleanup_free_ char *from = NULL, *to = NULL;
	json_t *value;
	size_t i;

	json_array_foreach(list, i, value) {
		if (!json_is_number(value))
			continue;
		number = json_number_value(value);
		low = number < low ? number : low;
		high = number > high ? number : high;
	}
	if (json_array_size(list) < 2 || !isfinite(low))
		return;
	from = text_value(low, unit);
	to = text_value(high, unit);
	str_addf(s, ", %s to %s in %zu trials", from, to, json_array_size(list));
}

static void add_shares(struct str *s, const json_t *shares, const char *unit)
{
	const char *name;
	json_t *list;

	json_object_foreach((json_t *)shares, name, list) {
		_cleanup_free_ char *value = text_value(text_median(list), unit);

		str_addf(s, ", p%s %s", name, value);
	}
}

static void print_metric(const json_t *metric, FILE *out)
{
	const char *unit = js_get_text(metric, "unit");
	const char *variant = js_get_text(metric, "variant");
	const json_t *values = json_object_get(metric, "values");
	double cpu = text_median(json_object_get(metric, "cpu_rates"));
	_cleanup_free_ char *value = text_value(text_median(values), unit);
	_cleanup_free_ char *name = xasprintf("%s%s%s", variant ? variant : "",
					      variant ? " " : "",
					      js_get_text(metric, "name"));
	_cleanup_free_ char *clean = NULL, *clean_name = text_clean(name);
	_cleanup_str_ struct str s = STR_INIT;

	str_add(&s, value);
	if (cpu > 0) {
		_cleanup_free_ char *per_cpu = text_value(cpu, unit);

		str_addf(&s, ", per CPU second %s", per_cpu);
	}
	add_shares(&s, json_object_get(metric, "percentiles"), unit);
	add_range(&s, values, unit);
	clean = text_clean(s.buf);
	fprintf(out, "  %-*s %s\n", NAME_WIDTH, clean_name, clean);
}

/* Values of counter @name in the case's trials. */
static json_t *over_trials(const json_t *o, const char *group, const char *source,
			   const char *name)
{
	json_t *list = json_array(), *trial;
	size_t i;

	json_array_foreach(json_object_get(o, "trials"), i, trial) {
		json_t *value = json_object_get(
			json_object_get(json_object_get(trial, group), source), name);

		if (value)
			js_add(list, json_incref(value));
	}
	return list;
}

/* The names are those of the first trial; counters are the same in all but
 * those of zero, which are left out. */
static void print_counters(const json_t *o, const char *group,
			   const struct text_style *style, FILE *out)
{
	json_t *trial = json_array_get(json_object_get(o, "trials"), 0), *counters, *value;
	const char *source, *name;

	json_object_foreach(json_object_get(trial, group), source, counters) {
		struct text_wrap w = { out, style->width, 4, 0, 0 };
		_cleanup_free_ char *clean = text_clean(source);

		if (json_object_size(counters))
			fprintf(out, "  %s:\n", clean);
		json_object_foreach(counters, name, value) {
			_cleanup_json_ json_t *list = over_trials(o, group, source, name);
			char buf[VALUE_TEXT];
			_cleanup_free_ char *word =
				xasprintf("%s=%s", name,
					  value_format_short(buf, text_median(list)));

			text_wrap_word(&w, word);
		}
		text_wrap_end(&w);
	}
}

static void print_missing(const json_t *o, FILE *out)
{
	json_t *trial = json_array_get(json_object_get(o, "trials"), 0), *reason;
	const char *name;

	json_object_foreach(json_object_get(trial, "missing"), name, reason) {
		_cleanup_free_ char *line = xasprintf("%s: %s", name, json_string_value(reason) ? json_string_value(reason) : "");
		_cleanup_free_ char *clean = text_clean(line);

		fprintf(out, "  not counted: %s\n", clean);
	}
}

void text_metrics(const json_t *o, const struct text_style *style, FILE *out)
{
	_cleanup_free_ char *id = text_clean(js_get_text(o, "id"));
	json_t *metric;
	size_t i;

	if (!json_array_size(json_object_get(o, "trials")))
		return;
	fprintf(out, "\n%s\n", id);
	json_array_foreach(json_object_get(o, "metrics"), i, metric)
		if (js_get_text(metric, "name"))
			print_metric(metric, out);
	print_counters(o, "counters", style, out);
	print_counters(o, "gauges", style, out);
	print_missing(o, out);
}

/* Adds the missing counters of a trial to { reason: { name: true } }. */
static void collect_missing(json_t *by_reason, const json_t *trial)
{
	const char *name;
	json_t *reason;

	json_object_foreach(json_object_get(trial, "missing"), name, reason) {
		const char *why = json_string_value(reason);

		if (!why)
			continue;
		if (!json_object_get(by_reason, why))
			js_set(by_reason, why, json_object());
		js_set(json_object_get(by_reason, why), name, json_true());
	}
}

void text_missing(const json_t *doc, const struct text_style *style, FILE *out)
{
	_cleanup_json_ json_t *by_reason = json_object();
	json_t *o, *trial, *names, *yes;
	const char *name, *why;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "cases"), i, o)
		json_array_foreach(json_object_get(o, "trials"), k, trial)
			collect_missing(by_reason, trial);
	json_object_foreach(by_reason, why, names) {
		_cleanup_str_ struct str s = STR_INIT;

		json_object_foreach(names, name, yes)
			str_addf(&s, "%s%s", s.len ? ", " : "", name);
		str_addf(&s, ": %s", why);
		text_sentence(out, style, 0, 0, "not counted: ", s.buf);
	}
}
