/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of a latency's distribution that no percentile need show: the energy
 * distance of the units' histograms. They are in the bulk data, so only cases
 * with a latency that is primary or changed are looked at, in a few reports.
 */
#include "reports/compare/compare_parts.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "core/hist.h"
#include "reports/load.h"

/* Reports of a side, and the largest one, that are read with their bulk. */
#define READ_AGAIN 16
#define LARGEST (8 << 20)
/* Units a side from which a test can say something. */
#define FEWEST 4

/* One distribution: that of a unit. */
struct unit_hist {
	char *key; /* of the unit */
	double *bucket; /* HIST_BUCKETS counts */
};

struct shape {
	const struct case_view *view;
	const struct sample_metric *metric;
	struct unit_hist *unit[SIDES];
	size_t n[SIDES];
	struct stat_energy energy;
};

struct shapes {
	struct shape *shape;
	size_t n;
};

/* --- which ------------------------------------------------------------------- */

static void add_shape(struct shapes *all, const struct series *s)
{
	bool moved = s->j.verdict == VERDICT_REGRESSED || s->j.verdict == VERDICT_IMPROVED;

	if (strcmp(s->metric->kind, "latency") || (!moved && !s->metric->primary) ||
	    s->j.n[0] < FEWEST || s->j.n[1] < FEWEST)
		return;
	for (size_t i = 0; i < all->n; i++)
		if (all->shape[i].metric == s->metric)
			return;
	all->shape = xrealloc(all->shape, (all->n + 1) * sizeof(*all->shape));
	all->shape[all->n++] = (struct shape){ .view = s->view, .metric = s->metric };
}

/* --- collecting -------------------------------------------------------------- */

static double *unit_of(struct shape *s, int side, const char *key)
{
	struct unit_hist *u;

	for (size_t i = 0; i < s->n[side]; i++)
		if (!strcmp(s->unit[side][i].key, key))
			return s->unit[side][i].bucket;
	s->unit[side] = xrealloc(s->unit[side], (s->n[side] + 1) * sizeof(*u));
	u = &s->unit[side][s->n[side]++];
	u->key = xstrdup(key);
	u->bucket = xalloc(HIST_BUCKETS * sizeof(*u->bucket));
	return u->bucket;
}

static void add_buckets(double *bucket, const json_t *list)
{
	json_t *pair;
	size_t i;

	json_array_foreach(list, i, pair) {
		json_int_t at = json_integer_value(json_array_get(pair, 0));
		const json_t *count = json_array_get(pair, 1);

		if (at >= 0 && at < HIST_BUCKETS && json_number_value(count) > 0)
			bucket[at] += json_number_value(count);
	}
}

/* The trial of @o that has this place in the run, if its numbers count. */
static const json_t *find_trial(const json_t *o, double order)
{
	json_t *trial;
	size_t i;

	json_array_foreach(json_object_get(o, "trials"), i, trial)
		if (js_get_number(trial, "order", -1) == order &&
		    samples_measured(js_get_text(trial, "outcome")))
			return trial;
	return NULL;
}

static void add_histograms(struct shape *s, int side, const char *path, const json_t *o,
			   const json_t *bulk)
{
	double order = js_get_number(bulk, "order", -2);
	const json_t *trial = find_trial(o, order);
	const char *boot = js_get_text(trial, "boot_id");
	_cleanup_free_ char *key = s->view->boots && boot && *boot ?
					   xstrdup(boot) : xasprintf("%s %.0f", path, order);
	json_t *h;
	size_t i;

	if (!trial)
		return;
	json_array_foreach(json_object_get(bulk, "histograms"), i, h)
		if (js_get_text(h, "metric") && !strcmp(js_get_text(h, "metric"), s->metric->id) &&
		    str_same(js_get_text(h, "variant"), s->metric->variant))
			add_buckets(unit_of(s, side, key), json_object_get(h, "buckets"));
}

static void add_document(const struct comparison *c, struct shapes *all, int side,
			 const char *path, const json_t *doc)
{
	const json_t *trials = json_object_get(json_object_get(doc, "bulk"), "trials");
	json_t *o, *bulk;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "cases"), i, o) {
		if (!js_get_text(o, "id") || !samples_labelled(doc, o, c->side[side]->pick))
			continue;
		for (size_t n = 0; n < all->n; n++)
			if (samples_same_case(all->shape[n].view->of, side, o))
				json_array_foreach(trials, k, bulk)
					if (js_get_number(bulk, "case", -1) ==
					    js_get_number(o, "case", -2))
						add_histograms(&all->shape[n], side, path, o, bulk);
	}
}

