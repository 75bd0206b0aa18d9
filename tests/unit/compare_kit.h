/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports that never were, in memory, and their comparison. A report has one
 * case and one trial unless more are added; everything that a test does not
 * change is equal on both sides, quiet and bound by the CPU.
 */
#ifndef STRAIN_TESTS_COMPARE_KIT_H
#define STRAIN_TESTS_COMPARE_KIT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reports/compare/compare.h"

#define KIT_REPORTS 64

struct kit {
	json_t *doc[2][KIT_REPORTS];
	size_t n[2];
	struct compare_options o;
	const char *pick[2];
	json_t *result;
	char *why;
};

static json_t *kit_metric(const char *id, const char *kind, const char *better, bool primary)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:[]}", "id", id, "name", id, "unit",
			 !strcmp(kind, "rate") ? "ops/s" : "ns", "kind", kind, "better", better,
			 "primary", (int)primary, "version", 1, "values");
}

static json_t *kit_case(const char *id)
{
	json_t *o = json_pack("{s:s, s:i, s:s, s:s, s:i, s:b, s:b, s:{s:i}, s:[], s:[]}", "id", id,
			      "case", 0, "outcome", "pass", "stressor", "made", "workers", 1,
			      "threads", 0, "verify", 0, "options", "bytes", 4096, "metrics",
			      "trials");
	json_t *rate = kit_metric("ops", "rate", "higher", true);

	js_set(rate, "cpu_rates", json_array());
	js_add(json_object_get(o, "metrics"), rate);
	return o;
}

static json_t *kit_report(const char *boot, double started)
{
	return json_pack("{s:s, s:b, s:s, s:s, s:f, s:{s:s, s:s}, s:{}, s:{s:s}, s:[o]}", "schema",
			 "strain-report/1", "sealed", 1, "outcome", "pass", "boot_id", boot,
			 "started", started, "kernel", "release", "6.12.1", "machine", "x86_64",
			 "sysctl", "machine", "fingerprint", "here", "cases", kit_case("made/one"));
}

/* Case @i of a report. */
static inline json_t *kit_case_of(json_t *doc, size_t i)
{
	return json_array_get(json_object_get(doc, "cases"), i);
}

static inline json_t *kit_metric_of(json_t *of, size_t i)
{
	return json_array_get(json_object_get(of, "metrics"), i);
}

/* A trial of a case that did @rate operations a second. */
static json_t *kit_trial(json_t *of, const char *boot, double started, double rate)
{
	json_t *metric = kit_metric_of(of, 0);
	json_t *trial = json_pack("{s:s, s:f, s:s, s:f, s:f, s:f, s:[f], s:{s:{s:f}}}", "outcome",
				  "pass", "started", started, "boot_id", boot, "seconds", 1.0,
				  "cpu_seconds", 1.0, "wait_seconds", 0.0, "worker_ops", rate,
				  "counters", "vmstat", "pgfault", 2 * rate);

	js_add(json_object_get(of, "trials"), trial);
	js_add(json_object_get(metric, "values"), json_real(rate));
	js_add(json_object_get(metric, "cpu_rates"), json_real(rate * 2));
	return trial;
}

/* Adds a report with a trial to a side. */
static inline json_t *kit_add(struct kit *k, int side, const char *boot, double started, double rate)
{
	json_t *doc = kit_report(boot, started);

	kit_trial(kit_case_of(doc, 0), boot, started, rate);
	assert_true(k->n[side] < KIT_REPORTS);
	k->doc[side][k->n[side]++] = doc;
	return doc;
}

/* A little different each time, never equal to another. */
static inline double kit_noise(size_t i)
{
	return 1 + 0.001 * ((double)((i * 7) % 11) - 5) + 1e-5 * (double)i;
}

/* Reports by the letters of @order (A base, B new), in one boot; new is @factor
 * as fast. */
static inline void kit_order(struct kit *k, const char *order, double factor)
{
	for (size_t i = 0; order[i]; i++)
		kit_add(k, order[i] == 'B', "boot", 1000.0 + 10.0 * (double)i,
			1e6 * kit_noise(i) * (order[i] == 'B' ? factor : 1));
}

#define KIT_TURNS "ABBAABBAABBAABBAABBA"

static inline json_t *kit_compare(struct kit *k)
{
	struct compare_source source[2][KIT_REPORTS];
	struct compare_side side[2] = { { .label = "base" }, { .label = "new" } };
	char name[2][KIT_REPORTS][32];

	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < k->n[s]; i++) {
			snprintf(name[s][i], sizeof(name[s][i]), "%s%zu.json", s ? "n" : "b", i);
			source[s][i] = (struct compare_source){ name[s][i], k->doc[s][i] };
		}
		side[s].source = source[s];
		side[s].n = k->n[s];
		side[s].pick = k->pick[s];
		if (k->pick[s])
			side[s].label = k->pick[s];
	}
	json_decref(k->result);
	free(k->why);
	k->why = NULL;
	k->result = compare_reports(&side[0], &side[1], &k->o, &k->why);
	return k->result;
}

static inline void kit_free(struct kit *k)
{
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k->n[s]; i++)
			json_decref(k->doc[s][i]);
	json_decref(k->result);
	free(k->why);
	*k = (struct kit){ 0 };
}

/* Row of the result: the wall rate of the first metric unless others say. */
static inline json_t *kit_row(const json_t *doc, const char *metric, const char *which)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(doc, "metrics"), i, o) {
		const char *rate = js_get_text(o, "rate");

		if (!strcmp(js_get_text(o, "metric"), metric) &&
		    !strcmp(rate ? rate : js_get_text(o, "statistic"), which))
			return o;
	}
	return NULL;
}

#define assert_text(o, key, text) assert_string_equal(js_get_text(o, key), text)
#define assert_number(o, key, number) \
	assert_true(fabs(js_get_number(o, key, NAN) - (number)) < 1e-9)

#endif
