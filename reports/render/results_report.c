/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cases of a run as tests. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/msg.h"
#include "reports/render/results.h"
#include "reports/text.h"

/* The rest of a kernel log is in the report. */
#define LOG_LINES 200

static const struct {
	const char *outcome;
	enum result_status status;
	const char *type;
} outcomes[] = {
	{ "pass", RESULT_PASS, NULL },
	{ "fail", RESULT_FAIL, NULL }, /* type_of_failure() */
	{ "unexpected-pass", RESULT_FAIL, "UnexpectedPass" },
	{ "hang", RESULT_TIMEOUT, "Hang" },
	{ "killed", RESULT_ERROR, "Killed" },
	{ "broken", RESULT_ERROR, "Broken" },
	{ "interrupted", RESULT_MISSED, "Interrupted" },
	{ "skip", RESULT_SKIP, "Skipped" },
	{ "expected-fail", RESULT_XFAIL, "ExpectedFailure" },
};

static const char *type_of_failure(const json_t *o)
{
	json_t *check;
	size_t i;

	json_array_foreach(json_object_get(o, "checks"), i, check)
		if (js_get_number(check, "failed", 0) > 0)
			return "CheckFailed";
	return "KernelComplaint";
}

static void judge(struct result *result, const json_t *o)
{
	const char *outcome = text_get(o, "outcome");
	const char *reason = text_get(o, "reason"), *known = text_get(o, "known_issue");
	_cleanup_free_ char *both = xasprintf("%s%s%s", reason,
					      *reason && *known ? "; known issue: " : "",
					      known);

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		if (strcmp(outcomes[i].outcome, outcome) != 0)
			continue;
		if (outcomes[i].status != RESULT_PASS)
			result_fail(result, outcomes[i].status,
				    outcomes[i].type ? outcomes[i].type :
						       type_of_failure(o),
				    both);
		return;
	}
	result_fail(result, RESULT_ERROR, "UnknownOutcome", outcome);
}

static void add_number(struct words *numbers, const char *id, const char *variant,
		       const char *what, const json_t *list, const char *unit)
{
	double median = text_median(list);

	if (isfinite(median))
		results_line(numbers, "%s%s%s%s%s=%.6g%s%s", id, *variant ? "." : "",
			     variant, *what ? "." : "", what, median,
			     *unit ? " " : "", unit);
}

/* Medians over the trials; of a rate that of its undisturbed slices. */
static void add_metric(struct words *numbers, const json_t *metric)
{
	const char *id = text_get(metric, "id"), *variant = text_get(metric, "variant");
	const char *unit = text_get(metric, "unit"), *name;
	const json_t *medians = json_object_get(metric, "medians");
	const json_t *cpu = json_object_get(metric, "cpu_medians");
	json_t *list;

	if (!isfinite(text_median(medians)))
		medians = json_object_get(metric, "values");
	if (!isfinite(text_median(cpu)))
		cpu = json_object_get(metric, "cpu_rates");
	add_number(numbers, id, variant, "", medians, unit);
	add_number(numbers, id, variant, "cpu", cpu, unit);
	json_object_foreach(json_object_get(metric, "percentiles"), name, list) {
		_cleanup_free_ char *what = xasprintf("p%s", name);

		add_number(numbers, id, variant, what, list, unit);
	}
}

static void add_stuck(struct words *log, const json_t *trial)
{
	json_t *stuck;
	size_t i;

	json_array_foreach(json_object_get(trial, "stuck"), i, stuck) {
		const char *wchan = text_get(stuck, "wchan");
		double signal = js_get_number(stuck, "signal", 0);
		char number[48] = "";

		if (signal > 0)
			snprintf(number, sizeof(number), ", signal %.0f", signal);
		results_line(log, "pid %.0f%s%s%s%s%s%s",
			     js_get_number(stuck, "pid", 0),
			     *text_get(stuck, "state") ? ", state " : "",
			     text_get(stuck, "state"), *wchan ? ", in " : "", wchan,
			     number,
			     js_get_true(stuck, "oom") ? ", by the OOM killer" : "");
	}
}

/* What the kernel said during the trials of the case. */
static void add_log(struct words *log, const json_t *report, const json_t *orders)
{
	json_t *record;
	size_t i, more = 0;

	json_array_foreach(json_object_get(report, "kernel_log"), i, record) {
		_cleanup_free_ char *order =
			xasprintf("%.0f", js_get_number(record, "order", -1));

		if (!json_object_get(orders, order))
			continue;
		if (log->n < LOG_LINES)
			results_line(log, "%s", text_get(record, "text"));
		else
			more++;
	}
	if (more)
		results_line(log, "%zu more lines in the report", more);
}

static void explain(struct result *result, const json_t *report, const json_t *o)
{
	_cleanup_json_ json_t *orders = json_object();
	json_t *trial;
	size_t i;

	json_array_foreach(json_object_get(o, "trials"), i, trial) {
		_cleanup_free_ char *order =
			xasprintf("%.0f", js_get_number(trial, "order", -2));

		js_set(orders, order, json_true());
		add_stuck(&result->log, trial);
	}
	if (result->status == RESULT_FAIL || result->status == RESULT_TIMEOUT ||
	    result->status == RESULT_XFAIL)
		add_log(&result->log, report, orders);
}

/* What of the case's id is not the stressor; a label belongs to it. */
static char *name_in_group(const json_t *o)
{
	const char *id = text_get(o, "id"), *stressor = text_get(o, "stressor");
	const char *label = text_get(o, "label");
	size_t n = strlen(stressor);

	if (n && !strncmp(id, stressor, n) && (!id[n] || id[n] == '/'))
		id += n + (id[n] == '/');
	else if (n && !strncmp(id, stressor, n))
		id += n;
	return *label ? xasprintf("%s%s[%s]", id, *id ? " " : "", label) : xstrdup(id);
}

static double seconds_of(const json_t *o)
{
	double sum = 0, seconds;
	json_t *trial;
	size_t i;

	json_array_foreach(json_object_get(o, "trials"), i, trial) {
		seconds = js_get_number(trial, "seconds", 0);
		sum += isfinite(seconds) && seconds > 0 ? seconds : 0;
	}
	return isfinite(sum) ? sum : 0;
}

static void add_case(struct results *r, const json_t *report, const json_t *o)
{
	_cleanup_free_ char *name = name_in_group(o);
	const char *stressor = text_get(o, "stressor");
	struct result *result =
		results_add(r, *stressor ? stressor : text_get(o, "id"), name);
	json_t *metric;
	size_t i;

	result->of = o;
	result->seconds = seconds_of(o);
	judge(result, o);
	json_array_foreach(json_object_get(o, "metrics"), i, metric)
		add_metric(&result->numbers, metric);
	if (result->status != RESULT_PASS)
		explain(result, report, o);
}

struct results results_of_report(const json_t *report, const char *path)
{
	struct results r = { .name = text_clean(path), .doc = report };
	json_t *o, *note;
	size_t i;

	json_array_foreach(json_object_get(report, "cases"), i, o)
		add_case(&r, report, o);
	json_array_foreach(json_object_get(report, "notes"), i, note)
		if (json_is_string(note))
			results_line(&r.lines, "%s", json_string_value(note));
	if (js_get_number(report, "left_behind", 0) > 0)
		results_line(&r.lines, "%.0f changes could not be undone",
			     js_get_number(report, "left_behind", 0));
	if (text_is(report, "outcome", "incomplete"))
		results_line(&r.lines, "the run did not end, or is still on");
	if (js_get_true(report, "truncated"))
		results_line(&r.lines, "the last line of the report was cut");
	results_finish(&r);
	return r;
}
