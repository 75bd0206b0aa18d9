/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/verdict.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

static void start(struct judged *j, size_t n, size_t m, bool paired)
{
	*j = (struct judged){ .n = { n, m }, .paired = paired, .primary = true,
			      .p_adjusted = NAN, .missed = NAN };
}

static void finish(struct judged *j, struct stat_test test, int better)
{
	j->p = test.p;
	j->exact = test.exact;
	if (better < 0) {
		double low = j->shift.low;

		j->shift.estimate = -j->shift.estimate;
		j->shift.low = -j->shift.high;
		j->shift.high = -low;
	}
}

void verdict_test(const double *base, size_t n, const double *new, size_t m,
		  int better, const struct verdict_options *o, struct judged *j)
{
	start(j, n, m, false);
	stat_shift(base, n, new, m, 1 - o->confidence, &j->shift);
	j->sd = stat_sd_pooled(base, n, new, m);
	finish(j, stat_mann_whitney(base, n, new, m), better);
}

void verdict_test_paired(const double *d, size_t n, int better,
			 const struct verdict_options *o, struct judged *j)
{
	start(j, n, n, true);
	stat_shift_paired(d, n, 1 - o->confidence, &j->shift);
	j->sd = stat_sd(d, n);
	finish(j, stat_signed_rank(d, n), better);
}

static size_t fewer(const struct judged *j)
{
	return j->n[0] < j->n[1] ? j->n[0] : j->n[1];
}

/* Units that would show an effect as large as it looks, or that there is none. */
static size_t needed(const struct judged *j, const struct verdict_options *o,
		     size_t family)
{
	double effect = fabs(j->shift.estimate);
	bool large = effect >= j->threshold;
	size_t show = stat_needed(j->sd, large ? effect : j->threshold, o->fdr,
				  o->power, j->paired, family);
	size_t equal = stat_needed_equal(j->sd, j->threshold, 1 - o->confidence,
					 o->power, j->paired);
	size_t n = large || show > equal ? show : equal;

	return n > fewer(j) ? n : fewer(j) + 1;
}

static enum verdict_reason undecided(const struct judged *j,
				     const struct verdict_options *o,
				     size_t family)
{
	if (fewer(j) < 2)
		return VERDICT_ONE_UNIT;
	if (j->p_adjusted <= o->fdr)
		return VERDICT_SMALL;
	if (stat_smallest_p(j->n[0], j->n[1], j->paired) * (double)family >
	    o->fdr)
		return VERDICT_TOO_FEW;
	return VERDICT_INSIGNIFICANT;
}

static void decide(struct judged *j, const struct verdict_options *o,
		   size_t family)
{
	const struct stat_shift *s = &j->shift;
	bool known = s->confidence > 0;

	j->missed = known ? fmax(fabs(s->low), fabs(s->high)) : NAN;
	j->needed = 0;
	if (fewer(j) >= 2 && j->p_adjusted <= o->fdr &&
	    fabs(s->estimate) >= j->threshold) {
		j->verdict = s->estimate > 0 ? VERDICT_IMPROVED :
					       VERDICT_REGRESSED;
		j->reason = VERDICT_CHANGED;
	} else if (fewer(j) >= 2 && known && j->missed < j->threshold) {
		j->verdict = VERDICT_UNCHANGED;
		j->reason = VERDICT_EQUIVALENT;
	} else {
		j->verdict = VERDICT_INCONCLUSIVE;
		j->reason = undecided(j, o, family);
		j->needed = needed(j, o, family);
	}
}

/* One family: the primaries, or the others. */
static void decide_family(struct judged *j, size_t n,
			  const struct verdict_options *o, bool primary)
{
	double *p = xalloc((n ? n : 1) * sizeof(*p));
	double *adjusted = xalloc((n ? n : 1) * sizeof(*adjusted));
	size_t family = 0;

	for (size_t i = 0; i < n; i++) {
		p[i] = j[i].primary == primary ? j[i].p : NAN;
		family += !isnan(p[i]);
	}
	stat_bh(p, n, adjusted);
	for (size_t i = 0; i < n; i++) {
		if (j[i].primary != primary)
			continue;
		j[i].p_adjusted = adjusted[i];
		decide(&j[i], o, family);
	}
	free(adjusted);
	free(p);
}

void verdict_decide(struct judged *j, size_t n, const struct verdict_options *o)
{
	decide_family(j, n, o, true);
	decide_family(j, n, o, false);
}

enum verdict verdict_outcomes(struct verdict_outcomes base,
			      struct verdict_outcomes new, double alpha,
			      double *p)
{
	double worse = (double)new.bad * base.total -
		       (double)base.bad * new.total;

	*p = NAN;
	if (!base.total || !new.total)
		return VERDICT_INCONCLUSIVE;
	if (!base.bad)
		return new.bad ? VERDICT_REGRESSED : VERDICT_UNCHANGED;
	if (base.bad == base.total && new.bad == new.total)
		return VERDICT_UNCHANGED;
	*p = stat_fisher(base.bad, base.total - base.bad, new.bad,
			 new.total - new.bad);
	if (*p > alpha)
		return VERDICT_INCONCLUSIVE;
	return worse > 0 ? VERDICT_REGRESSED : VERDICT_IMPROVED;
}

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_REGRESSED] = "regressed",
		[VERDICT_IMPROVED] = "improved",
		[VERDICT_INCONCLUSIVE] = "inconclusive",
		[VERDICT_UNCHANGED] = "unchanged",
	};

	return names[v];
}
