/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/compare/samples.h"

#include <math.h>
#include <string.h>

#include "reports/build.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

char *samples_stem(const char *id)
{
	char *stem = xstrdup(id);

	stem[strcspn(stem, "?")] = '\0';
	return stem;
}

bool samples_labelled(const json_t *doc, const json_t *case_of, const char *label)
{
	const char *of_case = js_get_text(case_of, "label");

	if (!label)
		return true;
	if (!of_case)
		of_case = js_get_text(doc, "label");
	return same_text(of_case, label);
}

void samples_labels(const json_t *doc, struct words *labels)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(doc, "cases"), i, o) {
		const char *label = js_get_text(o, "label");

		if (!label)
			label = js_get_text(doc, "label");
		if (label && !words_has(labels, label))
			words_add(labels, label);
	}
}

bool samples_measured(const char *outcome)
{
	return outcome && word_in("pass expected-fail unexpected-pass", outcome);
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

/* --- cases ------------------------------------------------------------------- */

bool samples_same_case(const struct sample_case *c, int side, const json_t *o)
{
	return c->shown[side] && !strcmp(c->shown[side], js_get_text(o, "id"));
}

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
		if (!strcmp(m->id, id) && same_text(m->variant, variant))
			return m;
	}
	c->metric = xrealloc(c->metric, (c->n_metrics + 1) * sizeof(*c->metric));
	m = &c->metric[c->n_metrics++];
	memset(m, 0, sizeof(*m));
	m->id = xstrdup(id);
	m->variant = copy(variant);
	m->name = xstrdup(js_get_text(o, "name") ? js_get_text(o, "name") : id);
	m->unit = xstrdup(js_get_text(o, "unit") ? js_get_text(o, "unit") : "");
	m->kind = xstrdup(js_get_text(o, "kind") ? js_get_text(o, "kind") : "gauge");
	m->better = same_text(better, "higher") ? 1 : same_text(better, "lower") ? -1 : 0;
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
		t->reason = copy(reason);
}

static void add_case(struct samples *s, int side, const json_t *o, size_t guess)
{
	struct sample_case *c = find_case(s, side, js_get_text(o, "id"), guess);
	const json_t *trials = json_object_get(o, "trials"), *one;
	size_t first = c->n[side], i;

	take_work(c, side, o);
	if (!json_array_size(trials)) {
		if (same_text(js_get_text(o, "outcome"), "skip") && !c->skip[side])
			c->skip[side] = copy(js_get_text(o, "reason"));
		return;
	}
	make_room(c, side, json_array_size(trials));
	json_array_foreach(trials, i, one)
		add_trial(s, c, side, one);
	json_array_foreach(json_object_get(o, "metrics"), i, one)
		add_metric(c, side, one, i, first);
}

/* --- reports ----------------------------------------------------------------- */

static bool known(const struct samples *s, int side, const struct sample_report *new)
{
	for (size_t i = 0; *new->boot && i < s->n_reports[side]; i++) {
		const struct sample_report *r = &s->report[side][i];

		if (r->started == new->started && !strcmp(r->boot, new->boot))
			return true;
	}
	return false;
}

static void free_report(struct sample_report *r)
{
	free(r->path);
	free(r->boot);
	free(r->release);
}

/* False: it is there already. */
static bool add_report(struct samples *s, int side, const char *path, const json_t *doc)
{
	const char *boot = js_get_text(doc, "boot_id");
	const json_t *kernel = json_object_get(doc, "kernel");
	struct sample_report r = {
		.path = xstrdup(path),
		.boot = boot && *boot ? xstrdup(boot) : xasprintf("of %s", path),
		.release = copy(js_get_text(kernel, "release")),
		.started = js_get_number(doc, "started", NAN),
		.unfinished = !js_get_true(doc, "sealed") || js_get_true(doc, "truncated"),
	};

	if (known(s, side, &r)) {
		words_add(&s->repeated, path);
		free_report(&r);
		return false;
	}
	s->report[side] = xrealloc(s->report[side],
				   (s->n_reports[side] + 1) * sizeof(*s->report[side]));
	s->report[side][s->n_reports[side]++] = r;
	if (!s->fingerprint)
		s->fingerprint = copy(js_get_text(json_object_get(doc, "machine"),
						  "fingerprint"));
	return true;
}

/* What strain ab says of the side. */
static void add_setting(struct samples *s, int side, const json_t *doc, const char *label)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(doc, "sides"), i, o)
		if (label && !s->setting[side] && same_text(js_get_text(o, "label"), label))
			s->setting[side] = copy(js_get_text(o, "setting"));
}

bool samples_add(struct samples *s, int side, const char *path, const json_t *doc,
		 const char *label)
{
	const json_t *cases = json_object_get(doc, "cases");
	size_t i, n = 0;
	json_t *o;

	json_array_foreach(cases, i, o)
		n += js_get_text(o, "id") && samples_labelled(doc, o, label);
	if (!n && label)
		return false;
	if (!add_report(s, side, path, doc))
		return true;
	samples_add_facts(s, side, doc);
	add_setting(s, side, doc, label);
	n = 0;
	json_array_foreach(cases, i, o) {
		if (!js_get_text(o, "id") || !samples_labelled(doc, o, label))
			continue;
		add_case(s, side, o, n++);
		samples_add_fs(s, side, o);
	}
	return true;
}

static void free_case(struct sample_case *c)
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

void samples_free(struct samples *s)
{
	for (size_t i = 0; i < s->n_cases; i++)
		free_case(&s->cases[i]);
	free(s->cases);
	for (int side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < s->n_reports[side]; i++)
			free_report(&s->report[side][i]);
		free(s->report[side]);
		free(s->setting[side]);
		json_decref(s->facts[side]);
		json_decref(s->group[side]);
	}
	for (size_t i = 0; i < s->n_boots; i++)
		free(s->boot[i]);
	free(s->boot);
	free(s->fingerprint);
	words_free(&s->repeated);
	memset(s, 0, sizeof(*s));
}
