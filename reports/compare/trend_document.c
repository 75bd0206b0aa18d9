/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trend as a document. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reports/compare/trend_parts.h"

static const char *const order_names[] = { "version", "time", "given" };

static json_t *versions_json(const struct trend *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n_versions; i++) {
		const struct trend_version *v = &t->version[i];
		json_t *o = json_object(), *paths = json_array();

		for (size_t k = 0; k < v->paths.n; k++)
			js_add(paths, js_text(v->paths.word[k]));
		js_set(o, "label", js_text(v->label));
		js_set(o, "release", js_text(v->release));
		js_set(o, "version", js_text(v->version));
		js_set(o, "config", js_text(v->config));
		js_set(o, "started", js_number(v->started));
		js_set(o, "boots", js_count(v->boots));
		js_set(o, "trials", js_count(v->trials));
		js_set(o, "reports", paths);
		js_add(list, o);
	}
	return list;
}

static json_t *method_json(const struct trend *t)
{
	_cleanup_free_ char *seed = xasprintf("%" PRIu64, t->o->judge.seed);
	_cleanup_free_ char *rule = compare_rate_rule();
	json_t *o = json_object();

	js_set(o, "order", js_text(order_names[t->o->order]));
	js_set(o, "fdr", js_number(t->c.rule.fdr));
	js_set(o, "threshold", js_number(compare_threshold(&t->c)));
	js_set(o, "confidence", js_number(t->c.rule.confidence));
	js_set(o, "power", js_number(t->c.rule.power));
	js_set(o, "change_alpha", js_number(t->alpha));
	js_set(o, "change_versions", js_count(TREND_SERIES));
	js_set(o, "seed", js_text(seed));
	js_set(o, "rate_rule", js_text(rule));
	return o;
}

/* --- verdicts ---------------------------------------------------------------- */

