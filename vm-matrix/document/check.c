/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a document has to be like: schema strain-matrix-1 in reports/schema. */
#include <string.h>

#include "reports/check_rules.h"
#include "vm-matrix/document/parts.h"

#define OUTCOMES                                                             \
	"pass fail panic oops hang no-boot truncated qemu-failed timeout skipped " \
	"broken interrupted"
#define CASE_OUTCOMES \
	"pass fail broken skip hang killed expected-fail unexpected-pass interrupted"
#define TAIL_MOST 1000

/* clang-format off */
static const struct rule metric_rows[] = {
	{ "id", ONE, RULE_TEXT, .required = true },
	{ "name", ONE, RULE_TEXT },
	{ "variant", ONE, RULE_TEXT },
	{ "unit", ONE, RULE_TEXT },
	{ "kind", ONE, RULE_WORD, .words = "rate cost latency gauge ratio" },
	{ "better", ONE, RULE_WORD, .words = "higher lower neither" },
	{ "primary", ONE, RULE_TRUTH },
	{ "version", ONE, RULE_COUNT },
	{ "trials", ONE, RULE_COUNT },
	{ "median", ONE, RULE_NUMBER },
	{ "cpu_median", ONE, RULE_NUMBER },
	{ "percentiles", MAP, RULE_NUMBER, .limit = CHECK_SHARES },
	{}
};

static const struct rule case_rows[] = {
	{ "id", ONE, RULE_TEXT, .required = true },
	{ "outcome", ONE, RULE_WORD, .words = CASE_OUTCOMES },
	{ "reason", ONE, RULE_TEXT },
	{ "remedy", ONE, RULE_TEXT },
	{ "stressor", ONE, RULE_TEXT },
	{ "method", ONE, RULE_TEXT },
	{ "checks_evaluated", ONE, RULE_AMOUNT },
	{ "checks_failed", LIST, RULE_TEXT, .limit = CHECK_METRICS },
	{ "metrics", LIST, RULE_OBJECT, .rules = metric_rows, .limit = CHECK_METRICS },
	{}
};

static const struct rule report_rows[] = {
	{ "sealed", ONE, RULE_TRUTH },
	{ "truncated", ONE, RULE_TRUTH },
	{ "outcome", ONE, RULE_TEXT },
	{ "exit_code", ONE, RULE_COUNT },
	{ "seed", ONE, RULE_TEXT },
	{ "started", ONE, RULE_AMOUNT },
	{ "seconds", ONE, RULE_AMOUNT },
	{ "boot_id", ONE, RULE_TEXT },
	{ "cases", LIST, RULE_OBJECT, .rules = case_rows, .limit = CHECK_CASES },
	{}
};

static const struct rule kernel_rows[] = {
	{ "name", ONE, RULE_TEXT, .required = true },
	{ "source", ONE, RULE_TEXT },
	{ "release", ONE, RULE_TEXT },
	{ "package", ONE, RULE_TEXT },
	{ "version", ONE, RULE_TEXT },
	{ "digest", ONE, RULE_TEXT },
	{}
};

static const struct rule machine_rows[] = {
	{ "name", ONE, RULE_TEXT, .required = true },
	{ "cpus", ONE, RULE_COUNT },
	{ "memory", ONE, RULE_COUNT },
	{ "nodes", LIST, RULE_OBJECT, .rules = (const struct rule[]){ {} }, .limit = PLAN_NODES },
	{ "disks", LIST, RULE_OBJECT, .rules = (const struct rule[]){ {} }, .limit = PLAN_DISKS },
	{}
};

static const struct rule cmdline_rows[] = {
	{ "name", ONE, RULE_TEXT, .required = true },
	{ "append", ONE, RULE_TEXT },
	{}
};

static const struct rule job_rows[] = {
	{ "name", ONE, RULE_TEXT, .required = true },
	{ "kind", ONE, RULE_TEXT },
	{ "argv", LIST, RULE_TEXT },
	{ "modules", LIST, RULE_TEXT },
	{ "commands", LIST, RULE_TEXT },
	{ "settings", MAP, RULE_TEXT },
	{ "timeout", ONE, RULE_AMOUNT },
	{ "quiet", ONE, RULE_AMOUNT },
	{ "exact", ONE, RULE_TRUTH },
	{ "timed", ONE, RULE_TRUTH },
	{}
};

