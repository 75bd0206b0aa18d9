/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cases would their own setup skip? Setups alone, each undone at once. */
#include <stdlib.h>

#include "core/run.h"

struct asked {
	struct run_case *cases;
	size_t n;
	char **reason; /* of each, or NULL */
};

static void note_skip(void *ctx, const struct trial_result *e)
{
	struct asked *a = ctx;
	const struct case_result *r = e->cases;

	if (r->outcome == OUTCOME_SKIP && r->reason && !a->reason[r->of->index])
		a->reason[r->of->index] = xstrdup(r->reason);
}

static void *setup_of(const struct run_case *c)
{
	return c->method && c->method->setup ? (void *)(uintptr_t)c->method->setup :
					       (void *)(uintptr_t)c->entry->stressor->setup;
}

/* One setup on one filesystem speaks for all methods that share it. */
static size_t find(const struct asked *a, const struct run_case *c)
{
	size_t i = 0;

	while (i < a->n && (a->cases[i].entry != c->entry || a->cases[i].fs != c->fs ||
			    setup_of(&a->cases[i]) != setup_of(c)))
		i++;
	return i;
}

static bool is_asked(const struct run_case *c)
{
	return !c->skip && plan_uses(c) && plan_uses(c)->setup_decides;
}

static void ask(struct asked *a, const struct run_settings *settings, uint64_t seed)
{
	_cleanup_free_ char *room = xalloc(a->n * sizeof(struct trial_plan));
	_cleanup_free_ char *rows = xalloc(a->n * sizeof(struct run_case *));
	struct trial_plan *trial = (struct trial_plan *)(void *)room;
	struct run_case **row = (struct run_case **)(void *)rows;
	struct plan plan = { a->cases, a->n, trial, a->n, seed };
	struct sink sink = { .ctx = a, .trial_end = note_skip };
	struct run_settings alone = *settings;
	char *argv[] = { NULL };

	alone.setup_only = true;
	alone.latency = "off";
	alone.counters = "none";
	for (size_t i = 0; i < a->n; i++) {
		row[i] = &a->cases[i];
		trial[i] = (struct trial_plan){ .cases = &row[i], .n = 1 };
	}
	run_plan(&plan, &alone, &sink, 1, 0, argv);
}

void run_setups(struct plan *plan, const struct run_settings *settings)
{
	_cleanup_free_ char *room = xalloc((plan->n_cases + 1) * sizeof(struct run_case));
	_cleanup_free_ char *texts = xalloc((plan->n_cases + 1) * sizeof(char *));
	struct asked a = { (struct run_case *)(void *)room, 0,
			   (char **)(void *)texts };

	for (size_t i = 0; i < plan->n_cases; i++) {
		const struct run_case *c = &plan->cases[i];

		if (!is_asked(c) || find(&a, c) < a.n)
			continue;
		a.cases[a.n] = *c;
		a.cases[a.n].index = (unsigned)a.n;
		a.n++;
	}
	if (a.n)
		ask(&a, settings, plan->seed);
	for (size_t i = 0; i < plan->n_cases; i++) {
		struct run_case *c = &plan->cases[i];
		size_t at = is_asked(c) ? find(&a, c) : a.n;

		if (at < a.n && a.reason[at])
			c->skip = xstrdup(a.reason[at]);
	}
	for (size_t i = 0; i < a.n; i++)
		free(a.reason[i]);
}
