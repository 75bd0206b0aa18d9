/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/lines.h"

#include <inttypes.h>
#include <string.h>

#include "core/exact.h"
#include "core/machine.h"

static json_t *line(const char *kind)
{
	json_t *o = json_object();

	js_set(o, "line", js_text(kind));
	return o;
}

static json_t *option_value(const struct option *row, const void *values)
{
	const void *at = (const char *)values + row->offset;
	double number;

	switch (row->type) {
	case OPTION_BOOL:
		return json_boolean(*(const bool *)at);
	case OPTION_TEXT:
		return js_text(*(const char *const *)at);
	case OPTION_DOUBLE:
		return js_number(*(const double *)at);
	case OPTION_I64:
		return json_integer(*(const int64_t *)at);
	case OPTION_U32:
		number = *(const uint32_t *)at;
		break;
	case OPTION_U64:
	default:
		if (row->unit != UNIT_DURATION)
			return js_count(*(const uint64_t *)at);
		number = *(const uint64_t *)at;
		break;
	}
	return js_number(row->unit == UNIT_DURATION ? number / 1e9 : number);
}

/* Each option of @table in @values by its name: numbers, durations in seconds;
 * of hidden ones those that were given. */
static json_t *line_options(const struct option *table, const void *values)
{
	json_t *o = json_object();
	char name[OPTION_NAME];

	for (; table && table->name; table++)
		if (!table->hidden || !option_is_default(table, values))
			js_set(o, option_name(table, name),
			       option_value(table, values));
	return o;
}

static json_t *options_changed(const struct option *table, const void *values)
{
	json_t *names = json_array();
	char name[OPTION_NAME];

	for (; table && table->name; table++)
		if (!option_is_default(table, values))
			js_add(names, js_text(option_name(table, name)));
	return names;
}

static json_t *words(const char *list)
{
	_cleanup_words_ struct words w = { 0 };
	json_t *array = json_array();

	if (list)
		words_split(&w, list, " ");
	for (size_t i = 0; i < w.n; i++)
		js_add(array, js_text(w.word[i]));
	return array;
}

static json_t *tool(void)
{
	json_t *o = json_object();

	js_set(o, "name", js_text("strain"));
	js_set(o, "version", js_text(STRAIN_VERSION));
	js_set(o, "commit", js_text(*STRAIN_COMMIT ? STRAIN_COMMIT : NULL));
	js_set(o, "cflags", js_text(STRAIN_CFLAGS));
	js_set(o, "libraries", js_text(STRAIN_LIBS));
	js_set(o, "counters", js_text(counter_backend()));
	return o;
}

/*
 * For the facts that matter to what is run. NULL, which is for all of them,
 * when that is more than one stressor.
 */
static char *tags_of(const struct plan *plan, const struct run_settings *settings)
{
	const struct entry *first = plan->n_cases ? plan->cases[0].entry : NULL;

	for (size_t i = 1; i < plan->n_cases; i++)
		if (plan->cases[i].entry != first)
			return NULL;
	if (!first)
		return xstrdup("");
	return xasprintf("%s %s %s", first->folder,
			 first->stressor->tags ? first->stressor->tags : "",
			 settings->perf ? "perf" : "");
}

/* A group is a member of the top level if the format names it so. */
static void add_facts(json_t *o, const struct plan *plan,
		      const struct run_settings *settings)
{
	static const char *const groups[] = { "machine", "kernel", "sysctl", "libraries" };
	_cleanup_free_ char *tags = tags_of(plan, settings);
	json_t *other = json_object();
	const struct fact *fact;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		js_set(o, groups[i], json_object());
	js_set(o, "environment", other);
	fact = machine_facts(tags, &n);
	for (size_t i = 0; i < n; i++) {
		json_t *group = NULL;

		for (size_t j = 0; j < ARRAY_SIZE(groups) && !group; j++)
			if (!strcmp(groups[j], fact[i].group))
				group = json_object_get(o, groups[j]);
		if (!group)
			group = json_object_get(other, fact[i].group);
		if (!group) {
			group = json_object();
			js_set(other, fact[i].group, group);
		}
		js_set(group, fact[i].name,
		       fact[i].text ? js_text(fact[i].text) :
				      js_number(fact[i].number));
	}
}

/* Where no case is exact there is no figure that could be read as one. */
static void add_exact(json_t *machine, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cases; i++) {
		if (!plan->cases[i].exact || plan->cases[i].skip)
			continue;
		js_set(machine, "exact", json_true());
		js_set(machine, "exact_blind", js_text(EXACT_BLIND));
		return;
	}
}

