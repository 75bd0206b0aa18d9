/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of run reports: medians over the trials of each case. */
#include <math.h>
#include <string.h>

#include "base/msg.h"
#include "reports/build.h"
#include "reports/render/openmetrics.h"

/* Which member of a metric a family shows; the first that has numbers. */
struct value_family {
	struct openmetrics_family family;
	const char *kinds; /* space separated kinds of metrics */
	const char *unit;  /* base unit of the metric that it takes; NULL: those
			    * that no other has, with a label */
	const char *lists[2];
	bool percentiles;
};

/* clang-format off */
static const struct value_family families[] = {
	{ { "strain_ops_per_second", "gauge", NULL, "operations per second of wall time, median of undisturbed slices and of trials" },
	  "rate", "", { "medians", "values" }, false },
	{ { "strain_ops_per_cpu_second", "gauge", NULL, "operations per second of CPU time, likewise" },
	  "rate", "", { "cpu_medians", "cpu_rates" }, false },
	{ { "strain_latency_seconds", "gauge", "seconds", "duration of an operation, by quantile" },
	  "latency", "seconds", { NULL }, true },
	{ { "strain_latency_mean_seconds", "gauge", "seconds", "mean duration of an operation" },
	  "latency", "seconds", { "values", NULL }, false },
	{ { "strain_value_seconds", "gauge", "seconds", "other metrics that are times" },
	  "cost gauge ratio", "seconds", { "values", NULL }, false },
	{ { "strain_value_bytes", "gauge", "bytes", "other metrics that are sizes" },
	  "cost gauge ratio", "bytes", { "values", NULL }, false },
	{ { "strain_value_ratio", "gauge", "ratio", "other metrics that are ratios" },
	  "cost gauge ratio", "ratio", { "values", NULL }, false },
	{ { "strain_value", "gauge", NULL, "other metrics, in the unit of their label" },
	  "cost gauge ratio latency", NULL, { "values", NULL }, false },
};

static const struct openmetrics_family
	info_family = { "strain_run", "info", NULL, "what was run, and on what" },
	start_family = { "strain_run_start_time_seconds", "gauge", "seconds", "when the run began, since the epoch" },
	length_family = { "strain_run_duration_seconds", "gauge", "seconds", "how long the run took" },
	outcome_family = { "strain_outcome", "stateset", NULL, "outcome of a case: 1 for the one it has" },
	evaluated_family = { "strain_checks_evaluated", "gauge", NULL, "how often a check was evaluated" },
	failed_family = { "strain_checks_failed", "gauge", NULL, "how often a check failed" };
/* clang-format on */

/* Labels of a report's samples: the path only where there are several. */
static void report_labels(struct str *s, const struct render_input *in, size_t i)
{
	const json_t *kernel = json_object_get(in->reports[i], "kernel");

	if (in->n_reports > 1)
		openmetrics_label(s, "report", in->paths[i]);
	openmetrics_label(s, "kernel", text_get(kernel, "release"));
	openmetrics_label(s, "arch", text_get(kernel, "machine"));
}

static void case_labels(struct str *s, const struct render_input *in, size_t i,
			const json_t *o)
{
	report_labels(s, in, i);
	openmetrics_label(s, "case", text_get(o, "id"));
	openmetrics_label(s, "label", text_get(o, "label"));
}

static void run_samples(struct openmetrics *m, const struct render_input *in,
			const struct openmetrics_family *f, const char *member)
{
	openmetrics_family(m, f);
	for (size_t i = 0; i < in->n_reports; i++) {
		_cleanup_str_ struct str s = STR_INIT;

		report_labels(&s, in, i);
		openmetrics_sample(m, s.buf, js_get_number(in->reports[i], member, NAN));
	}
}

static void info_samples(struct openmetrics *m, const struct render_input *in)
{
	openmetrics_family(m, &info_family);
	for (size_t i = 0; i < in->n_reports; i++) {
		const json_t *report = in->reports[i];
		_cleanup_str_ struct str s = STR_INIT;

		report_labels(&s, in, i);
		openmetrics_label(&s, "version",
				  text_get(json_object_get(report, "tool"), "version"));
		openmetrics_label(&s, "outcome", text_get(report, "outcome"));
		openmetrics_label(&s, "cpu", text_get(json_object_get(report, "machine"),
						      "cpu.model"));
		openmetrics_label(&s, "hypervisor",
				  text_get(json_object_get(report, "machine"),
					   "hypervisor"));
		openmetrics_sample(m, s.buf, 1);
	}
}

