/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/complete.h"

#include <ctype.h>
#include <string.h>

#include "commands/args.h"
#include "commands/doc.h"
#include "commands/stressor_rows.h"
#include "core/class.h"
#include "core/counter.h"
#include "core/fskind.h"
#include "core/tagexpr.h"
#include "reports/render/render.h"

/* What was typed of the word, and what stands before it in the same word. */
struct asking {
	struct str *out;
	const struct command *const *all;
	const struct command *command; /* NULL: none yet */
	char *const *words;            /* of the command, and how many of them */
	size_t n;                      /* stand before the one that is typed */
	const char *before;            /* "--fault-method=anon," */
	size_t before_len;
	const char *typed;
};

static void offer(void *ctx, const char *word, const char *text)
{
	const struct asking *a = ctx;

	if (strncmp(word, a->typed, strlen(a->typed)))
		return;
	str_add_n(a->out, a->before, a->before_len);
	str_addf(a->out, "%s\t%s\n", word, text ? text : "");
}

static void offer_words(struct asking *a, const char *list)
{
	_cleanup_words_ struct words words = { 0 };

	words_split(&words, list, " ");
	for (size_t i = 0; i < words.n; i++)
		offer(a, words.word[i], "");
}

static void offer_option(struct asking *a, const char *prefix,
			 const struct option *row)
{
	char name[ARGS_NAME];
	_cleanup_free_ char *dashed =
		xasprintf("--%s", args_name(prefix, row, name));

	offer(a, dashed, row->help);
}

static void offer_rows(struct asking *a, const char *prefix,
		       const struct option *rows)
{
	for (const struct option *row = rows; row && row->name; row++)
		if (!row->hidden)
			offer_option(a, prefix, row);
}

static void offer_stressor_options(struct asking *a)
{
	for (size_t i = 0; i < registry_size; i++) {
		const struct entry *e = &registry[i];
		struct stressor_rows core;

		stressor_rows_init(&core, e);
		core.row[0].help = e->stressor->summary;
		offer_rows(a, e->name, core.row);
		offer_rows(a, e->name, e->stressor->options);
		stressor_rows_free(&core);
	}
}

static void offer_options(struct asking *a)
{
	const struct option_group *g = a->command ? a->command->groups : NULL;

	if (!a->command) {
		offer_rows(a, NULL, doc_program_options);
		return;
	}
	for (; g && g->title; g++)
		offer_rows(a, NULL, g->rows);
	if (a->command->stressors)
		offer_stressor_options(a);
	offer(a, "--help", "explain the command");
}

static void offer_commands(struct asking *a, const struct command *const *c)
{
	for (; *c; c++)
		offer(a, command_word(*c), (*c)->summary);
}

/* Commands behind those that the words name already. */
static void offer_help_topics(struct asking *a)
{
	size_t used;
	const struct command *c = command_named(a->all, a->n, a->words, &used);

	if (!a->n)
		offer_commands(a, a->all);
	else if (c && c->subs)
		offer_commands(a, c->subs);
}

static void offer_stressors(struct asking *a)
{
	for (size_t i = 0; i < registry_size; i++)
		offer(a, registry[i].name, registry[i].stressor->summary);
}

static void offer_tags(struct asking *a)
{
	size_t n;
	const struct tag *tags = tag_table(&n);

	for (size_t i = 0; i < n; i++)
		offer(a, tags[i].name, tags[i].meaning);
}

static void offer_class(void *ctx, const char *name, const struct job *job)
{
	offer(ctx, name, job->about);
}

static void offer_filesystems(struct asking *a)
{
	for (const struct fskind *k = fskinds; k->name; k++)
		offer(a, k->name, k->summary);
}

static void offer_checks(struct asking *a)
{
	for (size_t i = 0; i < registry_size; i++) {
		const struct check *c = registry[i].stressor->checks;

		for (; c && c->id; c++) {
			_cleanup_free_ char *word =
				xasprintf("%s:%s", registry[i].name, c->id);

			offer(a, word, c->proves);
		}
	}
}

