/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/compare/selfcheck.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "core/registry.h"
#include "reports/stat/stat.h"

#define SPLITS 1000

/* --- false alarms ------------------------------------------------------------- */

/* The whole of the series, and each block of it. */
static unsigned blocks_of(size_t n)
{
	return n >= 2 * SELFCHECK_BLOCK ? (unsigned)(n / SELFCHECK_BLOCK) : 0;
}

static unsigned alarms_of(const double *d, size_t n)
{
	unsigned blocks = blocks_of(n);
	unsigned count = stat_signed_rank(d, n).p <= SELFCHECK_LEVEL;

	for (unsigned i = 0; i < blocks; i++) {
		size_t from = i * n / blocks, to = (i + 1) * n / blocks;

		count += stat_signed_rank(d + from, to - from).p <= SELFCHECK_LEVEL;
	}
	return count;
}

static size_t longest(const struct selfcheck_series *s, size_t n)
{
	size_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = s[i].n > most ? s[i].n : most;
	return most;
}

/* Alarms where the pairs of which @flip is set change sides. */
static unsigned alarms_split(const struct selfcheck_series *s, size_t n,
			     const bool *flip, double *room)
{
	unsigned count = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < s[i].n; k++)
			room[k] = flip[k] ? -s[i].d[k] : s[i].d[k];
		count += alarms_of(room, s[i].n);
	}
	return count;
}

static unsigned splits_limit(const struct selfcheck_series *s, size_t n, uint64_t seed)
{
	size_t most = longest(s, n);
	double *room = xalloc((most + 1) * sizeof(*room));
	double *found = xalloc(SPLITS * sizeof(*found));
	bool *flip = xalloc((most + 1) * sizeof(*flip));
	struct rng rng;
	double limit;

	rng_seed(&rng, seed);
	for (size_t i = 0; i < SPLITS; i++) {
		for (size_t k = 0; k < most; k++)
			flip[k] = rng_next(&rng) >> 63;
		found[i] = alarms_split(s, n, flip, room);
	}
	limit = ceil(stat_quantile(found, SPLITS, 1 - SELFCHECK_REFUSE));
	free(flip);
	free(found);
	free(room);
	return (unsigned)limit;
}

void selfcheck_count(const struct selfcheck_series *s, size_t n, uint64_t seed,
		     struct selfcheck_alarms *a)
{
	*a = (struct selfcheck_alarms){ 0 };
	for (size_t i = 0; i < n; i++) {
		a->tests += 1 + blocks_of(s[i].n);
		a->count += alarms_of(s[i].d, s[i].n);
	}
	while (a->binomial < a->tests &&
	       stat_binomial_tail(a->binomial + 1, a->tests, SELFCHECK_LEVEL) > SELFCHECK_REFUSE)
		a->binomial++;
	a->splits = splits_limit(s, n, seed);
	a->limit = a->splits > a->binomial ? a->splits : a->binomial;
}

/* --- rows --------------------------------------------------------------------- */

/* A row of the comparison: values of both sides, as the comparison scales them. */
struct row {
	const json_t *of;
	double *x[2], *both, *d; /* both: one side behind the other */
	size_t n;
	bool linear;
};

static void read_side(struct row *r, int side, double scale)
{
	const json_t *list = json_object_get(json_object_get(r->of, "values"),
					     side ? "new" : "base");

	for (size_t i = 0; i < r->n; i++) {
		r->x[side][i] = json_number_value(json_array_get(list, i));
		r->both[side * r->n + i] = r->linear ? r->x[side][i] / scale :
						       log(r->x[side][i]);
	}
}

static struct row read_row(const json_t *of)
{
	const json_t *values = json_object_get(of, "values");
	const char *scale = js_get_text(of, "scale");
	double base = fabs(js_get_number(of, "base", 0));
	struct row r = { .of = of, .linear = scale && !strcmp(scale, "linear") };
	size_t m = json_array_size(json_object_get(values, "new"));

	r.n = json_array_size(json_object_get(values, "base"));
	r.n = m < r.n ? m : r.n;
	r.both = xalloc((2 * r.n + 1) * sizeof(double));
	r.d = xalloc((r.n + 1) * sizeof(double));
	for (int side = 0; side < 2; side++) {
		r.x[side] = xalloc((r.n + 1) * sizeof(double));
		read_side(&r, side, base > 0 ? base : 1);
	}
	for (size_t i = 0; i < r.n; i++)
		r.d[i] = r.both[r.n + i] - r.both[i];
	return r;
}

static void free_row(struct row *r)
{
	free(r->x[0]);
	free(r->x[1]);
	free(r->both);
	free(r->d);
}

static double as_change(const struct row *r, double size)
{
	return r->linear ? size : expm1(size);
}

/*
 * What equal sides show: in 95 % of random splits at most that. Not less than
 * these sides did, which may differ by more than chance.
 */
static json_t *floor_json(const struct row *r, uint64_t seed)
{
	double shown = fabs(js_get_number(r->of, "change", 0));
	json_t *o = json_object();

	js_set(o, "paired", js_number(fmax(shown, as_change(r, stat_noise_floor_paired(r->d, r->n, seed)))));
	js_set(o, "unpaired", js_number(as_change(r, stat_noise_floor(r->both, 2 * r->n, seed))));
	return o;
}

