/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selfchecks of machines that never were: false alarms, floors, the file. */
#include "tests/unit/compare_kit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/rng.h"
#include "reports/compare/floor.h"
#include "reports/compare/selfcheck.h"
#include "reports/stat/stat.h"

#define PAIRS 24
#define METRICS 6

/* Normal, by the inverse of its distribution. */
static double normal(struct rng *rng)
{
	return stat_normal_quantile(((double)(rng_next(rng) >> 12) + 0.5) / 4503599627370496.0);
}

/* --- false alarms ------------------------------------------------------------- */

/* What the pairs' log ratios are made of. */
struct machine {
	double bias;   /* of one side, in standard deviations */
	double memory; /* of the pair before, 0..1 */
	double shared; /* what all metrics have in common, 0..1 */
};

static void make(double d[METRICS][PAIRS], const struct machine *m, struct rng *rng)
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

/* How many of @machines such are refused. */
static unsigned refused(const struct machine *m, unsigned machines, uint64_t seed)
{
	struct selfcheck_series s[METRICS];
	double d[METRICS][PAIRS];
	unsigned n = 0;
	struct rng rng;

	rng_seed(&rng, seed);
	for (unsigned i = 0; i < machines; i++) {
		struct selfcheck_alarms a;

		make(d, m, &rng);
		for (size_t k = 0; k < METRICS; k++)
			s[k] = (struct selfcheck_series){ d[k], PAIRS };
		selfcheck_count(s, METRICS, seed + i, &a);
		assert_int_equal(a.tests, METRICS * (1 + PAIRS / SELFCHECK_BLOCK));
		assert_true(a.limit >= a.binomial && a.limit >= a.splits);
		n += a.count > a.limit;
	}
	return n;
}

static void good_machines_pass(void **state)
{
	struct machine good = { 0 }, alike = { .shared = 0.95 };

	(void)state;
	/* one in a hundred may be */
	assert_true(refused(&good, 6, 1) <= 1);
	assert_true(refused(&alike, 6, 2) <= 1);
}

static void bad_machines_are_refused(void **state)
{
	struct machine biased = { .bias = 1.5 }, slow = { .memory = 0.9 };

	(void)state;
	assert_int_equal(refused(&biased, 3, 3), 3);
	assert_true(refused(&slow, 4, 4) >= 3);
}

/* One bound is a binomial count: 24 tests at 5 %, P(X > 4) = 0.6 %. */
static void the_binomial_bound(void **state)
{
	struct selfcheck_series s[METRICS];
	double d[METRICS][PAIRS];
	struct selfcheck_alarms a;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	make(d, &(struct machine){ 0 }, &rng);
	for (size_t k = 0; k < METRICS; k++)
		s[k] = (struct selfcheck_series){ d[k], PAIRS };
	selfcheck_count(s, METRICS, 1, &a);
	assert_int_equal(a.binomial, 4);
	/* a short one is tested as a whole only; nothing is no alarm */
	s[0].n = 2 * SELFCHECK_BLOCK - 1;
	selfcheck_count(s, 1, 1, &a);
	assert_int_equal(a.tests, 1);
	memset(d[0], 0, sizeof(d[0]));
	s[0].n = PAIRS;
	selfcheck_count(s, 1, 1, &a);
	assert_int_equal(a.count, 0);
	assert_int_equal(a.splits, 0);
}

/* --- the document ------------------------------------------------------------- */

/* A row of a comparison whose sides differ in pair k by @d[k]. */
static json_t *row(const char *id, const char *metric, const double *d, size_t n, bool primary)
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

static json_t *document(double d[METRICS][PAIRS], size_t pairs, const char *fingerprint)
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

static json_t *usual(const struct machine *m, size_t pairs, const char *fingerprint)
{
	double d[METRICS][PAIRS];
	struct rng rng;

	rng_seed(&rng, 6);
	make(d, m, &rng);
	return document(d, pairs, fingerprint);
}

static void a_document(void **state)
{
	_cleanup_json_ json_t *doc = usual(&(struct machine){ 0 }, PAIRS, "here");
	const json_t *first = json_array_get(json_object_get(doc, "metrics"), 0);
	const json_t *floor = json_object_get(first, "floor");
	char *wrong = selfcheck_check(doc), day[16];

	(void)state;
	assert_null(wrong);
	assert_text(doc, "schema", SELFCHECK_SCHEMA);
	assert_true(js_get_true(doc, "passed"));
	assert_number(doc, "pairs", PAIRS);
	assert_number(json_object_get(doc, "alarms"), "tests", 8);
	assert_string_equal(selfcheck_day(doc, day), "1971-01-02");
	assert_text(first, "folder", "memory");
	/* 24 pairs of 1 %: the mean of signs spreads by 0.2 % */
	assert_true(fabs(js_get_number(first, "sd", 0) - 0.01) < 0.003);
	assert_true(js_get_number(floor, "paired", 0) > 0.003 && js_get_number(floor, "paired", 1) < 0.007);
	assert_true(js_get_number(floor, "unpaired", 1) < 0.012);
}

