/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How trials ended on the two sides: what is right or wrong, not fast or slow. */
#include "reports/compare/compare_parts.h"

#include <math.h>
#include <string.h>

#include "reports/build.h"

struct ended {
	unsigned count[16]; /* by the index in build_outcomes[] */
	unsigned bad, total;
	const char *reason; /* of the first bad trial */
	const char *bad_word;
};

/* The kernel broke a promise, complained, stopped or killed. */
static bool is_bad(const char *outcome)
{
	return word_in("fail killed hang", outcome);
}

static struct ended count(const struct sample_case *of, int side)
{
	struct ended e = { .reason = of->skip[side] };

	for (size_t i = 0; i < of->n[side]; i++) {
		const struct sample_trial *t = &of->trial[side][i];

		for (size_t k = 0; build_outcomes[k]; k++)
			e.count[k] += !strcmp(build_outcomes[k], t->outcome);
		/* what could not do its work says nothing of the kernel */
		e.total += samples_measured(t->outcome) || is_bad(t->outcome);
		if (!is_bad(t->outcome))
			continue;
		if (!e.bad++) {
			e.reason = t->reason;
			e.bad_word = t->outcome;
		}
	}
	return e;
}

static json_t *counts_json(const struct sample_case *of, int side, const struct ended *e)
{
	json_t *o = json_object();

	for (size_t k = 0; build_outcomes[k]; k++)
		if (e->count[k])
			js_set(o, build_outcomes[k], js_count(e->count[k]));
	if (!of->n[side])
		js_set(o, of->skip[side] ? "skip" : "interrupted", js_count(1));
	return o;
}

static char *text_of(const struct comparison *c, enum verdict v, const struct ended *base,
		     const struct ended *new, double p)
{
	const char *reason = v == VERDICT_IMPROVED ? base->reason : new->reason;
	const struct ended *worse = v == VERDICT_IMPROVED ? base : new;
	_cleanup_free_ char *tail = reason ? xasprintf(": %s", reason) : xstrdup("");

	if (v == VERDICT_REGRESSED && !base->bad)
		return xasprintf("new %s in %u of %u trials of %s%s", new->bad_word, new->bad,
				 new->total, c->side[SIDE_NEW]->label, tail);
	if (v == VERDICT_REGRESSED)
		return xasprintf("fails more often: %u of %u, was %u of %u (p %.2g)%s", new->bad,
				 new->total, base->bad, base->total, p, tail);
	if (v == VERDICT_IMPROVED)
		return xasprintf("fails %s: %u of %u, was %u of %u (p %.2g)%s",
				 new->bad ? "less often" : "no more", new->bad, new->total,
				 base->bad, base->total, p, tail);
	if (worse->bad || base->bad)
		return xasprintf("failed in %u of %u trials, before in %u of %u: may be chance%s",
				 new->bad, new->total, base->bad, base->total, tail);
	return xasprintf("did not do its work in all trials%s", tail);
}

/* Shares of outcomes: equal on both sides? */
static bool alike(const struct sample_case *of, const struct ended *base,
		  const struct ended *new)
{
	for (size_t k = 0; build_outcomes[k]; k++)
		if ((double)base->count[k] * (double)of->n[SIDE_NEW] !=
		    (double)new->count[k] * (double)of->n[SIDE_BASE])
			return false;
	return !of->n[SIDE_BASE] == !of->n[SIDE_NEW];
}

static void add_outcome(struct comparison *c, const struct sample_case *of)
{
	struct ended base = count(of, SIDE_BASE), new = count(of, SIDE_NEW);
	double p = NAN;
	enum verdict v = verdict_outcomes((struct verdict_outcomes){ base.bad, base.total },
					  (struct verdict_outcomes){ new.bad, new.total },
					  c->rule.fdr, &p);
	_cleanup_free_ char *text = NULL;
	json_t *o;

	/* a base that did nothing promised nothing: a failure is still one */
	if (!base.total && new.bad)
		v = VERDICT_REGRESSED;
	if (alike(of, &base, &new) && v != VERDICT_REGRESSED)
		return;
	if (v == VERDICT_UNCHANGED)
		v = VERDICT_INCONCLUSIVE;
	o = json_object();
	text = text_of(c, v, &base, &new, p);
	js_set(o, "case", js_text(of->id));
	js_set(o, "base", counts_json(of, SIDE_BASE, &base));
	js_set(o, "new", counts_json(of, SIDE_NEW, &new));
	js_set(o, "verdict", js_text(verdict_name(v)));
	js_set(o, "p", js_number(p));
	js_set(o, "text", js_text(text));
	js_add(c->outcomes, o);
	c->outcome_regressed |= v == VERDICT_REGRESSED;
}

void compare_outcomes(struct comparison *c)
{
	for (size_t i = 0; i < c->samples.n_cases; i++) {
		const struct case_view *v = &c->view[i];
		const struct sample_case *of = v->of;

		if (!v->refused && of->work[SIDE_BASE] && of->work[SIDE_NEW])
			add_outcome(c, of);
	}
}
