/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests, issues and incidents of reports and comparisons. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/msg.h"
#include "reports/render/kcidb.h"

#define ROOT "strain" /* of the paths */

static const char *const statuses[RESULT_STATUSES] = {
	[RESULT_PASS] = "PASS",	  [RESULT_FAIL] = "FAIL",    [RESULT_TIMEOUT] = "FAIL",
	[RESULT_ERROR] = "ERROR", [RESULT_MISSED] = "MISS", [RESULT_SKIP] = "SKIP",
	/* an incident says that it is known */
	[RESULT_XFAIL] = "FAIL",
};

/* What all tests of a report have. */
struct source {
	const char *build;
	char *id; /* of the report, with the origin */
	json_t *environment;
};

static void add_excerpt(json_t *o, const struct result *result)
{
	_cleanup_str_ struct str s = STR_INIT;

	if (result->message)
		str_addf(&s, "%s\n", result->message);
	/* bytes are never fewer than characters */
	for (size_t i = 0; i < result->log.n; i++) {
		if (s.len + strlen(result->log.word[i]) + 1 > KCIDB_EXCERPT)
			break;
		str_addf(&s, "%s\n", result->log.word[i]);
	}
	if (s.len && s.len <= KCIDB_EXCERPT)
		js_set_text(o, "log_excerpt", s.buf);
}

static json_t *new_test(const struct kcidb *k, const struct source *source,
			const char *path, const char *label)
{
	_cleanup_free_ char *id = xasprintf("%s-%s%s%s", source->id, path,
					    *label ? "-" : "", label);
	json_t *test = kcidb_object(k, id);

	js_set_text(test, "build_id", source->build);
	js_set_text(test, "path", path);
	if (source->environment)
		js_set(test, "environment", json_incref(source->environment));
	return test;
}

/* When the first trial began. */
static void add_time(json_t *test, const json_t *o)
{
	const json_t *trial = json_array_get(json_object_get(o, "trials"), 0);
	_cleanup_free_ char *when = render_time(js_get_number(trial, "started", -1), true);

	if (*when)
		js_set_text(test, "start_time", when);
}

/* --- reports ----------------------------------------------------------------- */

/* One number over all trials, with those of each below "misc". */
static void add_value(struct kcidb *k, const struct source *source, const char *path,
		      const json_t *o, const json_t *metric, const json_t *list)
{
	double median = text_median(list);
	json_t *test, *misc, *values;
	json_t *value;
	size_t i;

	if (!isfinite(median))
		return;
	test = new_test(k, source, path, text_get(o, "label"));
	add_time(test, o);
	js_set_text(test, "status", "DONE");
	js_set(test, "number", kcidb_number(median, text_get(metric, "unit")));
	misc = json_object();
	kcidb_set_text(misc, "better", text_get(metric, "better"));
	js_set(misc, "primary", json_boolean(js_get_true(metric, "primary")));
	values = json_array();
	json_array_foreach(list, i, value)
		if (json_is_number(value))
			js_add(values, json_incref(value));
	js_set(misc, "trials", values);
	kcidb_set_text(misc, "trials_unit", text_get(metric, "unit"));
	js_set(test, "misc", misc);
	kcidb_add(k, "tests", test);
}

static void add_metric(struct kcidb *k, const struct source *source,
		       const char *case_path, const json_t *o, const json_t *metric)
{
	const json_t *list = json_object_get(metric, "medians");
	_cleanup_str_ struct str path = STR_INIT;
	const char *name;

	str_add(&path, case_path);
	kcidb_path(&path, text_get(metric, "id"));
	if (*text_get(metric, "variant"))
		kcidb_path(&path, text_get(metric, "variant"));
	if (!isfinite(text_median(list)))
		list = json_object_get(metric, "values");
	add_value(k, source, path.buf, o, metric, list);
	json_object_foreach(json_object_get(metric, "percentiles"), name, list) {
		_cleanup_free_ char *percentile = xasprintf("%s.p", path.buf);
		_cleanup_str_ struct str s = STR_INIT;

		str_add(&s, percentile);
		/* "99.9" is one level */
		for (const char *at = name; *at; at++)
			str_addf(&s, "%c", *at >= '0' && *at <= '9' ? *at : '_');
		add_value(k, source, s.buf, o, metric, list);
	}
}

/* An expected failure is an incident of a known issue. */
static void add_incident(struct kcidb *k, const char *test_id, const char *known)
{
	const char *const of_issue[] = { known, NULL };
	const char *const of_incident[] = { known, test_id, NULL };
	_cleanup_free_ char *issue_id =
		xasprintf("%s:%016" PRIx64, k->opts->origin, kcidb_hash(of_issue));
	_cleanup_free_ char *id =
		xasprintf("%s:%016" PRIx64, k->opts->origin, kcidb_hash(of_incident));
	json_t *issue = kcidb_object(k, issue_id), *incident = kcidb_object(k, id);

	js_set(issue, "version", json_integer(1));
	kcidb_set_text(issue, "comment", known);
	kcidb_add(k, "issues", issue);
	js_set_text(incident, "issue_id", issue_id);
	js_set(incident, "issue_version", json_integer(1));
	js_set_text(incident, "test_id", test_id);
	js_set(incident, "present", json_true());
	kcidb_add(k, "incidents", incident);
}

