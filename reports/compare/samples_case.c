/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/compare/samples_parts.h"

#include <math.h>
#include <string.h>

#include "reports/build.h"

/* A case of the other side that differs in options only. */
static struct sample_case *find_stem(struct samples *s, int side, const char *id)
{
	_cleanup_free_ char *stem = samples_stem(id);

	for (size_t i = 0; i < s->n_cases; i++) {
		_cleanup_free_ char *other = samples_stem(s->cases[i].id);

		if (!s->cases[i].shown[side] && !strcmp(stem, other))
			return &s->cases[i];
	}
	return NULL;
}

static struct sample_case *find_case(struct samples *s, int side, const char *id,
				     size_t guess)
{
	struct sample_case *c;

	for (size_t i = 0; i < s->n_cases; i++) {
		c = &s->cases[(guess + i) % s->n_cases];
		if (!strcmp(c->shown[side] ? c->shown[side] : c->id, id))
			return c;
	}
	c = s->free_options ? find_stem(s, side, id) : NULL;
	if (c)
		return c;
	s->cases = xrealloc(s->cases, (s->n_cases + 1) * sizeof(*s->cases));
	c = &s->cases[s->n_cases++];
	memset(c, 0, sizeof(*c));
	c->id = xstrdup(id);
	return c;
}

/* What has to be equal for two trials to have done the same work. */
static json_t *work_of(const json_t *o)
{
	static const char *const keys[] = { "stressor", "method", "workers", "threads",
					    "verify", "ops", "mutation", "options" };
	json_t *work = json_object(), *fs = json_object_get(o, "fs");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		js_copy(work, o, keys[i]);
	if (json_object_get(fs, "type"))
		js_copy(work, fs, "type");
	return work;
}

static void take_work(struct sample_case *c, int side, const json_t *o)
{
	json_t *work = work_of(o);

	c->workers = js_get_number(o, "workers", 1);
	if (!c->shown[side])
		c->shown[side] = xstrdup(js_get_text(o, "id"));
	if (!c->work[side]) {
		c->work[side] = work;
		return;
	}
	c->mixed[side] |= !json_equal(c->work[side], work);
	json_decref(work);
}

/* --- metrics ----------------------------------------------------------------- */

static struct sample_metric *find_metric(struct sample_case *c, const json_t *o,
					 size_t guess)
{
	const char *id = js_get_text(o, "id"), *variant = js_get_text(o, "variant");
	const char *better = js_get_text(o, "better");
	struct sample_metric *m;

	for (size_t i = 0; i < c->n_metrics; i++) {
		m = &c->metric[(guess + i) % c->n_metrics];
		if (!strcmp(m->id, id) && str_same(m->variant, variant))
			return m;
	}
	c->metric = xrealloc(c->metric, (c->n_metrics + 1) * sizeof(*c->metric));
	m = &c->metric[c->n_metrics++];
	memset(m, 0, sizeof(*m));
	m->id = xstrdup(id);
	m->variant = xstrdup_or_null(variant);
	m->name = xstrdup(js_get_text(o, "name") ? js_get_text(o, "name") : id);
	m->unit = xstrdup(js_get_text(o, "unit") ? js_get_text(o, "unit") : "");
	m->kind = xstrdup(js_get_text(o, "kind") ? js_get_text(o, "kind") : "gauge");
	m->better = str_same(better, "higher") ? 1 : str_same(better, "lower") ? -1 : 0;
	m->primary = js_get_true(o, "primary");
	for (int side = 0; side < SIDES; side++)
		m->version[side] = -1;
	return m;
}

/* Numbers of @list for the trials from @first on. */
static void put_column(struct sample_case *c, int side, struct sample_metric *m,
		       enum sample_column column, const json_t *list, size_t first)
{
	double **to = &m->value[side][column];
	size_t n = json_array_size(list);

	if (!n)
		return;
	if (!*to) {
		*to = xrealloc(NULL, c->room[side] * sizeof(**to));
		for (size_t i = 0; i < c->room[side]; i++)
			(*to)[i] = NAN;
	}
	for (size_t i = 0; i < n && first + i < c->n[side]; i++) {
		const json_t *value = json_array_get(list, i);

		if (json_is_number(value))
			(*to)[first + i] = json_number_value(value);
	}
}

