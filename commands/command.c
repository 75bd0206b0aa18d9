/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <string.h>

const struct command *command_find(const struct command *const *all,
				   const char *name)
{
	for (; *all; all++)
		if (!strcmp((*all)->name, name))
			return *all;
	return NULL;
}

void command_unknown(const struct command *const *all, const char *name)
{
	struct nearest near = { .wanted = name };

	for (; *all; all++)
		nearest_offer(&near, (*all)->name);
	if (near.best)
		die(EXIT_USAGE, "unknown command '%s', did you mean '%s'?", name,
		    near.best);
	die(EXIT_USAGE, "unknown command '%s'; 'strain --help' lists them", name);
}
