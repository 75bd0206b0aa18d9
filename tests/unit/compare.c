/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts, units, order, load and refusal of a comparison. */
#include <stdio.h>

#include "tests/unit/compare_kit.h"

/* --- verdicts ---------------------------------------------------------------- */

static void verdict_of_change(double factor, const char *verdict, int code)
{
	struct kit k = { 0 };
	json_t *doc, *row;

	kit_order(&k, KIT_TURNS, factor);
	doc = kit_compare(&k);
	assert_non_null(doc);
	row = kit_row(doc, "ops", "wall");
	assert_text(row, "verdict", verdict);
	assert_text(doc, "verdict", verdict);
	assert_number(doc, "exit_code", code);
	assert_true(fabs(js_get_number(row, "change", NAN) - (factor - 1)) < 0.004);
	assert_true(js_get_number(row, "low", NAN) < factor - 1);
	assert_true(js_get_number(row, "high", NAN) > factor - 1);
	assert_true(js_get_true(row, "primary"));
	assert_false(js_get_true(kit_row(doc, "ops", "cpu"), "primary"));
	kit_free(&k);
}

static void verdicts(void **state)
{
	(void)state;
	verdict_of_change(0.95, "regressed", 3);
	verdict_of_change(1.05, "improved", 0);
	verdict_of_change(1, "unchanged", 0);
	/* significant, but below the threshold and surely so */
	verdict_of_change(0.99, "unchanged", 0);
}

/* Less is better: the change keeps its sign, the verdict does not. */
static void lower_is_better(void **state)
{
	struct kit k = { 0 };
	json_t *row;

	(void)state;
	kit_order(&k, KIT_TURNS, 1.05);
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k.n[s]; i++)
			js_set(kit_metric_of(kit_case_of(k.doc[s][i], 0), 0), "better",
			       json_string("lower"));
	row = kit_row(kit_compare(&k), "ops", "wall");
	assert_text(row, "verdict", "regressed");
	assert_true(js_get_number(row, "change", NAN) > 0.04);
	assert_true(js_get_number(row, "low", NAN) < js_get_number(row, "high", NAN));
	kit_free(&k);
}

static void one_a_side(void **state)
{
	struct kit k = { .o.allow_uncontrolled = true };
	json_t *row;

	(void)state;
	kit_order(&k, "AB", 0.5);
	row = kit_row(kit_compare(&k), "ops", "wall");
	assert_text(row, "verdict", "inconclusive");
	assert_true(js_get_number(row, "needed", 0) >= 4);
	assert_number(k.result, "exit_code", 125);
	assert_non_null(strstr(js_get_text(row, "text"), "one trial"));
	kit_free(&k);
}

/* Repeats within a boot are one unit, however many. */
static void boots_are_units(void **state)
{
	struct kit k = { .o.allow_uncontrolled = true };
	json_t *row;

	(void)state;
	for (unsigned boot = 0; boot < 6; boot++)
		for (unsigned i = 0; i < 5; i++) {
			char id[16];

			snprintf(id, sizeof(id), "boot %u", boot);
			kit_add(&k, boot % 2, id, 1000.0 * boot + i,
				1e6 * kit_noise(boot + i) * (boot % 2 ? 0.9 : 1));
		}
	row = kit_row(kit_compare(&k), "ops", "wall");
	assert_text(json_object_get(k.result, "method"), "unit", "boot");
	assert_int_equal(json_integer_value(json_array_get(json_object_get(row, "n"), 0)), 3);
	assert_text(row, "verdict", "inconclusive"); /* 3 + 3 can never be significant */
	assert_text(json_object_get(k.result, "order"), "sequence", "ABABAB");
	kit_free(&k);
}

/* The files' order does not matter, the trials' does; sides change places. */
static void symmetric(void **state)
{
	struct kit k = { 0 }, r = { 0 };
	json_t *there, *back;

	(void)state;
	kit_order(&k, KIT_TURNS, 0.95);
	for (int s = 0; s < 2; s++)
		for (size_t i = k.n[s]; i-- > 0;)
			r.doc[!s][r.n[!s]++] = json_incref(k.doc[s][i]);
	there = kit_row(kit_compare(&k), "ops", "wall");
	back = kit_row(kit_compare(&r), "ops", "wall");
	assert_text(back, "verdict", "improved");
	assert_true(fabs((1 + js_get_number(there, "change", NAN)) *
			 (1 + js_get_number(back, "change", NAN)) - 1) < 1e-9);
	assert_true(js_get_number(there, "p", 2) == js_get_number(back, "p", 3));
	assert_true(json_equal(json_object_get(json_object_get(there, "values"), "base"),
			       json_object_get(json_object_get(back, "values"), "new")));
	kit_free(&k);
	kit_free(&r);
}

