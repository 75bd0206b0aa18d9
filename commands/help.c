/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain help, and what --help prints. */
#include <stdio.h>
#include <string.h>

#include "commands/args.h"
#include "commands/doc.h"

/* Declared as rows for the documents; strain.c recognises them itself. */
struct program_options {
	const char *help, *doc;
	bool version;
};

/* clang-format off */
const struct option doc_program_options[] = {
	OPTION(struct program_options, help, .optional_arg = true,
	       .arg = "STRESSOR", .help = "explain the program, or one stressor"),
	OPTION(struct program_options, version,
	       .help = "print version, commit and libraries"),
	OPTION(struct program_options, doc, .arg = "WHAT",
	       .help = "print a document that derives from the tables of options: man:PAGE, complete:SHELL, json, pages"),
	{}
};
/* clang-format on */

static void groups(struct str *out, const struct command *c)
{
	for (const struct option_group *g = c->groups; g && g->title; g++) {
		doc_text.section(out, g->title);
		doc_options(out, &doc_text, NULL, g->rows);
	}
}

static void stressor_names(struct str *out)
{
	_cleanup_str_ struct str names = STR_INIT;

	for (size_t i = 0; i < registry_size; i++)
		str_addf(&names, "%s ", registry[i].name);
	doc_text.section(out, "stressors, each a NAME (--help=NAME explains it)");
	str_add(out, "  ");
	doc_wrap(out, names.buf, 2, 2);
}

static void paragraphs(struct str *out, const char *text)
{
	_cleanup_words_ struct words lines = { 0 };

	words_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++)
		doc_text.paragraph(out, lines.word[i]);
}

static void own_commands(struct str *out, const struct command *c)
{
	doc_text.section(out, "commands");
	for (const struct command *const *sub = c->subs; *sub; sub++)
		doc_text.row(out, command_word(*sub), (*sub)->summary);
}

void doc_command(struct str *out, const struct command *c)
{
	_cleanup_free_ char *usage =
		xasprintf("usage: strain %s%s %s", c->name,
			  c->groups ? " [OPTION]..." : "", c->words);

	doc_wrap(out, usage, strlen("usage: strain "), 0);
	doc_wrap(out, c->summary, 0, 0);
	if (c->details)
		paragraphs(out, c->details);
	if (c->subs)
		own_commands(out, c);
	if (c->stressors) {
		doc_text.section(out, "options of every stressor");
		doc_any_stressor(out, &doc_text);
	}
	groups(out, c);
	if (c->stressors)
		stressor_names(out);
}

void doc_program(struct str *out, const struct command *const *all)
{
	str_add(out, "usage: strain COMMAND [OPTION]...\n"
		     "stress a Linux kernel, check its promises, measure what it does\n");
	doc_text.section(out, "commands");
	for (; *all; all++)
		doc_text.row(out, (*all)->name, (*all)->summary);
	doc_text.section(out, "options");
	doc_options(out, &doc_text, NULL, doc_program_options);
	doc_text.section(out, "examples");
	str_add(out, "  strain run --fault 2 --switch 1 -t 10s\n"
		     "  strain run --class quick\n"
		     "  strain list --why-skip\n"
		     "  strain help run\n");
}

static void unknown_topic(const struct command *const *all, const char *name)
{
	struct nearest near = { .wanted = name };

	for (; *all; all++)
		nearest_offer(&near, (*all)->name);
	for (size_t i = 0; i < registry_size; i++)
		nearest_offer(&near, registry[i].name);
	if (near.best)
		die(EXIT_USAGE, "no command or stressor '%s', did you mean '%s'?",
		    name, near.best);
	die(EXIT_USAGE, "no command or stressor '%s'", name);
}

static enum exit_code help_run(const struct command *const *all, int argc,
			       char **argv)
{
	_cleanup_str_ struct str out = STR_INIT;
	struct args args = { 0 };
	const struct command *c;
	const char *name;
	size_t used;

	args_parse(&args, argc, argv);
	c = command_named(all, args.words.n, args.words.word, &used);
	if (c && c->subs && used < args.words.n)
		command_unknown(all, c, args.words.word[used]);
	args_words_max(&args, c ? used : 1);
	name = args.words.n ? args.words.word[0] : NULL;
	if (!name)
		doc_program(&out, all);
	else if (c)
		doc_command(&out, c);
	else if (registry_find(name))
		doc_help_stressor(&out, registry_find(name));
	else
		unknown_topic(all, name);
	args_free(&args);
	return doc_stdout(out.buf);
}

void doc_help_stressor(struct str *out, const struct entry *e)
{
	str_addf(out, "%s - ", e->name);
	doc_wrap(out, e->stressor->summary, 4, strlen(e->name) + 3);
	str_add(out, "\n");
	doc_stressor(out, &doc_text, e);
}

const struct command command_help = {
	.name = "help",
	.summary = "explain a command or a stressor",
	.words = "[COMMAND...|STRESSOR]",
	.run = help_run,
};