/* A shift on which > 0 is better, as changes of the value. */
static void set_changes(json_t *o, const struct trend_series *s, const struct stat_shift *shift)
{
	bool less = s->of->metric->better < 0;
	double values[] = { less ? -shift->estimate : shift->estimate,
			    less ? -shift->high : shift->low,
			    less ? -shift->low : shift->high };
	static const char *const keys[] = { "change", "low", "high" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		js_set(o, keys[i], js_number(!isfinite(values[i]) ? NAN :
					     s->linear ? values[i] : expm1(values[i])));
	js_set(o, "confidence", js_number(shift->confidence));
}

static json_t *pair_json(const struct trend_series *s, const struct trend_pair *p)
{
	json_t *o = json_object();

	js_set(o, "from", js_count(p->from));
	js_set(o, "to", js_count(p->to));
	js_set(o, "against", js_text(p->baseline ? "baseline" : "predecessor"));
	js_set(o, "verdict", js_text(verdict_name(p->j.verdict)));
	set_changes(o, s, &p->j.shift);
	js_set(o, "p", js_number(p->j.p));
	js_set(o, "p_adjusted", js_number(p->j.p_adjusted));
	js_set(o, "exact", json_boolean(p->j.exact));
	js_set(o, "n", json_pack("[I,I]", (json_int_t)p->j.n[0], (json_int_t)p->j.n[1]));
	js_set(o, "missed", js_number(p->j.verdict != VERDICT_INCONCLUSIVE ? NAN :
				      s->linear ? p->j.missed : expm1(p->j.missed)));
	js_set(o, "needed", p->j.needed ? js_count(p->j.needed) : json_null());
	return o;
}

static json_t *change_json(const struct trend_series *s, const struct trend_change *c)
{
	json_t *o = json_object();

	js_set(o, "at", js_count(c->at));
	js_set(o, "first", js_count(c->first));
	js_set(o, "last", js_count(c->last));
	js_set(o, "verdict", js_text(verdict_name(c->verdict)));
	set_changes(o, s, &c->shift);
	js_set(o, "n", json_pack("[I,I]", (json_int_t)c->n[0], (json_int_t)c->n[1]));
	return o;
}

static json_t *point_json(const struct trend_point *p, size_t version)
{
	json_t *o = json_object(), *values = json_array();

	for (size_t i = 0; i < p->n; i++)
		js_add(values, js_number(p->x[i]));
	js_set(o, "version", js_count(version));
	js_set(o, "value", js_number(p->value));
	js_set(o, "values", values);
	return o;
}

/* Of the newest version's pairs the one that explains the verdict. */
static const struct trend_pair *reason_of(const struct trend *t, const struct trend_series *s)
{
	for (size_t i = 0; i < s->n_pairs; i++)
		if (s->pair[i].to == t->newest && s->pair[i].j.verdict == s->verdict)
			return &s->pair[i];
	return NULL;
}

static char *shift_text(const struct trend_series *s, const struct stat_shift *shift)
{
	double size = fabs(shift->estimate);
	/* worse is a lower value where more is better */
	bool fall = (shift->estimate < 0) == (s->of->metric->better > 0);

	return compare_percent(s->linear ? size : expm1(fall ? -size : size));
}

static char *undecided(const struct trend *t, const struct trend_series *s,
		       const struct trend_pair *p)
{
	const char *units = s->boots ? "boots" : "trials";

	if (p->j.reason == VERDICT_ONE_UNIT)
		return xasprintf("one %s of a version says nothing of the spread; at least %zu %s of each are needed",
				 s->boots ? "boot" : "trial", p->j.needed, units);
	return xasprintf("not decided against %s (adjusted p %.2g): about %zu %s of each version would decide",
			 t->version[p->from].label, p->j.p_adjusted, p->j.needed, units);
}

/* Why the verdict of the newest version is what it is. */
static char *text_of(const struct trend *t, const struct trend_series *s)
{
	const struct trend_pair *p = reason_of(t, s);
	const struct trend_change *c = s->n_changes ? &s->change[s->n_changes - 1] : NULL;
	_cleanup_free_ char *size = NULL;

	if (!s->point[t->newest].n)
		return xasprintf("not measured with %s", t->version[t->newest].label);
	if (c && c->verdict == s->verdict && c->at > t->baseline) {
		size = shift_text(s, &c->shift);
		return xasprintf("%s by %s since %s", s->verdict == VERDICT_REGRESSED ? "worse" : "better",
				 size, t->version[c->at].label);
	}
	if (!p)
		return xstrdup("no version before it was measured");
	size = shift_text(s, &p->j.shift);
	switch (s->verdict) {
	case VERDICT_REGRESSED:
	case VERDICT_IMPROVED:
		return xasprintf("%s by %s than %s (adjusted p %.2g)",
				 s->verdict == VERDICT_REGRESSED ? "worse" : "better", size,
				 t->version[p->from].label, p->j.p_adjusted);
	case VERDICT_UNCHANGED:
		return xasprintf("as %s within the threshold", t->version[p->from].label);
	case VERDICT_INCONCLUSIVE:
	default:
		return undecided(t, s, p);
	}
}

static json_t *metric_json(const struct trend *t, const struct trend_series *s)
{
	json_t *o = json_object(), *points = json_array(), *pairs = json_array();
	json_t *changes = json_array();
	_cleanup_free_ char *text = text_of(t, s);

	compare_row_name(o, s->of);
	js_set(o, "primary", json_boolean(s->of->j.primary));
	js_set(o, "held", js_text(s->of->held));
	js_set(o, "scale", js_text(s->linear ? "linear" : "log"));
	js_set(o, "counted", js_text(s->boots ? "boots" : "trials"));
	js_set(o, "threshold", js_number(s->linear ? s->threshold : expm1(s->threshold)));
	js_set(o, "floor", js_number(s->of->floor));
	js_set(o, "searched", json_boolean(s->searched));
	js_set(o, "verdict", js_text(verdict_name(s->verdict)));
	js_set(o, "text", js_text(text));
	for (size_t i = 0; i < t->n_versions; i++)
		if (s->point[i].n)
			js_add(points, point_json(&s->point[i], i));
	for (size_t i = 0; i < s->n_pairs; i++)
		js_add(pairs, pair_json(s, &s->pair[i]));
	for (size_t i = 0; i < s->n_changes; i++)
		js_add(changes, change_json(s, &s->change[i]));
	js_set(o, "points", points);
	js_set(o, "comparisons", pairs);
	js_set(o, "changes", changes);
	return o;
}

static int by_importance(const void *a, const void *b)
{
	const struct trend_series *x = *(const struct trend_series *const *)a;
	const struct trend_series *y = *(const struct trend_series *const *)b;

	if (x->of->j.primary != y->of->j.primary)
		return x->of->j.primary ? -1 : 1;
	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	return x < y ? -1 : x > y;
}

static json_t *metrics_json(const struct trend *t)
{
	const struct trend_series **sorted = xalloc((t->n_series ? t->n_series : 1) * sizeof(*sorted));
	json_t *list = json_array();

	for (size_t i = 0; i < t->n_series; i++)
		sorted[i] = &t->series[i];
	qsort(sorted, t->n_series, sizeof(*sorted), by_importance);
	for (size_t i = 0; i < t->n_series; i++)
		js_add(list, metric_json(t, sorted[i]));
	free(sorted);
	return list;
}

/* --- outcomes ---------------------------------------------------------------- */

static json_t *outcome_json(const struct trend *t, const struct trend_outcome *u)
{
	_cleanup_free_ char *tail = u->reason ? xasprintf(": %s", u->reason) : xstrdup("");
	_cleanup_free_ char *text =
		xasprintf("%s in %u of %u trials of %s, %u of %u of %s%s", u->word ? u->word : "fail",
			  u->bad[1].bad, u->bad[1].total, t->version[u->to].label, u->bad[0].bad,
			  u->bad[0].total, t->version[u->from].label, tail);
	json_t *o = json_object();

	js_set(o, "case", js_text(u->of->id));
	js_set(o, "from", js_count(u->from));
	js_set(o, "to", js_count(u->to));
	js_set(o, "against", js_text(u->baseline ? "baseline" : "predecessor"));
	js_set(o, "verdict", js_text(verdict_name(u->verdict)));
	js_set(o, "p", js_number(u->p));
	js_set(o, "text", js_text(text));
	return o;
}

static json_t *outcomes_json(const struct trend *t)
{
	json_t *list = json_array();

	for (size_t i = t->n_outcomes; i-- > 0;)
		js_add(list, outcome_json(t, &t->outcome[i]));
	return list;
}

/* --- the whole --------------------------------------------------------------- */

static size_t count(const struct trend *t, enum verdict v, bool primary)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_series; i++)
		n += t->series[i].verdict == v && t->series[i].of->j.primary == primary;
	return n;
}

