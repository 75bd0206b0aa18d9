/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/plan_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "core/cpulist.h"
#include "core/exact.h"
#include "core/machine.h"

#define PERMUTE_MAX 10 /* stressors; 2^10 - 1 subsets */

/* The plan while it is made. */
struct maker {
	struct plan *plan;
	const struct run_settings *settings;
	const struct selection *selection;
	const struct entry *mutated;
	int mutation;
	char *why;
};

/* Workers that are pinned have no other CPUs. Asked only where it bears on
 * something: it takes reading files. */
static unsigned usable_cpus(const struct run_settings *settings)
{
	unsigned all = machine_cpus();
	unsigned some = settings->cpus ? cpulist_count(settings->cpus) : all;

	return some < all ? some : all;
}

static unsigned resolve_workers(const struct selection *s,
				const struct run_settings *settings)
{
	int64_t n = s->workers;

	if (s->workers_percent)
		n = (int64_t)usable_cpus(settings) * n / 100;
	else if (n < 0)
		return machine_cpus_online();
	else if (!n)
		return usable_cpus(settings);
	return n < 1 ? 1 : (unsigned)n;
}

static char *case_id(const struct run_case *c)
{
	const struct option *row = c->entry->stressor->options;
	struct str id = STR_INIT;
	char mark = '?', name[OPTION_NAME];

	str_add(&id, c->entry->name);
	if (c->method)
		str_addf(&id, "/%s", c->method->name);
	if (c->fs && strcmp(c->fs->name, "scratch"))
		str_addf(&id, "@%s", c->fs->name);
	if (c->threads)
		str_add(&id, "+threads");
	if (c->verify)
		str_add(&id, "+verify");
	for (; row && row->name; row++) {
		_cleanup_free_ char *text = NULL;

		if (option_is_default(row, c->opts))
			continue;
		text = option_text(row, c->opts);
		str_addf(&id, "%c%s=%s", mark, option_name(row, name), text);
		mark = '&';
	}
	return str_take(&id);
}

/* "build the kernel with CONFIG_A=y and CONFIG_B=y": what @before begins with
 * is not said again. */
static void add_remedy(struct str *s, const char *remedy, const char *before)
{
	static const char build[] = "build the kernel with ";

	if (before && !strncmp(remedy, build, strlen(build)) &&
	    !strncmp(before, build, strlen(build)))
		str_addf(s, " and %s", remedy + strlen(build));
	else
		str_addf(s, "%s%s", s->len ? "; " : "", remedy);
}

static bool has_said(const struct need_list *list, size_t n, const char *remedy)
{
	for (size_t i = 0; i < n; i++)
		if (str_same(list->miss[i].remedy, remedy))
			return true;
	return false;
}

static void join_misses(struct run_case *c, const struct need_list *list)
{
	struct str reason = STR_INIT, remedy = STR_INIT;

	for (size_t i = 0; i < list->n; i++) {
		str_addf(&reason, "%s%s", i ? "; " : "", list->miss[i].reason);
		if (list->miss[i].remedy && !has_said(list, i, list->miss[i].remedy))
			add_remedy(&remedy, list->miss[i].remedy,
				   i ? list->miss[i - 1].remedy : NULL);
	}
	c->skip = str_take(&reason);
	c->remedy = str_take(&remedy);
}

const struct uses *plan_uses(const struct run_case *c)
{
	return c->method && c->method->uses ? c->method->uses :
					      c->entry->stressor->uses;
}

/* @why is "what is missing: how to get it", or what cannot be got here. */
static void not_built(struct run_case *c, const char *why)
{
	const char *colon = strstr(why, ": ");
	size_t n = colon ? (size_t)(colon - why) : strlen(why);

	c->skip = xasprintf("not in this binary: %.*s", (int)n, why);
	c->remedy = colon ? xstrdup(colon + 2) : NULL;
}

const char *plan_exact_unfit(const struct run_case *c)
{
	const char *fs = c->fs ? c->fs->type : NULL;

	return exact_unfit(c->entry->stressor, c->method,
			   c->fs && !fs ? c->fs->name : fs);
}

static void check_case(struct run_case *c)
{
	const char *unsupported = registry_unsupported(c->entry, c->method);
	const struct uses *uses = plan_uses(c);
	struct need_list list = { 0 };
	const char *why;

	if (unsupported) {
		not_built(c, unsupported);
		return;
	}
	why = c->exact ? plan_exact_unfit(c) : NULL;
	if (c->exact && !why)
		why = exact_refusal();
	if (why) {
		c->skip = xstrdup(why);
		return;
	}
	need_check(c->entry->stressor->needs, &list);
	if (c->method)
		need_check(c->method->needs, &list);
	if (c->fs && uses)
		fskind_needs(c->fs, &list);
	if (list.n)
		join_misses(c, &list);
	need_free(&list);
}

static bool has_deep_check(const struct run_case *c)
{
	const struct stressor *s = c->entry->stressor;
	uint32_t mask = registry_check_mask(s, c->method);

	for (size_t i = 0; i < registry_checks(s); i++)
		if (s->checks[i].deep && (mask >> i & 1))
			return true;
	return false;
}

