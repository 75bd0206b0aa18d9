/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/run_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/value.h"
#include "commands/doc.h"
#include "core/counter.h"
#include "core/known.h"
#include "reports/json.h"
#include "reports/text.h"

static void check_filesystems(const char *list)
{
	_cleanup_words_ struct words names = { 0 };

	if (!list)
		return;
	words_split(&names, list, ",");
	if (!names.n)
		die(EXIT_USAGE, "option '--fs' names nothing");
	for (size_t i = 0; i < names.n; i++) {
		struct nearest near = { .wanted = names.word[i] };

		if (fskind_find(names.word[i]))
			continue;
		for (const struct fskind *k = fskinds; k->name; k++)
			nearest_offer(&near, k->name);
		if (near.best)
			die(EXIT_USAGE, "option '--fs': unknown filesystem '%s', did you mean '%s'?",
			    names.word[i], near.best);
		die(EXIT_USAGE, "option '--fs': unknown filesystem '%s'; 'strain list filesystems' names them",
		    names.word[i]);
	}
}

static void check_check(const struct entry *e, const char *name)
{
	struct nearest near = { .wanted = name };

	for (const struct check *c = e->stressor->checks; c && c->id; c++) {
		if (!strcmp(c->id, name))
			return;
		nearest_offer(&near, c->id);
	}
	if (near.best)
		die(EXIT_USAGE, "option '--mutate': stressor '%s' has no check '%s', did you mean '%s'?",
		    e->name, name, near.best);
	die(EXIT_USAGE, "option '--mutate': stressor '%s' has no check '%s'; 'strain show %s' names them",
	    e->name, name, e->name);
}

static void check_mutation(const struct select *s)
{
	const char *text = s->settings.mutate, *colon;
	_cleanup_free_ char *stressor = NULL;

	if (!text)
		return;
	colon = strchr(text, ':');
	if (!colon)
		die(EXIT_USAGE, "option '--mutate': value '%s' is not STRESSOR:CHECK",
		    text);
	stressor = xstrdup(text);
	stressor[colon - text] = '\0';
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->selected[i].entry->name, stressor)) {
			check_check(s->selected[i].entry, colon + 1);
			return;
		}
	die(EXIT_USAGE, "option '--mutate': stressor '%s' is not selected",
	    stressor);
}

static void check_events(struct run_settings *settings)
{
	char *why;

	if (!settings->perf_events)
		return;
	settings->perf = true;
	if (!*settings->perf_events)
		settings->perf_events = counter_default_events();
	if (!settings->perf_events[strspn(settings->perf_events, ", ")])
		die(EXIT_USAGE, "option '--perf' names nothing");
	why = counter_check_events(settings->perf_events);
	if (why)
		die(EXIT_USAGE, "option '--perf': %s", why);
}

/* The default is tried when a stressor wants it: not every one does. */
static void check_temp_path(const struct run_settings *settings)
{
	const struct option *row = option_find(run_options, "temp-path");
	struct stat st;
	int err = 0;

	if (option_is_default(row, settings))
		return;
	if (stat(settings->temp_path, &st) < 0)
		err = errno;
	else if (!S_ISDIR(st.st_mode))
		err = ENOTDIR;
	else if (access(settings->temp_path, W_OK | X_OK) < 0)
		err = errno;
	if (err)
		die(EXIT_USAGE, "option '--temp-path': cannot use '%s': %s",
		    settings->temp_path, strerror(err));
}

static void check_fs_device(const struct run_settings *settings)
{
	if (settings->fs_device && !settings->fs_device_destroy)
		die(EXIT_USAGE, "option '--fs-device' needs '--fs-device-destroy': what is on '%s' will be lost",
		    settings->fs_device);
}

static void check_device(const char *option, const char *device)
{
	struct stat st;
	int err = 0;

	if (stat(device, &st) < 0)
		err = errno;
	else if (!S_ISBLK(st.st_mode))
		err = ENOTBLK;
	if (err)
		die(EXIT_USAGE, "option '--%s': cannot use '%s': %s", option,
		    device, strerror(err));
}

static void check_devices_of(const struct selection *selected)
{
	const struct stressor *s = selected->entry->stressor;

	for (const struct option *row = s->options; row && row->name; row++) {
		_cleanup_free_ char *device = NULL, *name = NULL;
		char buf[OPTION_NAME];

		if (!row->device || option_is_default(row, selected->opts))
			continue;
		device = option_text(row, selected->opts);
		name = xasprintf("%s-%s", selected->entry->name,
				 option_name(row, buf));
		check_device(name, device);
	}
}

void run_check_devices(const struct select *s)
{
	if (s->settings.fs_device)
		check_device("fs-device", s->settings.fs_device);
	for (size_t i = 0; i < s->n; i++)
		check_devices_of(&s->selected[i]);
}

/* Once, since it may be a pipe; they live as long as the program. */
static void read_known_issues(struct run_settings *settings)
{
	static struct known_list list;
	char *why;

	if (!settings->known_issues)
		return;
	if (known_load(settings->known_issues, &list, &why))
		die(EXIT_USAGE, "%s", why);
	settings->known = &list;
}

struct source_check {
	const char *name;
	bool found;
	struct nearest near;
};

static void compare_source(void *ctx, const char *name, const char *summary)
{
	struct source_check *c = ctx;

	(void)summary;
	c->found |= !strcmp(name, c->name);
}

static void offer_source(void *ctx, const char *name, const char *summary)
{
	struct source_check *c = ctx;

	(void)summary;
	nearest_offer(&c->near, name);
}