static void add_metric(struct sample_case *c, int side, const json_t *o, size_t guess,
		       size_t first)
{
	static const struct {
		const char *list;
		enum sample_column column;
	} lists[] = {
		{ "values", SAMPLE_VALUE },     { "cpu_rates", SAMPLE_CPU_RATE },
		{ "medians", SAMPLE_MEDIAN },   { "cpu_medians", SAMPLE_CPU_MEDIAN },
		{ "slices", SAMPLE_SLICES },    { "counts", SAMPLE_COUNT },
	}, shares[] = {
		{ "50", SAMPLE_P50 },   { "90", SAMPLE_P90 },
		{ "99", SAMPLE_P99 },   { "99.9", SAMPLE_P999 },
	};
	const json_t *percentiles = json_object_get(o, "percentiles");
	struct sample_metric *m;
	int64_t version;

	if (!js_get_text(o, "id"))
		return;
	m = find_metric(c, o, guess);
	version = (int64_t)js_get_number(o, "version", 0);
	m->mixed |= m->version[side] != -1 && m->version[side] != version;
	m->version[side] = version;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		put_column(c, side, m, lists[i].column,
			   json_object_get(o, lists[i].list), first);
	for (size_t i = 0; percentiles && i < ARRAY_SIZE(shares); i++)
		put_column(c, side, m, shares[i].column,
			   json_object_get(percentiles, shares[i].list), first);
}

/* --- trials ------------------------------------------------------------------ */

static void make_room(struct sample_case *c, int side, size_t more)
{
	size_t before = c->room[side], room = before ? before : 8;

	while (room < c->n[side] + more)
		room *= 2;
	if (room == before)
		return;
	c->room[side] = room;
	c->trial[side] = xrealloc(c->trial[side], room * sizeof(*c->trial[side]));
	for (size_t i = 0; i < c->n_metrics; i++)
		for (int k = 0; k < SAMPLE_COLUMNS; k++) {
			double **to = &c->metric[i].value[side][k];

			if (!*to)
				continue;
			*to = xrealloc(*to, room * sizeof(**to));
			for (size_t t = before; t < room; t++)
				(*to)[t] = NAN;
		}
}

/* The word of build_outcomes[], so that it outlives the document. */
static const char *outcome_word(const char *outcome)
{
	for (size_t i = 0; outcome && build_outcomes[i]; i++)
		if (!strcmp(build_outcomes[i], outcome))
			return build_outcomes[i];
	return "broken";
}

static size_t find_boot(struct samples *s, const char *id)
{
	for (size_t i = s->n_boots; i-- > 0;)
		if (!strcmp(s->boot[i], id))
			return i;
	s->boot = xrealloc(s->boot, (s->n_boots + 1) * sizeof(*s->boot));
	s->boot[s->n_boots] = xstrdup(id);
	return s->n_boots++;
}

static void add_trial(struct samples *s, struct sample_case *c, int side,
		      const json_t *o)
{
	struct sample_trial *t = &c->trial[side][c->n[side]++];
	size_t report = s->n_reports[side] - 1;
	const char *boot = js_get_text(o, "boot_id"), *reason = js_get_text(o, "reason");

	if (!boot || !*boot)
		boot = s->report[side][report].boot;
	*t = (struct sample_trial){
		.started = js_get_number(o, "started", NAN),
		.cpu = js_get_number(o, "cpu_seconds", NAN),
		.wait = js_get_number(o, "wait_seconds", NAN),
		.seconds = js_get_number(o, "seconds", NAN),
		.outcome = outcome_word(js_get_text(o, "outcome")),
		.report = report,
		.boot = find_boot(s, boot),
		.pair = (int64_t)js_get_number(o, "pair", -1),
	};
	t->measured = samples_measured(t->outcome);
	if (strcmp(t->outcome, "pass"))
		t->reason = xstrdup_or_null(reason);
}

void samples_add_case(struct samples *s, int side, const json_t *o, size_t guess)
{
	struct sample_case *c = find_case(s, side, js_get_text(o, "id"), guess);
	const json_t *trials = json_object_get(o, "trials"), *one;
	size_t first = c->n[side], i;

	take_work(c, side, o);
	if (!json_array_size(trials)) {
		if (str_same(js_get_text(o, "outcome"), "skip") && !c->skip[side])
			c->skip[side] = xstrdup_or_null(js_get_text(o, "reason"));
		return;
	}
	make_room(c, side, json_array_size(trials));
	json_array_foreach(trials, i, one)
		add_trial(s, c, side, one);
	json_array_foreach(json_object_get(o, "metrics"), i, one)
		add_metric(c, side, one, i, first);
}

void samples_free_case(struct sample_case *c)
{
	free(c->id);
	for (int side = 0; side < SIDES; side++) {
		free(c->shown[side]);
		free(c->skip[side]);
		json_decref(c->work[side]);
		for (size_t i = 0; i < c->n[side]; i++)
			free(c->trial[side][i].reason);
		free(c->trial[side]);
	}
	for (size_t i = 0; i < c->n_metrics; i++) {
		struct sample_metric *m = &c->metric[i];

		for (int side = 0; side < SIDES; side++)
			for (int k = 0; k < SAMPLE_COLUMNS; k++)
				free(m->value[side][k]);
		free(m->id);
		free(m->variant);
		free(m->name);
		free(m->unit);
		free(m->kind);
	}
	free(c->metric);
}
