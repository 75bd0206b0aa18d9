/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * False alarms and power of the verdicts, on simulated measurements, beside the
 * rules of others: a page of Markdown on standard output. Seeds are fixed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "bench/draw.h"
#include "bench/rules.h"
#include "reports/stat/verdict.h"

#define MOST RULES_MOST
#define THRESHOLD RULES_THRESHOLD

static const double effects[] = { 0, 0.02, 0.03, 0.05, 0.10 };
static const size_t sizes[] = { 5, 8, 10, 15, 20, 30 };

static double percent(unsigned k, unsigned n)
{
	return 100.0 * k / n;
}

/* --- one metric ------------------------------------------------------------- */

struct cell {
	double cv, effect;
	size_t n;
	bool disturbed, paired;
};

static enum verdict one_verdict(const struct cell *c)
{
	const struct verdict_options o = VERDICT_DEFAULTS;
	double a[MOST], b[MOST];
	struct judged j;

	draw_units(a, c->n, c->cv, c->disturbed, 0);
	draw_units(b, c->n, c->cv, c->disturbed, c->effect);
	if (c->paired) {
		for (size_t i = 0; i < c->n; i++)
			b[i] -= a[i];
		verdict_test_paired(b, c->n, 1, &o, &j);
	} else {
		verdict_test(a, c->n, b, c->n, 1, &o, &j);
	}
	j.threshold = log1p(THRESHOLD);
	verdict_decide(&j, 1, &o);
	return j.verdict;
}

static void print_cell(struct cell c)
{
	enum { RUNS = 1000 };

	for (size_t e = 0; e < ARRAY_SIZE(effects); e++) {
		unsigned count[4] = { 0 }, found;

		c.effect = effects[e];
		for (unsigned i = 0; i < RUNS; i++)
			count[one_verdict(&c)]++;
		found = count[VERDICT_REGRESSED];
		if (e == 0)
			printf(" %.1f (%.0f):",
			       percent(found + count[VERDICT_IMPROVED], RUNS),
			       percent(count[VERDICT_UNCHANGED], RUNS));
		else
			printf("%s%.0f", e > 1 ? "/" : " ", percent(found, RUNS));
	}
	printf(" |");
}

static void one_metric(bool paired)
{
	printf("\n### One metric, %s\n\n", paired ?
	       "pairs (signed ranks; the spread is that of each side)" :
	       "units of each side in any order (Mann-Whitney)");
	printf("A/A: false verdicts %% (unchanged %%): regressed %% with a loss of "
	       "2/3/5/10 %%.\n\n| spread | noise |");
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		printf(" n = %zu |", sizes[s]);
	printf("\n|---|---|---|---|---|---|---|---|\n");
	for (unsigned cv = 1; cv <= 5; cv++)
		for (int disturbed = 0; disturbed < 2; disturbed++) {
			printf("| %u %% | %s |", cv,
			       disturbed ? "disturbed" : "clean");
			for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
				print_cell((struct cell){
					.cv = cv / 100.0, .n = sizes[s],
					.disturbed = disturbed,
					.paired = paired });
			printf("\n");
		}
}

/* --- the rules of others ---------------------------------------------------- */

static void print_rules(size_t n, bool disturbed, unsigned (*count)[2])
{
	enum { RUNS = 2000 };
	double a[MOST], b[MOST];

	for (unsigned i = 0; i < RUNS; i++)
		for (int lost = 0; lost < 2; lost++) {
			draw_units(a, n, 0.03, disturbed, 0);
			draw_units(b, n, 0.03, disturbed, lost ? 0.05 : 0);
			for (size_t k = 0; k < n; k++) {
				a[k] = 1000 * exp(a[k]);
				b[k] = 1000 * exp(b[k]);
			}
			for (size_t r = 0; r < RULES; r++) {
				int said = rules[r].apply(a, b, n);

				count[r][lost] += lost ? said < 0 : said != 0;
			}
		}
	for (size_t r = 0; r < RULES; r++)
		for (int lost = 0; lost < 2; lost++)
			count[r][lost] = count[r][lost] * 1000u / RUNS;
}

static void others(void)
{
	static const size_t at[] = { 5, 10, 20, 30 };
	unsigned count[8][RULES][2];

	memset(count, 0, sizeof(count));
	printf("\n### The rules of others, spread 3 %%\n\n"
	       "False alarms %% / a loss of 5 %% caught %%.\n\n| rule |");
	for (size_t c = 0; c < 8; c++) {
		printf(" n = %zu%s |", at[c % 4], c < 4 ? "" : ", disturbed");
		print_rules(at[c % 4], c >= 4, count[c]);
	}
	printf("\n|---|---|---|---|---|---|---|---|---|\n");
	for (size_t r = 0; r < RULES; r++) {
		printf("| %s |", rules[r].name);
		for (size_t c = 0; c < 8; c++)
			printf(" %.1f / %.0f |", count[c][r][0] / 10.0,
			       count[c][r][1] / 10.0);
		printf("\n");
	}
}

