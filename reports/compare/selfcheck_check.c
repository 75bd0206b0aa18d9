/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a stored selfcheck has to be like: schema/strain-selfcheck-1.schema.json. */
#include <string.h>

#include "reports/check_rules.h"
#include "reports/compare/selfcheck.h"

/* clang-format off */
static const struct rule floor_rows[] = {
	{ "paired", ONE, RULE_AMOUNT },
	{ "unpaired", ONE, RULE_AMOUNT },
	{}
};

static const struct rule autocorrelation_rows[] = {
	{ "pairs", ONE, RULE_NUMBER },
	{ "a", ONE, RULE_NUMBER },
	{ "b", ONE, RULE_NUMBER },
	{}
};

static const struct rule metric_rows[] = {
	{ "case", ONE, RULE_TEXT, .required = true },
	{ "metric", ONE, RULE_TEXT, .required = true },
	{ "name", ONE, RULE_TEXT },
	{ "variant", ONE, RULE_TEXT },
	{ "statistic", ONE, RULE_TEXT, .required = true },
	{ "rate", ONE, RULE_TEXT },
	{ "unit", ONE, RULE_TEXT },
	{ "kind", ONE, RULE_TEXT },
	{ "primary", ONE, RULE_TRUTH },
	{ "folder", ONE, RULE_TEXT },
	{ "pairs", ONE, RULE_COUNT },
	{ "cv", LIST, RULE_NUMBER },
	{ "sd", ONE, RULE_AMOUNT },
	{ "autocorrelation", ONE, RULE_OBJECT, .rules = autocorrelation_rows },
	{ "change", ONE, RULE_NUMBER },
	{ "p", ONE, RULE_AMOUNT },
	{ "floor", ONE, RULE_OBJECT, .required = true, .rules = floor_rows },
	{ "tests", ONE, RULE_COUNT },
	{ "alarms", ONE, RULE_COUNT },
	{}
};

static const struct rule alarms_rows[] = {
	{ "level", ONE, RULE_AMOUNT },
	{ "tests", ONE, RULE_COUNT },
	{ "count", ONE, RULE_COUNT },
	{ "share", ONE, RULE_AMOUNT },
	{ "binomial", ONE, RULE_COUNT },
	{ "splits", ONE, RULE_COUNT },
	{ "limit", ONE, RULE_COUNT },
	{}
};

static const struct rule selfcheck_rows[] = {
	{ "tool", MAP, RULE_SCALAR },
	{ "fingerprint", ONE, RULE_TEXT, .required = true },
	{ "kernel", ONE, RULE_TEXT },
	{ "started", ONE, RULE_AMOUNT, .required = true },
	{ "seconds", ONE, RULE_AMOUNT },
	{ "command", LIST, RULE_TEXT },
	{ "seed", ONE, RULE_TEXT },
	{ "pairing", MAP, RULE_SCALAR },
	{ "pairs", ONE, RULE_COUNT },
	{ "passed", ONE, RULE_TRUTH, .required = true },
	{ "text", ONE, RULE_TEXT },
	{ "alarms", ONE, RULE_OBJECT, .rules = alarms_rows },
	{ "metrics", LIST, RULE_OBJECT, .required = true, .rules = metric_rows, .limit = 10000 },
	{}
};
/* clang-format on */

char *selfcheck_check(const json_t *doc)
{
	const char *schema = js_get_text(doc, "schema");

	if (!schema || strcmp(schema, SELFCHECK_SCHEMA))
		return xasprintf("it is a '%.40s', this strain reads " SELFCHECK_SCHEMA,
				 schema ? schema : "");
	return check_rules(doc, selfcheck_rows);
}