static void failed_documents(void **state)
{
	_cleanup_json_ json_t *biased = usual(&(struct machine){ .bias = 2 }, PAIRS, "here");
	_cleanup_json_ json_t *lost = usual(&(struct machine){ 0 }, SELFCHECK_VALUES - 1, "here");
	_cleanup_json_ json_t *few = usual(&(struct machine){ 0 }, SELFCHECK_VALUES, "here");
	_cleanup_json_ json_t *none = json_pack("{s:[]}", "metrics"), *head = json_object();
	char *why = NULL;

	(void)state;
	assert_false(js_get_true(biased, "passed"));
	assert_non_null(strstr(js_get_text(biased, "text"), "more than the"));
	assert_false(js_get_true(lost, "passed"));
	assert_non_null(strstr(js_get_text(lost, "text"), "only 14 of 24 pairs"));
	assert_true(js_get_true(few, "passed"));
	assert_null(selfcheck_document(none, head, 1, &why));
	assert_non_null(strstr(why, "nothing was measured"));
	free(why);
}

/* A difference between equal sides is in the floor, which random signs hide. */
static void the_floor_has_what_was_seen(void **state)
{
	double d[METRICS][PAIRS] = { 0 };
	_cleanup_json_ json_t *doc = document(d, PAIRS, "here");
	const json_t *first = json_array_get(json_object_get(doc, "metrics"), 0);

	(void)state;
	assert_number(json_object_get(first, "floor"), "paired", 0.001); /* the row's change */
	assert_true(json_is_null(json_object_get(json_object_get(first, "autocorrelation"), "pairs")));
}

/* --- floors of rows ----------------------------------------------------------- */

static void floors_of_rows(void **state)
{
	_cleanup_json_ json_t *doc = usual(&(struct machine){ 0 }, PAIRS, "here");
	const json_t *list = json_object_get(doc, "metrics");
	double own[3], unpaired;
	struct compare_row r = { .case_id = "switch/pipe", .metric = "switches", .statistic = "mean",
				 .rate = "wall", .paired = true };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		own[i] = js_get_number(json_object_get(json_array_get(list, i), "floor"), "paired", 0);
	assert_true(floor_of(doc, &r) == own[1]);
	r.paired = false;
	unpaired = js_get_number(json_object_get(json_array_get(list, 1), "floor"), "unpaired", 0);
	assert_true(floor_of(doc, &r) == unpaired && unpaired != own[1]);
	r.paired = true;
	r.metric = "cost";
	assert_true(floor_of(doc, &r) == own[2]);
	/* of the same folder, what gates */
	r.metric = "else";
	r.case_id = "switch/futex@x";
	assert_true(floor_of(doc, &r) == own[1]);
	r.case_id = "hugepage/split";
	assert_true(floor_of(doc, &r) == own[0]);
	/* not of another kind, another folder or a stressor that is not known */
	r.rate = "cpu";
	assert_true(isnan(floor_of(doc, &r)));
	r.rate = NULL;
	r.statistic = "value";
	assert_true(isnan(floor_of(doc, &r)));
	r.rate = "wall";
	r.case_id = "nop";
	assert_true(isnan(floor_of(doc, &r)));
	r.case_id = "nonsense/x";
	assert_true(isnan(floor_of(doc, &r)));
}

/* --- the file ----------------------------------------------------------------- */

static char dir[] = "/tmp/strain-selfcheck-XXXXXX";

static int enter(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return mkdtemp(dir) && !setenv("XDG_STATE_HOME", dir, 1) ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	unsetenv("XDG_STATE_HOME");
	return dir_remove(dir);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode;
}

static void stored_and_used(void **state)
{
	_cleanup_json_ json_t *doc = usual(&(struct machine){ .bias = 2 }, PAIRS, "fnv1a64:12ab");
	_cleanup_free_ char *path = NULL, *folder = NULL, *why = NULL, *reason = NULL;
	struct floor f = { 0 };
	struct compare_floor use = floor_use(&f);

	(void)state;
	assert_null(floor_load("fnv1a64:12ab", &why));
	assert_null(why);
	assert_null(use.refuses(use.ctx, "fnv1a64:12ab"));
	floor_free(&f);
	assert_true(floor_store(doc, &why));
	path = floor_path("fnv1a64:12ab");
	folder = xasprintf("%s/strain/selfcheck", dir);
	assert_int_equal(mode_of(path), S_IFREG | 0600);
	assert_int_equal(mode_of(folder), S_IFDIR | 0700);
	reason = use.refuses(use.ctx, "fnv1a64:12ab");
	assert_non_null(strstr(reason, "strain selfcheck failed on 1971-01-02"));
	assert_true(json_equal((json_t *)(uintptr_t)use.about(use.ctx, "fnv1a64:12ab"), f.doc));
	assert_null(use.about(use.ctx, "another"));
	assert_null(use.about(use.ctx, NULL));
	floor_free(&f);
}