/* As this program lays histograms out. */
static bool known_layout(const json_t *doc)
{
	_cleanup_json_ json_t *ours = report_histogram_layout();

	return json_equal(ours, json_object_get(json_object_get(doc, "bulk"), "histogram_layout"));
}

static void read_again(const struct comparison *c, struct shapes *all)
{
	for (int side = 0; side < SIDES; side++) {
		size_t n = c->side[side]->n, step = (n + READ_AGAIN - 1) / READ_AGAIN;

		for (size_t i = 0; i < n; i += step) {
			const char *path = c->side[side]->source[i].path;
			_cleanup_json_ json_t *doc = NULL;
			_cleanup_free_ char *why = NULL;
			struct stat st;

			if (stat(path, &st) || !S_ISREG(st.st_mode) || st.st_size > LARGEST)
				continue;
			doc = report_load(path, REPORT_WHOLE, &why);
			if (doc && known_layout(doc))
				add_document(c, all, side, path, doc);
		}
	}
}

/* --- testing ----------------------------------------------------------------- */

static struct stat_hist pack(const struct unit_hist *u)
{
	double *value = xalloc(HIST_BUCKETS * sizeof(*value));
	double *count = xalloc(HIST_BUCKETS * sizeof(*count));
	size_t n = 0;

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (!(u->bucket[i] > 0))
			continue;
		value[n] = log((double)hist_middle(i) + 1);
		count[n++] = u->bucket[i];
	}
	return (struct stat_hist){ value, count, n };
}

static void test_shape(struct shape *s, uint64_t seed)
{
	struct stat_hist *packed[SIDES];
	size_t n[SIDES] = { 0 };

	for (int side = 0; side < SIDES; side++) {
		packed[side] = xalloc(s->n[side] * sizeof(*packed[side]));
		for (size_t i = 0; i < s->n[side]; i++) {
			struct stat_hist h = pack(&s->unit[side][i]);

			if (h.n) {
				packed[side][n[side]++] = h;
				continue;
			}
			free((void *)(uintptr_t)h.value);
			free((void *)(uintptr_t)h.count);
		}
	}
	s->energy.p = NAN;
	if (n[0] >= FEWEST && n[1] >= FEWEST)
		s->energy = stat_energy(packed[0], n[0], packed[1], n[1], seed);
	for (int side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < n[side]; i++) {
			free((void *)(uintptr_t)packed[side][i].value);
			free((void *)(uintptr_t)packed[side][i].count);
		}
		free(packed[side]);
	}
}

static void report_shape(struct comparison *c, const struct shape *s, double adjusted)
{
	json_t *o = json_object();

	js_set(o, "case", js_text(s->view->of->id));
	js_set(o, "metric", js_text(s->metric->id));
	js_set(o, "variant", js_text(s->metric->variant));
	js_set(o, "distance", js_number(s->energy.distance));
	js_set(o, "p", js_number(s->energy.p));
	js_set(o, "p_adjusted", js_number(adjusted));
	js_set(o, "verdict", js_text(adjusted <= c->rule.fdr ? "changed" : "same"));
	js_add(c->shapes, o);
}

static void free_shapes(struct shapes *all)
{
	for (size_t i = 0; i < all->n; i++)
		for (int side = 0; side < SIDES; side++) {
			for (size_t k = 0; k < all->shape[i].n[side]; k++) {
				free(all->shape[i].unit[side][k].key);
				free(all->shape[i].unit[side][k].bucket);
			}
			free(all->shape[i].unit[side]);
		}
	free(all->shape);
}

void compare_shapes(struct comparison *c)
{
	struct shapes all = { 0 };
	double *p, *adjusted;

	for (size_t i = 0; i < c->n_series; i++)
		add_shape(&all, &c->series[i]);
	if (!all.n)
		return;
	read_again(c, &all);
	p = xalloc(all.n * sizeof(*p));
	adjusted = xalloc(all.n * sizeof(*adjusted));
	for (size_t i = 0; i < all.n; i++) {
		test_shape(&all.shape[i], c->o->seed);
		p[i] = all.shape[i].energy.p;
	}
	stat_bh(p, all.n, adjusted);
	for (size_t i = 0; i < all.n; i++)
		if (!isnan(p[i]))
			report_shape(c, &all.shape[i], adjusted[i]);
	free(p);
	free(adjusted);
	free_shapes(&all);
}
