/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A subcommand: one file, one const struct, listed in strain.c. Its options
 * are rows (core/option.h), from which its help, its man page and its
 * completion derive. A command may have commands of its own ("matrix plan"):
 * they are rows of the same kind, and it does nothing by itself.
 */
#ifndef STRAIN_COMMANDS_COMMAND_H
#define STRAIN_COMMANDS_COMMAND_H

#include "base/msg.h"
#include "core/option.h"

struct option_group {
	const char *title; /* "what to run"; NULL ends a list */
	const struct option *rows;
};

struct command {
	const char *name;    /* as typed: "matrix plan" */
	const char *summary; /* one clause, lower case, no full stop */
	const char *words;   /* what follows the options: "STRESSOR"; may be "" */
	const struct option_group *groups; /* NULL: no options */
	const char *details; /* paragraphs with a line feed between; NULL: none */
	bool stressors;      /* takes --NAME and --NAME-OPTION too */
	/* For completion: what a word may be beside what .words tells; or NULL. */
	void (*offer)(void (*each)(void *ctx, const char *word, const char *text),
		      void *ctx);
	/* Its own commands, ended by NULL, in place of groups and run. */
	const struct command *const *subs;
	/* argv[0] is the command's last word. @all is the table of strain.c. */
	enum exit_code (*run)(const struct command *const *all, int argc,
			      char **argv);
};

/* The command of @all whose last word is @name, or NULL. */
const struct command *command_find(const struct command *const *all,
				   const char *name);
/*
 * The command that @words begin with, as deep as they go: it takes @used of
 * them. NULL: the first is none. Where *@used is behind a command that has
 * commands of its own, the next word, if any, is not one of them.
 */
const struct command *command_named(const struct command *const *all, size_t n,
				 char *const *words, size_t *used);
/* Its name behind that of the command that it belongs to: "plan". */
const char *command_word(const struct command *c);
/* Ends the program: @name is no command of @parent, or none at all (NULL). */
void command_unknown(const struct command *const *all,
		     const struct command *parent, const char *name)
	__attribute__((noreturn));

extern const struct command command_run, command_list, command_show,
	command_help, command_compare, command_restore, command_doctor, command_report,
	command_replay, command_ab, command_trend, command_bisect, command_selfcheck,
	command_matrix;

#endif
