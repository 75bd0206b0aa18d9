/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is common to all metrics of a case: units, order, load. */
#include "reports/compare/compare_parts.h"

#include <math.h>
#include <string.h>

/* Part of the time in which a task runs or wants to, from which it counts as
 * bound by the CPU. */
#define BOUND 0.9
/* Turns a side from which an order counts as alternating. */
#define TURNS 5
/* Letters of a sequence that are kept. */
#define SEQUENCE_MAX 240

struct ordered {
	size_t trial;
	double time;  /* of the unit's first trial */
	size_t key;   /* boot, or trial */
	double order; /* within a unit */
};

static int by_time(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static double known(double time)
{
	return isfinite(time) ? time : 0;
}

/* Measured trials in the order of their units. */
static void sort_units(struct case_view *v, int side, size_t n_boots)
{
	const struct sample_case *of = v->of;
	struct ordered *list = xalloc(of->n[side] * sizeof(*list));
	double *first = xalloc(n_boots * sizeof(*first));
	size_t n = 0;

	for (size_t i = 0; i < n_boots; i++)
		first[i] = INFINITY;
	for (size_t i = 0; i < of->n[side]; i++) {
		const struct sample_trial *t = &of->trial[side][i];

		if (t->measured && known(t->started) < first[t->boot])
			first[t->boot] = known(t->started);
	}
	for (size_t i = 0; i < of->n[side]; i++) {
		const struct sample_trial *t = &of->trial[side][i];
		double at = known(t->started);

		if (t->measured)
			list[n++] = (struct ordered){ i, v->boots ? first[t->boot] : at,
						      v->boots ? t->boot : i, at };
	}
	qsort(list, n, sizeof(*list), by_time);
	v->member[side] = xalloc(n * sizeof(*v->member[side]));
	v->n_members[side] = n;
	for (size_t i = 0; i < n; i++) {
		if (!i || list[i].key != list[i - 1].key)
			v->n_units[side]++;
		v->member[side][i] = (struct unit_trial){ list[i].trial,
							  v->n_units[side] - 1 };
	}
	free(list);
	free(first);
}

static size_t boots_of(const struct sample_case *of, int side, size_t n_boots)
{
	bool *seen = xalloc(n_boots * sizeof(*seen));
	size_t n = 0;

	for (size_t i = 0; i < of->n[side]; i++) {
		const struct sample_trial *t = &of->trial[side][i];

		if (t->measured && !seen[t->boot]) {
			seen[t->boot] = true;
			n++;
		}
	}
	free(seen);
	return n;
}

/* --- pairs ------------------------------------------------------------------- */

struct pair_key {
	double run;
	int64_t pair;
	size_t member;
};

static int by_pair(const void *a, const void *b)
{
	const struct pair_key *x = a, *y = b;

	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	return x->pair < y->pair ? -1 : x->pair > y->pair;
}

static bool all_paired(const struct case_view *v)
{
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < v->n_members[side]; i++)
			if (v->of->trial[side][v->member[side][i].trial].pair < 0)
				return false;
	return v->n_members[SIDE_BASE] && v->n_members[SIDE_NEW];
}

static struct pair_key *pair_keys(const struct comparison *c, const struct case_view *v,
				  int side)
{
	struct pair_key *key = xalloc(v->n_members[side] * sizeof(*key));

	for (size_t i = 0; i < v->n_members[side]; i++) {
		const struct sample_trial *t = &v->of->trial[side][v->member[side][i].trial];

		key[i] = (struct pair_key){
			known(c->samples.report[side][t->report].started), t->pair, i };
	}
	qsort(key, v->n_members[side], sizeof(*key), by_pair);
	return key;
}

/* Keeps the members that have a partner: index i of both sides is a pair. */
static void match_pairs(const struct comparison *c, struct case_view *v)
{
	struct pair_key *a = pair_keys(c, v, SIDE_BASE), *b = pair_keys(c, v, SIDE_NEW);
	struct unit_trial *kept[SIDES];
	size_t i = 0, k = 0, n = 0;

	for (int side = 0; side < SIDES; side++)
		kept[side] = xalloc(v->n_members[side] * sizeof(*kept[side]));
	while (i < v->n_members[SIDE_BASE] && k < v->n_members[SIDE_NEW]) {
		int order = by_pair(&a[i], &b[k]);

		if (!order) {
			kept[SIDE_BASE][n] = v->member[SIDE_BASE][a[i].member];
			kept[SIDE_NEW][n++] = v->member[SIDE_NEW][b[k].member];
		}
		i += order <= 0;
		k += order >= 0;
	}
	/* units by the base side's boot; without boots each pair is one */
	for (size_t p = 0; p < n; p++)
		kept[SIDE_NEW][p].unit = kept[SIDE_BASE][p].unit =
			v->boots ? kept[SIDE_BASE][p].unit : p;
	for (int side = 0; side < SIDES; side++) {
		free(v->member[side]);
		v->member[side] = kept[side];
		v->n_members[side] = n;
		if (!v->boots)
			v->n_units[side] = n;
	}
	free(a);
	free(b);
}

