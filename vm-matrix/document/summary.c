/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the document of a matrix keeps of the report of a cell: how each case
 * ended and why, and the median of each metric. The whole lies beside it.
 */
#include <math.h>
#include <string.h>

#include "reports/text.h"
#include "vm-matrix/document/parts.h"

static void copy(json_t *to, const json_t *from, const char *const *keys)
{
	for (; *keys; keys++)
		js_copy(to, from, *keys);
}

/* A number, or nothing at all. */
static void set_median(json_t *o, const char *key, const json_t *values)
{
	double median = text_median(values);

	if (isfinite(median))
		js_set(o, key, js_number(median));
}

static json_t *metric(const json_t *of)
{
	static const char *const keys[] = {
		"id", "name", "variant", "unit", "kind", "better", "primary", "version", NULL,
	};
	const json_t *percentiles = json_object_get(of, "percentiles"), *list;
	json_t *o = json_object(), *shares;
	const char *share;

	copy(o, of, keys);
	set_median(o, "median", json_object_get(of, "values"));
	set_median(o, "cpu_median", json_object_get(of, "cpu_rates"));
	js_set(o, "trials", js_count(json_array_size(json_object_get(of, "values"))));
	if (!json_object_size(percentiles))
		return o;
	shares = json_object();
	json_object_foreach((json_t *)percentiles, share, list)
		set_median(shares, share, list);
	js_set(o, "percentiles", shares);
	return o;
}

static json_t *metrics(const json_t *of)
{
	json_t *list = json_array(), *m;
	size_t i;

	json_array_foreach(json_object_get(of, "metrics"), i, m)
		js_add(list, metric(m));
	return list;
}

/* How many were evaluated, and those that failed. */
static void set_checks(json_t *o, const json_t *checks)
{
	json_t *failed = json_array(), *check;
	double evaluated = 0;
	size_t i;

	json_array_foreach(checks, i, check) {
		evaluated += js_get_number(check, "evaluated", 0);
		if (js_get_number(check, "failed", 0) > 0)
			js_add(failed, js_text(text_get(check, "id")));
	}
	js_set(o, "checks_evaluated", js_number(evaluated));
	if (json_array_size(failed))
		js_set(o, "checks_failed", failed);
	else
		json_decref(failed);
}

static json_t *case_json(const json_t *of)
{
	static const char *const keys[] = {
		"id", "outcome", "reason", "remedy", "stressor", "method", NULL,
	};
	json_t *o = json_object();

	copy(o, of, keys);
	set_checks(o, json_object_get(of, "checks"));
	js_set(o, "metrics", metrics(of));
	return o;
}

json_t *matrix_summary(const json_t *report)
{
	static const char *const keys[] = {
		"sealed", "truncated", "outcome", "exit_code", "counts", "seed", "started",
		"seconds", "boot_id", "kernel", "machine", NULL,
	};
	json_t *o = json_object(), *cases = json_array(), *of;
	size_t i;

	copy(o, report, keys);
	json_array_foreach(json_object_get(report, "cases"), i, of)
		js_add(cases, case_json(of));
	js_set(o, "cases", cases);
	return o;
}
