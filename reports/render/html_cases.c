/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cases there are on which side, and their numbers. */
#include "reports/render/html.h"

#include <math.h>
#include <string.h>

/* --- collecting ---------------------------------------------------------------- */

struct collecting {
	struct html_page *page;
	json_t *index; /* id: number in page->cases */
	size_t room;
};

static struct html_case *case_get(struct collecting *k, const char *id, bool add)
{
	struct html_page *p = k->page;
	json_t *at = json_object_get(k->index, id);
	struct html_case *c;

	if (at)
		return &p->cases[json_integer_value(at)];
	if (!add)
		return NULL;
	if (p->n_cases == k->room) {
		k->room = k->room ? 2 * k->room : 64;
		p->cases = xrealloc(p->cases, k->room * sizeof(*p->cases));
	}
	js_set(k->index, id, json_integer((json_int_t)p->n_cases));
	c = &p->cases[p->n_cases++];
	memset(c, 0, sizeof(*c));
	c->id = json_object_iter_key(json_object_iter_at(k->index, id));
	c->number = (unsigned)p->n_cases;
	c->metrics = json_array();
	c->shapes = json_array();
	return c;
}

static void add_rows(struct collecting *k, const json_t *rows, bool shapes)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		struct html_case *c;

		if (!js_get_text(row, "case"))
			continue;
		c = case_get(k, text_get(row, "case"), true);
		js_add(shapes ? c->shapes : c->metrics, json_incref(row));
	}
}

static void add_comparison(struct collecting *k, const json_t *comparison)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(comparison, "outcomes"), i, row)
		if (js_get_text(row, "case"))
			case_get(k, text_get(row, "case"), true)->outcome = row;
	add_rows(k, json_object_get(comparison, "metrics"), false);
	add_rows(k, json_object_get(comparison, "shapes"), true);
}

/* Is the run among those of the comparison's side? */
static bool side_has(const json_t *side, const json_t *run)
{
	double started = js_get_number(run, "started", -1);
	size_t i;
	json_t *report;

	json_array_foreach(json_object_get(side, "reports"), i, report)
		if (text_is(report, "boot_id", text_get(run, "boot_id")) &&
		    fabs(js_get_number(report, "started", -2) - started) < 1e-3)
			return true;
	return false;
}

int html_side(const struct html_page *p, size_t report, const json_t *of)
{
	const json_t *sides = json_object_get(p->comparison, "sides");
	const json_t *base = json_array_get(sides, 0), *new = json_array_get(sides, 1);
	const char *label = js_get_text(of, "label");

	if (!p->comparison)
		return HTML_NEW;
	if (label && text_is(base, "label", label) && !text_is(new, "label", label))
		return HTML_BASE;
	if (label && text_is(new, "label", label))
		return HTML_NEW;
	if (p->in->n_base)
		return report < p->in->n_base ? HTML_BASE : HTML_NEW;
	return side_has(base, p->in->reports[report]) ? HTML_BASE : HTML_NEW;
}

/* Its lists of bulk data by the number of the case. To free, members too. */
static json_t **bulk_by_case(const json_t *report, size_t n)
{
	json_t **list = xalloc((n + 1) * sizeof(*list)), *entry;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(report, "bulk"), "trials"),
			   i, entry) {
		double number = js_get_number(entry, "case", -1);

		if (!(number >= 0 && number < n))
			continue;
		if (!list[(size_t)number])
			list[(size_t)number] = json_array();
		js_add(list[(size_t)number], json_incref(entry));
	}
	return list;
}

static void add_part(struct html_case *c, int side, const json_t *report,
		     const json_t *of, json_t *bulk)
{
	size_t n = c->n[side];

	if (!(n & (n - 1))) /* room for the next power of two */
		c->part[side] = xrealloc(c->part[side],
					 (n ? 2 * n : 1) * sizeof(*c->part[side]));
	c->part[side][c->n[side]++] = (struct html_part){ report, of, bulk };
}

