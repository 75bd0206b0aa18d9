/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a comparison has to be like: schema/strain-comparison-1.schema.json. */
#include <string.h>

#include "reports/check_rules.h"
#include "reports/load.h"

#define VERDICTS "regressed improved unchanged inconclusive"

/* clang-format off */
static const struct rule report_rows[] = {
	{ "path", ONE, RULE_TEXT },
	{ "kernel", ONE, RULE_TEXT },
	{ "started", ONE, RULE_AMOUNT },
	{ "boot_id", ONE, RULE_TEXT },
	{}
};

static const struct rule side_rows[] = {
	{ "label", ONE, RULE_TEXT },
	{ "setting", ONE, RULE_TEXT },
	{ "kernel", ONE, RULE_TEXT },
	{ "boots", ONE, RULE_COUNT },
	{ "trials", ONE, RULE_COUNT },
	{ "reports", LIST, RULE_OBJECT, .rules = report_rows },
	{}
};

static const struct rule method_rows[] = {
	{ "fdr", ONE, RULE_AMOUNT },
	{ "threshold", ONE, RULE_AMOUNT },
	{ "confidence", ONE, RULE_AMOUNT },
	{ "seed", ONE, RULE_TEXT },
	{ "unit", ONE, RULE_TEXT },
	{ "paired", ONE, RULE_TRUTH },
	{ "rate_rule", ONE, RULE_TEXT },
	{ "floor", MAP, RULE_SCALAR },
	{}
};

static const struct rule order_rows[] = {
	{ "design", ONE, RULE_TEXT },
	{ "sequence", ONE, RULE_TEXT },
	{ "text", ONE, RULE_TEXT },
	{}
};

static const struct rule fact_rows[] = {
	{ "name", ONE, RULE_TEXT, .required = true },
	{ "base", ONE, RULE_SCALAR },
	{ "new", ONE, RULE_SCALAR },
	{}
};

static const struct rule outcome_rows[] = {
	{ "case", ONE, RULE_TEXT, .required = true },
	{ "base", MAP, RULE_COUNT },
	{ "new", MAP, RULE_COUNT },
	{ "verdict", ONE, RULE_WORD, .words = VERDICTS },
	{ "p", ONE, RULE_AMOUNT },
	{ "text", ONE, RULE_TEXT },
	{}
};

static const struct rule counter_rows[] = {
	{ "name", ONE, RULE_TEXT, .required = true },
	{ "source", ONE, RULE_TEXT },
	{ "base", ONE, RULE_NUMBER },
	{ "new", ONE, RULE_NUMBER },
	{ "change", ONE, RULE_NUMBER },
	{}
};

static const struct rule values_rows[] = {
	{ "base", LIST, RULE_NUMBER },
	{ "new", LIST, RULE_NUMBER },
	{}
};

static const struct rule metric_rows[] = {
	{ "case", ONE, RULE_TEXT, .required = true },
	{ "metric", ONE, RULE_TEXT, .required = true },
	{ "name", ONE, RULE_TEXT },
	{ "variant", ONE, RULE_TEXT },
	{ "statistic", ONE, RULE_TEXT },
	{ "rate", ONE, RULE_TEXT },
	{ "unit", ONE, RULE_TEXT },
	{ "kind", ONE, RULE_TEXT },
	{ "better", ONE, RULE_TEXT },
	{ "primary", ONE, RULE_TRUTH },
	{ "verdict", ONE, RULE_WORD, .required = true, .words = VERDICTS },
	{ "base", ONE, RULE_NUMBER },
	{ "new", ONE, RULE_NUMBER },
	{ "change", ONE, RULE_NUMBER },
	{ "low", ONE, RULE_NUMBER },
	{ "high", ONE, RULE_NUMBER },
	{ "confidence", ONE, RULE_AMOUNT },
	{ "p", ONE, RULE_AMOUNT },
	{ "p_adjusted", ONE, RULE_AMOUNT },
	{ "n", LIST, RULE_COUNT, .limit = 2 },
	{ "paired", ONE, RULE_TRUTH },
	{ "exact", ONE, RULE_TRUTH },
	{ "threshold", ONE, RULE_AMOUNT },
	{ "floor", ONE, RULE_AMOUNT },
	{ "missed", ONE, RULE_AMOUNT },
	{ "needed", ONE, RULE_COUNT },
	{ "text", ONE, RULE_TEXT },
	{ "values", ONE, RULE_OBJECT, .rules = values_rows },
	{ "counters", LIST, RULE_OBJECT, .rules = counter_rows },
	{}
};

static const struct rule shape_rows[] = {
	{ "case", ONE, RULE_TEXT, .required = true },
	{ "metric", ONE, RULE_TEXT, .required = true },
	{ "variant", ONE, RULE_TEXT },
	{ "distance", ONE, RULE_NUMBER },
	{ "p", ONE, RULE_AMOUNT },
	{ "p_adjusted", ONE, RULE_AMOUNT },
	{ "verdict", ONE, RULE_TEXT },
	{}
};

static const struct rule refused_rows[] = {
	{ "case", ONE, RULE_TEXT },
	{ "reason", ONE, RULE_TEXT },
	{}
};

static const struct rule only_rows[] = {
	{ "base", LIST, RULE_TEXT },
	{ "new", LIST, RULE_TEXT },
	{}
};

static const struct rule comparison_rows[] = {
	{ "verdict", ONE, RULE_WORD, .required = true, .words = VERDICTS },
	{ "exit_code", ONE, RULE_COUNT },
	{ "gates", ONE, RULE_TRUTH },
	{ "gate_reason", ONE, RULE_TEXT },
	{ "tool", MAP, RULE_SCALAR },
	{ "method", ONE, RULE_OBJECT, .rules = method_rows },
	{ "sides", LIST, RULE_OBJECT, .rules = side_rows, .required = true },
	{ "order", ONE, RULE_OBJECT, .rules = order_rows },
	{ "environment", LIST, RULE_OBJECT, .rules = fact_rows },
	{ "counts", MAP, RULE_COUNT },
	{ "outcomes", LIST, RULE_OBJECT, .rules = outcome_rows },
	{ "metrics", LIST, RULE_OBJECT, .rules = metric_rows, .required = true },
	{ "shapes", LIST, RULE_OBJECT, .rules = shape_rows },
	{ "refused", LIST, RULE_OBJECT, .rules = refused_rows },
	{ "only", ONE, RULE_OBJECT, .rules = only_rows },
	{ "notes", LIST, RULE_TEXT },
	{}
};
/* clang-format on */

char *check_comparison(const json_t *doc)
{
	const char *schema = js_get_text(doc, "schema");

	if (!schema || strcmp(schema, COMPARISON_SCHEMA))
		return xasprintf("it is a '%.40s', this strain reads " COMPARISON_SCHEMA,
				 schema ? schema : "");
	return check_rules(doc, comparison_rows);
}