/* Values that only the tables know: by the word that help shows for them. */
static bool offer_by_name(struct asking *a, const char *name)
{
	if (!strcmp(name, "class"))
		class_each(NULL, offer_class, a);
	if (!strcmp(name, "class") || !strcmp(name, "select") ||
	    !strcmp(name, "exclude"))
		offer_tags(a);
	if (!strcmp(name, "select") || !strcmp(name, "exclude") ||
	    !strcmp(name, "with") || !strcmp(name, "help"))
		offer_stressors(a);
	else if (!strcmp(name, "fs"))
		offer_filesystems(a);
	else if (!strcmp(name, "perf"))
		counter_names(offer, a);
	else if (!strcmp(name, "counters"))
		counter_sources(offer, a);
	else if (!strcmp(name, "mutate"))
		offer_checks(a);
	else if (!strcmp(name, "doc"))
		offer_words(a, "complete:bash complete:zsh complete:fish json pages");
	else
		return !strcmp(name, "class");
	return true;
}

static bool is_list(const struct option *row)
{
	return row->many || (row->arg && (!strcmp(row->arg, "LIST") ||
					  !strcmp(row->arg, "EVENTS")));
}

/* Does the word of help for a value, or for words, stand for a path? */
static bool names_file(const char *help)
{
	static const char *const paths[] = {
		"FILE", "DIR", "NEW", "BASE", "REPORT", "KERNEL", "SOURCE", "PATH",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (strstr(help, paths[i]))
			return true;
	return false;
}

static void offer_value(struct asking *a, const struct option *row)
{
	const char *comma = strrchr(a->typed, ',');

	if (comma && is_list(row)) {
		a->before_len = comma + 1 - a->before;
		a->typed = comma + 1;
	}
	if (row->choices)
		offer_words(a, row->choices);
	else if (!offer_by_name(a, row->name) && row->arg &&
		 names_file(row->arg))
		str_add(a->out, COMPLETE_FILES "\n");
}

static const struct option *find_in(const struct option *rows, const char *name,
				    size_t n)
{
	_cleanup_free_ char *copy = xstrdup(name);

	copy[n] = '\0';
	return option_find(rows, copy);
}

/*
 * The row of an option of a stressor, @name of @n letters, into @row. True: the
 * caller frees @core, on which the row may rely.
 */
static bool stressor_row(const char *name, size_t n, struct stressor_rows *core,
			 struct option *row)
{
	for (size_t i = 0; i < registry_size; i++) {
		const struct entry *e = &registry[i];
		size_t prefix = strlen(e->name), skip;
		const struct option *found;

		if (n < prefix || strncmp(name, e->name, prefix) ||
		    (n > prefix && name[prefix] != '-'))
			continue;
		skip = prefix + (n > prefix);
		stressor_rows_init(core, e);
		found = find_in(core->row, name + skip, n - skip);
		if (!found)
			found = find_in(e->stressor->options, name + skip, n - skip);
		if (found) {
			*row = *found;
			return true;
		}
		stressor_rows_free(core);
	}
	return false;
}

static const struct option *command_row(const struct asking *a, const char *name,
					size_t n)
{
	const struct option_group *g = a->command ? a->command->groups : NULL;
	const struct option *row = NULL;

	if (!a->command)
		return find_in(doc_program_options, name, n);
	for (; !row && g && g->title; g++)
		row = find_in(g->rows, name, n);
	return row;
}

/* The row of "-x", or NULL. */
static const struct option *letter_row(const struct asking *a, const char *word)
{
	const struct option_group *g = a->command ? a->command->groups : NULL;

	if (word[0] != '-' || !word[1] || word[2])
		return NULL;
	for (; g && g->title; g++)
		for (const struct option *row = g->rows; row->name; row++)
			if (row->letter == word[1] && row->type != OPTION_BOOL)
				return row;
	return NULL;
}

/* @name is an option without dashes, of @n letters. */
static void offer_value_of(struct asking *a, const char *name, size_t n)
{
	const struct option *row = command_row(a, name, n);
	struct stressor_rows core;
	struct option own;

	if (row) {
		offer_value(a, row);
	} else if (a->command && a->command->stressors &&
		   stressor_row(name, n, &core, &own)) {
		offer_value(a, &own);
		stressor_rows_free(&core);
	} else if (a->command && n == 4 && !strncmp(name, "help", 4)) {
		offer_stressors(a);
	}
}

static bool takes_next(const struct asking *a, const char *option)
{
	const char *name = option + 2;
	const struct option *row;
	struct stressor_rows core;
	struct option own;

	if (strncmp(option, "--", 2) || strchr(option, '='))
		return false;
	row = command_row(a, name, strlen(name));
	if (!row && stressor_row(name, strlen(name), &core, &own)) {
		row = &own;
		stressor_rows_free(&core);
	}
	return row && row->type != OPTION_BOOL && !row->optional_arg;
}

static bool has_format(const struct asking *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (renderer_find(a->words[i]))
			return true;
	return false;
}

static void offer_formats(struct asking *a)
{
	for (size_t i = 0; renderers[i]; i++)
		offer(a, renderers[i]->name, renderers[i]->summary);
}

/* The words that are no options: commands, then what the command takes. */
static void offer_word(struct asking *a)
{
	if (!a->command || a->command->subs) {
		offer_commands(a, a->command ? a->command->subs : a->all);
		return;
	}
	if (a->command->offer)
		a->command->offer(offer, a);
	if (strstr(a->command->words, "STRESSOR") &&
	    !(a->n && strstr(a->command->words, "COMMAND")))
		offer_stressors(a);
	if (strstr(a->command->words, "COMMAND"))
		offer_help_topics(a);
	if (strstr(a->command->words, "FORMAT") && !has_format(a))
		offer_formats(a);
	else if (names_file(a->command->words))
		str_add(a->out, COMPLETE_FILES "\n");
	if (strchr(a->command->words, '|') && !strstr(a->command->words, "COMMAND")) {
		_cleanup_words_ struct words lists = { 0 };

		words_split(&lists, a->command->words, "[]| ");
		for (size_t i = 0; i < lists.n; i++)
			if (islower((unsigned char)*lists.word[i]))
				offer(a, lists.word[i], "");
	}
}

/* The command that the first @n words begin; behind its "--" that of a run. */
static void find_command(struct asking *a, size_t n, char *const *words)
{
	size_t used;

	a->command = command_named(a->all, n, words, &used);
	for (size_t i = used; a->command && i < n; i++)
		if (!strcmp(words[i], "--") && strstr(a->command->words, "RUN-OPTION")) {
			a->command = command_find(a->all, "run");
			used = i + 1;
			break;
		}
	a->words = words + used;
	a->n = n - used;
}

void complete(struct str *out, const struct command *const *all, int n,
	      char *const *words)
{
	const char *last = n ? words[n - 1] : "", *equal = strchr(last, '=');
	const char *before = n > 1 ? words[n - 2] : "";
	struct asking a = { .out = out, .all = all, .before = last, .typed = last };

	if (n > 1)
		find_command(&a, n - 1, words);
	/* bash makes words of their own of what stands around a '=' */
	if (n > 2 && !strcmp(before, "="))
		before = words[n - 3];
	if (!strcmp(last, "=")) {
		a.before = a.typed = "";
		offer_value_of(&a, before + 2, strlen(before) - 2);
	} else if (equal && !strncmp(last, "--", 2)) {
		a.before_len = equal + 1 - last;
		a.typed = equal + 1;
		offer_value_of(&a, last + 2, equal - last - 2);
	} else if (!strncmp(before, "--", 2) &&
		   (takes_next(&a, before) || before != words[n - 2])) {
		offer_value_of(&a, before + 2, strlen(before) - 2);
	} else if (letter_row(&a, before)) {
		offer_value(&a, letter_row(&a, before));
	} else if (*last == '-') {
		offer_options(&a);
	} else {
		offer_word(&a);
	}
}
