/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/compare_parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/msg.h"
#include "reports/load.h"

/* --- reading ----------------------------------------------------------------- */

/* False with @why: it cannot be read. @found: it has cases of the side's label. */
static bool add_source(struct comparison *c, int side, const struct compare_source *source,
		       bool *found, char **why)
{
	_cleanup_json_ json_t *read = NULL;
	const json_t *doc = source->doc;

	if (!doc)
		doc = read = report_load(source->path, REPORT_METRICS, why);
	if (!doc)
		return false;
	*found |= samples_add(&c->samples, side, source->path, doc, c->side[side]->pick);
	return true;
}

static bool read_sides(struct comparison *c, char **why)
{
	for (int side = 0; side < SIDES; side++) {
		const struct compare_side *s = c->side[side];
		bool found = false;

		for (size_t i = 0; i < s->n; i++)
			if (!add_source(c, side, &s->source[i], &found, why))
				return false;
		if (found || !s->pick)
			continue;
		*why = xasprintf("'%s'%s no case with label '%s'", s->n ? s->source[0].path : "",
				 s->n > 1 ? " and the others have" : " has", s->pick);
		return false;
	}
	return true;
}

/* --- what there is to say of the whole --------------------------------------- */

static size_t unfinished(const struct comparison *c, int side, const char **first)
{
	size_t n = 0;

	for (size_t i = 0; i < c->samples.n_reports[side]; i++)
		if (c->samples.report[side][i].unfinished && !n++)
			*first = c->samples.report[side][i].path;
	return n;
}

static bool same_run(const struct comparison *c)
{
	const struct samples *s = &c->samples;

	for (size_t i = 0; i < s->n_reports[0]; i++)
		for (size_t k = 0; k < s->n_reports[1] && s->n_reports[0] * s->n_reports[1] < 1000000; k++)
			if (s->report[0][i].started == s->report[1][k].started &&
			    !strcmp(s->report[0][i].boot, s->report[1][k].boot))
				return true;
	return false;
}

static void add_note_of_load(struct comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_series; i++)
		n += c->series[i].held && !strcmp(c->series[i].held, COMPARE_HELD_BY_LOAD);
	if (n)
		js_add(c->notes, json_sprintf("%zu primary metrics are not judged: " COMPARE_HELD_BY_LOAD, n));
}

static void add_notes(struct comparison *c)
{
	const char *first = NULL;

	for (int side = 0; side < SIDES; side++) {
		size_t n = unfinished(c, side, &first);
		json_t *kernels = json_object_get(c->samples.facts[side], "kernel.release");

		if (n)
			js_add(c->notes, json_sprintf("%zu of the reports of %s did not end or go on ('%s'): their finished trials are used",
						      n, c->side[side]->label, first));
		if (json_array_size(kernels) > 1)
			js_add(c->notes, json_sprintf("the reports of %s are of %zu kernels", c->side[side]->label,
						      json_array_size(kernels)));
	}
	for (size_t i = 0; i < c->samples.repeated.n; i++)
		js_add(c->notes, json_sprintf("'%s' is a run that was read already: it is not counted again",
					      c->samples.repeated.word[i]));
	add_note_of_load(c);
	if (!c->side[SIDE_BASE]->pick && same_run(c))
		js_add(c->notes, json_string("a run is on both sides: its trials are compared with themselves"));
}

/* --- gate and verdict -------------------------------------------------------- */

static enum design worst_design(const struct comparison *c)
{
	enum design worst = DESIGN_PAIRED;

	for (size_t i = 0; i < c->n_series; i++)
		if (c->series[i].view->design > worst)
			worst = c->series[i].view->design;
	return worst;
}

/* Does the row count for the exit code? */
static bool counts(const struct comparison *c, const struct series *s)
{
	return s->j.primary &&
	       (c->o->allow_uncontrolled ||
		(s->view->design <= DESIGN_ALTERNATING && !c->machine_refuses));
}

/* NULL, or why verdicts do not make the exit code. To free. */
static char *gate_reason(const struct comparison *c)
{
	enum design worst = worst_design(c);

	if (c->o->allow_uncontrolled || !c->n_series)
		return NULL;
	if (c->machine_refuses)
		return xstrdup(c->machine_refuses);
	if (worst == DESIGN_UNCONTROLLED)
		return xasprintf("first all of %s, then all of %s: whatever else changed meanwhile looks the same (strain compare --plan says how to do it, --allow-uncontrolled gates all the same)",
				 c->side[0]->label, c->side[1]->label);
	if (worst == DESIGN_MIXED)
		return xstrdup("the sides took turns too rarely (strain compare --plan says how to do it, --allow-uncontrolled gates all the same)");
	return NULL;
}

static size_t count(const struct comparison *c, enum verdict v, bool primary, bool gating)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_series; i++)
		n += c->series[i].j.verdict == v && c->series[i].j.primary == primary &&
		     (!gating || counts(c, &c->series[i]));
	return n;
}

static enum verdict overall(const struct comparison *c, bool gating)
{
	if (c->outcome_regressed || count(c, VERDICT_REGRESSED, true, gating))
		return VERDICT_REGRESSED;
	if (count(c, VERDICT_INCONCLUSIVE, true, gating))
		return VERDICT_INCONCLUSIVE;
	if (count(c, VERDICT_IMPROVED, true, gating))
		return VERDICT_IMPROVED;
	if (count(c, VERDICT_UNCHANGED, true, gating))
		return VERDICT_UNCHANGED;
	return VERDICT_INCONCLUSIVE;
}

