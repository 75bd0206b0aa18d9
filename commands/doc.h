/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Documents that derive from the tables: help, man pages, completion, JSON.
 * What is said stands once in doc_content.c; a style says how it looks.
 */
#ifndef STRAIN_COMMANDS_DOC_H
#define STRAIN_COMMANDS_DOC_H

#include <jansson.h>

#include "commands/command.h"
#include "core/registry.h"

struct doc_option {
	char letter;       /* 0: none */
	const char *name;  /* full, without dashes */
	const char *alias; /* NULL: none */
	const char *arg;   /* word for the value; NULL: takes none */
	bool optional_arg;
	const char *text;  /* help, range and default */
};

struct doc_style {
	void (*section)(struct str *out, const char *title);
	void (*begin)(struct str *out); /* of rows and options */
	void (*option)(struct str *out, const struct doc_option *o);
	void (*row)(struct str *out, const char *term, const char *text);
	void (*end)(struct str *out);
	void (*paragraph)(struct str *out, const char *text);
};

extern const struct doc_style doc_text, doc_man;

/* Rows of a table, with the prefix in their names (NULL: none). */
void doc_options(struct str *out, const struct doc_style *style,
		 const char *prefix, const struct option *rows);
/* The word for the value of @row, or NULL when it takes none. */
const char *doc_arg(const struct option *row);
/* All sections of a stressor but its name and summary. */
void doc_stressor(struct str *out, const struct doc_style *style,
		  const struct entry *e);
/* The options that each stressor has, under the name NAME. */
void doc_any_stressor(struct str *out, const struct doc_style *style);
/* Tags of @e in one line, its folder first; to free. */
char *doc_tags(const struct entry *e);
/* Calls @each with every field of @needs that is set, and its value as text. */
void doc_needs(const struct needs *needs,
	       void (*each)(void *ctx, const char *field, const char *text),
	       void *ctx);
/* Words of the enums as in reports: "rate", "higher". */
const char *doc_metric_kind(const struct metric *m);
const char *doc_metric_better(const struct metric *m);
/* "page faults (faults/s): rate, higher is better"; to free. */
char *doc_metric(const struct metric *m);

/* Lines of text get at most @n columns (80 before the first call); 0: each row
 * is one line however long, as a pipe wants it. */
void doc_columns(unsigned n);

/* Explanations begin behind terms that are so wide, within reason. */
void doc_terms(unsigned widest);

/* Wraps @text at these columns, @indent blanks before each line but the first,
 * which starts at @column. */
void doc_wrap(struct str *out, const char *text, unsigned indent,
	      unsigned column);

/* "usage: strain run [OPTION]...", then all option groups. */
void doc_command(struct str *out, const struct command *c);
/* `--help=STRESSOR`. */
void doc_help_stressor(struct str *out, const struct entry *e);
/* `strain --help`. */
void doc_program(struct str *out, const struct command *const *all);
/* The top-level options, which are no rows of a command. */
extern const struct option doc_program_options[];

json_t *doc_json_stressor(const struct entry *e);
json_t *doc_json_all(const struct command *const *all);

/* NULL when there is no such page ("strain-run"). */
char *doc_man_page(const struct command *const *all, const char *name);
/* NULL when there is no such shell. */
const char *doc_completion(const char *shell);

/*
 * Adds a line to @problems for whatever is wrong with a table: names that are
 * ill formed or there twice (@names and @letters hold those seen so far), help
 * that is no clause, defaults that the row itself refuses, unknown tags.
 */
void doc_check_options(struct str *problems, const char *prefix,
		       const struct option *rows, struct words *names,
		       bool letters[256]);
void doc_check_stressor(struct str *problems, const struct entry *e,
			struct words *names, bool letters[256]);
/* All tables of the program; prints the problems. */
enum exit_code doc_check(const struct command *const *all);

/* `strain --doc=WHAT` to stdout: man:PAGE, complete:SHELL, json,
 * pages, check. */
enum exit_code doc_print(const struct command *const *all, const char *what);

/* Everything to stdout; EXIT_BROKEN with one line when that fails. */
enum exit_code doc_stdout(const char *text);
/* The same for JSON; frees @value. */
enum exit_code doc_stdout_json(json_t *value);
/* Before the program ends: what was written reached stdout? */
enum exit_code doc_close_stdout(enum exit_code code);

#endif
