/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a comparison judged as tests. */
#include <math.h>
#include <string.h>

#include "base/msg.h"
#include "reports/render/results.h"
#include "reports/text.h"

/* "latency shared p99 per CPU second" */
static char *metric_name(const json_t *metric)
{
	const char *variant = text_get(metric, "variant");
	const char *statistic = text_get(metric, "statistic");

	/* those that every metric of its kind has are not worth a word */
	if (!strcmp(statistic, "median") || !strcmp(statistic, "mean"))
		statistic = "";
	return xasprintf("%s%s%s%s%s%s", text_get(metric, "metric"),
			 *variant ? " " : "", variant, *statistic ? " " : "",
			 statistic,
			 text_is(metric, "rate", "cpu") ? " per CPU second" : "");
}

static void add_value(struct str *s, const json_t *o, const char *key)
{
	double value = js_get_number(o, key, NAN);

	if (isfinite(value))
		str_addf(s, "%s%s=%.6g", s->len ? " " : "", key, value);
}

/* "base=303263 new=290861 change=-0.041 low=-0.06 high=-0.02 ..." */
static void add_numbers(struct words *numbers, const char *before,
			const json_t *metric)
{
	static const char *const keys[] = { "base", "new", "change", "low", "high",
					    "p", "p_adjusted", "threshold", "missed",
					    "needed" };
	const json_t *n = json_object_get(metric, "n");
	_cleanup_str_ struct str s = STR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		add_value(&s, metric, keys[i]);
	if (json_is_integer(json_array_get(n, 0)) &&
	    json_is_integer(json_array_get(n, 1)))
		str_addf(&s, " n=%lld:%lld",
			 (long long)json_integer_value(json_array_get(n, 0)),
			 (long long)json_integer_value(json_array_get(n, 1)));
	results_line(numbers, "%s%s unit=%s", before, s.buf, text_get(metric, "unit"));
}

/* The verdict of a primary metric or of an outcome. */
static void judge(struct result *result, const json_t *o, const char *type,
		  const char *gate_reason)
{
	const char *text = text_get(o, "text");

	if (text_is(o, "verdict", "inconclusive")) {
		result_fail(result, RESULT_SKIP, "Inconclusive", text);
	} else if (text_is(o, "verdict", "regressed") && gate_reason) {
		_cleanup_free_ char *why = xasprintf(
			"regressed, but does not gate: %s", gate_reason);

		result_fail(result, RESULT_SKIP, "Ungated", why);
	} else if (text_is(o, "verdict", "regressed")) {
		result_fail(result, RESULT_FAIL, type, text);
	} else if (!text_is(o, "verdict", "improved") &&
		   !text_is(o, "verdict", "unchanged")) {
		result_fail(result, RESULT_ERROR, "UnknownVerdict",
			    text_get(o, "verdict"));
	}
}

static void add_metric(struct results *r, const json_t *metric,
		       const char *gate_reason)
{
	_cleanup_free_ char *name = metric_name(metric);
	struct result *result;

	if (!js_get_true(metric, "primary")) {
		_cleanup_free_ char *before =
			xasprintf("%s %s: %s ", text_get(metric, "case"), name,
				  text_get(metric, "verdict"));

		add_numbers(&r->lines, before, metric);
		return;
	}
	result = results_add(r, text_get(metric, "case"), name);
	result->of = metric;
	judge(result, metric, "PerfRegression", gate_reason);
	add_numbers(&result->numbers, "", metric);
	if (result->status == RESULT_PASS && *text_get(metric, "text"))
		results_line(&result->numbers, "%s: %s", text_get(metric, "verdict"),
			     text_get(metric, "text"));
}

static void add_refused(struct results *r, const json_t *refused)
{
	struct result *result = results_add(r, text_get(refused, "case"), "refused");
	_cleanup_free_ char *why =
		xasprintf("not compared: %s", text_get(refused, "reason"));

	result->of = refused;
	result_fail(result, RESULT_SKIP, "Refused", why);
}

static void add_lines(struct results *r, const json_t *comparison)
{
	static const char *const sides[] = { "base", "new" };
	const json_t *only = json_object_get(comparison, "only");
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(comparison, "environment"), i, o) {
		_cleanup_free_ char *base = json_dumps(json_object_get(o, "base"), JSON_ENCODE_ANY);
		_cleanup_free_ char *new = json_dumps(json_object_get(o, "new"), JSON_ENCODE_ANY);

		results_line(&r->lines, "differs: %s: base %s, new %s",
			     text_get(o, "name"), base ? base : "unknown",
			     new ? new : "unknown");
	}
	for (size_t s = 0; s < ARRAY_SIZE(sides); s++)
		json_array_foreach(json_object_get(only, sides[s]), i, o)
			if (json_is_string(o))
				results_line(&r->lines, "only in %s: %s", sides[s],
					     json_string_value(o));
	json_array_foreach(json_object_get(comparison, "notes"), i, o)
		if (json_is_string(o))
			results_line(&r->lines, "%s", json_string_value(o));
}

static bool controlled(const char *design)
{
	return !strcmp(design, "paired") || !strcmp(design, "alternating");
}

/* Why a worse @metric must not fail anything, as it did not in the exit code of
 * the comparison; NULL: it does. */
static const char *ungated(const json_t *doc, const json_t *metric)
{
	const char *reason = text_get(doc, "gate_reason");
	double code = js_get_number(doc, "exit_code", EXIT_REGRESSED);

	if (!json_is_false(json_object_get(doc, "gates")))
		return NULL;
	/* others ran in a worse order than this one */
	if (code != EXIT_PASS && code != EXIT_INCONCLUSIVE &&
	    !controlled(text_get(json_object_get(doc, "order"), "design")) &&
	    controlled(text_get(metric, "design")))
		return NULL;
	return *reason ? reason : "the comparison is uncontrolled";
}

struct results results_of_comparison(const json_t *comparison)
{
	struct results r = { .name = xstrdup("comparison"), .doc = comparison };
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(comparison, "outcomes"), i, o) {
		struct result *result = results_add(&r, text_get(o, "case"), "outcome");

		result->of = o;
		/* a new failure needs no statistics and so no controlled order */
		judge(result, o, "NewFailure", NULL);
	}
	json_array_foreach(json_object_get(comparison, "metrics"), i, o)
		add_metric(&r, o, ungated(comparison, o));
	json_array_foreach(json_object_get(comparison, "refused"), i, o)
		add_refused(&r, o);
	add_lines(&r, comparison);
	results_finish(&r);
	return r;
}
