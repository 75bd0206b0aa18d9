/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds the results of one trial to a case of the report. */
#include "reports/build.h"

#include <string.h>

#include "reports/check.h"

/* Values of a case; a real run ends at a million or two. */
#define VALUES (1 << 25)

const char *const build_outcomes[] = {
	"fail", "killed", "hang", "broken", "unexpected-pass",
	"interrupted", "skip", "expected-fail", "pass", NULL,
};

static size_t badness(const char *outcome)
{
	size_t i;

	for (i = 0; build_outcomes[i]; i++)
		if (!strcmp(build_outcomes[i], outcome))
			break;
	return i;
}

static json_t *find_metric(json_t *metrics, const char *id, const char *variant)
{
	json_t *metric;
	size_t i;

	json_array_foreach(metrics, i, metric)
		if (!strcmp(js_get_text(metric, "id"), id) &&
		    str_same(js_get_text(metric, "variant"), variant))
			return metric;
	return NULL;
}

static json_t *find_id(json_t *list, const char *id)
{
	json_t *member;
	size_t i;

	json_array_foreach(list, i, member) {
		const char *name = js_get_text(member, "id");

		if (name && !strcmp(name, id))
			return member;
	}
	return NULL;
}

/* Appends @value (taken over) to the list @key so that it is at @trial. */
static void put_at(json_t *o, const char *key, size_t trial, json_t *value)
{
	json_t *list = json_object_get(o, key);

	if (!list) {
		list = json_array();
		js_set(o, key, list);
	}
	while (json_array_size(list) < trial)
		js_add(list, json_null());
	js_add(list, value ? value : json_null());
}

/* Per trial values of a metric: member of a trial's line, list in the report. */
static const struct {
	const char *of_trial, *list;
} columns[] = {
	{ "value", "values" },	   { "cpu_rate", "cpu_rates" },
	{ "median", "medians" },   { "cpu_median", "cpu_medians" },
	{ "slices", "slices" },	   { "count", "counts" },
	{ "min", "mins" },	   { "max", "maxs" },
};

static void add_metric(json_t *to, const json_t *result, size_t trial)
{
	json_t *metrics = json_object_get(to, "metrics"), *metric, *value;
	const char *id = js_get_text(result, "id"), *name;
	json_t *shares;

	if (!id)
		return;
	metric = find_metric(metrics, id, js_get_text(result, "variant"));
	if (!metric) {
		json_t *known = json_object_get(json_object_get(to, "defined"), id);

		if (!json_is_object(known))
			return;
		metric = json_copy(known);
		for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
			json_object_del(metric, columns[i].list);
		json_object_del(metric, "percentiles");
		js_copy(metric, result, "variant");
		js_add(metrics, metric);
	}
	if (json_array_size(json_object_get(metric, "values")) > trial)
		return; /* told twice: the first counts */
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		value = json_object_get(result, columns[i].of_trial);
		if (value || !i)
			put_at(metric, columns[i].list, trial, json_incref(value));
	}
	json_object_foreach(json_object_get(result, "percentiles"), name, value) {
		shares = json_object_get(metric, "percentiles");
		if (!shares) {
			shares = json_object();
			js_set(metric, "percentiles", shares);
		}
		put_at(shares, name, trial, json_incref(value));
	}
}

/* Lists that this trial did not reach are made as long as the others. */
static void pad_metrics(json_t *to, size_t trials)
{
	json_t *metric, *list;
	const char *key;
	size_t i;

	json_array_foreach(json_object_get(to, "metrics"), i, metric) {
		for (size_t k = 0; k < ARRAY_SIZE(columns); k++) {
			list = json_object_get(metric, columns[k].list);
			while (list && json_array_size(list) < trials)
				js_add(list, json_null());
		}
		json_object_foreach(json_object_get(metric, "percentiles"), key, list)
			while (json_array_size(list) < trials)
				js_add(list, json_null());
	}
}

/* How many lists the metrics of @list are, or will be. */
static size_t lists_of(const json_t *list)
{
	size_t n = 0, i;
	json_t *metric;

	json_array_foreach(list, i, metric)
		n += ARRAY_SIZE(columns) +
		     json_object_size(json_object_get(metric, "percentiles"));
	return n;
}

/* Every list is as long as there are trials, whoever named it. */
bool build_fits(const json_t *to, const json_t *result)
{
	const json_t *old = json_object_get(to, "metrics");
	const json_t *new = json_object_get(result, "metrics");
	size_t trials = json_array_size(json_object_get(to, "trials")) + 1;

	return json_array_size(old) <= CHECK_METRICS && json_array_size(new) <= CHECK_METRICS &&
	       trials <= VALUES / (lists_of(old) + lists_of(new) + 1);
}

static void add_check(json_t *to, json_t *trial, const json_t *result)
{
	static const char *const sums[] = { "evaluated", "failed" };
	const char *id = js_get_text(result, "id");
	json_t *check = id ? find_id(json_object_get(to, "checks"), id) : NULL;

	if (!check)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		js_set(check, sums[i],
		       js_number(js_get_number(check, sums[i], 0) +
				 js_get_number(result, sums[i], 0)));
	if (!json_object_get(check, "reason"))
		js_copy(check, result, "reason");
	if (js_get_number(result, "failed", 0) > 0) {
		json_t *failed = json_object_get(trial, "failed_checks");

		if (!failed) {
			failed = json_array();
			js_set(trial, "failed_checks", failed);
		}
		js_add(failed, js_text(id));
	}
}

static void add_outcome(json_t *to, const json_t *result)
{
	static const char *const with[] = { "reason", "shared_blame", "known_issue" };
	const char *now = js_get_text(to, "outcome");
	const char *outcome = js_get_text(result, "outcome");

	if (!outcome || (now && badness(outcome) >= badness(now)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(with); i++) {
		json_object_del(to, with[i]);
		js_copy(to, result, with[i]);
	}
	js_copy(to, result, "outcome");
}

void build_add_trial(json_t *to, const json_t *line, const json_t *result)
{
	static const char *const whole[] = { "order",  "number",  "pair", "started", "clock",
					     "boot_id", "steal_seconds", "kernel" };
	json_t *trials = json_object_get(to, "trials"), *trial = json_object();
	json_t *value, *fs = json_object_get(to, "fs");
	const char *key;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(whole); i++)
		js_copy(trial, line, whole[i]);
	json_object_foreach((json_t *)result, key, value)
		if (!word_in("case metrics checks fs", key) &&
		    !json_object_get(trial, key))
			js_set(trial, key, json_incref(value));
	if (json_is_object(fs) && json_is_object(json_object_get(result, "fs")))
		json_object_update(fs, json_object_get(result, "fs"));
	json_array_foreach(json_object_get(result, "metrics"), i, value)
		add_metric(to, value, json_array_size(trials));
	json_array_foreach(json_object_get(result, "checks"), i, value)
		add_check(to, trial, value);
	js_add(trials, trial);
	pad_metrics(to, json_array_size(trials));
	add_outcome(to, result);
}

