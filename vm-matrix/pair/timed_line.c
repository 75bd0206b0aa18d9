/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host measured, in the lines of the guest's report. */
#include <string.h>

#include "vm-matrix/pair/timed.h"

#define TIMED_METRIC "vcpu-rate"

/* The guest's own figures are kept, and judged no more: its clocks go on while
 * the host has given its CPU to others. */
static void define(json_t *line)
{
	json_t *list = json_object_get(line, "metrics"), *metric;
	size_t i;

	json_array_foreach(list, i, metric)
		js_set(metric, "primary", json_false());
	js_add(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i}", "id", TIMED_METRIC, "name",
			       "operations per second of the virtual CPU's CPU time", "unit",
			       "ops/vcpu-s", "kind", "gauge", "better", "higher", "primary", 1,
			       "version", 2));
}

/* Operations of a case: those of its first metric, in all variants. */
static double operations(const json_t *list)
{
	const char *id = js_get_text(json_array_get(list, 0), "id");
	double sum = 0;
	json_t *metric;
	size_t i;

	json_array_foreach(list, i, metric)
		if (id && !strcmp(js_get_text(metric, "id") ? js_get_text(metric, "id") : "", id))
			sum += js_get_number(metric, "count", 0);
	return sum;
}

static void add_rate(json_t *result, double seconds)
{
	json_t *list = json_object_get(result, "metrics"), *o = json_object();
	double ops = operations(list), rate = seconds > 0 ? ops / seconds : 0;

	js_set(o, "id", js_text(TIMED_METRIC));
	js_set(o, "value", rate > 0 ? js_number(rate) : json_null());
	if (rate > 0) {
		js_set(o, "count", js_number(ops));
		js_set(o, "min", js_number(rate));
		js_set(o, "max", js_number(rate));
	}
	js_add(list, o);
}

void timed_line(json_t *line, double seconds, unsigned pair, double started)
{
	const char *kind = js_get_text(line, "line");
	json_t *result;
	size_t i;

	if (!kind)
		return;
	if (!strcmp(kind, "run")) /* the same on both sides: pairs are found by it */
		js_set(line, "started", js_number(started));
	if (!strcmp(kind, "case"))
		define(line);
	if (strcmp(kind, "trial"))
		return;
	js_set(line, "pair", js_count(pair));
	json_array_foreach(json_object_get(line, "cases"), i, result)
		add_rate(result, seconds);
}
