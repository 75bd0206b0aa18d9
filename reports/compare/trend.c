/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/compare/trend_parts.h"

#include <string.h>

#include "reports/load.h"

/* --- reading ----------------------------------------------------------------- */

/* The document of a source; @read is what has to be given back. */
static const json_t *open_source(const struct compare_source *source, json_t **read, char **why)
{
	if (source->doc)
		return source->doc;
	*read = report_load(source->path, REPORT_METRICS, why);
	return *read;
}

/* Whose reports there are. */
static bool find_versions(struct trend *t, const struct compare_source *source, size_t n,
			  char **why)
{
	t->of = xalloc((n ? n : 1) * sizeof(*t->of));
	for (size_t i = 0; i < n; i++) {
		_cleanup_json_ json_t *read = NULL;
		const json_t *doc = open_source(&source[i], &read, why);

		if (!doc)
			return false;
		if (json_object_get(doc, "sides")) {
			*why = xasprintf("'%s' compares two settings: 'strain compare' reads it",
					 source[i].path);
			return false;
		}
		t->of[i] = trend_version_of(t, doc, i, source[i].path);
		if (t->n_versions <= TREND_VERSIONS_MAX)
			continue;
		*why = xasprintf("more than %d kernels", TREND_VERSIONS_MAX);
		return false;
	}
	trend_sort(t, n);
	return trend_find_baseline(t, why);
}

/* The baseline's reports are one side of the samples, all others the other. */
static bool read_samples(struct trend *t, const struct compare_source *source, size_t n,
			 char **why)
{
	struct samples *s = &t->c.samples;

	for (int side = 0; side < SIDES; side++)
		t->version_of[side] = xalloc(n * sizeof(size_t));
	for (size_t i = 0; i < n; i++) {
		_cleanup_json_ json_t *read = NULL;
		const json_t *doc = open_source(&source[i], &read, why);
		int side = t->of[i] == t->baseline ? SIDE_BASE : SIDE_NEW;
		size_t before = s->n_reports[side];

		if (!doc)
			return false;
		samples_add(s, side, source[i].path, doc, NULL);
		if (s->n_reports[side] > before)
			t->version_of[side][before] = t->of[i];
	}
	return true;
}

/* Boots and trials of each version. */
static void count_trials(struct trend *t)
{
	const struct samples *s = &t->c.samples;
	size_t n = t->n_versions * (s->n_boots ? s->n_boots : 1);
	_cleanup_free_ char *seen = xalloc(n);

	for (size_t i = 0; i < s->n_cases; i++)
		for (int side = 0; side < SIDES; side++)
			for (size_t k = 0; k < s->cases[i].n[side]; k++) {
				size_t v = trend_trial_version(t, &s->cases[i], side, k);
				char *boot = &seen[v * s->n_boots + s->cases[i].trial[side][k].boot];

				t->version[v].trials++;
				t->version[v].boots += !*boot;
				*boot = 1;
			}
}

/* --- all of it --------------------------------------------------------------- */

static json_t *trend(struct trend *t, const struct compare_source *source, size_t n, char **why)
{
	struct comparison *c = &t->c;
	struct compare_side side[SIDES] = { { .label = "base" }, { .label = "the others" } };

	if (!find_versions(t, source, n, why))
		return NULL;
	side[SIDE_BASE].label = t->version[t->baseline].label;
	c->side[SIDE_BASE] = &side[SIDE_BASE];
	c->side[SIDE_NEW] = &side[SIDE_NEW];
	if (!read_samples(t, source, n, why))
		return NULL;
	count_trials(t);
	compare_views(c);
	compare_refuse_cases(c);
	compare_series(c);
	if (!compare_primaries(c, why))
		return NULL;
	compare_machine(c);
	compare_judge(c); /* for thresholds, and for what does not gate */
	if (!trend_series(t, why))
		return NULL;
	trend_judge(t);
	trend_outcomes(t);
	return trend_document(t);
}

static void free_series(struct trend_series *s, size_t n_versions)
{
	for (size_t i = 0; i < n_versions; i++) {
		free(s->point[i].x);
		free(s->point[i].log);
	}
	free(s->point);
	free(s->pair);
	free(s->change);
	free(s->text);
}

static void free_trend(struct trend *t)
{
	for (size_t i = 0; i < t->n_series; i++)
		free_series(&t->series[i], t->n_versions);
	free(t->series);
	free(t->outcome);
	free(t->of);
	for (size_t i = 0; i < t->n_versions; i++) {
		struct trend_version *v = &t->version[i];

		free(v->label);
		free(v->release);
		free(v->version);
		free(v->config);
		words_free(&v->paths);
	}
	free(t->version);
	for (int side = 0; side < SIDES; side++)
		free(t->version_of[side]);
	compare_free(&t->c);
}

json_t *trend_reports(const struct compare_source *source, size_t n,
		      const struct trend_options *o, char **why)
{
	static const struct verdict_options defaults = VERDICT_DEFAULTS;
	const struct compare_options *judge = &o->judge;
	struct trend t = {
		.o = o,
		.c = {
			.o = judge,
			.rule = { .fdr = judge->fdr > 0 ? judge->fdr : defaults.fdr,
				  .confidence = judge->confidence > 0 ? judge->confidence :
									defaults.confidence,
				  .power = judge->power > 0 ? judge->power : defaults.power },
			.samples = { .free_options = judge->force },
			.refused = json_array(),
			.notes = json_array(),
			.outcomes = json_array(),
			.shapes = json_array(),
		},
	};
	json_t *doc = trend(&t, source, n, why);

	free_trend(&t);
	return doc;
}
