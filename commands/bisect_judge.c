/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is what a step measured nearer to the good end or to the bad one? */
#include <math.h>
#include <string.h>

#include "commands/bisect.h"
#include "reports/compare/compare.h"
#include "reports/text.h"

static bool by_outcome(const struct bisect *b)
{
	return !strcmp(b->metric, BISECT_OUTCOME);
}

/* All of @to against the report @from; the order is never controlled here. */
static json_t *compare(const struct bisect *b, const char *from, const struct words *to,
		       double alpha, double threshold, char **why)
{
	struct compare_source base = { .path = from };
	struct compare_source *new = xalloc((to->n ? to->n : 1) * sizeof(*new));
	struct compare_side side[2] = { { .label = "base", .source = &base, .n = 1 },
					{ .label = "this", .source = new, .n = to->n } };
	struct compare_options o = {
		.threshold = threshold,
		.fdr = alpha,
		.confidence = 1 - alpha,
		.primary = by_outcome(b) ? NULL : b->metric,
		.seed = 1,
		.force = b->force,
		.allow_uncontrolled = true,
		.brief = true,
	};
	json_t *doc;

	for (size_t i = 0; i < to->n; i++)
		new[i].path = to->word[i];
	doc = compare_reports(&side[0], &side[1], &o, why);
	free(new);
	return doc;
}

/* --- the one row ------------------------------------------------------------- */

static char *row_name(const json_t *row)
{
	const char *rate = js_get_text(row, "rate"), *variant = js_get_text(row, "variant");

	return xasprintf("%s:%s:%s%s%s", text_get(row, "case"), text_get(row, "metric"),
			 rate ? rate : text_get(row, "statistic"), variant ? " of " : "",
			 variant ? variant : "");
}

/* NULL with @why: the metric names none, or several. */
static const json_t *only_row(const struct bisect *b, const json_t *doc, char **why)
{
	const json_t *found = NULL, *refused = json_object_get(doc, "refused");
	_cleanup_str_ struct str names = STR_INIT;
	json_t *row;
	size_t i, n = 0;

	json_array_foreach(json_object_get(doc, "metrics"), i, row) {
		_cleanup_free_ char *name = NULL;

		if (!js_get_true(row, "primary"))
			continue;
		name = row_name(row);
		found = row;
		if (n++ < 4)
			str_addf(&names, "%s%s", n > 1 ? ", " : "", name);
	}
	if (n == 1)
		return found;
	if (n)
		*why = xasprintf("'%s' names %zu metrics, a bisection follows one: %s%s", b->metric, n,
				 names.buf, n > 4 ? ", ..." : "");
	else if (json_array_size(refused))
		*why = xasprintf("cannot compare '%s': %s",
				 text_get(json_array_get(refused, 0), "case"),
				 text_get(json_array_get(refused, 0), "reason"));
	else
		*why = xasprintf("'%s' was not measured on both sides", b->metric);
	return NULL;
}

/* A change on the scale of the test. */
static double scaled(const json_t *row, const char *key)
{
	double change = js_get_number(row, key, NAN);

	return text_is(row, "scale", "log") ? log1p(change) : change;
}

/* What the base's own trials show where nothing changed; 0 unknown. */
static double noise_of(const json_t *row)
{
	const json_t *list = json_object_get(json_object_get(row, "values"), "base");
	double *x = xalloc((json_array_size(list) + 1) * sizeof(*x)), floor;
	json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		x[i] = log(json_number_value(value));
	floor = text_is(row, "scale", "log") ?
		expm1(stat_noise_floor(x, json_array_size(list), 1)) : NAN;
	free(x);
	return isfinite(floor) ? floor : 0;
}

/* Compares, with the noise of the first side as the least threshold. */
static json_t *compare_row_with(const struct bisect *b, const char *from, const struct words *to,
				double alpha, const json_t **row, char **why)
{
	json_t *doc = compare(b, from, to, alpha, b->threshold, why);
	double noise;

	*row = doc ? only_row(b, doc, why) : NULL;
	if (!*row) {
		json_decref(doc);
		return NULL;
	}
	noise = noise_of(*row);
	if (noise <= js_get_number(*row, "threshold", 0))
		return doc;
	json_decref(doc);
	doc = compare(b, from, to, alpha, noise, why);
	*row = doc ? only_row(b, doc, why) : NULL;
	if (!*row) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}

/* --- outcomes ---------------------------------------------------------------- */