static void add_case(struct kcidb *k, const struct source *source,
		     const struct result *result)
{
	const json_t *o = result->of;
	_cleanup_str_ struct str path = STR_INIT;
	json_t *test, *misc = json_object(), *metric;
	size_t i;

	kcidb_path(&path, ROOT);
	kcidb_path(&path, text_get(o, "id"));
	test = new_test(k, source, path.buf, text_get(o, "label"));
	add_time(test, o);
	js_set_text(test, "status", statuses[result->status]);
	if (result->seconds > 0)
		js_set(test, "duration", js_seconds(result->seconds));
	if (result->status != RESULT_PASS)
		add_excerpt(test, result);
	kcidb_set_text(misc, "outcome", text_get(o, "outcome"));
	kcidb_set_text(misc, "known_issue", text_get(o, "known_issue"));
	js_copy(misc, o, "changed");
	js_set(test, "misc", misc);
	if (kcidb_add(k, "tests", json_incref(test)) &&
	    result->status == RESULT_XFAIL)
		add_incident(k, js_get_text(test, "id"), text_get(o, "known_issue"));
	json_decref(test);
	json_array_foreach(json_object_get(o, "metrics"), i, metric)
		add_metric(k, source, path.buf, o, metric);
}

static json_t *environment(const json_t *report)
{
	static const char *const facts[] = { "cpu.model", "cpu.threads", "cpu.microcode",
					     "memory.total", "memory.nodes",
					     "hypervisor" };
	const json_t *machine = json_object_get(report, "machine");
	json_t *o = json_object(), *misc = json_object();

	kcidb_set_text(o, "comment", text_get(machine, "cpu.model"));
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		js_copy(misc, machine, facts[i]);
	kcidb_set_text(misc, "command_line",
		       text_get(json_object_get(report, "kernel"), "command_line"));
	kcidb_set_text(misc, "strain",
		       text_get(json_object_get(report, "tool"), "version"));
	js_set(o, "misc", misc);
	return o;
}

void kcidb_report(struct kcidb *k, const json_t *report, const char *path)
{
	_cleanup_free_ char *build = kcidb_build(k, json_object_get(report, "kernel"));
	_cleanup_free_ char *started =
		render_number(json_object_get(report, "started"));
	const char *const all[] = { text_get(report, "boot_id"),
				    text_get(report, "seed"), started, NULL };
	struct source source = { .build = build, .environment = environment(report) };
	struct results r = results_of_report(report, path);

	source.id = xasprintf("%s:%016" PRIx64, k->opts->origin, kcidb_hash(all));
	for (size_t i = 0; i < r.n; i++)
		add_case(k, &source, &r.result[i]);
	results_free(&r);
	free(source.id);
	json_decref(source.environment);
}

/* --- a comparison ------------------------------------------------------------ */

static json_t *without_null(const json_t *o)
{
	json_t *copy = json_object(), *member;
	const char *key;

	json_object_foreach((json_t *)o, key, member)
		if (!json_is_null(member))
			js_set(copy, key, json_incref(member));
	return copy;
}

static void add_compared(struct kcidb *k, const struct source *source,
			 const struct result *result)
{
	const json_t *o = result->of;
	double value = js_get_number(o, "new", NAN);
	_cleanup_str_ struct str path = STR_INIT;
	/* measured, and nothing to say about the kernel: that is no skip here */
	bool done = result->status == RESULT_SKIP && isfinite(value);
	json_t *test;

	kcidb_path(&path, ROOT);
	kcidb_path(&path, "compare");
	kcidb_path(&path, result->group);
	kcidb_path(&path, result->name);
	test = new_test(k, source, path.buf, "");
	js_set_text(test, "status", done ? "DONE" : statuses[result->status]);
	if (isfinite(value))
		js_set(test, "number", kcidb_number(value, text_get(o, "unit")));
	if (result->message)
		add_excerpt(test, result);
	js_set(test, "misc", without_null(o));
	kcidb_add(k, "tests", test);
}

/* The kernel that is judged: that of the new side. */
static char *judged_build(struct kcidb *k, const struct render_input *in)
{
	const json_t *side = json_array_get(json_object_get(in->comparison, "sides"), 1);
	_cleanup_json_ json_t *kernel = json_object();

	size_t i = in->n_base < in->n_reports ? in->n_base : in->n_reports - 1;

	if (in->n_reports)
		return kcidb_build(k, json_object_get(in->reports[i], "kernel"));
	js_set_text(kernel, "release", text_get(side, "kernel"));
	return kcidb_build(k, kernel);
}

void kcidb_comparison(struct kcidb *k, const struct render_input *in)
{
	_cleanup_free_ char *build = judged_build(k, in);
	_cleanup_free_ char *text = json_dumps(in->comparison, JSON_COMPACT | JSON_SORT_KEYS);
	const char *const all[] = { text ? text : "", NULL };
	struct source source = { .build = build };
	struct results r = results_of_comparison(in->comparison);

	source.id = xasprintf("%s:%016" PRIx64, k->opts->origin, kcidb_hash(all));
	for (size_t i = 0; i < r.n; i++)
		add_compared(k, &source, &r.result[i]);
	results_free(&r);
	free(source.id);
}
