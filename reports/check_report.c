/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report has to be like: schema/strain-report-1.schema.json. */
#include <string.h>

#include "reports/check_rules.h"
#include "reports/lines.h"

#define OUTCOMES "pass fail broken skip hang killed expected-fail unexpected-pass interrupted"

/* clang-format off */
static const struct rule check_rows[] = {
	{ "id", ONE, RULE_TEXT, .required = true },
	{ "proves", ONE, RULE_TEXT },
	{ "deep", ONE, RULE_TRUTH },
	{ "evaluated", ONE, RULE_COUNT },
	{ "failed", ONE, RULE_COUNT },
	{ "reason", ONE, RULE_TEXT },
	{}
};

static const struct rule metric_rows[] = {
	{ "id", ONE, RULE_TEXT, .required = true },
	{ "name", ONE, RULE_TEXT },
	{ "unit", ONE, RULE_TEXT },
	{ "kind", ONE, RULE_WORD, .words = "rate cost latency gauge ratio" },
	{ "better", ONE, RULE_WORD, .words = "higher lower neither" },
	{ "primary", ONE, RULE_TRUTH },
	{ "version", ONE, RULE_COUNT },
	{ "variant", ONE, RULE_TEXT },
	{ "values", LIST_TRIALS, RULE_NUMBER, .required = true },
	{ "cpu_rates", LIST_TRIALS, RULE_AMOUNT },
	{ "medians", LIST_TRIALS, RULE_AMOUNT },
	{ "cpu_medians", LIST_TRIALS, RULE_AMOUNT },
	{ "slices", LIST_TRIALS, RULE_COUNT },
	{ "counts", LIST_TRIALS, RULE_AMOUNT },
	{ "mins", LIST_TRIALS, RULE_NUMBER },
	{ "maxs", LIST_TRIALS, RULE_NUMBER },
	{ "percentiles", MAP_TRIALS, RULE_AMOUNT, .limit = CHECK_SHARES },
	{}
};

static const struct rule stuck_rows[] = {
	{ "pid", ONE, RULE_WHOLE },
	{ "state", ONE, RULE_TEXT },
	{ "wchan", ONE, RULE_TEXT },
	{ "syscall", ONE, RULE_TEXT },
	{ "stack", ONE, RULE_TEXT },
	{ "signal", ONE, RULE_WHOLE },
	{ "oom", ONE, RULE_TRUTH },
	{}
};

static const struct rule kernel_rows[] = {
	{ "watched", ONE, RULE_TRUTH },
	{ "unwatched", ONE, RULE_TEXT },
	{ "splats", ONE, RULE_COUNT },
	{ "dropped", ONE, RULE_COUNT },
	{ "taint", ONE, RULE_PAIR },
	{ "counters", MAP, RULE_PAIR },
	{ "oom_pids", LIST, RULE_WHOLE },
	{}
};

static const struct rule trial_rows[] = {
	{ "order", ONE, RULE_COUNT },
	{ "number", ONE, RULE_COUNT },
	{ "pair", ONE, RULE_COUNT },
	{ "started", ONE, RULE_AMOUNT },
	{ "clock", ONE, RULE_AMOUNT },
	{ "boot_id", ONE, RULE_TEXT },
	{ "steal_seconds", ONE, RULE_NUMBER },
	{ "kernel", ONE, RULE_OBJECT, .rules = kernel_rows },
	{ "outcome", ONE, RULE_WORD, .required = true, .words = OUTCOMES },
	{ "reason", ONE, RULE_TEXT },
	{ "shared_blame", ONE, RULE_TRUTH },
	{ "known_issue", ONE, RULE_TEXT },
	{ "seconds", ONE, RULE_NUMBER },
	{ "overrun", ONE, RULE_NUMBER },
	{ "cpu_seconds", ONE, RULE_NUMBER },
	{ "wait_seconds", ONE, RULE_NUMBER },
	{ "user_seconds", ONE, RULE_NUMBER },
	{ "system_seconds", ONE, RULE_NUMBER },
	{ "max_rss", ONE, RULE_COUNT },
	{ "minor_faults", ONE, RULE_COUNT },
	{ "major_faults", ONE, RULE_COUNT },
	{ "voluntary_switches", ONE, RULE_COUNT },
	{ "involuntary_switches", ONE, RULE_COUNT },
	{ "counters", MAP_MAP, RULE_NUMBER },
	{ "gauges", MAP_MAP, RULE_NUMBER },
	{ "fractions", MAP, RULE_NUMBER },
	{ "missing", MAP, RULE_TEXT },
	{ "stuck", LIST, RULE_OBJECT, .rules = stuck_rows },
	{ "notes", LIST, RULE_TEXT },
	{ "failed_checks", LIST, RULE_TEXT },
	{ "worker_ops", LIST, RULE_AMOUNT },
	{}
};

