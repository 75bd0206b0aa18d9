/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power of the verdicts on measured pairs: comparisons of so many pairs, drawn
 * with replacement from a pool of pairs that strain ab has recorded, decided as
 * strain ab decides, and beside it by the rules of others on the same values.
 *
 * Standard input: for each pool "PAIRS METRICS POOLED", PAIRS of them to a
 * comparison; then for each metric its direction (1: more is better, -1) and
 * POOLED times "BASE NEW". Standard output: a line for each pool, how many of
 * RUNS comparisons said regressed and how many improved, for us and each rule.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/str.h"
#include "bench/rules.h"
#include "reports/stat/verdict.h"

#define RUNS 1000
#define METRICS 16
#define POOLED 1000

struct metric_pool {
	int better;
	double base[POOLED], new[POOLED];
};

struct pool {
	size_t pairs, metrics, pooled;
	struct metric_pool metric[METRICS];
};

static struct rng rng;

static void refuse(const char *what)
{
	fprintf(stderr, "resample: %s\n", what);
	exit(2);
}

static bool read_pool(struct pool *p)
{
	if (scanf("%zu %zu %zu", &p->pairs, &p->metrics, &p->pooled) != 3)
		return false;
	if (!p->pairs || p->pairs > RULES_MOST || !p->metrics ||
	    p->metrics > METRICS || !p->pooled || p->pooled > POOLED)
		refuse("a pool is too large, or empty");
	for (size_t m = 0; m < p->metrics; m++) {
		struct metric_pool *of = &p->metric[m];

		if (scanf("%d", &of->better) != 1)
			refuse("the direction of a metric is missing");
		for (size_t i = 0; i < p->pooled; i++)
			if (scanf("%lf %lf", &of->base[i], &of->new[i]) != 2 ||
			    !(of->base[i] > 0 && of->new[i] > 0))
				refuse("a pair is no two numbers above 0");
	}
	return true;
}

/* 1 regressed, 2 improved, 0 neither: of all metrics the worst. */
static int ours(const struct pool *p, const size_t *drawn)
{
	struct stat_looks looks;
	struct judged j[METRICS];
	double d[METRICS][RULES_MOST];
	int said = 0;

	for (size_t m = 0; m < p->metrics; m++)
		for (size_t i = 0; i < p->pairs; i++)
			d[m][i] = log(p->metric[m].new[drawn[i]] /
				      p->metric[m].base[drawn[i]]);
	stat_looks(p->pairs, 0.05, true, p->metrics, &looks);
	for (unsigned l = 0; l < looks.n && !said; l++) {
		const struct verdict_options o = {
			.fdr = looks.alpha[l],
			.confidence = 1 - looks.alpha[l],
			.power = 0.8,
		};
		bool open = false;

		for (size_t m = 0; m < p->metrics; m++) {
			verdict_test_paired(d[m], looks.at[l], p->metric[m].better,
					    &o, &j[m]);
			j[m].primary = true;
			j[m].threshold = log1p(RULES_THRESHOLD);
		}
		verdict_decide(j, p->metrics, &o);
		for (size_t m = 0; m < p->metrics; m++)
			open |= j[m].verdict == VERDICT_INCONCLUSIVE;
		if (open && l + 1 < looks.n)
			continue;
		for (size_t m = 0; m < p->metrics; m++)
			if (j[m].verdict == VERDICT_REGRESSED)
				said = 1;
			else if (j[m].verdict == VERDICT_IMPROVED && !said)
				said = 2;
		break;
	}
	return said;
}

static int theirs(const struct pool *p, const size_t *drawn, const struct rule *rule)
{
	double a[RULES_MOST], b[RULES_MOST];
	int said = 0;

	for (size_t m = 0; m < p->metrics; m++) {
		const struct metric_pool *of = &p->metric[m];
		int way;

		for (size_t i = 0; i < p->pairs; i++) {
			a[i] = of->better > 0 ? of->base[drawn[i]] : 1 / of->base[drawn[i]];
			b[i] = of->better > 0 ? of->new[drawn[i]] : 1 / of->new[drawn[i]];
		}
		way = rule->apply(a, b, p->pairs);
		if (way < 0)
			said = 1;
		else if (way > 0 && !said)
			said = 2;
	}
	return said;
}

static void resample(const struct pool *p)
{
	unsigned count[1 + RULES][3] = { { 0 } };
	size_t drawn[RULES_MOST];

	for (unsigned run = 0; run < RUNS; run++) {
		for (size_t i = 0; i < p->pairs; i++)
			drawn[i] = rng_below(&rng, (uint32_t)p->pooled);
		count[0][ours(p, drawn)]++;
		for (size_t r = 0; r < RULES; r++)
			count[1 + r][theirs(p, drawn, &rules[r])]++;
	}
	for (size_t r = 0; r < 1 + RULES; r++)
		printf("%s%u %u", r ? " " : "", count[r][1], count[r][2]);
	printf("\n");
}

int main(int argc, char **argv)
{
	static struct pool pool;

	if (argc == 2 && argv[1][0] == 'n') { /* names: of the rules, in order */
		for (size_t r = 0; r < RULES; r++)
			printf("%s\n", rules[r].name);
		return 0;
	}
	rng_seed(&rng, 1);
	while (read_pool(&pool))
		resample(&pool);
	return 0;
}
