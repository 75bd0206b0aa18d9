/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A subcommand: one file, one const struct, listed in strain.c. Its options
 * are rows (core/option.h), from which its help, its man page and its
 * completion derive.
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
	const char *name;
	const char *summary; /* one clause, lower case, no full stop */
	const char *words;   /* what follows the options: "STRESSOR"; may be "" */
	const struct option_group *groups; /* NULL: no options */
	bool stressors;      /* takes --NAME and --NAME-OPTION too */
	/* argv[0] is the command's name. @all is the table of strain.c. */
	enum exit_code (*run)(const struct command *const *all, int argc,
			      char **argv);
};

/* The command called @name, or NULL. */
const struct command *command_find(const struct command *const *all,
				   const char *name);
/* Ends the program: unknown command, with the nearest. */
void command_unknown(const struct command *const *all, const char *name)
	__attribute__((noreturn));

extern const struct command command_run, command_list, command_show,
	command_help, command_compare, command_restore, command_doctor, command_report,
	command_replay, command_ab, command_trend, command_bisect, command_selfcheck;

#endif
