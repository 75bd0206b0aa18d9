/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How cases ended with one version and another: right or wrong, not fast or slow. */
#include <math.h>
#include <string.h>

#include "reports/compare/trend_parts.h"

/* The kernel broke a promise, complained, stopped or killed. */
static bool is_bad(const char *outcome)
{
	return word_in("fail killed hang", outcome);
}

/* Trials of a version, and its first bad one. */
struct ended {
	struct verdict_outcomes count;
	const struct sample_trial *first;
};

static struct ended *count(const struct trend *t, const struct sample_case *of)
{
	struct ended *e = xalloc(t->n_versions * sizeof(*e));

	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < of->n[side]; i++) {
			const struct sample_trial *trial = &of->trial[side][i];
			struct ended *of_version = &e[trend_trial_version(t, of, side, i)];
			bool bad = is_bad(trial->outcome);

			of_version->count.total += bad || samples_measured(trial->outcome);
			of_version->count.bad += bad;
			if (bad && !of_version->first)
				of_version->first = trial;
		}
	return e;
}

static void add(struct trend *t, const struct sample_case *of, const struct ended *e,
		size_t from, size_t to, bool baseline)
{
	struct trend_outcome o = { .of = of, .from = from, .to = to, .baseline = baseline,
				   .bad = { e[from].count, e[to].count } };
	const struct sample_trial *first;

	o.verdict = verdict_outcomes(e[from].count, e[to].count, t->c.rule.fdr, &o.p);
	if (o.verdict == VERDICT_UNCHANGED)
		return;
	first = e[to].first && o.verdict != VERDICT_IMPROVED ? e[to].first : e[from].first;
	if (first) {
		o.word = first->outcome;
		o.reason = first->reason;
	}
	t->outcome = xrealloc(t->outcome, (t->n_outcomes + 1) * sizeof(*t->outcome));
	t->outcome[t->n_outcomes++] = o;
}

/* Each version against the one before; the newest against the baseline too. */
static void add_case(struct trend *t, const struct sample_case *of)
{
	struct ended *e = count(t, of);
	size_t before = SIZE_MAX;

	for (size_t i = 0; i < t->n_versions; i++) {
		if (!e[i].count.total)
			continue;
		if (before != SIZE_MAX)
			add(t, of, e, before, i, before == t->baseline);
		if (i == t->newest && e[t->baseline].count.total && before != t->baseline)
			add(t, of, e, t->baseline, i, true);
		before = i;
	}
	free(e);
}

void trend_outcomes(struct trend *t)
{
	for (size_t i = 0; i < t->c.samples.n_cases; i++)
		if (!t->c.view[i].refused && t->c.samples.cases[i].work[SIDE_BASE] &&
		    t->c.samples.cases[i].work[SIDE_NEW])
			add_case(t, &t->c.samples.cases[i]);
}
