/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From rows to the verdict of the whole, and what may make the exit code. */
#include "reports/compare/compare_parts.h"

enum design compare_worst_design(const struct comparison *c)
{
	enum design worst = DESIGN_PAIRED;

	for (size_t i = 0; i < c->n_series; i++)
		if (c->series[i].view->design > worst)
			worst = c->series[i].view->design;
	return worst;
}

/* Times under emulation say little of times without. */
static bool timed_emulation(const struct comparison *c)
{
	return !compare_exact(c) &&
	       (compare_emulated(c, SIDE_BASE) || compare_emulated(c, SIDE_NEW));
}

/* Did what changed meanwhile, whatever it was, change the numbers as well? Counts
 * of instructions do not know of it. */
static bool controlled(const struct comparison *c, enum design design)
{
	return compare_exact(c) || (design <= DESIGN_ALTERNATING && !c->machine_refuses &&
				    !timed_emulation(c));
}

/* Does the row count for the exit code? */
static bool counts(const struct comparison *c, const struct series *s)
{
	return s->j.primary &&
	       (c->o->allow_uncontrolled || controlled(c, s->view->design));
}

/* NULL, or why verdicts do not make the exit code. To free. */
char *compare_gate_reason(const struct comparison *c)
{
	enum design worst = compare_worst_design(c);

	if (c->o->allow_uncontrolled || !c->n_series || compare_exact(c))
		return NULL;
	if (c->machine_refuses)
		return xstrdup(c->machine_refuses);
	if (timed_emulation(c))
		return xstrdup("timed under emulation (--allow-uncontrolled, in strain matrix compare --gate-emulated, gates all the same)");
	if (worst == DESIGN_UNCONTROLLED)
		return xasprintf("first all of %s, then all of %s: whatever else changed meanwhile looks the same (strain compare --plan says how to do it, --allow-uncontrolled gates all the same)",
				 c->side[0]->label, c->side[1]->label);
	if (worst == DESIGN_MIXED)
		return xstrdup("the sides took turns too rarely (strain compare --plan says how to do it, --allow-uncontrolled gates all the same)");
	return NULL;
}

size_t compare_count(const struct comparison *c, enum verdict v, bool primary, bool gating)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_series; i++)
		n += c->series[i].j.verdict == v && c->series[i].j.primary == primary &&
		     (!gating || counts(c, &c->series[i]));
	return n;
}

enum verdict compare_overall(const struct comparison *c, bool gating)
{
	if (c->outcome_regressed || compare_count(c, VERDICT_REGRESSED, true, gating))
		return VERDICT_REGRESSED;
	if (compare_count(c, VERDICT_INCONCLUSIVE, true, gating))
		return VERDICT_INCONCLUSIVE;
	if (compare_count(c, VERDICT_IMPROVED, true, gating))
		return VERDICT_IMPROVED;
	if (compare_count(c, VERDICT_UNCHANGED, true, gating))
		return VERDICT_UNCHANGED;
	return VERDICT_INCONCLUSIVE;
}

/* Is there a case that both sides have? */
static bool common(const struct comparison *c)
{
	for (size_t i = 0; i < c->samples.n_cases; i++)
		if (c->samples.cases[i].work[SIDE_BASE] && c->samples.cases[i].work[SIDE_NEW])
			return true;
	return false;
}

/* Rows that do not gate leave the question open. */
enum exit_code compare_exit_code(const struct comparison *c, bool gates)
{
	enum verdict v = compare_overall(c, true);
	enum exit_code code = v == VERDICT_REGRESSED ? EXIT_REGRESSED :
			      v == VERDICT_INCONCLUSIVE || !gates ? EXIT_INCONCLUSIVE : EXIT_PASS;

	return json_array_size(c->refused) || !common(c) ? exit_worse(code, EXIT_USAGE) : code;
}
