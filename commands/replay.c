/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain replay: runs again what a report tells of, and says what is not as it was. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/args.h"
#include "commands/doc.h"
#include "commands/select.h"
#include "core/machine.h"
#include "reports/compare/differ.h"
#include "reports/lines.h"
#include "reports/load.h"
#include "reports/text.h"

struct replay_args {
	const char *report;
	bool dry_run, strict, json, quiet;
};

#define REPLAY(field, ...) OPTION(struct replay_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option replay_options[] = {
	REPLAY(dry_run, .letter = 'n', .help = "only say what would run and what is not as it was"),
	REPLAY(strict, .help = "run nothing unless kernel, machine, settings and cases are as they were"),
	{}
};

static const struct option output_options[] = {
	REPLAY(report, .arg = "FILE", .help = "where the new report goes"),
	REPLAY(json, .help = "print the new report as JSON; with --dry-run what would run"),
	REPLAY(quiet, .letter = 'q', .help = "print failures only"),
	{}
};
/* clang-format on */

/* Commands that leave a report. */
static const char *const repeatable[] = { "run", "ab", NULL };

static const struct command *command_of(const struct command *const *all,
					const char *path, const json_t *command)
{
	const char *name = json_string_value(json_array_get(command, 0));

	for (const char *const *r = repeatable; name && *r; r++)
		if (!strcmp(*r, name) && command_find(all, name))
			return command_find(all, name);
	die(EXIT_USAGE, "'%s' does not say with what command it was made", path);
}

/* The words of the report's command; NULL at the end. */
static char **words_of(const char *path, const json_t *command, int *argc)
{
	size_t n = json_array_size(command);
	char **argv = xalloc((n + 1) * sizeof(*argv));

	for (size_t i = 0; i < n; i++) {
		const char *word = json_string_value(json_array_get(command, i));

		if (!word)
			die(EXIT_USAGE, "'%s': word %zu of its command is not text",
			    path, i + 1);
		argv[i] = xstrdup(word);
	}
	*argc = (int)n;
	return argv;
}

static void words_free_all(char **argv)
{
	for (char **a = argv; *a; a++)
		free(*a);
	free(argv);
}

/* Where the first run printed and wrote is not where this one does. */
static bool is_output(const struct command *c, const struct option *row)
{
	for (const struct option_group *g = c->groups; g->title; g++) {
		if (strcmp(g->title, "output"))
			continue;
		for (const struct option *r = g->rows; r->name; r++)
			if (r == row)
				return true;
	}
	return false;
}

static const struct option *output_rows(const struct command *c)
{
	for (const struct option_group *g = c->groups; g->title; g++)
		if (!strcmp(g->title, "output"))
			return g->rows;
	return NULL;
}

static size_t table_size(const struct option *rows)
{
	size_t size = 0;

	for (; rows && rows->name; rows++)
		if (rows->offset + sizeof(uint64_t) > size)
			size = rows->offset + sizeof(uint64_t);
	return size;
}

static void add_option(struct words *out, const struct arg *arg)
{
	char name[ARGS_NAME];
	_cleanup_free_ char *word = NULL;

	args_name(arg->table->prefix, arg->row, name);
	word = arg->value ? xasprintf("--%s=%s", name, arg->value) :
			    xasprintf("--%s", name);
	words_add(out, word);
}

/* Options as they were but for the output, which is asked for anew. */
static void repeat_options(struct words *out, const struct command *c,
			   const struct args *then, const char *seed,
			   const struct replay_args *o)
{
	_cleanup_free_ char *path = o->report ? xasprintf("--report=%s", o->report) : NULL;
	_cleanup_free_ char *same_seed = seed ? xasprintf("--seed=%s", seed) : NULL;

	words_add(out, c->name);
	for (size_t i = 0; i < then->n; i++)
		if (!is_output(c, then->arg[i].row) &&
		    strcmp(then->arg[i].row->name, "seed"))
			add_option(out, &then->arg[i]);
	if (same_seed)
		words_add(out, same_seed);
	if (path)
		words_add(out, path);
	if (o->json && !o->dry_run)
		words_add(out, "--json");
	if (o->quiet)
		words_add(out, "--quiet");
	if (then->words.n)
		words_add(out, "--");
	for (size_t i = 0; i < then->words.n; i++)
		words_add(out, then->words.word[i]);
}

/* What the run would write into its report before it starts. */
static json_t *describe(const struct select *s, int argc, char **argv)
{
	struct plan plan = { 0 };
	struct run_begin begin = { argc, argv, &plan, &s->settings, 0 };
	json_t *now, *cases = json_array();
	char *why = NULL;

	if (plan_make(s->selected, s->n, s->order, &s->settings, &plan, &why))
		die(EXIT_USAGE, "%s", why);
	now = line_run(&begin, machine_boot_id());
	for (size_t i = 0; i < plan.n_cases; i++)
		js_add(cases, line_case(&plan.cases[i]));
	js_set(now, "cases", cases);
	plan_free(&plan);
	return now;
}

