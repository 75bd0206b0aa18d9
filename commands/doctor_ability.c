/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/doctor_ability.h"

#include <string.h>

#include "core/need.h"
#include "core/registry.h"

static void miss(struct ability *a, const char *reason, const char *remedy,
		 const char *user)
{
	struct missing *m = NULL;

	for (size_t i = 0; i < a->n && !m; i++)
		if (!strcmp(a->missing[i].reason, reason))
			m = &a->missing[i];
	if (!m) {
		a->missing = xrealloc(a->missing,
				      (a->n + 1) * sizeof(*a->missing));
		m = &a->missing[a->n++];
		*m = (struct missing){ .reason = xstrdup(reason),
				       .remedy = xstrdup(remedy) };
	}
	if (!words_has(&m->users, user))
		words_add(&m->users, user);
}

/* Notes what @needs misses; true when nothing. */
static bool meets(struct ability *a, const struct needs *needs, const char *user)
{
	struct need_list list = { 0 };
	bool all;

	need_check(needs, &list);
	for (size_t i = 0; i < list.n; i++)
		miss(a, list.miss[i].reason, list.miss[i].remedy, user);
	all = !list.n;
	need_free(&list);
	return all;
}

static bool built(struct ability *a, const struct entry *e,
		  const struct method *m, const char *user)
{
	const char *why = registry_unsupported(e, m);

	if (why)
		miss(a, why, "", user);
	return !why;
}

static bool method_runs(struct ability *a, const struct entry *e,
			const struct method *m, bool stressor_runs)
{
	_cleanup_free_ char *user = xasprintf("%s/%s", e->name, m->name);

	/* what the whole stressor misses is told once, under its own name */
	return stressor_runs && built(a, e, m, user) && meets(a, m->needs, user);
}

void ability_find(struct ability *a)
{
	for (size_t i = 0; i < registry_size; i++) {
		const struct entry *e = &registry[i];
		const struct method *m = e->stressor->methods;
		bool runs = built(a, e, NULL, e->name) &&
			    meets(a, e->stressor->needs, e->name);
		unsigned before = a->methods_run;

		a->stressors++;
		for (; m && m->name; m++) {
			a->methods++;
			a->methods_run += method_runs(a, e, m, runs);
		}
		if (e->stressor->methods)
			runs = a->methods_run > before;
		a->stressors_run += runs;
	}
}

void ability_free(struct ability *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->missing[i].reason);
		free(a->missing[i].remedy);
		words_free(&a->missing[i].users);
	}
	free(a->missing);
}