static void each_source(void (*each)(void *ctx, const char *name, const char *summary),
			struct source_check *c)
{
	counter_sources(each, c);
	each(c, "all", NULL);
	each(c, "none", NULL);
}

static void check_counters(const char *list)
{
	_cleanup_words_ struct words names = { 0 };

	if (list)
		words_split(&names, list, ",");
	if (list && !names.n)
		die(EXIT_USAGE, "option '--counters' names nothing");
	for (size_t i = 0; i < names.n; i++) {
		struct source_check c = { .name = names.word[i],
					  .near = { .wanted = names.word[i] } };

		each_source(compare_source, &c);
		if (c.found)
			continue;
		each_source(offer_source, &c);
		if (c.near.best)
			die(EXIT_USAGE, "option '--counters': unknown source '%s', did you mean '%s'?",
			    c.name, c.near.best);
		die(EXIT_USAGE, "option '--counters': unknown source '%s'; 'strain list counters' names them",
		    c.name);
	}
}

/* One case at a time, in the order of the plan. */
void run_exact(struct select *s)
{
	if (!s->settings.exact)
		return;
	if (s->settings.turns || s->order == ORDER_PERMUTE)
		die(EXIT_USAGE, "option '--exact' cannot be given with '--%s'",
		    s->settings.turns ? "turns" : "permute");
	s->order = ORDER_SEQUENTIAL;
}

void run_check_settings(struct select *s)
{
	if (!s->n && (s->args.class || s->args.select || s->args.with ||
		      s->args.exclude))
		die(EXIT_USAGE, "no stressor is left to run; 'strain list' takes the same filters");
	if (!s->n)
		die(EXIT_USAGE, "nothing to run: name a stressor as in '--fault 1', or a class as in '--class quick'");
	check_filesystems(s->settings.fs);
	check_temp_path(&s->settings);
	check_fs_device(&s->settings);
	check_mutation(s);
	check_events(&s->settings);
	check_counters(s->settings.counters);
	read_known_issues(&s->settings);
}

static json_t *case_json(const struct run_case *c)
{
	const struct uses *uses = plan_uses(c);
	json_t *o = json_object();

	js_set_text(o, "case", c->id);
	js_set_text(o, "stressor", c->entry->name);
	js_set_text(o, "method", c->method ? c->method->name : NULL);
	js_set_text(o, "filesystem", c->fs ? c->fs->name : NULL);
	js_set(o, "workers", js_count(c->workers));
	if (c->ops)
		js_set(o, "ops", js_count(c->ops));
	if (uses && uses->settings)
		js_set(o, "settings", json_true()); /* it changes some */
	js_set_text(o, "skip", c->skip);
	js_set_text(o, "remedy", c->remedy && *c->remedy ? c->remedy : NULL);
	return o;
}

static json_t *plan_json(const struct plan *plan,
			 const struct run_settings *settings)
{
	json_t *o = json_object(), *trials = json_array(), *skips = json_array();
	char seed[32];

	for (size_t i = 0; i < plan->n_trials; i++) {
		const struct trial_plan *t = &plan->trials[i];
		json_t *trial = json_object(), *cases = json_array();

		for (size_t k = 0; k < t->n; k++)
			js_add(cases, case_json(t->cases[k]));
		js_set(trial, "number", js_count(t->number));
		js_set(trial, "cases", cases);
		js_add(trials, trial);
	}
	for (size_t i = 0; i < plan->n_cases; i++)
		if (plan->cases[i].skip)
			js_add(skips, case_json(&plan->cases[i]));
	js_set(o, "timeout", js_number((double)settings->timeout / NSEC_PER_SEC));
	snprintf(seed, sizeof(seed), "%" PRIu64, plan->seed);
	js_set(o, "seed", js_text(seed)); /* as in reports: 64 bits */
	js_set(o, "trials", trials);
	js_set(o, "skips", skips);
	return o;
}

static void trial_text(struct str *out, const struct trial_plan *t)
{
	_cleanup_free_ char *term = xasprintf("trial %u", t->number + 1);
	_cleanup_str_ struct str text = STR_INIT;

	for (size_t i = 0; i < t->n; i++)
		str_addf(&text, "%s%s (%u worker%s)", i ? " with " : "",
			 t->cases[i]->id, t->cases[i]->workers,
			 t->cases[i]->workers == 1 ? "" : "s");
	doc_text.row(out, term, text.buf);
}

static void plan_text(struct str *out, const struct plan *plan,
		      const struct run_settings *settings)
{
	char each[VALUE_TEXT], sum[VALUE_TEXT];

	for (size_t i = 0; i < plan->n_trials; i++)
		trial_text(out, &plan->trials[i]);
	for (size_t i = 0; i < plan->n_cases; i++) {
		const struct run_case *c = &plan->cases[i];
		_cleanup_free_ char *text = NULL;

		if (!c->skip)
			continue;
		text = xasprintf("%s: %s", c->id, c->skip);
		doc_text.row(out, "skip", text);
	}
	str_addf(out, "%zu trial%s of %s, %s in all\n", plan->n_trials,
		 plan->n_trials == 1 ? "" : "s",
		 value_format_duration(each, settings->timeout),
		 value_format_duration(sum, plan->n_trials * settings->timeout));
}

enum exit_code run_print_plan(const struct plan *plan,
			      const struct run_settings *settings, bool json)
{
	_cleanup_str_ struct str out = STR_INIT;

	if (json)
		return doc_stdout_json(plan_json(plan, settings));
	doc_columns(text_terminal(STDOUT_FILENO));
	plan_text(&out, plan, settings);
	return doc_stdout(out.buf);
}
