/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain list: what there is to choose from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/doc.h"
#include "commands/list.h"
#include "core/class.h"
#include "core/counter.h"
#include "core/fskind.h"
#include "core/need.h"
#include "core/tagexpr.h"
#include "reports/json.h"
#include "reports/text.h"
#include "vm-matrix/frame.h"

struct list_args {
	bool json, kconfig, guest, why_skip;
	const char *class, *class_path, *select, *with, *exclude;
};

#define LIST(field, ...) OPTION(struct list_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option list_options[] = {
	LIST(json, .help = "print JSON"),
	LIST(why_skip, .help = "say of every stressor and method whether it would run here, and how to get what is missing"),
	LIST(kconfig, .help = "print the kernel configuration that the stressors need"),
	LIST(guest, .help = "with --kconfig: and what a kernel needs to be that of a guest"),
	{}
};

static const struct option filter_options[] = {
	LIST(class, .many = true, .arg = "LIST", .help = "only these classes or tags"),
	LIST(select, .many = true, .arg = "EXPR", .help = "only what this expression selects"),
	LIST(with, .many = true, .arg = "LIST", .help = "only these stressors"),
	LIST(exclude, .many = true, .letter = 'x', .arg = "LIST",
	     .help = "all but these stressors or tags"),
	LIST(class_path, .many = true, .arg = "DIRS",
	     .help = "more directories with class files"),
	{}
};
/* clang-format on */

/* One list: rows as text, or the same as JSON objects. */
struct listing {
	bool json;
	struct words terms, texts;
	json_t *array;
};

static void row(struct listing *l, const char *term, const char *text)
{
	words_add(&l->terms, term);
	words_add(&l->texts, text);
}

static enum exit_code print_rows(const struct listing *l)
{
	_cleanup_str_ struct str text = STR_INIT;
	size_t widest = 0;

	for (size_t i = 0; i < l->terms.n; i++)
		if (strlen(l->terms.word[i]) > widest)
			widest = strlen(l->terms.word[i]);
	doc_terms(widest);
	for (size_t i = 0; i < l->terms.n; i++)
		doc_text.row(&text, l->terms.word[i], l->texts.word[i]);
	return doc_stdout(text.buf);
}

static void list_stressors(struct listing *l, const struct select *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct entry *e = s->selected[i].entry;
		const char *missing = registry_unsupported(e, NULL);
		_cleanup_free_ char *tags = doc_tags(e);
		_cleanup_free_ char *text = xasprintf(
			"%s [%s]%s%s%s", e->stressor->summary, tags,
			missing ? " (not in this binary: " : "",
			missing ? missing : "", missing ? ")" : "");

		if (l->json)
			js_add(l->array, doc_json_stressor(e));
		else
			row(l, e->name, text);
	}
}

static void list_metrics(struct listing *l, const struct select *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct entry *e = s->selected[i].entry;
		const struct metric *m = e->stressor->metrics;

		for (; m && m->id; m++) {
			_cleanup_free_ char *term =
				xasprintf("%s.%s", e->name, m->id);
			_cleanup_free_ char *text = doc_metric(m);
			json_t *o = l->json ? json_object() : NULL;

			if (!l->json) {
				row(l, term, text);
				continue;
			}
			js_set_text(o, "stressor", e->name);
			js_set_text(o, "id", m->id);
			js_set_text(o, "name", m->name);
			js_set_text(o, "unit", m->unit);
			js_set_text(o, "kind", doc_metric_kind(m));
			js_set_text(o, "better", doc_metric_better(m));
			js_set(o, "primary", json_boolean(m->primary));
			js_add(l->array, o);
		}
	}
}

static void list_tags(struct listing *l)
{
	size_t n;
	const struct tag *tags = tag_table(&n);

	for (size_t i = 0; i < n; i++) {
		json_t *o = l->json ? json_object() : NULL;

		if (!l->json) {
			row(l, tags[i].name, tags[i].meaning);
			continue;
		}
		js_set_text(o, "name", tags[i].name);
		js_set_text(o, "meaning", tags[i].meaning);
		js_set(o, "opt_in", json_boolean(tags[i].opt_in));
		js_add(l->array, o);
	}
}

