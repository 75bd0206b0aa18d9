/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of a plan's trials, and which cases of it run together. */
#include "core/plan_parts.h"

static struct trial_plan *add_trial(struct plan *p, unsigned number, size_t room)
{
	struct trial_plan *t;

	p->trials = xrealloc(p->trials, (p->n_trials + 1) * sizeof(*p->trials));
	t = &p->trials[p->n_trials++];
	*t = (struct trial_plan){
		.number = number,
		.cases = xalloc(room * sizeof(struct run_case *)),
	};
	return t;
}

static void plan_one_by_one(struct plan *p, const struct run_settings *s)
{
	size_t outer = s->interleave ? s->trials : p->n_cases;
	size_t inner = s->interleave ? p->n_cases : s->trials;

	for (size_t i = 0; i < outer; i++)
		for (size_t j = 0; j < inner; j++) {
			struct run_case *c = &p->cases[s->interleave ? j : i];

			if (!c->skip)
				add_trial(p, s->interleave ? i : j, 1)->cases[0] = c;
		}
	for (size_t i = 0; i < p->n_trials; i++)
		p->trials[i].n = 1;
}

static size_t runnable(const struct plan *p, const struct entry *e,
		       struct run_case **found)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_cases; i++)
		if (p->cases[i].entry == e && !p->cases[i].skip) {
			if (found)
				found[n] = &p->cases[i];
			n++;
		}
	return n;
}

static bool in_subset(unsigned long subset, size_t i)
{
	return !subset || (subset >> i & 1);
}

/*
 * The stressors of @subset (bits; 0: all) at the same time. Each has as many cases as
 * it has methods and filesystems: they meet in turn until all had theirs.
 */
static void plan_together(struct plan *p, const struct selection *selected,
			  size_t n, unsigned long subset, unsigned number)
{
	_cleanup_free_ char *room = xalloc(p->n_cases * sizeof(void *) + 1);
	struct run_case **found = (struct run_case **)(void *)room;
	size_t most = 0;

	for (size_t i = 0; i < n; i++) {
		size_t cases = runnable(p, selected[i].entry, NULL);

		if (in_subset(subset, i) && cases > most)
			most = cases;
	}
	for (size_t turn = 0; turn < most; turn++) {
		struct trial_plan *t = add_trial(p, number, n);

		for (size_t i = 0; i < n; i++) {
			size_t cases = runnable(p, selected[i].entry, found);

			if (in_subset(subset, i) && cases)
				t->cases[t->n++] = found[turn % cases];
		}
	}
}

void plan_trials(struct plan *p, const struct selection *selected, size_t n,
		 enum plan_order order, const struct run_settings *s)
{
	if (order == ORDER_SEQUENTIAL || n == 1) {
		plan_one_by_one(p, s);
		return;
	}
	for (unsigned number = 0; number < s->trials; number++) {
		if (order == ORDER_PARALLEL) {
			plan_together(p, selected, n, 0, number);
			continue;
		}
		for (unsigned long subset = 1; subset < 1UL << n; subset++)
			plan_together(p, selected, n, subset, number);
	}
}
