/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command in one piece of text, as a shell would split it. */
#ifndef STRAIN_BASE_CMDLINE_H
#define STRAIN_BASE_CMDLINE_H

#include "base/str.h"

/*
 * Splits @text at blanks and adds the words to @w. Quotes keep blanks together
 * ('as it is', "with \" and \\"), a backslash keeps the next letter; nothing
 * else of a shell has a meaning. NULL, or a message to free, with @w as it was.
 */
char *cmdline_split(struct words *w, const char *text);

#endif