static json_t *autocorrelation_json(const struct row *r)
{
	json_t *o = json_object();

	js_set(o, "pairs", js_number(stat_autocorrelation(r->d, r->n, 1)));
	js_set(o, "a", js_number(stat_autocorrelation(r->both, r->n, 1)));
	js_set(o, "b", js_number(stat_autocorrelation(r->both + r->n, r->n, 1)));
	return o;
}

const char *selfcheck_folder(const char *case_id)
{
	_cleanup_free_ char *name = xstrdup(case_id);
	const struct entry *e;

	name[strcspn(name, "/@+?")] = '\0';
	e = registry_find(name);
	return e ? e->folder : NULL;
}

static json_t *row_json(const struct row *r, uint64_t seed)
{
	static const char *const copied[] = { "case", "metric", "name", "variant", "statistic",
					      "rate", "unit", "kind", "primary" };
	json_t *o = json_object(), *cv = json_array();
	const char *id = js_get_text(r->of, "case");

	for (size_t i = 0; i < ARRAY_SIZE(copied); i++)
		js_copy(o, r->of, copied[i]);
	js_set(o, "folder", js_text(selfcheck_folder(id ? id : "")));
	js_set(o, "pairs", js_count(r->n));
	js_add(cv, js_number(stat_cv(r->x[0], r->n)));
	js_add(cv, js_number(stat_cv(r->x[1], r->n)));
	js_set(o, "cv", cv);
	js_set(o, "sd", js_number(stat_sd(r->d, r->n)));
	js_set(o, "autocorrelation", autocorrelation_json(r));
	js_copy(o, r->of, "change");
	js_copy(o, r->of, "p");
	js_set(o, "floor", floor_json(r, seed));
	js_set(o, "tests", js_count(1 + blocks_of(r->n)));
	js_set(o, "alarms", js_count(alarms_of(r->d, r->n)));
	return o;
}

/* --- the whole ---------------------------------------------------------------- */

static json_t *alarms_json(const struct selfcheck_alarms *a)
{
	json_t *o = json_object();

	js_set(o, "level", js_number(SELFCHECK_LEVEL));
	js_set(o, "tests", js_count(a->tests));
	js_set(o, "count", js_count(a->count));
	js_set(o, "share", js_number(a->tests ? (double)a->count / a->tests : NAN));
	js_set(o, "binomial", js_count(a->binomial));
	js_set(o, "splits", js_count(a->splits));
	js_set(o, "limit", js_count(a->limit));
	return o;
}

static char *sentence(const struct selfcheck_alarms *a, size_t most, size_t least)
{
	if (most < SELFCHECK_PAIRS || least < SELFCHECK_VALUES)
		return xasprintf("a metric has values of only %zu of %zu pairs: nothing gates on this machine",
				 least, most);
	if (a->count > a->limit)
		return xasprintf("%u of %u tests found a difference between equal sides, more than the %u that chance explains: nothing gates on this machine",
				 a->count, a->tests, a->limit);
	return xasprintf("%u of %u tests found a difference between equal sides; chance explains up to %u",
			 a->count, a->tests, a->limit);
}

static void put_verdict(json_t *o, const struct selfcheck_series *s, size_t n, uint64_t seed)
{
	size_t all = longest(s, n), most, least = all;
	struct selfcheck_alarms a;
	_cleanup_free_ char *text = NULL;

	/* a trial that had no turn on a busy machine leaves its pair without values */
	most = (size_t)js_get_number(o, "pairs", (double)all);
	for (size_t i = 0; i < n; i++)
		least = s[i].n < least ? s[i].n : least;
	selfcheck_count(s, n, seed, &a);
	text = sentence(&a, most, least);
	js_set(o, "pairs", js_count(most));
	js_set(o, "passed", json_boolean(most >= SELFCHECK_PAIRS && least >= SELFCHECK_VALUES &&
					 a.count <= a.limit));
	js_set(o, "text", js_text(text));
	js_set(o, "alarms", alarms_json(&a));
}

json_t *selfcheck_document(const json_t *comparison, const json_t *head,
			   uint64_t seed, char **why)
{
	const json_t *list = json_object_get(comparison, "metrics");
	size_t rows = json_array_size(list), n = 0;
	struct selfcheck_series *s = xalloc((rows + 1) * sizeof(*s));
	struct row *row = xalloc((rows + 1) * sizeof(*row));
	json_t *o = json_object(), *metrics = json_array();

	js_set(o, "schema", js_text(SELFCHECK_SCHEMA));
	js_copy(o, comparison, "tool");
	json_object_update(o, (json_t *)(uintptr_t)head);
	for (size_t i = 0; i < rows; i++) {
		row[i] = read_row(json_array_get(list, i));
		if (js_get_true(row[i].of, "primary"))
			s[n++] = (struct selfcheck_series){ row[i].d, row[i].n };
		js_add(metrics, row_json(&row[i], seed));
	}
	put_verdict(o, s, n, seed);
	js_set(o, "metrics", metrics);
	for (size_t i = 0; i < rows; i++)
		free_row(&row[i]);
	free(row);
	free(s);
	if (n)
		return o;
	json_decref(o);
	*why = xstrdup("nothing was measured: no case that gates ran on both sides");
	return NULL;
}

const char *selfcheck_day(const json_t *doc, char *buf)
{
	time_t started = (time_t)js_get_number(doc, "started", 0);
	struct tm tm;

	if (!gmtime_r(&started, &tm) || !strftime(buf, 16, "%Y-%m-%d", &tm))
		strcpy(buf, "?");
	return buf;
}
