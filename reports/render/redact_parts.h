/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of redact.h. */
#ifndef STRAIN_REPORTS_RENDER_REDACT_PARTS_H
#define STRAIN_REPORTS_RENDER_REDACT_PARTS_H

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
/* A letter, a digit, or part of a character beyond ASCII? */
bool redact_is_alnum(char c);
bool redact_is_hex(char c);
/* How many letters from @s on @is says yes to. */
size_t redact_run_of(const char *s, bool (*is)(char));
/* Does @s start with one of the words? Its length. */
size_t redact_starts_with(const char *s, const char *const *words);
bool redact_ends_path(char c);
/* Up to the end of the path at text[at]; one in quotes may have blanks. */
size_t redact_path_length(const char *text, size_t at);
/* A letter, a digit, '_', or part of a character beyond ASCII? */
bool redact_word_char(char c);

/* What may begin at text[at], each of one kind: redact_number.c */
struct redact_hit redact_uuid(const char *text, size_t at);
struct redact_hit redact_mac(const char *text, size_t at);
struct redact_hit redact_ipv4(const char *text, size_t at);
struct redact_hit redact_ipv6(const char *text, size_t at);
struct redact_hit redact_id(const char *text, size_t at);
/* redact_name.c */
struct redact_hit redact_source(const char *text, size_t at);
struct redact_hit redact_export(const char *text, size_t at);
struct redact_hit redact_account(const char *text, size_t at);
struct redact_hit redact_domain(const char *text, size_t at);

#endif
