/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A series of kernels: what gates, false alarms, and what is missing. */
#include <stdio.h>

#include "reports/compare/trend.h"
#include "tests/unit/compare_kit.h"
#include "tests/unit/stat_kit.h"

#define SERIES 24
#define TRIALS 6

struct line {
	json_t *doc[SERIES];
	size_t n;
	struct trend_options o;
	json_t *result;
	char *why;
};

/* A kernel "6.N.0" with one boot of @trials, of the values that @rate makes. */
static json_t *add(struct line *l, unsigned trials, double (*rate)(void *ctx), void *ctx)
{
	char boot[16], release[16];
	json_t *doc;

	snprintf(boot, sizeof(boot), "boot %zu", l->n);
	snprintf(release, sizeof(release), "6.%zu.0", l->n + 1);
	doc = kit_report(boot, 1000.0 + 100.0 * (double)l->n);
	js_set(json_object_get(doc, "kernel"), "release", json_string(release));
	for (unsigned i = 0; i < trials; i++)
		kit_trial(kit_case_of(doc, 0), boot, 1000.0 + 100.0 * (double)l->n + i, rate(ctx));
	assert_true(l->n < SERIES);
	l->doc[l->n++] = doc;
	return doc;
}

static json_t *make(struct line *l)
{
	struct compare_source source[SERIES];
	char name[SERIES][32];

	for (size_t i = 0; i < l->n; i++) {
		snprintf(name[i], sizeof(name[i]), "%zu.json", i);
		source[i] = (struct compare_source){ name[i], l->doc[i] };
	}
	l->result = trend_reports(source, l->n, &l->o, &l->why);
	return l->result;
}

static void done(struct line *l)
{
	for (size_t i = 0; i < l->n; i++)
		json_decref(l->doc[i]);
	json_decref(l->result);
	free(l->why);
}

struct noise {
	struct rng rng;
	double level, spread;
};

static double draw(void *ctx)
{
	struct noise *n = ctx;

	return 1e6 * n->level * exp(n->spread * gauss(&n->rng));
}

/* Level series of kernels that differ by chance as much as their trials do: of
 * 60 hardly one alarm, of either kind. */
static void level(unsigned kernels, unsigned alarms)
{
	struct noise n = { .spread = 0.01 };
	unsigned changed = 0;

	rng_seed(&n.rng, 7);
	for (unsigned i = 0; i < 60; i++) {
		struct line l = { .o.judge.seed = i };
		json_t *ops;

		for (unsigned k = 0; k < kernels; k++) {
			n.level = exp(0.005 * gauss(&n.rng));
			add(&l, TRIALS, draw, &n);
		}
		ops = kit_row(make(&l), "ops", "wall");
		changed += json_array_size(json_object_get(ops, "changes")) > 0 ||
			   !strcmp(js_get_text(ops, "verdict"), "regressed") ||
			   !strcmp(js_get_text(ops, "verdict"), "improved");
		done(&l);
	}
	if (changed > alarms)
		fail_msg("%u alarms in 60 series of %u kernels", changed, kernels);
}

static void false_alarms(void **state)
{
	(void)state;
	level(6, 8);
	level(20, 8);
}

/* A loss of 5 % in the middle of 16 kernels is found where it is. */
static void power(void **state)
{
	struct noise n = { .spread = 0.01 };
	unsigned found = 0;

	(void)state;
	rng_seed(&n.rng, 8);
	for (unsigned i = 0; i < 40; i++) {
		struct line l = { .o.judge.seed = i };
		json_t *changes;

		for (unsigned k = 0; k < 16; k++) {
			n.level = (k < 8 ? 1 : 0.95) * exp(0.002 * gauss(&n.rng));
			add(&l, TRIALS, draw, &n);
		}
		changes = json_object_get(kit_row(make(&l), "ops", "wall"), "changes");
		found += json_array_size(changes) == 1 &&
			 js_get_number(json_array_get(changes, 0), "at", 0) == 8;
		assert_number(l.result, "exit_code", 3);
		done(&l);
	}
	if (found < 36)
		fail_msg("found in %u of 40 series", found);
}

/* Small losses, each below the threshold, add up to one that is not. */
static void slow_decline(void **state)
{
	struct noise n = { .spread = 0.001 };
	struct line l = { 0 };
	json_t *ops, *o;
	size_t i;

	(void)state;
	rng_seed(&n.rng, 9);
	for (unsigned k = 0; k < 5; k++) {
		n.level = 1 - 0.01 * k;
		add(&l, 8, draw, &n);
	}
	ops = kit_row(make(&l), "ops", "wall");
	assert_text(ops, "verdict", "regressed");
	json_array_foreach(json_object_get(ops, "comparisons"), i, o)
		if (!strcmp(js_get_text(o, "against"), "predecessor"))
			assert_text(o, "verdict", "unchanged");
	done(&l);
}

/* The newest kernel has no trial of the case that did its work. */
static void newest_missing(void **state)
{
	struct noise n = { .level = 1, .spread = 0.001 };
	struct line l = { 0 };
	json_t *ops, *trial;
	size_t i;

	(void)state;
	rng_seed(&n.rng, 10);
	for (unsigned k = 0; k < 3; k++)
		add(&l, 8, draw, &n);
	json_array_foreach(json_object_get(kit_case_of(l.doc[2], 0), "trials"), i, trial)
		js_set(trial, "outcome", json_string("broken"));
	ops = kit_row(make(&l), "ops", "wall");
	assert_text(ops, "verdict", "inconclusive");
	assert_text(ops, "text", "not measured with 6.3.0");
	assert_int_equal(json_array_size(json_object_get(ops, "points")), 2);
	assert_number(l.result, "exit_code", 125);
	done(&l);
}

/* Values that are not positive have no logarithm: parts of the baseline's. */
static double minus(void *ctx)
{
	return -draw(ctx);
}

static void negative_values(void **state)
{
	struct noise n = { .level = 1, .spread = 0.001 };
	struct line l = { 0 };
	json_t *ops;

	(void)state;
	rng_seed(&n.rng, 11);
	add(&l, 8, minus, &n);
	n.level = 1.1;
	add(&l, 8, minus, &n);
	ops = kit_row(make(&l), "ops", "wall");
	assert_text(ops, "scale", "linear");
	assert_text(ops, "verdict", "regressed");
	assert_true(fabs(js_get_number(json_array_get(json_object_get(ops, "comparisons"), 0),
				       "change", 0) + 0.1) < 0.01);
	done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(false_alarms),	   cmocka_unit_test(power),
		cmocka_unit_test(slow_decline),	   cmocka_unit_test(newest_missing),
		cmocka_unit_test(negative_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
