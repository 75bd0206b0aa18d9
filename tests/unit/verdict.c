/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/verdict.h"
#include "tests/unit/stat_kit.h"

static const struct verdict_options defaults = VERDICT_DEFAULTS;

/* Eight units of each side, the new one moved, with a spread of about @sd. */
static struct judged compared(double shift, double sd, int better)
{
	double base[8], new[8];
	struct judged j;

	for (size_t i = 0; i < 8; i++) {
		base[i] = sd * ((double)i - 3.5) / 2.3;
		new[i] = base[i] + shift + sd * 0.01;
	}
	verdict_test(base, 8, new, 8, better, &defaults, &j);
	j.threshold = 0.02;
	return j;
}

static enum verdict alone(struct judged j, enum verdict_reason reason)
{
	verdict_decide(&j, 1, &defaults);
	assert_int_equal(j.reason, reason);
	assert_true(j.verdict != VERDICT_INCONCLUSIVE || j.needed > 8);
	assert_true(j.verdict == VERDICT_INCONCLUSIVE || j.needed == 0);
	return j.verdict;
}

static void each_verdict(void **state)
{
	(void)state;
	assert_int_equal(alone(compared(-0.05, 0.01, 1), VERDICT_CHANGED),
			 VERDICT_REGRESSED);
	assert_int_equal(alone(compared(0.05, 0.01, 1), VERDICT_CHANGED),
			 VERDICT_IMPROVED);
	assert_int_equal(alone(compared(0.05, 0.01, -1), VERDICT_CHANGED),
			 VERDICT_REGRESSED);
	assert_int_equal(alone(compared(-0.05, 0.01, -1), VERDICT_CHANGED),
			 VERDICT_IMPROVED);
	assert_int_equal(alone(compared(0, 0.01, 1), VERDICT_EQUIVALENT),
			 VERDICT_UNCHANGED);
	/* Significant, and known to be small. */
	assert_int_equal(alone(compared(-0.01, 0.005, 1), VERDICT_EQUIVALENT),
			 VERDICT_UNCHANGED);
	/* Significant, small, and perhaps not so small. */
	assert_int_equal(alone(compared(-0.018, 0.01, 1), VERDICT_SMALL),
			 VERDICT_INCONCLUSIVE);
	/* A large effect that chance makes, too. */
	assert_int_equal(alone(compared(-0.05, 0.2, 1), VERDICT_INSIGNIFICANT),
			 VERDICT_INCONCLUSIVE);
	assert_int_equal(alone(compared(0, 0.2, 1), VERDICT_INSIGNIFICANT),
			 VERDICT_INCONCLUSIVE);
}

static void missed_is_what_the_interval_holds(void **state)
{
	struct judged j = compared(-0.01, 0.05, 1);

	(void)state;
	verdict_decide(&j, 1, &defaults);
	assert_int_equal(j.verdict, VERDICT_INCONCLUSIVE);
	assert_near(j.missed, -j.shift.low);
	assert_true(-j.shift.low > j.shift.high && j.missed > 0.02);
}

/* The sides exchanged, or the direction: the mirror image. */
static void verdicts_are_symmetric(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 61);
	for (unsigned i = 0; i < 200; i++) {
		double a[7], b[6], move = 0.02 * (double)rng_below(&r, 4);
		struct judged j, turned, less;

		gausses(&r, a, 7);
		gausses(&r, b, 6);
		for (size_t k = 0; k < 7; k++)
			a[k] *= 0.01;
		for (size_t k = 0; k < 6; k++)
			b[k] = 0.01 * b[k] + move;
		verdict_test(a, 7, b, 6, 1, &defaults, &j);
		verdict_test(b, 6, a, 7, 1, &defaults, &turned);
		verdict_test(a, 7, b, 6, -1, &defaults, &less);
		j.threshold = turned.threshold = less.threshold = 0.02;
		verdict_decide(&j, 1, &defaults);
		verdict_decide(&turned, 1, &defaults);
		verdict_decide(&less, 1, &defaults);
		assert_near(turned.p, j.p);
		near_at(turned.shift.estimate, -j.shift.estimate, 1e-12, __LINE__);
		near_at(less.shift.low, -j.shift.high, 1e-12, __LINE__);
		assert_int_equal(turned.verdict, less.verdict);
		if (j.verdict == VERDICT_IMPROVED)
			assert_int_equal(turned.verdict, VERDICT_REGRESSED);
		else if (j.verdict == VERDICT_REGRESSED)
			assert_int_equal(turned.verdict, VERDICT_IMPROVED);
		else
			assert_int_equal(turned.verdict, j.verdict);
		assert_near(turned.missed, j.missed);
	}
}

