/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/compare/samples_parts.h"

#include <math.h>
#include <string.h>

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
	return str_same(of_case, label);
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

bool samples_same_case(const struct sample_case *c, int side, const json_t *o)
{
	return c->shown[side] && !strcmp(c->shown[side], js_get_text(o, "id"));
}

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
		.release = xstrdup_or_null(js_get_text(kernel, "release")),
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
		s->fingerprint = xstrdup_or_null(
			js_get_text(json_object_get(doc, "machine"), "fingerprint"));
	return true;
}

/* What strain ab says of the side. */
static void add_setting(struct samples *s, int side, const json_t *doc, const char *label)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(doc, "sides"), i, o)
		if (label && !s->setting[side] && str_same(js_get_text(o, "label"), label))
			s->setting[side] = xstrdup_or_null(js_get_text(o, "setting"));
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
		samples_add_case(s, side, o, n++);
		samples_add_fs(s, side, o);
	}
	return true;
}

void samples_free(struct samples *s)
{
	for (size_t i = 0; i < s->n_cases; i++)
		samples_free_case(&s->cases[i]);
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
