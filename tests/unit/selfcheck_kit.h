/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of the selfcheck share: pairs of machines that never were. */
#ifndef STRAIN_TESTS_UNIT_SELFCHECK_KIT_H
#define STRAIN_TESTS_UNIT_SELFCHECK_KIT_H

#include "tests/unit/compare_kit.h"

#include "base/rng.h"
#include "reports/compare/selfcheck.h"
#include "reports/stat/stat.h"

#define PAIRS 24
#define METRICS 6

/* What the pairs' log ratios are made of. */
struct machine {
	double bias;   /* of one side, in standard deviations */
	double memory; /* of the pair before, 0..1 */
	double shared; /* what all metrics have in common, 0..1 */
};

/* Normal, by the inverse of its distribution. */
static inline double normal(struct rng *rng)
{
	return stat_normal_quantile(((double)(rng_next(rng) >> 12) + 0.5) / 4503599627370496.0);
}

static inline void make(double d[METRICS][PAIRS], const struct machine *m, struct rng *rng)
{
	double last[METRICS] = { 0 };

	for (size_t k = 0; k < PAIRS; k++) {
		double common = normal(rng);

		for (size_t i = 0; i < METRICS; i++) {
			double fresh = sqrt(m->shared) * common + sqrt(1 - m->shared) * normal(rng);

			last[i] = m->memory * last[i] + sqrt(1 - m->memory * m->memory) * fresh;
			d[i][k] = 0.01 * (last[i] + m->bias);
		}
	}
}

/* A row of a comparison whose sides differ in pair k by @d[k]. */
static inline json_t *row(const char *id, const char *metric, const double *d, size_t n, bool primary)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:n, s:s, s:s, s:s, s:s, s:b, s:s, s:f, s:f, s:f}", "case", id,
			      "metric", metric, "name", metric, "variant", "statistic", "median",
			      "rate", "wall", "unit", "ops/s", "kind", "rate", "primary", (int)primary,
			      "scale", "log", "base", 1e6, "change", 0.001, "p", 0.5);
	json_t *base = json_array(), *new = json_array();

	for (size_t k = 0; k < n; k++) {
		js_add(base, json_real(1e6 * kit_noise(k)));
		js_add(new, json_real(1e6 * kit_noise(k) * exp(d[k])));
	}
	js_set(o, "values", json_pack("{s:o, s:o}", "base", base, "new", new));
	return o;
}

static inline json_t *document(double d[METRICS][PAIRS], size_t pairs, const char *fingerprint)
{
	json_t *metrics = json_array(), *comparison = json_pack("{s:{s:s}, s:o}", "tool", "name", "strain",
								"metrics", metrics);
	json_t *head = json_pack("{s:s, s:s, s:f}", "fingerprint", fingerprint, "kernel", "6.12.1",
				 "started", 86400.0 * 366);
	char *why = NULL;
	json_t *doc;

	js_add(metrics, row("fault/anon", "faults", d[0], pairs, true));
	js_add(metrics, row("switch/pipe", "switches", d[1], PAIRS, true));
	js_add(metrics, row("switch/pipe", "cost", d[2], PAIRS, false));
	doc = selfcheck_document(comparison, head, 1, &why);
	assert_non_null(doc);
	json_decref(comparison);
	json_decref(head);
	return doc;
}

static inline json_t *usual(const struct machine *m, size_t pairs, const char *fingerprint)
{
	double d[METRICS][PAIRS];
	struct rng rng;

	rng_seed(&rng, 6);
	make(d, m, &rng);
	return document(d, pairs, fingerprint);
}

#endif