static void add_case(struct maker *k, const struct method *m,
		     const struct fskind *fs)
{
	const struct selection *s = k->selection;
	struct plan *p = k->plan;
	struct run_case *c;

	p->cases = xrealloc(p->cases, (p->n_cases + 1) * sizeof(*p->cases));
	c = &p->cases[p->n_cases];
	*c = (struct run_case){
		.entry = s->entry,
		.method = m,
		.fs = fs,
		.opts = s->opts,
		.workers = k->settings->exact ? 1 : resolve_workers(s, k->settings),
		.ops = s->ops,
		.exact = k->settings->exact,
		.threads = s->threads,
		.mutation = s->entry == k->mutated ? k->mutation : -1,
		.index = (unsigned)p->n_cases++,
	};
	if (c->exact && !c->ops)
		c->ops = exact_ops(s->entry->stressor, m);
	c->verify = k->settings->verify && has_deep_check(c);
	c->id = case_id(c);
	check_case(c);
}

static bool add_filesystems(struct maker *k, const struct method *m)
{
	const struct stressor *s = k->selection->entry->stressor;
	const struct uses *uses = m && m->uses ? m->uses : s->uses;
	_cleanup_words_ struct words names = { 0 };

	if (!uses || !(uses->scratch || uses->fs)) {
		add_case(k, m, NULL);
		return true;
	}
	if (k->settings->fs)
		words_split(&names, k->settings->fs, ", ");
	else
		words_split(&names, uses->fs ? uses->fs : "scratch", " ");
	if (k->settings->exact && !k->settings->fs && words_has(&names, "tmpfs")) {
		add_case(k, m, fskind_find("tmpfs"));
		return true;
	}
	for (size_t i = 0; i < names.n; i++) {
		const struct fskind *kind = fskind_find(names.word[i]);

		if (!kind) {
			k->why = xasprintf("unknown filesystem '%s'", names.word[i]);
			return false;
		}
		add_case(k, m, kind);
	}
	return true;
}

static bool add_methods(struct maker *k)
{
	const struct selection *s = k->selection;
	const struct method *m = s->entry->stressor->methods;
	_cleanup_words_ struct words names = { 0 };

	if (!m)
		return add_filesystems(k, NULL);
	if (s->methods && strcmp(s->methods, "all"))
		words_split(&names, s->methods, ", ");
	for (; m->name; m++)
		if ((!names.n || words_has(&names, m->name)) &&
		    !add_filesystems(k, m))
			return false;
	return true;
}

static bool parse_mutation(struct maker *k)
{
	const char *text = k->settings->mutate;
	const char *colon = text ? strchr(text, ':') : NULL;
	_cleanup_free_ char *name = NULL;

	k->mutation = -1;
	if (!text)
		return true;
	name = xstrdup(text);
	name[colon ? colon - text : 0] = '\0';
	k->mutated = registry_find(name);
	if (!k->mutated) {
		k->why = xasprintf("option '--mutate': '%s' is not STRESSOR:CHECK",
				   text);
		return false;
	}
	for (size_t i = 0; i < registry_checks(k->mutated->stressor); i++)
		if (!strcmp(k->mutated->stressor->checks[i].id, colon + 1))
			k->mutation = (int)i;
	if (k->mutation < 0)
		k->why = xasprintf("option '--mutate': stressor '%s' has no check '%s'",
				   name, colon + 1);
	return k->mutation >= 0;
}

/* Nothing would be mutated, and all would pass. */
static bool mutates_selected(struct maker *k, const struct selection *selected,
			     size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!k->mutated || selected[i].entry == k->mutated)
			return true;
	k->why = xasprintf("option '--mutate': stressor '%s' is not selected",
			   k->mutated->name);
	return false;
}

static uint64_t draw_seed(void)
{
	/* A double keeps 53 bits whole: so does every reader of the report. */
	return (rng_unknown() >> 11) | 1;
}

int plan_make(const struct selection *selected, size_t n, enum plan_order order,
	      const struct run_settings *settings, struct plan *plan, char **why)
{
	struct maker k = { .plan = plan, .settings = settings };

	*plan = (struct plan){ .seed = settings->seed };
	if (!plan->seed)
		plan->seed = draw_seed();
	if (settings->cpus && !cpulist_count(settings->cpus))
		k.why = xasprintf("option '--cpus': '%s' is not a list of CPUs "
				  "that may be used", settings->cpus);
	if (order == ORDER_PERMUTE && n > PERMUTE_MAX)
		k.why = xasprintf("option '--permute': %zu stressors, at most %d",
				  n, PERMUTE_MAX);
	if (!k.why && n && parse_mutation(&k))
		mutates_selected(&k, selected, n);
	for (size_t i = 0; !k.why && i < n; i++) {
		k.selection = &selected[i];
		add_methods(&k);
	}
	if (k.why) {
		*why = k.why;
		plan_free(plan);
		return -EINVAL;
	}
	plan_trials(plan, selected, n, order, settings);
	return 0;
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cases; i++) {
		free(plan->cases[i].id);
		free(plan->cases[i].skip);
		free(plan->cases[i].remedy);
	}
	for (size_t i = 0; i < plan->n_trials; i++)
		free(plan->trials[i].cases);
	free(plan->cases);
	free(plan->trials);
	*plan = (struct plan){ 0 };
}