static json_t *counts_json(const struct trend *t, bool primary)
{
	json_t *o = json_object();

	for (int v = VERDICT_REGRESSED; v <= VERDICT_UNCHANGED; v++)
		js_set(o, verdict_name(v), js_count(count(t, v, primary)));
	return o;
}

static bool outcome_regressed(const struct trend *t)
{
	for (size_t i = 0; i < t->n_outcomes; i++)
		if (t->outcome[i].to == t->newest && t->outcome[i].verdict == VERDICT_REGRESSED)
			return true;
	return false;
}

static enum verdict overall(const struct trend *t)
{
	static const enum verdict order[] = { VERDICT_REGRESSED, VERDICT_INCONCLUSIVE,
					      VERDICT_IMPROVED, VERDICT_UNCHANGED };

	if (outcome_regressed(t))
		return VERDICT_REGRESSED;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (count(t, order[i], true))
			return order[i];
	return VERDICT_INCONCLUSIVE;
}

static enum exit_code code_of(const struct trend *t, enum verdict v)
{
	enum exit_code code = v == VERDICT_REGRESSED ? EXIT_REGRESSED :
			      v == VERDICT_INCONCLUSIVE ? EXIT_INCONCLUSIVE : EXIT_PASS;

	/* failures gate on any machine */
	if (t->c.machine_refuses && !t->c.o->allow_uncontrolled && !outcome_regressed(t))
		code = EXIT_INCONCLUSIVE;
	return json_array_size(t->c.refused) ? exit_worse(code, EXIT_USAGE) : code;
}

/* What differs besides the kernels themselves. */
static json_t *environment_json(const struct trend *t)
{
	_cleanup_json_ json_t *all = compare_environment(&t->c);
	json_t *list = json_array(), *o;
	size_t i;

	json_array_foreach(all, i, o)
		if (!word_in("kernel.release kernel.version kernel.config.digest",
			     js_get_text(o, "name")))
			js_add(list, json_incref(o));
	return list;
}

static void add_notes(const struct trend *t)
{
	size_t held = 0;

	compare_floor_notes(&t->c);
	if (t->c.machine_refuses && !t->c.o->allow_uncontrolled)
		js_add(t->c.notes, json_sprintf("metrics do not gate: %s", t->c.machine_refuses));
	for (size_t i = 0; i < t->n_series; i++)
		held += t->series[i].of->held &&
			!strcmp(t->series[i].of->held, COMPARE_HELD_BY_LOAD);
	if (held)
		js_add(t->c.notes, json_sprintf("%zu primary metrics are not judged: " COMPARE_HELD_BY_LOAD, held));
	for (size_t i = 0; i < t->c.samples.repeated.n; i++)
		js_add(t->c.notes, json_sprintf("'%s' is a run that was read already: it is not counted again",
						t->c.samples.repeated.word[i]));
}

json_t *trend_document(const struct trend *t)
{
	enum verdict v = overall(t);
	json_t *o = json_object();

	add_notes(t);
	js_set(o, "schema", js_text(TREND_SCHEMA));
	js_set(o, "tool", compare_tool());
	js_set(o, "verdict", js_text(verdict_name(v)));
	js_set(o, "exit_code", json_integer(code_of(t, v)));
	js_set(o, "counts", counts_json(t, true));
	js_set(o, "secondary", counts_json(t, false));
	js_set(o, "method", method_json(t));
	js_set(o, "baseline", js_count(t->baseline));
	js_set(o, "versions", versions_json(t));
	js_set(o, "environment", environment_json(t));
	js_set(o, "outcomes", outcomes_json(t));
	js_set(o, "metrics", metrics_json(t));
	js_set(o, "refused", json_incref(t->c.refused));
	js_set(o, "notes", json_incref(t->c.notes));
	return o;
}