/* Values that have no logarithm. */
static void zeros(void **state)
{
	struct kit k = { 0 };
	json_t *row;

	(void)state;
	kit_order(&k, KIT_TURNS, 0);
	row = kit_row(kit_compare(&k), "ops", "wall");
	assert_text(row, "scale", "linear");
	assert_text(row, "verdict", "regressed");
	assert_true(fabs(js_get_number(row, "change", NAN) + 1) < 0.01);
	kit_free(&k);
	kit_order(&k, KIT_TURNS, 0);
	for (size_t i = 0; i < k.n[0]; i++)
		js_set(kit_metric_of(kit_case_of(k.doc[0][i], 0), 0), "values",
		       json_pack("[i]", 0));
	row = kit_row(kit_compare(&k), "ops", "wall");
	assert_text(row, "verdict", "unchanged");
	kit_free(&k);
}

/* --- order ------------------------------------------------------------------- */

static void orders(void **state)
{
	static const struct {
		const char *order, *design;
		bool gates;
	} cases[] = {
		{ "AAAAAAAAAABBBBBBBBBB", "uncontrolled", false },
		{ "BBBBBBBBBBAAAAAAAAAA", "uncontrolled", false },
		{ "ABABABABABABABABABAB", "alternating", true },
		{ "ABBAABBAABBAABBAABBA", "alternating", true },
		{ "AABBBAABBAABBAABBAAB", "mixed", false },
		{ "AAAAABBBBBAAAAABBBBB", "mixed", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kit k = { 0 };
		json_t *doc;

		kit_order(&k, cases[i].order, 0.9);
		doc = kit_compare(&k);
		assert_text(json_object_get(doc, "order"), "design", cases[i].design);
		assert_text(json_object_get(doc, "order"), "sequence", cases[i].order);
		assert_text(doc, "verdict", "regressed");
		assert_true(js_get_true(doc, "gates") == cases[i].gates);
		assert_number(doc, "exit_code", cases[i].gates ? 3 : 125);
		assert_true(!js_get_text(doc, "gate_reason") == cases[i].gates);
		k.o.allow_uncontrolled = true;
		doc = kit_compare(&k);
		assert_true(js_get_true(doc, "gates"));
		assert_number(doc, "exit_code", 3);
		kit_free(&k);
	}
}

static void no_times(void **state)
{
	struct kit k = { 0 };

	(void)state;
	kit_order(&k, KIT_TURNS, 0.9);
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k.n[s]; i++)
			json_object_del(json_array_get(json_object_get(kit_case_of(k.doc[s][i], 0),
								       "trials"), 0), "started");
	assert_text(json_object_get(kit_compare(&k), "order"), "design", "uncontrolled");
	kit_free(&k);
}

/* Two labels in one report, trials in pairs: drift hits both. */
static void pairs(void **state)
{
	struct kit k = { .pick = { "a", "b" }, .o.setting = true };
	json_t *doc = kit_report("boot", 1000), *row;

	(void)state;
	js_add(json_object_get(doc, "cases"), kit_case("made/one?bytes=8K"));
	for (int s = 0; s < 2; s++) {
		json_t *of = kit_case_of(doc, s);

		js_set(of, "label", json_string(s ? "b" : "a"));
		for (unsigned i = 0; i < 12; i++) {
			double drift = 1 + 0.05 * i;
			json_t *trial = kit_trial(of, "boot", 1000 + i,
						  1e6 * drift * kit_noise(i + s) * (s ? 0.96 : 1));

			/* one pair has lost a partner */
			js_set(trial, "pair", json_integer(s && i == 11 ? 99 : i));
		}
	}
	js_set(json_object_get(kit_case_of(doc, 1), "options"), "bytes", json_integer(8192));
	k.doc[0][k.n[0]++] = doc;
	k.doc[1][k.n[1]++] = json_incref(doc);
	row = kit_row(kit_compare(&k), "ops", "wall");
	assert_non_null(row);
	assert_text(row, "verdict", "regressed");
	assert_true(js_get_true(row, "paired"));
	assert_int_equal(json_integer_value(json_array_get(json_object_get(row, "n"), 0)), 11);
	assert_true(fabs(js_get_number(row, "change", NAN) + 0.04) < 0.005);
	assert_text(json_object_get(k.result, "order"), "design", "paired");
	assert_number(k.result, "exit_code", 3);
	k.pick[1] = "c";
	assert_null(kit_compare(&k));
	assert_non_null(strstr(k.why, "no case with label 'c'"));
	kit_free(&k);
}