/* --- many looks ------------------------------------------------------------- */

/* Pairs are added until all metrics are decided. Returns how many it took. */
static size_t adaptive(const struct stat_looks *looks, size_t metrics, double sd,
		       double effect, bool all, bool *found, bool *wrong)
{
	double d[8][MOST];
	struct judged j[8];

	for (size_t k = 0; k < metrics; k++)
		draw_units(d[k], MOST, sd, false, k ? 0 : effect);
	for (unsigned l = 0; l < looks->n; l++) {
		const struct verdict_options o = {
			.fdr = looks->alpha[l],
			.confidence = 1 - looks->alpha[l],
			.power = 0.8,
		};
		bool open = false;

		for (size_t k = 0; k < metrics; k++) {
			verdict_test_paired(d[k], looks->at[l], 1, &o, &j[k]);
			j[k].threshold = log1p(THRESHOLD);
		}
		verdict_decide(j, metrics, &o);
		*wrong = false;
		for (size_t k = 0; k < metrics; k++) {
			open |= j[k].verdict == VERDICT_INCONCLUSIVE;
			*wrong |= j[k].verdict < VERDICT_INCONCLUSIVE &&
				  (k || effect <= 0);
		}
		*found = j[0].verdict == VERDICT_REGRESSED;
		if (!open || (!all && *found))
			return looks->at[l];
	}
	return looks->at[looks->n - 1];
}

static void print_looks(const struct stat_looks *looks, double sd, bool all,
			const char *name)
{
	enum { RUNS = 1000, METRICS = 3 };

	printf("| %.1f %% | %s |", sd * 100, name);
	for (size_t e = 0; e < ARRAY_SIZE(effects); e++) {
		unsigned caught = 0, alarms = 0;
		size_t pairs = 0;

		for (unsigned i = 0; i < RUNS; i++) {
			bool found, wrong;

			pairs += adaptive(looks, METRICS, sd, effects[e],
					  all, &found, &wrong);
			caught += found;
			alarms += wrong;
		}
		if (e)
			printf(" %.1f, %.0f, %.1f |", percent(alarms, RUNS),
			       percent(caught, RUNS), (double)pairs / RUNS);
		else
			printf(" %.1f, %.1f |", percent(alarms, RUNS),
			       (double)pairs / RUNS);
	}
	printf("\n");
}

static void many_looks(void)
{
	static const double sds[] = { 0.02, 0.03, 0.042 };
	const struct stat_looks once = { 1, { 30 }, { 0.05 } };
	struct stat_looks looks;

	stat_looks(30, 0.05, true, 3, &looks);
	printf("\n### Pairs added until decided, three primary metrics\n\nLooks at");
	for (unsigned l = 0; l < looks.n; l++)
		printf("%s %zu pairs (error %.4f)", l ? "," : "", looks.at[l],
		       looks.alpha[l]);
	printf(". Wrong: %% of comparisons with any verdict that is not true; "
	       "caught: %% in which the one metric that lost regressed; "
	       "pairs: their mean number.\n\n| spread of a difference | looked | A/A: wrong, pairs |");
	for (size_t e = 1; e < ARRAY_SIZE(effects); e++)
		printf(" %.0f %%: wrong, caught, pairs |", effects[e] * 100);
	printf("\n|---|---|---|---|---|---|---|\n");
	for (size_t s = 0; s < ARRAY_SIZE(sds); s++) {
		print_looks(&looks, sds[s], false, "until one regressed");
		print_looks(&looks, sds[s], true, "until all decided");
		print_looks(&once, sds[s], true, "none but at 30");
	}
}

/* --- many metrics ----------------------------------------------------------- */

enum { POOL = 1000 };

static void pool_of_p(double *p, size_t n, double sd, bool paired, double effect)
{
	double a[MOST], b[MOST];

	for (size_t i = 0; i < POOL; i++) {
		draw_units(a, n, sd, false, 0);
		draw_units(b, n, sd, false, effect);
		p[i] = paired ? stat_signed_rank(b, n).p :
				stat_mann_whitney(a, n, b, n).p;
	}
}