static void judge_outcome(const struct bisect *b, double alpha, struct bisect_result *r)
{
	const json_t *list, *o, *shown = NULL;
	_cleanup_json_ json_t *doc = compare(b, b->base, &b->reports, alpha, b->threshold, &r->text);
	size_t i;

	r->hopeless = !doc;
	if (!doc)
		return;
	if (js_get_number(doc, "exit_code", 2) == 2) {
		o = json_array_get(json_object_get(doc, "refused"), 0);
		r->text = xasprintf("cannot compare: %s", o ? text_get(o, "reason") : "no case is on both sides");
		r->hopeless = true;
		return;
	}
	r->end = BISECT_GOOD;
	r->unchanged = true;
	list = json_object_get(doc, "outcomes");
	for (i = 0; i < json_array_size(list) && r->end != BISECT_BAD; i++) {
		o = json_array_get(list, i);
		if (text_is(o, "verdict", "improved"))
			continue;
		r->end = text_is(o, "verdict", "regressed") ? BISECT_BAD : BISECT_UNKNOWN;
		shown = o;
	}
	r->unchanged = r->end == BISECT_GOOD;
	r->n[0] = (size_t)js_get_number(json_array_get(json_object_get(doc, "sides"), 0), "trials", 0);
	r->n[1] = (size_t)js_get_number(json_array_get(json_object_get(doc, "sides"), 1), "trials", 0);
	r->text = shown ? xasprintf("%s: %s", text_get(shown, "case"), text_get(shown, "text")) :
			  xasprintf("no case ended worse in %zu trials", r->n[1]);
}

/* --- numbers ----------------------------------------------------------------- */

/*
 * With both ends: more than half of the way to the bad one with confidence, and
 * worse than the base by the test; or less than half, and better than the bad.
 */
static void judge_between(const struct bisect *b, double alpha, const json_t *row,
			  struct bisect_result *r)
{
	double low = scaled(row, "low") / b->distance, high = scaled(row, "high") / b->distance;
	const json_t *other;
	_cleanup_json_ json_t *doc = NULL;
	char *why = NULL;

	doc = compare_row_with(b, b->bad, &b->reports, alpha, &other, &why);
	if (!doc) {
		free(r->text);
		r->text = why;
		r->hopeless = true;
		return;
	}
	if (text_is(row, "verdict", "regressed") && fmin(low, high) > 0.5)
		r->end = BISECT_BAD;
	else if (text_is(other, "verdict", "improved") && fmax(low, high) < 0.5)
		r->end = BISECT_GOOD;
}

void bisect_judge(const struct bisect *b, double alpha, struct bisect_result *r)
{
	_cleanup_json_ json_t *doc = NULL;
	const json_t *row, *n;

	bisect_result_free(r);
	*r = (struct bisect_result){ .end = BISECT_UNKNOWN, .change = NAN, .low = NAN,
				     .high = NAN, .p = NAN };
	if (by_outcome(b)) {
		judge_outcome(b, alpha, r);
		return;
	}
	doc = compare_row_with(b, b->base, &b->reports, alpha, &row, &r->text);
	r->hopeless = !doc;
	if (!doc)
		return;
	n = json_object_get(row, "n");
	r->n[0] = (size_t)json_integer_value(json_array_get(n, 0));
	r->n[1] = (size_t)json_integer_value(json_array_get(n, 1));
	r->change = js_get_number(row, "change", NAN);
	r->low = js_get_number(row, "low", NAN);
	r->high = js_get_number(row, "high", NAN);
	r->p = js_get_number(row, "p", NAN);
	r->name = row_name(row);
	r->text = xstrdup(text_get(row, "text"));
	r->unchanged = text_is(row, "verdict", "unchanged");
	if (b->bad)
		judge_between(b, alpha, row, r);
	else if (text_is(row, "verdict", "regressed"))
		r->end = BISECT_BAD;
	else if (!text_is(row, "verdict", "inconclusive"))
		r->end = BISECT_GOOD;
}

/* --- ends -------------------------------------------------------------------- */

char *bisect_check_ends(struct bisect *b)
{
	_cleanup_words_ struct words bad = { 0 };
	_cleanup_json_ json_t *doc = NULL;
	struct bisect_result r = { .text = NULL };
	struct bisect test = *b;
	const json_t *row;
	char *why = NULL;

	b->distance = NAN;
	if (!b->bad && by_outcome(b))
		return NULL;
	/* without a bad end with itself: is the metric one? */
	words_add(&bad, b->bad ? b->bad : b->base);
	if (by_outcome(b)) {
		test.reports = bad;
		bisect_judge(&test, b->fdr, &r);
		if (r.end != BISECT_BAD)
			why = xasprintf("the ends do not differ: %s", r.text);
		bisect_result_free(&r);
		return why;
	}
	doc = compare_row_with(b, b->base, &bad, b->fdr, &row, &why);
	if (!doc)
		return why;
	if (!b->bad)
		return NULL;
	if (!text_is(row, "verdict", "regressed"))
		return xasprintf("the ends do not differ: %s", text_get(row, "text"));
	b->distance = scaled(row, "change");
	return NULL;
}

void bisect_result_free(struct bisect_result *r)
{
	free(r->name);
	free(r->text);
	r->name = r->text = NULL;
}