static void list_class(void *ctx, const char *name, const struct job *job)
{
	struct listing *l = ctx;
	_cleanup_free_ char *text = xasprintf("%s [%s]", job->about, job->source);
	json_t *o, *lines;

	if (!l->json) {
		row(l, name, text);
		return;
	}
	o = json_object();
	lines = json_array();
	for (size_t i = 0; i < job->n; i++) {
		_cleanup_free_ char *line = xasprintf(
			"%s%s%s", job->line[i].option, job->line[i].value ? " " : "",
			job->line[i].value ? job->line[i].value : "");

		js_add(lines, js_text(line));
	}
	js_set_text(o, "name", name);
	js_set_text(o, "about", job->about);
	js_set_text(o, "source", job->source);
	js_set(o, "lines", lines);
	js_add(l->array, o);
}

static json_t *miss_array(const struct need_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		json_t *o = json_object();

		js_set_text(o, "field", list->miss[i].field);
		js_set_text(o, "reason", list->miss[i].reason);
		js_set_text(o, "remedy", list->miss[i].remedy);
		js_add(array, o);
	}
	return array;
}

static void list_filesystem(struct listing *l, const struct fskind *kind)
{
	struct need_list misses = { 0 };

	fskind_needs(kind, &misses);
	if (l->json) {
		json_t *o = json_object();

		js_set_text(o, "name", kind->name);
		js_set_text(o, "type", kind->type);
		js_set_text(o, "summary", kind->summary);
		js_set(o, "available", json_boolean(!misses.n));
		js_set(o, "misses", miss_array(&misses));
		js_add(l->array, o);
	} else {
		_cleanup_free_ char *text = xasprintf(
			"%s%s%s%s", kind->summary, misses.n ? " (not here: " : "",
			misses.n ? misses.miss[0].reason : "",
			misses.n ? ")" : "");

		row(l, kind->name, text);
	}
	need_free(&misses);
}

static void list_named(void *ctx, const char *name, const char *text)
{
	struct listing *l = ctx;
	json_t *o;

	if (!l->json) {
		row(l, name, text);
		return;
	}
	o = json_object();
	js_set_text(o, "name", name);
	js_set_text(o, "meaning", text);
	js_add(l->array, o);
}

static void add_filter(struct words *argv, const char *name, const char *value)
{
	_cleanup_free_ char *text = NULL;

	if (!value)
		return;
	text = xasprintf("--%s=%s", name, value);
	words_add(argv, text);
}

/* The stressors that the filters leave; without filters all, opt-in too. */
static void filter(struct select *s, const struct list_args *args)
{
	static const struct option no_rows[] = { {} };
	_cleanup_words_ struct words argv = { 0 };
	bool by_word = args->class || args->select || args->with;

	words_add(&argv, "list");
	add_filter(&argv, "class-path", args->class_path);
	add_filter(&argv, "class", args->class);
	add_filter(&argv, "select", args->select);
	add_filter(&argv, "with", args->with);
	add_filter(&argv, "exclude", args->exclude);
	if (!by_word)
		add_filter(&argv, "select", "all,danger,hurts-host");
	select_read(s, (int)argv.n, argv.word, no_rows, NULL);
}

/* The filesystems that a stressor runs on unless --fs names others. */
static void kconfig_of_uses(struct need_kconfig *k, const struct uses *uses,
			    const char *user)
{
	_cleanup_words_ struct words names = { 0 };

	if (uses && uses->fs)
		words_split(&names, uses->fs, " ");
	for (size_t i = 0; i < names.n; i++) {
		const struct fskind *kind = fskind_find(names.word[i]);
		struct needs needs = { 0 };

		if (!kind)
			continue;
		needs.filesystems = kind->type;
		needs.files = kind->mkfs ? "/dev/loop-control" : NULL;
		need_kconfig(k, &needs, user);
	}
}

static enum exit_code print_kconfig(const struct select *s, bool guest)
{
	const struct needs of_guests = { .kconfig = FRAME_KCONFIG };
	struct need_kconfig k = { 0 };
	_cleanup_free_ char *text = NULL;

