/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selfchecks of machines that never were: false alarms, documents, floors. */
#include "tests/unit/selfcheck_kit.h"

#include "reports/compare/floor.h"

/* --- false alarms ------------------------------------------------------------- */

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
