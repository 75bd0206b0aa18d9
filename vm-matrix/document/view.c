/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/document/view.h"

#include <math.h>
#include <string.h>

#include "reports/text.h"

static const char *const parts[VIEW_PARTS] = {
	"kernel", "arch", "machine", "cmdline", "job",
};

const char *view_part(const json_t *cell, enum view_part part)
{
	if (part == VIEW_ARCH)
		return text_get(cell, parts[part]);
	return text_get(json_object_get(cell, parts[part]), "name");
}

/* --- cells --------------------------------------------------------------------- */

static void find_varying(struct view *v)
{
	for (int part = 0; part < VIEW_PARTS; part++)
		for (size_t i = 1; i < v->n && !v->varies[part]; i++)
			v->varies[part] = strcmp(view_part(v->cell[0].cell, (enum view_part)part),
						 view_part(v->cell[i].cell, (enum view_part)part));
}

static char *label(const struct view *v, const json_t *cell)
{
	struct str s = STR_INIT;

	for (int part = 0; part < VIEW_PARTS; part++)
		if (v->varies[part])
			str_addf(&s, "%s%s", s.len ? "/" : "",
				 view_part(cell, (enum view_part)part));
	if (!s.len)
		str_add(&s, view_part(cell, VIEW_KERNEL));
	return str_take(&s);
}

static json_t *cases_of(const json_t *cell)
{
	const json_t *cases = json_object_get(json_object_get(cell, "report"), "cases");
	json_t *by_id = json_object(), *of;
	size_t i;

	json_array_foreach(cases, i, of)
		js_set(by_id, text_get(of, "id"), json_incref(of));
	return by_id;
}

/* --- jobs ---------------------------------------------------------------------- */

static struct view_job *job_of(struct view *v, const char *name)
{
	for (size_t i = 0; i < v->n_jobs; i++)
		if (!strcmp(v->job[i].name, name))
			return &v->job[i];
	v->job = xrealloc(v->job, (v->n_jobs + 1) * sizeof(*v->job));
	v->job[v->n_jobs] = (struct view_job){ .name = name };
	return &v->job[v->n_jobs++];
}

static void find_cases(struct view *v, struct view_job *job)
{
	_cleanup_json_ json_t *seen = json_object();
	const char *id;
	json_t *of;

	for (size_t i = 0; i < job->n; i++)
		json_object_foreach(v->cell[job->cell[i]].cases, id, of)
			if (!json_object_get(seen, id)) {
				js_set(seen, id, json_true());
				words_add(&job->cases, id);
			}
}

struct view view_open(const json_t *doc)
{
	const json_t *cells = json_object_get(doc, "cells");
	struct view v = { .doc = doc, .n = json_array_size(cells) };

	v.cell = xalloc((v.n + 1) * sizeof(*v.cell));
	for (size_t i = 0; i < v.n; i++)
		v.cell[i].cell = json_array_get(cells, i);
	find_varying(&v);
	for (size_t i = 0; i < v.n; i++) {
		struct view_cell *c = &v.cell[i];
		struct view_job *job = job_of(&v, view_part(c->cell, VIEW_JOB));

		c->outcome = matrix_outcome_of(c->cell);
		c->label = label(&v, c->cell);
		c->cases = cases_of(c->cell);
		job->cell = xrealloc(job->cell, (job->n + 1) * sizeof(*job->cell));
		job->cell[job->n++] = i;
	}
	for (size_t i = 0; i < v.n_jobs; i++)
		find_cases(&v, &v.job[i]);
	return v;
}

void view_close(struct view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free(v->cell[i].label);
		json_decref(v->cell[i].cases);
	}
	for (size_t i = 0; i < v->n_jobs; i++) {
		free(v->job[i].cell);
		words_free(&v->job[i].cases);
	}
	free(v->cell);
	free(v->job);
	*v = (struct view){ 0 };
}

/* --- questions ------------------------------------------------------------------ */

const char *view_case(const struct view *v, size_t cell, const char *id)
{
	return text_get(json_object_get(v->cell[cell].cases, id), "outcome");
}

bool view_differs(const struct view *v, const struct view_job *job, const char *id)
{
	const char *first = NULL;

	for (size_t i = 0; i < job->n; i++) {
		const struct view_cell *c = &v->cell[job->cell[i]];
		const char *here = view_case(v, job->cell[i], id);

		if (!json_object_size(c->cases))
			continue;
		if (first && strcmp(first, here))
			return true;
		first = here;
	}
	return false;
}

size_t view_count(const struct view *v, size_t cell, const char *outcome)
{
	size_t n = 0;
	const char *id;
	json_t *of;

	json_object_foreach(v->cell[cell].cases, id, of)
		n += !outcome || text_is(of, "outcome", outcome);
	return n;
}

char *view_headline(const struct view *v)
{
	size_t passed = 0, skipped = 0, waiting = 0, ran;

	for (size_t i = 0; i < v->n; i++) {
		passed += v->cell[i].outcome == MATRIX_PASS;
		skipped += v->cell[i].outcome == MATRIX_SKIPPED;
		waiting += v->cell[i].outcome == MATRIX_INTERRUPTED;
	}
	ran = v->n - skipped - waiting;
	if (!v->n)
		return xstrdup("There are no cells");
	if (!ran && !waiting)
		return xasprintf("Nothing could run: %zu cell%s skipped", skipped,
				 skipped == 1 ? " was" : "s were");
	if (waiting)
		return xasprintf("%zu of %zu cells passed, %zu did not finish", passed,
				 v->n - skipped, waiting);
	if (passed == ran)
		return passed == 1 ? xstrdup("The cell passed") :
				     xasprintf("All %zu cells that ran passed", passed);
	return xasprintf("%zu of %zu cells did not pass", ran - passed, ran);
}

char *view_seconds(double seconds)
{
	long whole = lround(fmin(seconds, 1e9));

	if (!isfinite(seconds) || seconds <= 0)
		return xstrdup("");
	if (seconds < 10)
		return xasprintf("%.1f s", seconds);
	if (whole < 120)
		return xasprintf("%ld s", whole);
	if (whole < 7200)
		return xasprintf("%ld min %ld s", whole / 60, whole % 60);
	return xasprintf("%ld h %ld min", whole / 3600, whole / 60 % 60);
}
