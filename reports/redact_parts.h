/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between redact.c and redact_match.c. */
#ifndef STRAIN_REPORTS_REDACT_PARTS_H
#define STRAIN_REPORTS_REDACT_PARTS_H

#include <stdbool.h>
#include <stddef.h>

enum redact_kind {
	REDACT_PATH,
	REDACT_DEVICE,
	REDACT_UUID,
	REDACT_MAC,
	REDACT_ADDRESS,
	REDACT_ID,
	REDACT_URL,
	REDACT_HOST,
	REDACT_USER,
	REDACT_SERIAL,
	REDACT_LABEL,
	REDACT_KINDS,
};

/* The @length bytes after the first @keep ones; length 0: nothing is here. */
struct redact_hit {
	size_t keep, length;
	enum redact_kind kind;
};

/* What begins at text[at]. */
struct redact_hit redact_match(const char *text, size_t at);
/* Length of the name that a path of a user's files begins with, "/home/NAME":
 * the name starts at *@name. 0: it is none. */
size_t redact_path_user(const char *path, size_t *name);
/* Is text[at] the start of a word? */
bool redact_boundary(const char *text, size_t at);
/* A letter, a digit, '_', or part of a character beyond ASCII? */
bool redact_word_char(char c);

#endif