/* --- load -------------------------------------------------------------------- */

static void set_load(struct kit *k, double cpu, double wait)
{
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k->n[s]; i++) {
			json_t *trial = json_array_get(
				json_object_get(kit_case_of(k->doc[s][i], 0), "trials"), 0);

			js_set(trial, "cpu_seconds", json_real(cpu));
			js_set(trial, "wait_seconds", json_real(wait));
		}
}

static void rate_that_gates(void **state)
{
	static const struct {
		double cpu, wait;
		const char *gates; /* NULL: none */
	} cases[] = {
		{ 1, 0, "wall" }, { 0.96, 0.04, "wall" }, { 0.9, 0.1, "cpu" },
		{ 0.3, 0, "wall" }, { 0.3, 0.1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		static const char *const rates[] = { "wall", "cpu" };
		struct kit k = { 0 };
		json_t *doc;

		kit_order(&k, KIT_TURNS, 0.9);
		set_load(&k, cases[i].cpu, cases[i].wait);
		doc = kit_compare(&k);
		for (size_t r = 0; r < 2; r++)
			assert_true(js_get_true(kit_row(doc, "ops", rates[r]), "primary") ==
				    (cases[i].gates && !strcmp(cases[i].gates, rates[r])));
		assert_number(doc, "exit_code", cases[i].gates ? 3 : 125);
		kit_free(&k);
	}
}

/* --- what is refused --------------------------------------------------------- */

static void refused(struct kit *k, const char *reason)
{
	json_t *list = json_object_get(kit_compare(k), "refused");

	assert_int_equal(json_array_size(list), 1);
	assert_non_null(strstr(js_get_text(json_array_get(list, 0), "reason"), reason));
	assert_null(kit_row(k->result, "ops", "wall"));
	assert_number(k->result, "exit_code", 2);
	k->o.force = true;
	assert_non_null(kit_row(kit_compare(k), "ops", "wall"));
	assert_int_equal(json_array_size(json_object_get(k->result, "refused")), 0);
	kit_free(k);
}

static void refusals(void **state)
{
	struct kit k = { 0 };

	(void)state;
	kit_order(&k, KIT_TURNS, 0.9);
	for (size_t i = 0; i < k.n[1]; i++)
		js_set(kit_case_of(k.doc[1][i], 0), "workers", json_integer(2));
	refused(&k, "workers is 1 in base, 2 in new");

	kit_order(&k, KIT_TURNS, 0.9);
	for (size_t i = 0; i < k.n[1]; i++) {
		js_set(kit_case_of(k.doc[1][i], 0), "id", json_string("made/one?bytes=8K"));
		js_set(json_object_get(kit_case_of(k.doc[1][i], 0), "options"), "bytes",
		       json_integer(8192));
	}
	refused(&k, "bytes is 4096 in base, 8192 in new");

	kit_order(&k, KIT_TURNS, 0.9);
	js_set(kit_case_of(k.doc[0][3], 0), "workers", json_integer(2));
	refused(&k, "reports of base differ");

	kit_order(&k, KIT_TURNS, 0.9);
	for (size_t i = 0; i < k.n[1]; i++)
		js_set(kit_metric_of(kit_case_of(k.doc[1][i], 0), 0), "version", json_integer(2));
	refused(&k, "metric 'ops': definition 1 in base, 2 in new");

	kit_order(&k, KIT_TURNS, 0.9);
	for (size_t i = 0; i < k.n[1]; i++)
		js_set(json_object_get(k.doc[1][i], "kernel"), "machine", json_string("aarch64"));
	refused(&k, "different architecture: x86_64 in base, aarch64 in new");
}

static void set_machine(struct kit *k, int side, const char *key, json_t *value)
{
	for (size_t i = 0; i < k->n[side]; i++)
		js_set(json_object_get(k->doc[side][i], "machine"), key, json_incref(value));
	json_decref(value);
}

/* Guests of one kernel, in one machine, under another kind of acceleration. */
static void accelerations(void **state)
{
	static const struct {
		const char *accel[2]; /* NULL: an older report, which does not say */
		const char *hypervisor[2];
		const char *reason;
	} rows[] = {
		{ { "tcg", "tcg" }, { "qemu-tcg", "qemu-tcg" }, NULL },
		{ { "tcg", NULL }, { "qemu-tcg", "qemu-tcg" }, NULL },
		{ { "kvm", "kvm" }, { "kvm", "kvm" }, NULL },
		{ { "tcg", "kvm" }, { "qemu-tcg", "kvm" }, "only base ran under emulation" },
		{ { "kvm", NULL }, { "kvm", "none" },
		  "different acceleration: kvm in base, none in new" },
		{ { "tcg", "kvm" }, { "tcg", "tcg" },
		  "different acceleration: tcg in base, kvm in new" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kit k = { 0 };

		kit_order(&k, KIT_TURNS, 0.9);
		for (int s = 0; s < 2; s++) {
			set_machine(&k, s, "hypervisor", json_string(rows[i].hypervisor[s]));
			if (rows[i].accel[s])
				set_machine(&k, s, "accel", json_string(rows[i].accel[s]));
		}
		if (rows[i].reason) {
			refused(&k, rows[i].reason);
		} else {
			assert_non_null(kit_row(kit_compare(&k), "ops", "wall"));
			assert_int_equal(json_array_size(json_object_get(k.result, "refused")), 0);
			kit_free(&k);
		}
	}
}

/* Under emulation times do not gate, counted instructions do. */
static void emulation(void **state)
{
	struct kit k = { 0 };

	(void)state;
	kit_order(&k, KIT_TURNS, 0.9);
	set_machine(&k, 1, "hypervisor", json_string("qemu-tcg"));
	refused(&k, "only new ran under emulation");

	kit_order(&k, KIT_TURNS, 0.9);
	set_machine(&k, 1, "exact", json_true());
	refused(&k, "different exact mode: - in base, true in new");

	kit_order(&k, KIT_TURNS, 0.99);
	for (int s = 0; s < 2; s++)
		set_machine(&k, s, "hypervisor", json_string("qemu-tcg"));
	assert_number(kit_compare(&k), "exit_code", 125);
	assert_non_null(strstr(js_get_text(k.result, "gate_reason"), "emulation"));
	assert_text(kit_row(k.result, "ops", "wall"), "verdict", "unchanged");
	for (int s = 0; s < 2; s++)
		set_machine(&k, s, "exact", json_true());
	assert_number(kit_compare(&k), "exit_code", 3);
	assert_number(kit_row(k.result, "ops", "wall"), "threshold", COMPARE_THRESHOLD_EXACT);

	/* all of one side first: no matter to instructions */
	kit_order(&k, "AAAAAAAAAABBBBBBBBBB", 0.99);
	for (int s = 0; s < 2; s++)
		set_machine(&k, s, "exact", json_true());
	assert_number(kit_compare(&k), "exit_code", 3);
	assert_true(js_get_true(k.result, "gates"));
	kit_free(&k);
}

static void only_one_side(void **state)
{
	struct kit k = { 0 };
	json_t *only;

	(void)state;
	kit_order(&k, KIT_TURNS, 1);
	js_add(json_object_get(k.doc[0][0], "cases"), kit_case("made/gone"));
	js_add(json_object_get(k.doc[1][0], "cases"), kit_case("other/new"));
	only = json_object_get(kit_compare(&k), "only");
	assert_string_equal(json_string_value(json_array_get(json_object_get(only, "base"), 0)), "made/gone");
	assert_string_equal(json_string_value(json_array_get(json_object_get(only, "new"), 0)), "other/new");
	assert_number(k.result, "exit_code", 0);
	kit_free(&k);
}

static void repeated(void **state)
{
	struct kit k = { 0 };

	(void)state;
	kit_order(&k, KIT_TURNS, 0.9);
	k.doc[0][k.n[0]] = json_incref(k.doc[0][0]);
	k.n[0]++;
	assert_int_equal(json_integer_value(json_array_get(
				 json_object_get(kit_row(kit_compare(&k), "ops", "wall"), "n"), 0)), 10);
	assert_int_equal(json_array_size(json_object_get(k.result, "notes")), 1);
	kit_free(&k);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),	   cmocka_unit_test(lower_is_better),
		cmocka_unit_test(one_a_side),	   cmocka_unit_test(boots_are_units),
		cmocka_unit_test(symmetric),	   cmocka_unit_test(zeros),
		cmocka_unit_test(orders),	   cmocka_unit_test(no_times),
		cmocka_unit_test(pairs),	   cmocka_unit_test(rate_that_gates),
		cmocka_unit_test(refusals),	   cmocka_unit_test(only_one_side),
		cmocka_unit_test(repeated),	   cmocka_unit_test(emulation),
		cmocka_unit_test(accelerations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
