/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of a comparison. */
#include <math.h>
#include <string.h>

#include "base/msg.h"
#include "reports/render/openmetrics.h"

/* clang-format off */
static const struct openmetrics_family
	info_family = { "strain_compare", "info", NULL, "what was compared" },
	verdict_family = { "strain_compare_verdict", "stateset", NULL, "verdict of the whole comparison: 1 for the one it has" },
	gates_family = { "strain_compare_gates", "gauge", NULL, "1: the order of trials was controlled, so that verdicts may gate" },
	count_family = { "strain_compare_metrics", "gauge", NULL, "metrics by verdict" },
	metric_family = { "strain_compare_metric_verdict", "stateset", NULL, "verdict of a metric: 1 for the one it has" },
	p_family = { "strain_compare_adjusted_p", "gauge", NULL, "p of no change, adjusted for all metrics" };

static const struct {
	struct openmetrics_family family;
	const char *member;
} changes[] = {
	{ { "strain_compare_ratio", "gauge", "ratio", "new value divided by that of the base" }, "change" },
	{ { "strain_compare_low_ratio", "gauge", "ratio", "lower end of the interval of the ratio" }, "low" },
	{ { "strain_compare_high_ratio", "gauge", "ratio", "upper end of the interval of the ratio" }, "high" },
};
/* clang-format on */

static const char *const verdicts[] = { "regressed", "improved", "inconclusive",
					"unchanged", NULL };

static void side_labels(struct str *s, const json_t *comparison)
{
	const json_t *sides = json_object_get(comparison, "sides");
	const json_t *base = json_array_get(sides, 0), *new = json_array_get(sides, 1);
	bool labelled = strcmp(text_get(base, "label"), "base") != 0 ||
			strcmp(text_get(new, "label"), "new") != 0;

	openmetrics_label(s, "base_kernel", text_get(base, "kernel"));
	openmetrics_label(s, "kernel", text_get(new, "kernel"));
	if (!labelled)
		return;
	openmetrics_label(s, "base", text_get(base, "label"));
	openmetrics_label(s, "new", text_get(new, "label"));
}

static void metric_labels(struct str *s, const json_t *comparison,
			  const json_t *metric)
{
	side_labels(s, comparison);
	openmetrics_label(s, "case", text_get(metric, "case"));
	openmetrics_label(s, "metric", text_get(metric, "metric"));
	openmetrics_label(s, "variant", text_get(metric, "variant"));
	openmetrics_label(s, "statistic", text_get(metric, "statistic"));
	openmetrics_label(s, "rate", text_get(metric, "rate"));
	openmetrics_label(s, "primary", js_get_true(metric, "primary") ? "1" : "0");
}

static void whole_samples(struct openmetrics *m, const json_t *comparison,
			  const char *labels)
{
	openmetrics_family(m, &info_family);
	openmetrics_sample(m, labels, 1);
	openmetrics_family(m, &verdict_family);
	openmetrics_states(m, labels, "verdict", verdicts, text_get(comparison, "verdict"));
	openmetrics_family(m, &gates_family);
	openmetrics_sample(m, labels, js_get_true(comparison, "gates"));
	openmetrics_family(m, &count_family);
	for (size_t i = 0; verdicts[i]; i++) {
		_cleanup_str_ struct str s = STR_INIT;

		str_add(&s, labels);
		openmetrics_label(&s, "verdict", verdicts[i]);
		openmetrics_sample(m, s.buf,
				   js_get_number(json_object_get(comparison, "counts"),
						 verdicts[i], NAN));
	}
}

/* @add is added to the member, which is a ratio less 1 or a probability. */
static void metric_samples(struct openmetrics *m, const json_t *comparison,
			   const struct openmetrics_family *f, const char *member,
			   double add)
{
	json_t *metric;
	size_t i;

	openmetrics_family(m, f);
	json_array_foreach(json_object_get(comparison, "metrics"), i, metric) {
		_cleanup_str_ struct str s = STR_INIT;

		metric_labels(&s, comparison, metric);
		openmetrics_sample(m, s.buf, js_get_number(metric, member, NAN) + add);
	}
}

void openmetrics_comparison(struct openmetrics *m, const json_t *comparison)
{
	_cleanup_str_ struct str labels = STR_INIT;
	json_t *metric;
	size_t i;

	side_labels(&labels, comparison);
	whole_samples(m, comparison, labels.buf);
	openmetrics_family(m, &metric_family);
	json_array_foreach(json_object_get(comparison, "metrics"), i, metric) {
		_cleanup_str_ struct str s = STR_INIT;

		metric_labels(&s, comparison, metric);
		openmetrics_states(m, s.buf, "verdict", verdicts, text_get(metric, "verdict"));
	}
	for (i = 0; i < ARRAY_SIZE(changes); i++)
		metric_samples(m, comparison, &changes[i].family, changes[i].member, 1);
	metric_samples(m, comparison, &p_family, "p_adjusted", 0);
}