static const struct rule fs_rows[] = {
	{ "kind", ONE, RULE_TEXT },
	{ "type", ONE, RULE_TEXT },
	{ "device", ONE, RULE_TEXT },
	{ "mkfs", ONE, RULE_TEXT },
	{ "mount", ONE, RULE_TEXT },
	{}
};

static const struct rule case_rows[] = {
	{ "id", ONE, RULE_TEXT, .required = true },
	{ "case", ONE, RULE_COUNT },
	{ "label", ONE, RULE_TEXT },
	{ "outcome", ONE, RULE_WORD, .required = true, .words = OUTCOMES },
	{ "reason", ONE, RULE_TEXT },
	{ "remedy", ONE, RULE_TEXT },
	{ "shared_blame", ONE, RULE_TRUTH },
	{ "known_issue", ONE, RULE_TEXT },
	{ "stressor", ONE, RULE_TEXT },
	{ "method", ONE, RULE_TEXT },
	{ "folder", ONE, RULE_TEXT },
	{ "tags", LIST, RULE_TEXT },
	{ "fs", ONE, RULE_OBJECT, .rules = fs_rows },
	{ "workers", ONE, RULE_COUNT },
	{ "threads", ONE, RULE_TRUTH },
	{ "verify", ONE, RULE_TRUTH },
	{ "ops", ONE, RULE_COUNT },
	{ "mutation", ONE, RULE_TEXT },
	{ "exact", ONE, RULE_TRUTH },
	{ "options", MAP, RULE_SCALAR },
	{ "changed", LIST, RULE_TEXT },
	{ "trials", LIST, RULE_OBJECT, .rules = trial_rows, .limit = CHECK_TRIALS },
	{ "metrics", LIST, RULE_OBJECT, .rules = metric_rows, .limit = CHECK_METRICS },
	{ "checks", LIST, RULE_OBJECT, .rules = check_rows, .limit = CHECK_METRICS },
	{}
};

static const struct rule log_rows[] = {
	{ "order", ONE, RULE_COUNT },
	{ "time", ONE, RULE_AMOUNT },
	{ "kind", ONE, RULE_TEXT },
	{ "text", ONE, RULE_TEXT },
	{}
};

static const struct rule column_rows[] = {
	{ "name", ONE, RULE_TEXT, .required = true },
	{ "source", ONE, RULE_TEXT, .required = true },
	{ "values", LIST_SLICES, RULE_NUMBER, .required = true },
	{}
};

static const struct rule slices_rows[] = {
	{ "variant", ONE, RULE_TEXT },
	{ "start", LIST, RULE_NUMBER, .required = true },
	{ "seconds", LIST_SLICES, RULE_NUMBER, .required = true },
	{ "cpu_seconds", LIST_SLICES, RULE_NUMBER },
	{ "wait_seconds", LIST_SLICES, RULE_NUMBER },
	{ "flags", LIST_SLICES, RULE_COUNT, .required = true },
	{ "columns", LIST, RULE_OBJECT, .rules = column_rows, .required = true },
	{}
};

static const struct rule histogram_rows[] = {
	{ "metric", ONE, RULE_TEXT, .required = true },
	{ "variant", ONE, RULE_TEXT },
	{ "count", ONE, RULE_AMOUNT },
	{ "sum", ONE, RULE_AMOUNT },
	{ "min", ONE, RULE_AMOUNT },
	{ "max", ONE, RULE_AMOUNT },
	{ "buckets", LIST, RULE_BUCKET, .required = true, .limit = CHECK_BUCKETS },
	{}
};

static const struct rule bulk_trial_rows[] = {
	{ "order", ONE, RULE_COUNT, .required = true },
	{ "case", ONE, RULE_COUNT, .required = true },
	{ "slices", LIST, RULE_OBJECT, .rules = slices_rows },
	{ "histograms", LIST, RULE_OBJECT, .rules = histogram_rows },
	{}
};