static void one_unit_decides_nothing(void **state)
{
	static const double low[] = { 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7 };
	static const double same[] = { 3, 3, 3, 3, 3, 3, 3, 3 };
	static const double high[] = { 9 };
	struct verdict_options lax = { .fdr = 1, .confidence = 0, .power = 0.8 };
	struct judged j;

	(void)state;
	verdict_test(low, 1, high, 1, 1, &defaults, &j);
	j.threshold = 0.02;
	verdict_decide(&j, 1, &defaults);
	assert_int_equal(j.verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(j.reason, VERDICT_ONE_UNIT);
	assert_true(isnan(j.missed) && isnan(j.sd));
	assert_int_equal(j.needed, 4); /* 2 / 70 is the first below 0.05 */
	verdict_test(low, 8, high, 1, 1, &lax, &j);
	j.threshold = 0.02;
	verdict_decide(&j, 1, &lax);
	assert_int_equal(j.verdict, VERDICT_INCONCLUSIVE);
	/* Not even that nothing changed, when the one is like all others. */
	verdict_test(same, 8, same, 1, 1, &lax, &j);
	j.threshold = 0.02;
	verdict_decide(&j, 1, &lax);
	assert_int_equal(j.verdict, VERDICT_INCONCLUSIVE);
	verdict_test_paired(high, 1, 1, &lax, &j);
	j.threshold = 0.02;
	verdict_decide(&j, 1, &lax);
	assert_int_equal(j.verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(j.reason, VERDICT_ONE_UNIT);
}

static void few_units_cannot_be_equal(void **state)
{
	static const double x[] = { 1, 1, 1, 1, 1 };
	struct judged j;

	(void)state;
	verdict_test(x, 3, x, 3, 1, &defaults, &j);
	j.threshold = 0.02;
	verdict_decide(&j, 1, &defaults);
	assert_int_equal(j.verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(j.reason, VERDICT_TOO_FEW);
	assert_true(isnan(j.missed));
	assert_int_equal(j.needed, 4);
	verdict_test(x, 4, x, 4, 1, &defaults, &j);
	j.threshold = 0.02;
	verdict_decide(&j, 1, &defaults);
	assert_int_equal(j.verdict, VERDICT_UNCHANGED);
	verdict_test_paired(x, 5, 1, &defaults, &j);
	j.threshold = 0.02;
	verdict_decide(&j, 1, &defaults);
	assert_int_equal(j.reason, VERDICT_TOO_FEW);
}

/* 4 units a side find a lone change, but not among two metrics. */
static void the_family_counts(void **state)
{
	static const double low[] = { 1, 1.01, 1.02, 1.03 };
	static const double high[] = { 2, 2.01, 2.02, 2.03 };
	static const double mixed[] = { 1, 2.01, 1.02, 2.03 };
	struct judged j[3];

	(void)state;
	verdict_test(low, 4, high, 4, -1, &defaults, &j[0]);
	verdict_test(low, 4, mixed, 4, 1, &defaults, &j[1]);
	verdict_test(low, 4, high, 4, 1, &defaults, &j[2]);
	for (size_t i = 0; i < 3; i++)
		j[i].threshold = 0.02;
	verdict_decide(j, 1, &defaults);
	assert_int_equal(j[0].verdict, VERDICT_REGRESSED);
	assert_near(j[0].p_adjusted, 2 / 70.0);
	verdict_decide(j, 2, &defaults);
	assert_int_equal(j[0].verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(j[0].reason, VERDICT_TOO_FEW);
	assert_near(j[0].p_adjusted, 4 / 70.0);
	/* One that does not gate takes nothing away; the third helps the first. */
	j[1].primary = false;
	verdict_decide(j, 3, &defaults);
	assert_int_equal(j[0].verdict, VERDICT_REGRESSED);
	assert_int_equal(j[2].verdict, VERDICT_IMPROVED);
	assert_near(j[0].p_adjusted, 2 / 70.0);
	assert_near(j[1].p_adjusted, j[1].p);
	verdict_decide(j, 0, &defaults);
}

static void pairs_see_what_drift_hides(void **state)
{
	double base[10], new[10], d[10];
	struct judged j[2];

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		base[i] = 0.1 * (double)i;
		new[i] = base[i] - 0.05 + 0.001 * (double)(i * 7 % 10);
		d[i] = new[i] - base[i];
	}
	verdict_test(base, 10, new, 10, 1, &defaults, &j[0]);
	verdict_test_paired(d, 10, 1, &defaults, &j[1]);
	j[0].threshold = j[1].threshold = 0.02;
	verdict_decide(j, 2, &defaults);
	assert_int_equal(j[0].verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(j[1].verdict, VERDICT_REGRESSED);
	assert_true(j[1].paired && j[1].n[0] == 10 && j[1].n[1] == 10);
}

/* Where nothing differs: false verdicts at the rate, equivalence as it comes. */
static void false_verdicts_are_rare(void **state)
{
	unsigned wrong = 0, unchanged = 0, rounds = 300;
	struct rng r;

	(void)state;
	rng_seed(&r, 62);
	for (unsigned i = 0; i < rounds; i++) {
		struct judged j[5];
		bool any = false;

		for (size_t k = 0; k < 5; k++) {
			double a[10], b[10];

			gausses(&r, a, 10);
			gausses(&r, b, 10);
			for (size_t u = 0; u < 10; u++) {
				a[u] *= 0.03;
				b[u] *= 0.03;
			}
			verdict_test(a, 10, b, 10, 1, &defaults, &j[k]);
			j[k].threshold = 0.02;
		}
		verdict_decide(j, 5, &defaults);
		for (size_t k = 0; k < 5; k++) {
			any |= j[k].verdict < VERDICT_INCONCLUSIVE;
			unchanged += j[k].verdict == VERDICT_UNCHANGED;
		}
		wrong += any;
	}
	assert_at_most(wrong, rounds, 0.05);
	assert_true(wrong > 0 && unchanged < rounds);
}

static void outcomes(void **state)
{
	static const struct {
		struct verdict_outcomes base, new;
		enum verdict verdict;
		double p; /* < 0: NaN */
	} cases[] = {
		{ { 0, 5 }, { 0, 5 }, VERDICT_UNCHANGED, -1 },
		{ { 0, 5 }, { 1, 5 }, VERDICT_REGRESSED, -1 },
		{ { 0, 1 }, { 1, 1 }, VERDICT_REGRESSED, -1 },
		{ { 0, 0 }, { 1, 1 }, VERDICT_INCONCLUSIVE, -1 },
		{ { 2, 3 }, { 0, 0 }, VERDICT_INCONCLUSIVE, -1 },
		{ { 5, 5 }, { 5, 5 }, VERDICT_UNCHANGED, -1 },
		{ { 1, 1 }, { 0, 1 }, VERDICT_INCONCLUSIVE, 1 },
		{ { 5, 5 }, { 0, 5 }, VERDICT_IMPROVED, 2 / 252.0 },
		{ { 1, 10 }, { 9, 10 }, VERDICT_REGRESSED, 0.00109333 },
		{ { 3, 10 }, { 9, 10 }, VERDICT_REGRESSED, 0.01976661 },
		{ { 3, 10 }, { 4, 10 }, VERDICT_INCONCLUSIVE, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double p;

		assert_int_equal(verdict_outcomes(cases[i].base, cases[i].new,
						  0.05, &p),
				 cases[i].verdict);
		if (cases[i].p < 0)
			assert_true(isnan(p));
		else
			near_at(p, cases[i].p, 1e-5, __LINE__);
	}
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_REGRESSED), "regressed");
	assert_string_equal(verdict_name(VERDICT_UNCHANGED), "unchanged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verdict),
		cmocka_unit_test(missed_is_what_the_interval_holds),
		cmocka_unit_test(verdicts_are_symmetric),
		cmocka_unit_test(one_unit_decides_nothing),
		cmocka_unit_test(few_units_cannot_be_equal),
		cmocka_unit_test(the_family_counts),
		cmocka_unit_test(pairs_see_what_drift_hides),
		cmocka_unit_test(false_verdicts_are_rare),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