static const struct rule cell_rows[] = {
	{ "id", ONE, RULE_TEXT, .required = true },
	{ "order", ONE, RULE_COUNT },
	{ "kernel", ONE, RULE_OBJECT, .required = true, .rules = kernel_rows },
	{ "arch", ONE, RULE_TEXT, .required = true },
	{ "machine", ONE, RULE_OBJECT, .required = true, .rules = machine_rows },
	{ "cmdline", ONE, RULE_OBJECT, .required = true, .rules = cmdline_rows },
	{ "job", ONE, RULE_OBJECT, .required = true, .rules = job_rows },
	{ "outcome", ONE, RULE_WORD, .required = true, .words = OUTCOMES },
	{ "reason", ONE, RULE_TEXT },
	{ "started", ONE, RULE_AMOUNT },
	{ "seconds", ONE, RULE_AMOUNT },
	{ "cpu_seconds", ONE, RULE_AMOUNT },
	{ "boot_seconds", ONE, RULE_AMOUNT },
	{ "accel", ONE, RULE_TEXT },
	{ "emulator", ONE, RULE_TEXT },
	{ "digest", ONE, RULE_TEXT },
	{ "state_restored", ONE, RULE_TRUTH },
	{ "from_cache", ONE, RULE_TRUTH },
	{ "attempts", ONE, RULE_COUNT },
	{ "console_tail", LIST, RULE_TEXT, .limit = TAIL_MOST },
	{ "report_file", ONE, RULE_TEXT },
	{ "console_file", ONE, RULE_TEXT },
	{ "report", ONE, RULE_OBJECT, .rules = report_rows },
	{}
};

static const struct rule matrix_rows[] = {
	{ "name", ONE, RULE_TEXT },
	{ "about", ONE, RULE_TEXT },
	{ "file", ONE, RULE_TEXT },
	{ "digest", ONE, RULE_TEXT },
	{ "cells_in_file", ONE, RULE_COUNT },
	{ "only", ONE, RULE_TEXT },
	{ "shard", ONE, RULE_TEXT },
	{}
};

static const struct rule tool_rows[] = {
	{ "name", ONE, RULE_TEXT },
	{ "version", ONE, RULE_TEXT },
	{ "commit", ONE, RULE_TEXT },
	{}
};

static const struct rule document_rows[] = {
	{ "schema", ONE, RULE_TEXT, .required = true },
	{ "sealed", ONE, RULE_TRUTH },
	{ "outcome", ONE, RULE_WORD, .words = OUTCOMES },
	{ "exit_code", ONE, RULE_COUNT },
	{ "counts", MAP, RULE_COUNT },
	{ "tool", ONE, RULE_OBJECT, .rules = tool_rows },
	{ "command", LIST, RULE_TEXT },
	{ "matrix", ONE, RULE_OBJECT, .required = true, .rules = matrix_rows },
	{ "started", ONE, RULE_AMOUNT },
	{ "seconds", ONE, RULE_AMOUNT },
	{ "host", MAP, RULE_SCALAR },
	{ "notes", LIST, RULE_TEXT },
	{ "cells", LIST, RULE_OBJECT, .required = true, .rules = cell_rows, .limit = PLAN_CELLS },
	{}
};
/* clang-format on */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *find_double(const json_t *cells)
{
	const char **ids = xalloc((json_array_size(cells) + 1) * sizeof(*ids));
	size_t n = json_array_size(cells);
	char *fault = NULL;

	for (size_t i = 0; i < n; i++)
		ids[i] = js_get_text(json_array_get(cells, i), "id");
	qsort(ids, n, sizeof(*ids), by_text);
	for (size_t i = 1; i < n && !fault; i++)
		if (!strcmp(ids[i - 1], ids[i]))
			fault = xasprintf("cells: '%.120s' is there twice", ids[i]);
	free(ids);
	return fault;
}

char *matrix_check(const json_t *doc)
{
	const char *schema = js_get_text(doc, "schema");
	char *fault;

	if (!schema)
		return xstrdup("it is not a document of a matrix: it has no schema");
	if (strcmp(schema, MATRIX_SCHEMA))
		return xasprintf("its schema is '%.40s', not " MATRIX_SCHEMA, schema);
	fault = check_rules(doc, document_rows);
	return fault ? fault : find_double(json_object_get(doc, "cells"));
}