static void add_report(struct collecting *k, size_t number)
{
	const json_t *report = k->page->in->reports[number];
	const json_t *cases = json_object_get(report, "cases");
	size_t n = json_array_size(cases), i;
	json_t **bulk = bulk_by_case(report, n), *of;

	json_array_foreach(cases, i, of) {
		const char *id = js_get_text(of, "id");
		double place = js_get_number(of, "case", (double)i);
		_cleanup_free_ char *stem = xasprintf(
			"%.*s", (int)strcspn(id ? id : "", "?"), id ? id : "");
		struct html_case *c;
		json_t *own = NULL;

		if (!id)
			continue;
		if (place >= 0 && place < n)
			own = json_incref(bulk[(size_t)place]);
		c = case_get(k, id, false);
		if (!c) /* compared whatever its options */
			c = case_get(k, stem, false);
		if (!c)
			c = case_get(k, id, true);
		add_part(c, html_side(k->page, number, of), report, of, own);
	}
	for (i = 0; i < n; i++)
		json_decref(bulk[i]);
	free(bulk);
}

void html_collect(struct html_page *p)
{
	struct collecting k = { .page = p, .index = json_object() };

	if (p->comparison)
		add_comparison(&k, p->comparison);
	for (size_t i = 0; i < p->in->n_reports; i++)
		add_report(&k, i);
	for (size_t i = 0; i < p->n_cases; i++)
		p->cases[i].id = xstrdup(p->cases[i].id);
	json_decref(k.index);
}

void html_release(struct html_page *p)
{
	for (size_t i = 0; i < p->n_cases; i++) {
		struct html_case *c = &p->cases[i];

		for (int side = 0; side < HTML_SIDES; side++) {
			for (size_t k = 0; k < c->n[side]; k++)
				json_decref(c->part[side][k].bulk);
			free(c->part[side]);
		}
		json_decref(c->metrics);
		json_decref(c->shapes);
		free((char *)c->id);
	}
	free(p->cases);
}

/* --- numbers ------------------------------------------------------------------- */

const char *html_outcome(const struct html_case *c, int side)
{
	const char *worst = "";

	for (size_t i = 0; i < c->n[side]; i++) {
		const char *word = text_get(c->part[side][i].of, "outcome");

		/* skipped in one report and passed in another: it passed */
		if (!*worst || html_gravity(word) < html_gravity(worst))
			worst = word;
	}
	return worst;
}

static const json_t *find_metric(const json_t *of, const char *id, const char *variant)
{
	size_t i;
	json_t *metric;

	json_array_foreach(json_object_get(of, "metrics"), i, metric)
		if (text_is(metric, "id", id) && text_is(metric, "variant", variant))
			return metric;
	return NULL;
}

/* Member "percentiles.99" is one of an object. */
static const json_t *member_list(const json_t *metric, const char *member)
{
	const char *dot = strchr(member, '.');

	if (!dot)
		return json_object_get(metric, member);
	return json_object_get(json_object_get(metric, "percentiles"), dot + 1);
}

double *html_series(const struct html_case *c, int side, const char *id,
		    const char *variant, const char *member, size_t *n)
{
	double *value = NULL;
	size_t used = 0;

	for (size_t part = 0; part < c->n[side]; part++) {
		const json_t *metric =
			find_metric(c->part[side][part].of, id, variant);
		const json_t *list = member_list(metric, member);
		size_t more = json_array_size(list);

		value = xrealloc(value, (used + more + 1) * sizeof(*value));
		for (size_t i = 0; i < more; i++) {
			const json_t *v = json_array_get(list, i);

			value[used++] = json_is_number(v) ? json_number_value(v) : NAN;
		}
	}
	*n = used;
	return value ? value : xalloc(sizeof(*value));
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double html_median(const double *value, size_t n)
{
	double *sorted = xalloc((n + 1) * sizeof(*sorted)), median = NAN;
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (isfinite(value[i]))
			sorted[k++] = value[i];
	qsort(sorted, k, sizeof(*sorted), ascending);
	if (k)
		median = sorted[(k - 1) / 2] / 2 + sorted[k / 2] / 2;
	free(sorted);
	return median;
}