/* Is there a case that both sides have? */
static bool common(const struct comparison *c)
{
	for (size_t i = 0; i < c->samples.n_cases; i++)
		if (c->samples.cases[i].work[SIDE_BASE] && c->samples.cases[i].work[SIDE_NEW])
			return true;
	return false;
}

/* Rows that do not gate leave the question open. */
static enum exit_code exit_code(const struct comparison *c, bool gates)
{
	enum verdict v = overall(c, true);
	enum exit_code code = v == VERDICT_REGRESSED ? EXIT_REGRESSED :
			      v == VERDICT_INCONCLUSIVE || !gates ? EXIT_INCONCLUSIVE : EXIT_PASS;

	return json_array_size(c->refused) || !common(c) ? exit_worse(code, EXIT_USAGE) : code;
}

/* --- the document ------------------------------------------------------------ */

static json_t *tool_json(void)
{
	json_t *o = json_object();

	js_set(o, "name", js_text("strain"));
	js_set(o, "version", js_text(STRAIN_VERSION));
	js_set(o, "commit", js_text(*STRAIN_COMMIT ? STRAIN_COMMIT : NULL));
	return o;
}

static json_t *method_json(const struct comparison *c)
{
	_cleanup_free_ char *seed = xasprintf("%" PRIu64, c->o->seed);
	_cleanup_free_ char *share = compare_percent(COMPARE_CONTENDED);
	_cleanup_free_ char *rule = xasprintf(
		"rates per second of wall time gate; where workers waited for a CPU for more than %s of their wait and CPU time on either side, rates per CPU second gate of work that is bound by the CPU, and neither rates nor times of other work do unless the trials were paired", share);
	bool boots = false, paired = c->n_series > 0;
	json_t *o = json_object();

	for (size_t i = 0; i < c->n_series; i++) {
		boots |= c->series[i].view->boots;
		paired &= c->series[i].view->paired;
	}
	js_set(o, "fdr", js_number(c->rule.fdr));
	js_set(o, "threshold", js_number(c->o->threshold > 0 ? c->o->threshold : COMPARE_THRESHOLD));
	js_set(o, "confidence", js_number(c->rule.confidence));
	js_set(o, "power", js_number(c->rule.power));
	js_set(o, "seed", js_text(seed));
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
	enum design worst = worst_design(c);
	const char *sequence = "";
	json_t *o = json_object();

	for (size_t i = c->n_series; i-- > 0;)
		if (c->series[i].view->design == worst)
			sequence = c->series[i].view->sequence;
	js_set(o, "design", js_text(compare_design_name(c->n_series ? worst : DESIGN_UNCONTROLLED)));
	js_set(o, "sequence", js_text(sequence));
	js_set(o, "text", js_text(c->n_series ? texts[worst] : "nothing was compared"));
	return o;
}

static json_t *counts_json(const struct comparison *c, bool primary)
{
	json_t *o = json_object();

	for (int v = VERDICT_REGRESSED; v <= VERDICT_UNCHANGED; v++)
		js_set(o, verdict_name(v), js_count(count(c, v, primary, false)));
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

static json_t *document(struct comparison *c)
{
	_cleanup_free_ char *reason = gate_reason(c);
	json_t *o = json_object(), *sides = json_array();

	js_set(o, "schema", js_text(COMPARE_SCHEMA));
	js_set(o, "tool", tool_json());
	js_set(o, "verdict", js_text(verdict_name(overall(c, false))));
	js_set(o, "exit_code", json_integer(exit_code(c, !reason)));
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

static void free_comparison(struct comparison *c)
{
	for (size_t i = 0; i < c->n_series; i++) {
		free(c->series[i].x[0]);
		free(c->series[i].x[1]);
		json_decref(c->series[i].counters);
	}
	free(c->series);
	for (size_t i = 0; c->view && i < c->samples.n_cases; i++)
		compare_view_free(&c->view[i]);
	free(c->view);
	samples_free(&c->samples);
	json_decref(c->refused);
	json_decref(c->notes);
	json_decref(c->outcomes);
	json_decref(c->shapes);
	free(c->machine_refuses);
}

static json_t *compare(struct comparison *c, char **why)
{
	const struct compare_floor *floor = &c->o->floor;

	if (!read_sides(c, why))
		return NULL;
	compare_views(c);
	compare_outcomes(c);
	compare_series(c);
	if (!compare_primaries(c, why))
		return NULL;
	if (floor->refuses)
		c->machine_refuses = floor->refuses(floor->ctx, c->samples.fingerprint);
	compare_judge(c);
	if (!c->o->brief) {
		compare_explain(c);
		compare_shapes(c);
	}
	add_notes(c);
	return document(c);
}

json_t *compare_reports(const struct compare_side *base, const struct compare_side *new,
			const struct compare_options *o, char **why)
{
	static const struct verdict_options defaults = VERDICT_DEFAULTS;
	struct comparison c = {
		.side = { base, new },
		.o = o,
		.rule = { .fdr = o->fdr > 0 ? o->fdr : defaults.fdr,
			  .confidence = o->confidence > 0 ? o->confidence : defaults.confidence,
			  .power = o->power > 0 ? o->power : defaults.power },
		.samples = { .free_options = o->setting || o->force },
		.refused = json_array(),
		.notes = json_array(),
		.outcomes = json_array(),
		.shapes = json_array(),
	};
	json_t *doc = compare(&c, why);

	free_comparison(&c);
	return doc;
}
