/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/compare/compare_parts.h"

#include <string.h>

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
	compare_floor_notes(c);
	if (!c->side[SIDE_BASE]->pick && same_run(c))
		js_add(c->notes, json_string("a run is on both sides: its trials are compared with themselves"));
}

void compare_free(struct comparison *c)
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
	if (!read_sides(c, why))
		return NULL;
	compare_views(c);
	compare_refuse_cases(c);
	compare_outcomes(c);
	compare_series(c);
	if (!compare_primaries(c, why))
		return NULL;
	compare_machine(c);
	compare_judge(c);
	if (!c->o->brief) {
		compare_explain(c);
		compare_shapes(c);
	}
	add_notes(c);
	return compare_document(c);
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

	compare_free(&c);
	return doc;
}
