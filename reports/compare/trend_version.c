/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernels of a series. */
#include "reports/compare/trend_parts.h"

#include <math.h>
#include <string.h>

#include "reports/release.h"

static const char *text_or_none(const json_t *o, const char *key)
{
	const char *text = js_get_text(o, key);

	return text ? text : "";
}

size_t trend_version_of(struct trend *t, const json_t *doc, size_t given, const char *path)
{
	const json_t *kernel = json_object_get(doc, "kernel");
	const char *release = text_or_none(kernel, "release");
	const char *version = text_or_none(kernel, "version");
	const char *config = text_or_none(kernel, "config.digest");
	double started = js_get_number(doc, "started", INFINITY);
	struct trend_version *v;
	size_t i;

	for (i = 0; i < t->n_versions; i++) {
		v = &t->version[i];
		if (!strcmp(v->release, release) && !strcmp(v->version, version) &&
		    !strcmp(v->config, config))
			break;
	}
	if (i == t->n_versions) {
		t->version = xrealloc(t->version, ++t->n_versions * sizeof(*t->version));
		v = &t->version[i];
		*v = (struct trend_version){ .release = xstrdup(release),
					     .version = xstrdup(version),
					     .config = xstrdup(config),
					     .started = started, .given = given };
	}
	v = &t->version[i];
	v->started = fmin(v->started, started);
	words_add(&v->paths, path);
	return i;
}

/* --- order ------------------------------------------------------------------- */

static int by_given(const struct trend_version *x, const struct trend_version *y)
{
	return x->given < y->given ? -1 : x->given > y->given;
}

static int by_time(const struct trend_version *x, const struct trend_version *y)
{
	if (x->started != y->started)
		return x->started < y->started ? -1 : 1;
	return by_given(x, y);
}

static int by_version(const struct trend_version *x, const struct trend_version *y)
{
	int order = release_compare(x->release, y->release);

	return order ? order : by_time(x, y);
}

static int compare_given(const void *a, const void *b)
{
	return by_given(a, b);
}

static int compare_time(const void *a, const void *b)
{
	return by_time(a, b);
}

static int compare_version(const void *a, const void *b)
{
	return by_version(a, b);
}

/* Several kernels of one release are told apart by their number. */
static void set_labels(struct trend *t)
{
	for (size_t i = 0; i < t->n_versions; i++) {
		struct trend_version *v = &t->version[i];
		const char *name = *v->release ? v->release : "unknown";
		size_t before = 0;

		for (size_t k = 0; k < i; k++)
			before += !strcmp(t->version[k].release, v->release);
		v->label = before ? xasprintf("%s (%zu)", name, before + 1) : xstrdup(name);
	}
}

/* The version of each source after they have moved. */
static void follow(struct trend *t, size_t n, const size_t *given)
{
	size_t *map = xalloc(t->n_versions * sizeof(*map));

	for (size_t i = 0; i < t->n_versions; i++)
		for (size_t k = 0; k < t->n_versions; k++)
			if (t->version[k].given == given[i])
				map[i] = k;
	for (size_t i = 0; i < n; i++)
		t->of[i] = map[t->of[i]];
	free(map);
}

void trend_sort(struct trend *t, size_t n)
{
	static int (*const orders[])(const void *a, const void *b) = {
		[TREND_BY_VERSION] = compare_version,
		[TREND_BY_TIME] = compare_time,
		[TREND_AS_GIVEN] = compare_given,
	};
	size_t *given = xalloc(t->n_versions * sizeof(*given));

	for (size_t i = 0; i < t->n_versions; i++)
		given[i] = t->version[i].given;
	qsort(t->version, t->n_versions, sizeof(*t->version), orders[t->o->order]);
	follow(t, n, given);
	free(given);
	set_labels(t);
	t->newest = t->n_versions - 1;
}

bool trend_find_baseline(struct trend *t, char **why)
{
	const char *name = t->o->baseline;
	size_t i = 0;

	if (t->n_versions < 2) {
		*why = xasprintf("all reports are of one kernel (%s): a trend needs two or more",
				 t->version[0].label);
		return false;
	}
	while (name && i < t->n_versions && strcmp(t->version[i].label, name))
		i++;
	if (i == t->n_versions) {
		*why = xasprintf("option '--baseline': no report is of kernel '%s'", name);
		return false;
	}
	if (i == t->newest) {
		*why = xasprintf("option '--baseline': no version comes behind '%s'", name);
		return false;
	}
	t->baseline = i;
	return true;
}