json_t *line_run(const struct run_begin *e, const char *boot_id)
{
	json_t *o = json_object(), *command = json_array(), *plan = json_object();
	char seed[32];

	js_set(o, "schema", js_text(REPORT_SCHEMA));
	js_set(o, "line", js_text("run"));
	js_set(o, "tool", tool());
	for (int i = 0; i < e->argc; i++)
		js_add(command, js_text(e->argv[i]));
	js_set(o, "command", command);
	/* text, since readers of JSON round numbers of 64 bits */
	snprintf(seed, sizeof(seed), "%" PRIu64, e->plan->seed);
	js_set(o, "seed", js_text(seed));
	js_set(o, "started", js_number(e->started));
	js_set(o, "boot_id", js_text(boot_id));
	js_set(plan, "cases", js_count(e->plan->n_cases));
	js_set(plan, "trials", js_count(e->plan->n_trials));
	js_set(o, "plan", plan);
	js_set(o, "settings", line_options(run_options, e->settings));
	add_facts(o, e->plan, e->settings);
	add_exact(json_object_get(o, "machine"), e->plan);
	return o;
}

static const char *kind_name(enum metric_kind kind)
{
	static const char *const names[] = {
		[METRIC_RATE] = "rate",	      [METRIC_COST] = "cost",
		[METRIC_LATENCY] = "latency", [METRIC_GAUGE] = "gauge",
		[METRIC_RATIO] = "ratio",
	};

	return names[kind];
}

static const char *better_name(enum metric_better better)
{
	static const char *const names[] = { [BETTER_HIGHER] = "higher",
					     [BETTER_LOWER] = "lower",
					     [BETTER_NEITHER] = "neither" };

	return names[better];
}

static json_t *metric_definition(const struct metric *m)
{
	json_t *o = json_object();

	js_set(o, "id", js_text(m->id));
	js_set(o, "name", js_text(m->name));
	js_set(o, "unit", js_text(m->unit));
	js_set(o, "kind", js_text(kind_name(m->kind)));
	js_set(o, "better", js_text(better_name(m->better)));
	js_set(o, "primary", json_boolean(m->primary));
	js_set(o, "version", js_count(m->version));
	return o;
}

static json_t *check_definition(const struct check *c)
{
	json_t *o = json_object();

	js_set(o, "id", js_text(c->id));
	js_set(o, "proves", js_text(c->proves));
	js_set(o, "deep", json_boolean(c->deep));
	return o;
}

static void add_definitions(json_t *o, const struct run_case *c)
{
	const struct stressor *s = c->entry->stressor;
	uint32_t metric_mask = registry_metric_mask(s, c->method);
	uint32_t check_mask = registry_check_mask(s, c->method);
	json_t *metrics = json_array(), *checks = json_array();

	if (c->exact)
		js_add(metrics, metric_definition(&exact_metric));
	for (unsigned i = 0; !c->exact && s->metrics && s->metrics[i].id; i++)
		if (metric_mask & METRIC(i))
			js_add(metrics, metric_definition(&s->metrics[i]));
	for (unsigned i = 0; s->checks && s->checks[i].id; i++)
		if (check_mask & CHECK(i))
			js_add(checks, check_definition(&s->checks[i]));
	js_set(o, "metrics", metrics);
	js_set(o, "checks", checks);
}

json_t *line_case(const struct run_case *c)
{
	const struct stressor *s = c->entry->stressor;
	json_t *o = line("case");

	js_set(o, "case", js_count(c->index));
	js_set(o, "id", js_text(c->id));
	js_set(o, "stressor", js_text(c->entry->name));
	js_set_text(o, "method", c->method ? c->method->name : NULL);
	js_set(o, "folder", js_text(c->entry->folder));
	js_set(o, "tags", words(s->tags));
	if (c->fs) {
		json_t *fs = json_object();

		js_set(fs, "kind", js_text(c->fs->name));
		js_set_text(fs, "type", c->fs->type);
		js_set(o, "fs", fs);
	}
	js_set(o, "workers", js_count(c->workers));
	js_set(o, "threads", json_boolean(c->threads));
	js_set(o, "verify", json_boolean(c->verify));
	if (c->ops)
		js_set(o, "ops", js_count(c->ops));
	if (c->mutation >= 0)
		js_set(o, "mutation", js_text(s->checks[c->mutation].id));
	js_set(o, "exact", json_boolean(s->exact || (c->method && c->method->exact)));
	js_set(o, "options", c->opts ? line_options(s->options, c->opts) : json_object());
	js_set(o, "changed", c->opts ? options_changed(s->options, c->opts) : json_array());
	add_definitions(o, c);
	return o;
}

json_t *line_labelled_case(const struct run_case *c, const char *label)
{
	json_t *o = line_case(c);

	js_set_text(o, "label", label);
	return o;
}

json_t *line_skip(const struct run_case *c)
{
	json_t *o = line("skip");

	js_set(o, "case", js_count(c->index));
	js_set(o, "reason", js_text(c->skip ? c->skip : "not said"));
	js_set_text(o, "remedy", c->remedy);
	return o;
}

json_t *line_note(const char *text)
{
	json_t *o = line("note");

	js_set(o, "text", js_text(text));
	return o;
}

json_t *line_end(const struct run_end *e)
{
	json_t *o = line("end");

	js_set(o, "seconds", js_seconds(e->seconds));
	js_set(o, "interrupted", json_boolean(e->interrupted));
	js_set(o, "exit_code", json_integer(e->code));
	js_set(o, "left_behind", js_count(e->left_behind));
	return o;
}