static const struct rule layout_rows[] = {
	{ "unit", ONE, RULE_TEXT },
	{ "sub_bits", ONE, RULE_COUNT },
	{ "top_bits", ONE, RULE_COUNT },
	{ "buckets", ONE, RULE_COUNT },
	{}
};

static const struct rule bulk_rows[] = {
	{ "histogram_layout", ONE, RULE_OBJECT, .rules = layout_rows },
	{ "trials", LIST, RULE_OBJECT, .rules = bulk_trial_rows },
	{}
};

static const struct rule tool_rows[] = {
	{ "name", ONE, RULE_TEXT },
	{ "version", ONE, RULE_TEXT },
	{ "commit", ONE, RULE_TEXT },
	{ "cflags", ONE, RULE_TEXT },
	{ "libraries", ONE, RULE_TEXT },
	{ "counters", ONE, RULE_TEXT },
	{}
};

static const struct rule plan_rows[] = {
	{ "cases", ONE, RULE_COUNT },
	{ "trials", ONE, RULE_COUNT },
	{}
};

static const struct rule side_rows[] = {
	{ "label", ONE, RULE_TEXT, .required = true },
	{ "setting", ONE, RULE_TEXT },
	{}
};

static const struct rule report_rows[] = {
	{ "sealed", ONE, RULE_TRUTH },
	{ "truncated", ONE, RULE_TRUTH },
	{ "outcome", ONE, RULE_WORD, .words = "pass fail broken skip hang interrupted regressed inconclusive incomplete" },
	{ "counts", MAP, RULE_COUNT },
	{ "seconds", ONE, RULE_AMOUNT },
	{ "interrupted", ONE, RULE_TRUTH },
	{ "exit_code", ONE, RULE_COUNT },
	{ "left_behind", ONE, RULE_COUNT },
	{ "unrecorded_trials", ONE, RULE_COUNT },
	{ "tool", ONE, RULE_OBJECT, .rules = tool_rows },
	{ "command", LIST, RULE_TEXT },
	{ "seed", ONE, RULE_TEXT },
	{ "started", ONE, RULE_AMOUNT },
	{ "boot_id", ONE, RULE_TEXT },
	{ "plan", ONE, RULE_OBJECT, .rules = plan_rows },
	{ "settings", MAP, RULE_SCALAR },
	{ "kernel", MAP, RULE_SCALAR },
	{ "machine", MAP, RULE_SCALAR },
	{ "sysctl", MAP, RULE_SCALAR },
	{ "libraries", MAP, RULE_SCALAR },
	{ "environment", MAP_MAP, RULE_SCALAR },
	{ "sides", LIST, RULE_OBJECT, .rules = side_rows },
	{ "cases", LIST, RULE_OBJECT, .rules = case_rows, .required = true, .limit = CHECK_CASES },
	{ "kernel_log", LIST, RULE_OBJECT, .rules = log_rows, .limit = CHECK_LOG },
	{ "notes", LIST, RULE_TEXT },
	{ "bulk", ONE, RULE_OBJECT, .rules = bulk_rows },
	{}
};
/* clang-format on */

/* A gauge or a ratio may be below zero, what has no other kind of value may not. */
static char *check_signs(const json_t *doc)
{
	json_t *o, *metric, *value;
	size_t i, k, t;

	json_array_foreach(json_object_get(doc, "cases"), i, o)
		json_array_foreach(json_object_get(o, "metrics"), k, metric) {
			const char *kind = js_get_text(metric, "kind");

			if (!kind || !word_in("rate cost latency", kind))
				continue;
			json_array_foreach(json_object_get(metric, "values"), t, value)
				if (json_number_value(value) < 0)
					return xasprintf("cases[%zu].metrics[%zu].values[%zu] is negative",
							 i, k, t);
		}
	return NULL;
}

char *check_report(const json_t *doc)
{
	const char *schema = js_get_text(doc, "schema");
	char *fault;

	if (!schema || strncmp(schema, "strain-report/", 14))
		return xstrdup("it is not a report of strain");
	if (strcmp(schema, REPORT_SCHEMA))
		return xasprintf("it is a '%.40s', this strain reads " REPORT_SCHEMA,
				 schema);
	fault = check_rules(doc, report_rows);
	return fault ? fault : check_signs(doc);
}