/* --- order ------------------------------------------------------------------- */

const char *compare_design_name(enum design d)
{
	static const char *const names[] = { "paired", "alternating", "mixed",
					     "uncontrolled" };

	return names[d];
}

static double unit_time(const struct case_view *v, int side, size_t member)
{
	return v->of->trial[side][v->member[side][member].trial].started;
}

/* First member of the next unit after @member. */
static size_t next_unit(const struct case_view *v, int side, size_t member)
{
	size_t unit = v->member[side][member].unit;

	while (member < v->n_members[side] && v->member[side][member].unit == unit)
		member++;
	return member;
}

/* Units of both sides as they followed each other. */
static void find_sequence(struct case_view *v)
{
	size_t at[SIDES] = { 0 }, run = 0, runs = 0, longest[SIDES] = { 0 }, limit;
	bool unknown = false, alternating;
	struct str s = STR_INIT;
	int last = -1;

	while (at[0] < v->n_members[0] || at[1] < v->n_members[1]) {
		int side = at[0] >= v->n_members[0] ? 1 : at[1] >= v->n_members[1] ? 0 :
			   unit_time(v, 1, at[1]) < unit_time(v, 0, at[0]);

		unknown |= !isfinite(unit_time(v, side, at[side]));
		run = side == last ? run + 1 : 1;
		runs += side != last;
		longest[side] = run > longest[side] ? run : longest[side];
		last = side;
		if (s.len < SEQUENCE_MAX)
			str_add(&s, side ? "B" : "A");
		at[side] = next_unit(v, side, at[side]);
	}
	alternating = runs > 2;
	for (int side = 0; side < SIDES; side++) {
		limit = v->n_units[side] / TURNS;
		alternating &= longest[side] <= (limit > 2 ? limit : 2);
	}
	v->sequence = str_take(&s);
	v->design = unknown || runs <= 2 ? DESIGN_UNCONTROLLED :
		    alternating ? DESIGN_ALTERNATING : DESIGN_MIXED;
}

/* --- load -------------------------------------------------------------------- */

static double median_of(const struct case_view *v, int side,
			double (*get)(const struct case_view *v, const struct sample_trial *t))
{
	double *x = xalloc(v->n_members[side] * sizeof(*x)), median;
	size_t n = 0;

	for (size_t i = 0; i < v->n_members[side]; i++) {
		x[n] = get(v, &v->of->trial[side][v->member[side][i].trial]);
		n += isfinite(x[n]);
	}
	median = stat_median(x, n);
	free(x);
	return median;
}

static double wait_share(const struct case_view *v, const struct sample_trial *t)
{
	(void)v;
	return t->cpu + t->wait > 0 ? t->wait / (t->cpu + t->wait) : NAN;
}

static double busy(const struct case_view *v, const struct sample_trial *t)
{
	double room = t->seconds * (v->of->workers > 1 ? v->of->workers : 1);

	return room > 0 ? (t->cpu + t->wait) / room : NAN;
}

static void find_load(struct case_view *v)
{
	v->bound = true;
	for (int side = 0; side < SIDES; side++) {
		v->wait_share[side] = median_of(v, side, wait_share);
		v->contended |= v->wait_share[side] > COMPARE_CONTENDED;
		v->bound &= median_of(v, side, busy) >= BOUND;
	}
}

/* --- all of it -------------------------------------------------------------- */

static void view_case(struct comparison *c, struct case_view *v)
{
	const struct sample_case *of = v->of;
	size_t n_boots = c->samples.n_boots;

	v->boots = boots_of(of, SIDE_BASE, n_boots) > 1 ||
		   boots_of(of, SIDE_NEW, n_boots) > 1;
	sort_units(v, SIDE_BASE, n_boots);
	sort_units(v, SIDE_NEW, n_boots);
	find_sequence(v);
	v->paired = all_paired(v);
	if (v->paired) {
		match_pairs(c, v);
		v->design = DESIGN_PAIRED;
	}
	find_load(v);
}

void compare_views(struct comparison *c)
{
	struct samples *s = &c->samples;
	c->view = xalloc(s->n_cases * sizeof(*c->view));
	for (size_t i = 0; i < s->n_cases; i++) {
		c->view[i].of = &s->cases[i];
		if (!s->cases[i].work[SIDE_BASE] || !s->cases[i].work[SIDE_NEW])
			continue;
		view_case(c, &c->view[i]);
	}
}

void compare_view_free(struct case_view *v)
{
	free(v->refused);
	free(v->sequence);
	for (int side = 0; side < SIDES; side++)
		free(v->member[side]);
}