/* What somebody put there instead is neither followed nor believed. */
static void planted_files(void **state)
{
	_cleanup_json_ json_t *doc = usual(&(struct machine){ 0 }, PAIRS, "here");
	_cleanup_free_ char *path = NULL, *other = xasprintf("%s/other", dir), *why = NULL, *here = NULL;

	(void)state;
	assert_null(floor_path("../../etc/passwd"));
	assert_null(floor_path(""));
	assert_true(floor_store(doc, &why));
	path = floor_path("here");
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_null(floor_load("here", &why));
	assert_non_null(strstr(why, "cannot use the selfcheck"));
	free(why);
	assert_false(floor_store(doc, &why));
	assert_non_null(strstr(why, "symbolic link"));
	free(why);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(floor_load("here", &why));
	assert_non_null(strstr(why, "not a regular file"));
	free(why);
	why = NULL;
	unlink(path);
	js_set(doc, "fingerprint", json_string("there"));
	assert_true(floor_store(doc, &why));
	free(path);
	path = floor_path("there");
	here = floor_path("here");
	assert_int_equal(rename(path, here), 0);
	assert_null(floor_load("here", &why));
	assert_non_null(strstr(why, "of another machine"));
	unlink(here);
	unlink(other);
}

static void damaged_files(void **state)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{ "", "it is empty" },
		{ "{\"schema\": ", "line 1: " },
		{ "[]", "line 1: " },
		{ "{\"schema\": \"strain-selfcheck/2\"}", "this strain reads strain-selfcheck/1" },
		{ "{\"schema\": \"strain-selfcheck/1\"}", "fingerprint is missing" },
		{ "{\"schema\": \"strain-selfcheck/1\", \"fingerprint\": \"here\", \"started\": -1}", "started" },
		{ "{\"schema\": \"strain-selfcheck/1\", \"fingerprint\": \"here\", \"started\": 1, \"passed\": 1}", "passed" },
	};
	_cleanup_free_ char *folder = xasprintf("%s/strain/selfcheck", dir), *path = NULL;

	(void)state;
	assert_int_equal(dir_make(folder, 0700), 0);
	path = floor_path("here");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		FILE *f = fopen(path, "w");
		char *why = NULL;

		fputs(cases[i].text, f);
		fclose(f);
		assert_null(floor_load("here", &why));
		assert_non_null(strstr(why, cases[i].wrong));
		free(why);
	}
	unlink(path);
}

/* --- in a comparison ---------------------------------------------------------- */

static json_t *the_selfcheck;

static const json_t *about(void *ctx, const char *fingerprint)
{
	(void)ctx;
	assert_string_equal(fingerprint, "here");
	return the_selfcheck;
}

static double tenth(void *ctx, const struct compare_row *r)
{
	(void)ctx;
	(void)r;
	return 0.1;
}

static bool noted(const json_t *doc, const char *words)
{
	json_t *note;
	size_t i;

	json_array_foreach(json_object_get(doc, "notes"), i, note)
		if (strstr(json_string_value(note), words))
			return true;
	return false;
}

static void told_in_a_comparison(void **state)
{
	struct kit k = { .o.floor = { .floor = tenth, .about = about } };
	const json_t *floor;

	(void)state;
	the_selfcheck = usual(&(struct machine){ 0 }, PAIRS, "here");
	js_set(the_selfcheck, "started", json_real(1000));
	kit_order(&k, KIT_TURNS, 0.95);
	floor = json_object_get(json_object_get(kit_compare(&k), "method"), "floor");
	assert_text(floor, "kernel", "6.12.1");
	assert_number(floor, "pairs", PAIRS);
	assert_number(floor, "raised", 2);
	assert_true(noted(k.result, "the threshold of 2 metrics is the noise floor of this machine"));
	assert_false(noted(k.result, "another kernel"));
	assert_false(noted(k.result, "days from"));
	js_set(the_selfcheck, "started", json_real(1000 + 86400.0 * (FLOOR_DAYS + 2)));
	js_set(the_selfcheck, "kernel", json_string("6.1"));
	kit_compare(&k);
	assert_true(noted(k.result, "another kernel, 6.1,"));
	assert_true(noted(k.result, "days from these reports"));
	/* where instructions are counted, a floor of time means nothing */
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k.n[s]; i++)
			js_set(json_object_get(k.doc[s][i], "machine"), "exact", json_true());
	kit_compare(&k);
	assert_true(json_is_null(json_object_get(json_object_get(k.result, "method"), "floor")));
	assert_number(kit_row(k.result, "ops", "wall"), "threshold", COMPARE_THRESHOLD_EXACT);
	kit_free(&k);
	json_decref(the_selfcheck);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_machines_pass),
		cmocka_unit_test(bad_machines_are_refused),
		cmocka_unit_test(the_binomial_bound),
		cmocka_unit_test(a_document),
		cmocka_unit_test(failed_documents),
		cmocka_unit_test(the_floor_has_what_was_seen),
		cmocka_unit_test(floors_of_rows),
		cmocka_unit_test(told_in_a_comparison),
		cmocka_unit_test_setup_teardown(stored_and_used, enter, leave),
		cmocka_unit_test_setup_teardown(planted_files, enter, leave),
		cmocka_unit_test_setup_teardown(damaged_files, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