/* How often a lone change is found among so many metrics. */
static double lone_power(const double *changed, const double *equal, size_t metrics)
{
	double p[200], adjusted[200];
	unsigned found = 0;

	for (size_t i = 0; i < POOL; i++) {
		p[0] = changed[i];
		for (size_t k = 1; k < metrics; k++)
			p[k] = equal[draw_below(POOL)];
		stat_bh(p, metrics, adjusted);
		found += adjusted[0] <= 0.05;
	}
	return (double)found / POOL;
}

static void print_most(size_t n, double sd, bool paired)
{
	static const size_t tried[] = { 200, 100, 60, 40, 30, 20, 15, 10, 8, 6, 5,
					4, 3, 2, 1 };
	static double changed[POOL], equal[POOL];

	pool_of_p(changed, n, sd, paired, 0.05);
	pool_of_p(equal, n, sd, paired, 0);
	for (size_t t = 0; t < ARRAY_SIZE(tried); t++)
		if (lone_power(changed, equal, tried[t]) >= 0.8) {
			printf(" %s%zu |", t ? "" : ">= ", tried[t]);
			return;
		}
	printf(" - |");
}

static void many_metrics(void)
{
	printf("\n### Primary metrics that a lone 5 %% loss survives\n\n"
	       "The most metrics of which one lost 5 %% and is found with at "
	       "least 80 %%; the others are equal.\n\n| design | spread |");
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		printf(" n = %zu |", sizes[s]);
	printf("\n|---|---|---|---|---|---|---|---|\n");
	for (int paired = 0; paired < 2; paired++)
		for (unsigned cv = 1; cv <= 5; cv++) {
			printf("| %s | %u %% |", paired ?
			       "pairs, spread of a difference" : "units", cv);
			for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
				print_most(sizes[s], cv / 100.0, paired);
			printf("\n");
		}
}

/* --- order and drift -------------------------------------------------------- */

/* Share of p <= 0.01 where nothing differs but the machine walks randomly. */
static void print_drift(size_t n, bool in_turn, bool paired)
{
	enum { RUNS = 2000 };
	unsigned alarms = 0;

	for (unsigned i = 0; i < RUNS; i++) {
		double x[2 * MOST], a[MOST], b[MOST], walk = 0;

		/* A walk whose values spread by 2 % over the run. */
		for (size_t k = 0; k < 2 * n; k++) {
			walk += 0.02 * draw_gauss() * sqrt(3.0 / (double)n);
			x[k] = walk + 0.02 * draw_gauss();
		}
		for (size_t k = 0; k < n; k++) {
			size_t first = draw_below(2);

			a[k] = in_turn ? x[2 * k + first] : x[k];
			b[k] = in_turn ? x[2 * k + 1 - first] : x[n + k];
		}
		for (size_t k = 0; paired && k < n; k++)
			b[k] -= a[k];
		alarms += (paired ? stat_signed_rank(b, n).p :
				    stat_mann_whitney(a, n, b, n).p) <= 0.01;
	}
	printf(" %.1f |", percent(alarms, RUNS));
}

static void order(void)
{
	static const struct {
		const char *name;
		bool in_turn, paired;
	} designs[] = {
		{ "all of A, then all of B; Mann-Whitney", false, false },
		{ "pairs in random order; Mann-Whitney", true, false },
		{ "pairs in random order; signed ranks", true, true },
	};

	printf("\n### Order, on a machine that drifts\n\n"
	       "Share of p <= 0.01 in %% where nothing differs: spread 2 %%, "
	       "and a random walk of 2 %% over a run.\n\n| design | n = 10 | n = 20 | n = 30 |\n|---|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_SIZE(designs); i++) {
		printf("| %s |", designs[i].name);
		for (size_t n = 10; n <= 30; n += 10)
			print_drift(n, designs[i].in_turn, designs[i].paired);
		printf("\n");
	}
}

static void words(void)
{
	printf("Made by `make bench BENCH=simulate` with fixed seeds: 1000 "
	       "simulated comparisons\na cell, 2000 for the rules of others and "
	       "for drift, so that 5 %% is known to 1.4 %%.\nA false discovery "
	       "rate of 5 %% and a threshold of %g %%. Spread is the standard\n"
	       "deviation of a unit's logarithm; disturbed: one unit in ten is "
	       "slower by the\nsize of a normal value with four times the "
	       "spread.\n", THRESHOLD * 100);
}

int main(int argc, char **argv)
{
	static void (*const parts[])(void) = { others, many_looks, many_metrics,
					       order };

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: simulate\n");
		return 2;
	}
	words();
	for (int paired = 0; paired < 2; paired++) {
		draw_seed(1 + (uint64_t)paired);
		one_metric(paired);
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		draw_seed(3 + i);
		parts[i]();
	}
	return 0;
}
