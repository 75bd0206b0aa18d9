/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row of the comparison as JSON, and in one sentence. */
#include "reports/compare/compare_parts.h"

#include <math.h>
#include <string.h>

char *compare_percent(double ratio)
{
	double percent = fabs(ratio) * 100;

	return xasprintf("%.*f %%", percent < 0.995 ? 2 : percent < 99.5 ? 1 : 0, percent);
}

/* Worst and best change with the interval's ends in ascending order. */
static void interval(const struct series *s, double *low, double *high)
{
	double a = s->metric->better < 0 ? -s->j.shift.high : s->j.shift.low;
	double b = s->metric->better < 0 ? -s->j.shift.low : s->j.shift.high;

	*low = compare_change(s, a);
	*high = compare_change(s, b);
}

static double estimate(const struct series *s)
{
	return compare_change(s, s->metric->better < 0 ? -s->j.shift.estimate :
							 s->j.shift.estimate);
}

/* The largest change that the interval does not exclude. */
static double most(const struct series *s)
{
	double low, high;

	interval(s, &low, &high);
	return fmax(fabs(low), fabs(high));
}

static const char *unit_word(const struct series *s)
{
	return s->j.paired ? (s->view->boots ? "boots" : "pairs") :
			     (s->view->boots ? "boots a side" : "trials a side");
}

static char *inconclusive(const struct comparison *c, const struct series *s)
{
	double missed = most(s);
	_cleanup_free_ char *up_to = compare_percent(missed);
	_cleanup_free_ char *change = compare_percent(estimate(s));
	_cleanup_free_ char *need =
		xasprintf("about %zu %s would decide", s->j.needed, unit_word(s));

	switch (s->j.reason) {
	case VERDICT_ONE_UNIT:
		return xasprintf("one %s on a side says nothing of the spread; at least %zu %s are needed",
				 s->view->boots ? "boot" : s->j.paired ? "pair" : "trial",
				 s->j.needed, unit_word(s));
	case VERDICT_TOO_FEW:
		if (isnan(missed))
			return xasprintf("too few to tell: no result could be significant; %s", need);
		return xasprintf("too few to tell: no result could be significant, and a change of up to %s could be missed; %s",
				 up_to, need);
	case VERDICT_SMALL:
		return xasprintf("changed by %s, below the threshold, but it may be up to %s; %s",
				 change, up_to, need);
	default:
		return xasprintf("no significant change (adjusted p %.2g, limit %.2g), but one of up to %s could be missed; %s",
				 s->j.p_adjusted, c->rule.fdr, up_to, need);
	}
}

static char *why(const struct comparison *c, const struct series *s)
{
	_cleanup_free_ char *least = compare_percent(compare_change(s, s->j.threshold));
	_cleanup_free_ char *missed = compare_percent(most(s));
	_cleanup_free_ char *change = compare_percent(estimate(s));

	switch (s->j.verdict) {
	case VERDICT_REGRESSED:
	case VERDICT_IMPROVED:
		return xasprintf("%s by %s, more than the threshold of %s, adjusted p %.2g",
				 s->j.verdict == VERDICT_REGRESSED ? "worse" : "better", change,
				 least, s->j.p_adjusted);
	case VERDICT_UNCHANGED:
		return xasprintf("a change would be at most %s, within the threshold of %s",
				 missed, least);
	case VERDICT_INCONCLUSIVE:
	default:
		return inconclusive(c, s);
	}
}

static void add_judgement(json_t *o, const struct comparison *c, const struct series *s)
{
	_cleanup_free_ char *reason = why(c, s);
	_cleanup_free_ char *text = s->held ? xasprintf("%s (does not gate: %s)", reason, s->held) :
					      xstrdup(reason);
	double low, high;

	interval(s, &low, &high);
	js_set(o, "verdict", js_text(verdict_name(s->j.verdict)));
	js_set(o, "base", js_number(stat_median(s->x[0], s->n[0])));
	js_set(o, "new", js_number(stat_median(s->x[1], s->n[1])));
	js_set(o, "change", js_number(estimate(s)));
	js_set(o, "low", js_number(low));
	js_set(o, "high", js_number(high));
	js_set(o, "confidence", js_number(s->j.shift.confidence));
	js_set(o, "p", js_number(s->j.p));
	js_set(o, "p_adjusted", js_number(s->j.p_adjusted));
	js_set(o, "n", json_pack("[I,I]", (json_int_t)s->j.n[0], (json_int_t)s->j.n[1]));
	js_set(o, "paired", json_boolean(s->j.paired));
	js_set(o, "exact", json_boolean(s->j.exact));
	js_set(o, "threshold", js_number(compare_change(s, s->j.threshold)));
	js_set(o, "floor", js_number(s->floor));
	js_set(o, "missed", s->j.verdict == VERDICT_INCONCLUSIVE ?
				    js_number(most(s)) : json_null());
	js_set(o, "needed", s->j.needed ? js_count(s->j.needed) : json_null());
	js_set(o, "text", js_text(text));
}

static json_t *numbers(const double *x, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		js_add(list, js_number(x[i]));
	return list;
}

void compare_row_name(json_t *o, const struct series *s)
{
	js_set(o, "case", js_text(s->view->of->id));
	js_set(o, "metric", js_text(s->metric->id));
	js_set(o, "name", js_text(s->metric->name));
	js_set(o, "variant", js_text(s->metric->variant));
	js_set(o, "statistic", js_text(s->statistic));
	js_set(o, "rate", js_text(s->rate));
	js_set(o, "unit", js_text(s->metric->unit));
	js_set(o, "kind", js_text(s->metric->kind));
	js_set(o, "better", js_text(s->metric->better > 0 ? "higher" : "lower"));
}

json_t *compare_row(const struct comparison *c, const struct series *s)
{
	json_t *o = json_object(), *values = json_object();

	compare_row_name(o, s);
	js_set(o, "primary", json_boolean(s->j.primary));
	js_set(o, "held", js_text(s->held));
	js_set(o, "design", js_text(compare_design_name(s->view->design)));
	js_set(o, "scale", js_text(s->linear ? "linear" : "log"));
	add_judgement(o, c, s);
	js_set(values, "base", numbers(s->x[0], s->n[0]));
	js_set(values, "new", numbers(s->x[1], s->n[1]));
	js_set(o, "values", values);
	js_set(o, "counters", s->counters ? json_incref(s->counters) : json_array());
	return o;
}