/* A run with stressors: its plan is made, so that it can be compared. */
static json_t *repeat_run(struct words *out, const struct command *c, int argc,
			  char **argv, const char *seed, const struct replay_args *o)
{
	const struct option *rows = output_rows(c);
	_cleanup_free_ char *values = xalloc(table_size(rows) + 1);
	struct select s;
	json_t *now;

	select_read(&s, argc, argv, rows, values);
	now = describe(&s, argc, argv);
	repeat_options(out, c, &s.parsed, seed, o);
	select_free(&s);
	return now;
}

/* What stands behind "--" is a run's: it says which facts matter. */
static json_t *facts_for(const struct words *run)
{
	char **argv = xalloc((run->n + 2) * sizeof(*argv));
	int argc = (int)run->n + 1;
	struct select s;
	json_t *now;

	argv[0] = (char *)"run";
	for (size_t i = 0; i < run->n; i++)
		argv[i + 1] = run->word[i];
	select_read(&s, argc, argv, NULL, NULL);
	now = describe(&s, argc, argv);
	select_free(&s);
	free(argv);
	json_object_del(now, "settings");
	json_object_del(now, "cases");
	return now;
}

/* A command that starts runs of its own. */
static json_t *repeat_other(struct words *out, const struct command *c, int argc,
			    char **argv, const char *seed, const struct replay_args *o)
{
	struct args args = { 0 };
	json_t *now;

	args_tables(&args, c->groups, NULL);
	args_parse(&args, argc, argv);
	repeat_options(out, c, &args, seed, o);
	now = facts_for(&args.words);
	args_free(&args);
	return now;
}

static char *value_text(const json_t *value)
{
	char *text;

	if (json_is_null(value))
		return xstrdup("-");
	if (json_is_string(value))
		return text_clean(json_string_value(value));
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	return text ? text : xstrdup("?");
}

static void print_differences(const json_t *list, FILE *out)
{
	json_t *d;
	size_t i;

	if (json_array_size(list))
		fprintf(out, "not as in the report:\n");
	json_array_foreach(list, i, d) {
		_cleanup_free_ char *then = value_text(json_object_get(d, "then"));
		_cleanup_free_ char *now = value_text(json_object_get(d, "now"));
		_cleanup_free_ char *name = text_clean(js_get_text(d, "name"));

		fprintf(out, "  %s: was %s, is %s\n", name, then, now);
	}
}

/* As one would type it. */
static void print_command(const struct words *words)
{
	fputs("strain", stdout);
	for (size_t i = 0; i < words->n; i++) {
		const char *w = words->word[i];

		if (*w && strspn(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_=./,:%@+") == strlen(w)) {
			printf(" %s", w);
			continue;
		}
		fputs(" '", stdout);
		for (; *w; w++)
			if (*w == '\'')
				fputs("'\\''", stdout);
			else
				putchar(*w);
		putchar('\'');
	}
	putchar('\n');
}

static enum exit_code show(const struct words *words, json_t *differences, bool json)
{
	json_t *o, *command;

	if (!json) {
		print_command(words);
		print_differences(differences, stdout);
		return EXIT_PASS;
	}
	o = json_object();
	command = json_array();
	for (size_t i = 0; i < words->n; i++)
		js_add(command, js_text(words->word[i]));
	js_set(o, "command", command);
	js_set(o, "differences", json_incref(differences));
	return doc_stdout_json(o);
}

static enum exit_code replay(const struct command *const *all, const char *path,
			     const struct replay_args *o)
{
	_cleanup_words_ struct words words = { 0 };
	_cleanup_json_ json_t *now = NULL, *differences = NULL;
	const struct command *c;
	const char *seed;
	json_t *then;
	char **argv, *why;
	int argc;

	then = report_load(path, REPORT_SUMMARY, &why);
	if (!then)
		die(EXIT_USAGE, "%s", why);
	c = command_of(all, path, json_object_get(then, "command"));
	argv = words_of(path, json_object_get(then, "command"), &argc);
	seed = js_get_text(then, "seed");
	now = (c->stressors ? repeat_run : repeat_other)(&words, c, argc, argv, seed, o);
	words_free_all(argv);
	differences = differ_reports(then, now);
	json_decref(then);
	if (o->dry_run)
		return show(&words, differences, o->json);
	print_differences(differences, stderr);
	if (o->strict && json_array_size(differences))
		die(EXIT_USAGE, "'%s' cannot be repeated as it was; without --strict it is tried",
		    path);
	words_end(&words);
	return c->run(all, (int)words.n, words.word);
}

static const struct option_group replay_groups[] = {
	{ "what to do", replay_options },
	{ "output", output_options },
	{}
};

static enum exit_code replay_run(const struct command *const *all, int argc,
				 char **argv)
{
	struct replay_args replay_args;
	struct args args = { 0 };
	enum exit_code code;

	args_read(&args, replay_groups, &replay_args, argc, argv);
	if (!args.words.n)
		die(EXIT_USAGE, "which report? 'strain replay REPORT'");
	args_words_max(&args, 1);
	code = replay(all, args.words.word[0], &replay_args);
	args_free(&args);
	return code;
}

const struct command command_replay = {
	.name = "replay",
	.summary = "run again what a report tells of, with the same options and seed",
	.words = "REPORT",
	.groups = replay_groups,
	.run = replay_run,
};