static void outcome_samples(struct openmetrics *m, const struct render_input *in)
{
	json_t *o;
	size_t k;

	openmetrics_family(m, &outcome_family);
	for (size_t i = 0; i < in->n_reports; i++)
		json_array_foreach(json_object_get(in->reports[i], "cases"), k, o) {
			_cleanup_str_ struct str s = STR_INIT;

			case_labels(&s, in, i, o);
			openmetrics_states(m, s.buf, "outcome", build_outcomes,
					   text_get(o, "outcome"));
		}
}

static void check_samples(struct openmetrics *m, const struct render_input *in,
			  const struct openmetrics_family *f, const char *member)
{
	json_t *o, *check;
	size_t k, c;

	openmetrics_family(m, f);
	for (size_t i = 0; i < in->n_reports; i++)
		json_array_foreach(json_object_get(in->reports[i], "cases"), k, o)
			json_array_foreach(json_object_get(o, "checks"), c, check) {
				_cleanup_str_ struct str s = STR_INIT;

				case_labels(&s, in, i, o);
				openmetrics_label(&s, "check", text_get(check, "id"));
				openmetrics_sample(m, s.buf,
						   js_get_number(check, member, NAN));
			}
}

/* --- metrics ----------------------------------------------------------------- */

static bool takes(const struct value_family *f, const json_t *metric, double *factor)
{
	const char *base = render_base_unit(text_get(metric, "unit"), factor);

	if (!word_in(f->kinds, text_get(metric, "kind")))
		return false;
	return f->unit ? !*f->unit || !strcmp(f->unit, base) : !*base;
}

static void percentile_samples(struct openmetrics *m, const char *labels,
			       const json_t *metric, double factor)
{
	const char *name;
	json_t *list;

	json_object_foreach(json_object_get(metric, "percentiles"), name, list) {
		double quantile = strtod(name, NULL) / 100;
		_cleanup_str_ struct str s = STR_INIT;
		char text[32];

		if (!(quantile >= 0 && quantile <= 1))
			continue;
		snprintf(text, sizeof(text), "%.6g", quantile);
		str_add(&s, labels);
		openmetrics_label(&s, "quantile", text);
		openmetrics_sample(m, s.buf, factor * text_median(list));
	}
}

/* "faults" of "faults/s": what is counted. */
static void add_quantity(struct str *s, const char *unit)
{
	_cleanup_free_ char *quantity = xstrdup(unit);
	char *slash = strrchr(quantity, '/');

	if (slash && !strcmp(slash, "/s"))
		*slash = '\0';
	openmetrics_label(s, "quantity", quantity);
}

static void metric_samples(struct openmetrics *m, const struct value_family *f,
			   const char *labels, const json_t *metric)
{
	_cleanup_str_ struct str s = STR_INIT;
	double factor, value = NAN;

	if (!takes(f, metric, &factor))
		return;
	str_add(&s, labels);
	openmetrics_label(&s, "metric", text_get(metric, "id"));
	openmetrics_label(&s, "variant", text_get(metric, "variant"));
	if (!strcmp(f->kinds, "rate"))
		add_quantity(&s, text_get(metric, "unit"));
	else if (!f->unit)
		openmetrics_label(&s, "unit", text_get(metric, "unit"));
	if (f->percentiles) {
		percentile_samples(m, s.buf, metric, factor);
		return;
	}
	for (size_t i = 0; !isfinite(value) && i < ARRAY_SIZE(f->lists); i++)
		if (f->lists[i])
			value = text_median(json_object_get(metric, f->lists[i]));
	openmetrics_sample(m, s.buf, factor * value);
}

static void value_samples(struct openmetrics *m, const struct render_input *in,
			  const struct value_family *f)
{
	json_t *o, *metric;
	size_t k, n;

	openmetrics_family(m, &f->family);
	for (size_t i = 0; i < in->n_reports; i++)
		json_array_foreach(json_object_get(in->reports[i], "cases"), k, o) {
			_cleanup_str_ struct str s = STR_INIT;

			case_labels(&s, in, i, o);
			json_array_foreach(json_object_get(o, "metrics"), n, metric)
				metric_samples(m, f, s.buf, metric);
		}
}

void openmetrics_reports(struct openmetrics *m, const struct render_input *in)
{
	info_samples(m, in);
	run_samples(m, in, &start_family, "started");
	run_samples(m, in, &length_family, "seconds");
	outcome_samples(m, in);
	check_samples(m, in, &evaluated_family, "evaluated");
	check_samples(m, in, &failed_family, "failed");
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		value_samples(m, in, &families[i]);
}
