/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line, read against tables of options (core/option.h). Bad input
 * ends the program with one line and EXIT_USAGE; nothing has started yet then.
 *
 *	--name value  --name=value  --flag  -t value  -tvalue  -nq  --
 *
 * Long options are not abbreviated: a script must not change its meaning when
 * a new option appears. A flag or an option whose value may be left out takes
 * a value only after '='.
 */
#ifndef STRAIN_COMMANDS_ARGS_H
#define STRAIN_COMMANDS_ARGS_H

#include "core/option.h"

struct args_table {
	const char *prefix; /* "fault": its options are --fault-NAME; NULL: none */
	const struct option *rows;
	void *values; /* NULL: made with the defaults when first given */
	size_t size;  /* of values to make */
	bool given;   /* an option of this table was set */
};

/* One option as it was typed. */
struct arg {
	struct args_table *table;
	const struct option *row;
	const char *value; /* NULL: none */
};

struct args {
	struct args_table *tables; /* the caller's, or made by args_tables() */
	bool made;
	size_t n_tables;
	struct arg *arg; /* in their order; freed by args_free() */
	size_t n;
	struct words words; /* what is not an option */
};

struct option_group;

/* Tables of all rows of a command's groups, whose values are members of the one
 * struct @values, which gets its defaults; NULL: options are read and not set. */
void args_tables(struct args *a, const struct option_group *groups, void *values);
/* What most commands need: these tables, read and set. */
void args_read(struct args *a, const struct option_group *groups, void *values,
	       int argc, char **argv);
/* Reads argv[1..]; sets nothing. */
void args_parse(struct args *a, int argc, char **argv);
void args_free(struct args *a);
/* Sets the value; "where" comes before the message ("job 'x' line 3: "). */
void args_set(const char *where, const char *dashes, const struct arg *arg);
/* Sets all of them. */
void args_set_all(struct args *a);
/* Finds a long option by its name without dashes, or ends the program. */
void args_find(const struct args *a, const char *where, const char *dashes,
	       const char *name, struct arg *arg);
/* Full name without dashes into @buf: "fault-bytes". */
#define ARGS_NAME (2 * OPTION_NAME)
const char *args_name(const char *prefix, const struct option *row, char *buf);
/* No more than @max words; else the first one too many is refused. */
void args_words_max(const struct args *a, size_t max);

#endif