	if (guest)
		need_kconfig(&k, &of_guests, "guests");
	for (size_t i = 0; i < s->n; i++) {
		const struct entry *e = s->selected[i].entry;

		need_kconfig(&k, e->stressor->needs, e->name);
		kconfig_of_uses(&k, e->stressor->uses, e->name);
		for (const struct method *m = e->stressor->methods; m && m->name; m++) {
			need_kconfig(&k, m->needs, e->name);
			kconfig_of_uses(&k, m->uses, e->name);
		}
	}
	text = need_kconfig_text(&k);
	need_kconfig_free(&k);
	return doc_stdout(text);
}

static bool list_what(struct listing *l, const char *what,
		      const struct list_args *args, const struct select *s)
{
	if (!strcmp(what, "stressors"))
		list_stressors(l, s);
	else if (!strcmp(what, "metrics"))
		list_metrics(l, s);
	else if (!strcmp(what, "classes"))
		class_each(args->class_path, list_class, l);
	else if (!strcmp(what, "tags"))
		list_tags(l);
	else if (!strcmp(what, "events"))
		counter_names(list_named, l);
	else if (!strcmp(what, "counters"))
		counter_sources(list_named, l);
	else if (!strcmp(what, "filesystems"))
		for (const struct fskind *k = fskinds; k->name; k++)
			list_filesystem(l, k);
	else
		return false;
	return true;
}

static void unknown_list(const char *what)
{
	static const char *const lists[] = { "stressors", "classes", "tags",
					     "metrics", "filesystems", "events",
					     "counters" };
	struct nearest near = { .wanted = what };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		nearest_offer(&near, lists[i]);
	if (near.best)
		die(EXIT_USAGE, "there is no list '%s', did you mean '%s'?", what,
		    near.best);
	die(EXIT_USAGE, "there is no list '%s'; 'strain help list' names them",
	    what);
}

static enum exit_code list_selected(const char *what,
				    const struct list_args *args,
				    const struct select *s)
{
	struct listing l = { .json = args->json };
	enum exit_code code;

	if (args->kconfig)
		return print_kconfig(s, args->guest);
	if (args->why_skip)
		return list_why_skip(s, args->json);
	l.array = json_array();
	if (!list_what(&l, what, args, s))
		unknown_list(what);
	if (args->json)
		code = doc_stdout_json(json_incref(l.array));
	else
		code = print_rows(&l);
	json_decref(l.array);
	words_free(&l.terms);
	words_free(&l.texts);
	return code;
}

static const struct option_group list_groups[] = {
	{ "options", list_options },
	{ "filters", filter_options },
	{}
};

static enum exit_code list_run(const struct command *const *all, int argc,
			       char **argv)
{
	struct list_args list;
	struct args args = { 0 };
	struct select selected;
	enum exit_code code;
	const char *what;

	(void)all;
	args_read(&args, list_groups, &list, argc, argv);
	args_words_max(&args, 1);
	doc_columns(text_terminal(STDOUT_FILENO));
	if (list.why_skip && list.kconfig)
		die(EXIT_USAGE, "option '--why-skip' and option '--kconfig' are two lists; leave out one");
	if (list.json && list.kconfig)
		die(EXIT_USAGE, "option '--kconfig' prints no JSON; leave out '--json'");
	if (list.guest && !list.kconfig)
		die(EXIT_USAGE, "option '--guest' is for '--kconfig'");
	what = args.words.n ? args.words.word[0] : "stressors";
	if ((list.why_skip || list.kconfig) && strcmp(what, "stressors"))
		die(EXIT_USAGE, "option '--%s' is not for the list '%s', but for that of stressors",
		    list.kconfig ? "kconfig" : "why-skip", what);
	filter(&selected, &list);
	code = list_selected(what, &list, &selected);
	select_free(&selected);
	args_free(&args);
	return code;
}

const struct command command_list = {
	.name = "list",
	.summary = "list stressors, classes, tags, metrics, filesystems, events or counters",
	.words = "[stressors | classes | tags | metrics | filesystems | events | counters]",
	.groups = list_groups,
	.run = list_run,
};
