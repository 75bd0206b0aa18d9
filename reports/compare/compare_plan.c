/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How to compare two kernels of one machine by rebooting it. */
#include <math.h>

#include "reports/compare/compare.h"
#include "reports/stat/stat.h"

/* As in reports/stat_*.c: Marsaglia's xorshift with Vigna's multiplier. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static void print_boot(const struct compare_plan *p, size_t boot, unsigned side, size_t of_side,
		       FILE *out)
{
	fprintf(out, "  %3zu  boot %-8s strain run OPTIONS --report %s/%02zu.json\n", boot,
		p->label[side], p->label[side], of_side);
}

/* Smallest change that so many boots find; NaN: none up to a half. */
static double found_by(const struct compare_plan *p)
{
	for (double effect = 0.001; effect < 0.5; effect *= 1.02)
		if (stat_needed(log1p(p->noise), log1p(effect), p->fdr, p->power, false,
				p->metrics) <= p->boots)
			return effect;
	return NAN;
}

static void print_power(const struct compare_plan *p, double effect, FILE *out)
{
	if (isnan(effect))
		fprintf(out, "too few to find a change of 50 %% in one of %zu primary metrics\n", p->metrics);
	else
		fprintf(out, "enough to find a change of %.2g %% in one of %zu primary metrics with a probability\n"
			     "of %.0f %%, where boots that do not differ spread by %.2g %% (--effect, --noise)\n",
			effect * 100, p->metrics, p->power * 100, p->noise * 100);
}

void compare_plan(struct compare_plan *p, FILE *out)
{
	uint64_t state = p->seed + 0x9e3779b97f4a7c15ULL;
	double effect = p->effect;

	if (p->boots)
		effect = found_by(p);
	else
		p->boots = stat_needed(log1p(p->noise), log1p(p->effect), p->fdr, p->power, false,
				       p->metrics);
	fprintf(out, "%zu boots of each kernel, in random turn (seed %llu)\n", p->boots,
		(unsigned long long)p->seed);
	print_power(p, effect, out);
	fputs("\nThe same OPTIONS each time. Several short trials in a boot (--trials 3) make its\n"
	      "result steadier, but only boots count. Nothing else should run meanwhile.\n\n", out);
	fprintf(out, "  mkdir -p %s %s\n", p->label[0], p->label[1]);
	for (size_t i = 0; i < p->boots; i++) {
		unsigned first = next(&state) >> 63;

		print_boot(p, 2 * i + 1, first, i + 1, out);
		print_boot(p, 2 * i + 2, !first, i + 1, out);
	}
	fprintf(out, "\n  strain compare %s --against %s\n", p->label[0], p->label[1]);
}
