/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The comparison as a document. */
#include "reports/compare/compare_parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

json_t *compare_tool(void)
{
	json_t *o = json_object();

	js_set(o, "name", js_text("strain"));
	js_set(o, "version", js_text(STRAIN_VERSION));
	js_set(o, "commit", js_text(*STRAIN_COMMIT ? STRAIN_COMMIT : NULL));
	return o;
}

char *compare_rate_rule(void)
{
	_cleanup_free_ char *share = compare_percent(COMPARE_CONTENDED);

	return xasprintf(
		"rates per second of wall time gate; where workers waited for a CPU for more than %s of their wait and CPU time on either side, rates per CPU second gate of work that is bound by the CPU, and neither rates nor times of other work do unless the trials were paired", share);
}

static json_t *method_json(const struct comparison *c)
{
	_cleanup_free_ char *seed = xasprintf("%" PRIu64, c->o->seed);
	_cleanup_free_ char *rule = compare_rate_rule();
	bool boots = false, paired = c->n_series > 0;
	json_t *o = json_object();

	for (size_t i = 0; i < c->n_series; i++) {
		boots |= c->series[i].view->boots;
		paired &= c->series[i].view->paired;
	}
	js_set(o, "fdr", js_number(c->rule.fdr));
	js_set(o, "threshold", js_number(compare_threshold(c)));
	js_set(o, "confidence", js_number(c->rule.confidence));
	js_set(o, "power", js_number(c->rule.power));
	js_set(o, "seed", js_text(seed));
	js_set(o, "floor", compare_floor_json(c));
	js_set(o, "unit", js_text(boots ? "boot" : "trial"));
	js_set(o, "paired", json_boolean(paired));
	js_set(o, "rate_rule", js_text(rule));
	js_set(o, "looks", c->o->looks ? json_incref((json_t *)(uintptr_t)c->o->looks) : json_null());
	return o;
}

static json_t *side_json(const struct comparison *c, int side)
{
	const struct samples *s = &c->samples;
	_cleanup_free_ char *kernel = compare_fact(c, side, "kernel.release");
	bool *seen = xalloc(s->n_boots * sizeof(*seen));
	json_t *o = json_object(), *reports = json_array();
	size_t trials = 0, boots = 0;

	for (size_t i = 0; i < s->n_reports[side]; i++) {
		const struct sample_report *r = &s->report[side][i];
		json_t *row = json_object();

		js_set(row, "path", js_text(r->path));
		js_set(row, "kernel", js_text(r->release));
		js_set(row, "started", js_number(r->started));
		js_set(row, "boot_id", js_text(r->boot));
		js_add(reports, row);
	}
	for (size_t i = 0; i < s->n_cases; i++)
		for (size_t k = 0; k < s->cases[i].n[side]; k++) {
			boots += !seen[s->cases[i].trial[side][k].boot];
			seen[s->cases[i].trial[side][k].boot] = true;
			trials++;
		}
	free(seen);
	js_set(o, "label", js_text(c->side[side]->label));
	js_set_text(o, "setting", s->setting[side]);
	js_set(o, "kernel", js_text(kernel));
	js_set(o, "boots", js_count(boots));
	js_set(o, "trials", js_count(trials));
	js_set(o, "reports", reports);
	return o;
}

static json_t *order_json(const struct comparison *c)
{
	static const char *const texts[] = {
		[DESIGN_PAIRED] = "trials of the two sides were paired in time",
		[DESIGN_ALTERNATING] = "the sides took turns",
		[DESIGN_MIXED] = "the sides took turns, but rarely",
		[DESIGN_UNCONTROLLED] = "one side ran after the other: the order is not controlled",
	};
	enum design worst = compare_worst_design(c);
	const char *sequence = "";
	json_t *o = json_object();

	for (size_t i = c->n_series; i-- > 0;)
		if (c->series[i].view->design == worst)
			sequence = c->series[i].view->sequence;
	js_set(o, "design", js_text(compare_design_name(c->n_series ? worst : DESIGN_UNCONTROLLED)));
	js_set(o, "sequence", js_text(sequence));
	js_set(o, "text", js_text(!c->n_series ? "nothing was compared" :
				  compare_exact(c) ? "instructions were counted, for which the order is no matter; caches, TLBs, contention and real devices are not seen" :
						     texts[worst]));
	return o;
}

static json_t *counts_json(const struct comparison *c, bool primary)
{
	json_t *o = json_object();

	for (int v = VERDICT_REGRESSED; v <= VERDICT_UNCHANGED; v++)
		js_set(o, verdict_name(v), js_count(compare_count(c, v, primary, false)));
	return o;
}

/* Cases that one side has alone. */
static json_t *only_json(const struct comparison *c)
{
	json_t *o = json_object(), *list[SIDES] = { json_array(), json_array() };

	for (size_t i = 0; i < c->samples.n_cases; i++) {
		const struct sample_case *of = &c->samples.cases[i];

		for (int side = 0; side < SIDES; side++)
			if (!of->work[!side] && !c->view[i].refused)
				js_add(list[side], js_text(of->id));
	}
	js_set(o, "base", list[SIDE_BASE]);
	js_set(o, "new", list[SIDE_NEW]);
	return o;
}

static double size_of(const struct series *s)
{
	double size = fabs(s->j.shift.estimate);

	return isfinite(size) ? size : 0;
}

static int by_importance(const void *a, const void *b)
{
	const struct series *x = *(const struct series *const *)a;
	const struct series *y = *(const struct series *const *)b;

	if (x->j.verdict != y->j.verdict)
		return x->j.verdict < y->j.verdict ? -1 : 1;
	if (x->j.primary != y->j.primary)
		return x->j.primary ? -1 : 1;
	if (size_of(x) != size_of(y))
		return size_of(x) > size_of(y) ? -1 : 1;
	return x < y ? -1 : x > y;
}

static json_t *metrics_json(const struct comparison *c)
{
	const struct series **sorted = xalloc((c->n_series ? c->n_series : 1) * sizeof(*sorted));
	json_t *list = json_array();

	for (size_t i = 0; i < c->n_series; i++)
		sorted[i] = &c->series[i];
	qsort(sorted, c->n_series, sizeof(*sorted), by_importance);
	for (size_t i = 0; i < c->n_series; i++)
		js_add(list, compare_row(c, sorted[i]));
	free(sorted);
	return list;
}

json_t *compare_document(const struct comparison *c)
{
	_cleanup_free_ char *reason = compare_gate_reason(c);
	json_t *o = json_object(), *sides = json_array();

	js_set(o, "schema", js_text(COMPARE_SCHEMA));
	js_set(o, "tool", compare_tool());
	js_set(o, "verdict", js_text(verdict_name(compare_overall(c, false))));
	js_set(o, "exit_code", json_integer(compare_exit_code(c, !reason)));
	js_set(o, "gates", json_boolean(!reason));
	js_set(o, "gate_reason", js_text(reason));
	js_set(o, "counts", counts_json(c, true));
	js_set(o, "secondary", counts_json(c, false));
	js_set(o, "method", method_json(c));
	for (int side = 0; side < SIDES; side++)
		js_add(sides, side_json(c, side));
	js_set(o, "sides", sides);
	js_set(o, "order", order_json(c));
	js_set(o, "environment", compare_environment(c));
	js_set(o, "outcomes", json_incref(c->outcomes));
	js_set(o, "metrics", metrics_json(c));
	js_set(o, "shapes", json_incref(c->shapes));
	js_set(o, "refused", json_incref(c->refused));
	js_set(o, "only", only_json(c));
	js_set(o, "notes", json_incref(c->notes));
	return o;
}
