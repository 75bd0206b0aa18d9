/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Completion: the shells ask the program. Their scripts know nothing of the
 * options, so there is no second list.
 */
#ifndef STRAIN_COMMANDS_COMPLETE_H
#define STRAIN_COMMANDS_COMPLETE_H

#include "commands/command.h"

/* Printed alone where the name of a file is wanted. */
#define COMPLETE_FILES ":files"

/*
 * Adds what the last of @words may become: a line "word<tab>explanation" each.
 * The words are those after "strain"; the last one may be "".
 */
void complete(struct str *out, const struct command *const *all, int n,
	      char *const *words);

#endif
