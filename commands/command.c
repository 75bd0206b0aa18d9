/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <string.h>

const char *command_word(const struct command *c)
{
	const char *blank = strrchr(c->name, ' ');

	return blank ? blank + 1 : c->name;
}

const struct command *command_find(const struct command *const *all,
				   const char *name)
{
	for (; *all; all++)
		if (!strcmp(command_word(*all), name))
			return *all;
	return NULL;
}

const struct command *command_named(const struct command *const *all, size_t n,
				 char *const *words, size_t *used)
{
	const struct command *found = NULL;

	for (*used = 0; all && *used < n; ++*used) {
		const struct command *next = command_find(all, words[*used]);

		if (!next)
			break;
		found = next;
		all = next->subs;
	}
	return found;
}

void command_unknown(const struct command *const *all,
		     const struct command *parent, const char *name)
{
	struct nearest near = { .wanted = name };
	_cleanup_free_ char *of =
		parent ? xasprintf(" of '%s'", parent->name) : xstrdup("");

	for (all = parent ? parent->subs : all; *all; all++)
		nearest_offer(&near, command_word(*all));
	if (near.best)
		die(EXIT_USAGE, "unknown command '%s'%s, did you mean '%s'?", name,
		    of, near.best);
	die(EXIT_USAGE, "unknown command '%s'%s; 'strain %s%s--help' lists them",
	    name, of, parent ? parent->name : "", parent ? " " : "");
}
