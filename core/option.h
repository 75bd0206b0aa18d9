/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options are declared once, as rows over the fields of a plain struct. From
 * the same rows come parsing, range checks, --help, man pages, completion and
 * the JSON listing. The C type of an option is the type of its field and its
 * name is the name of the field with '-' for '_'.
 *
 *	struct fault_opts { uint64_t bytes; bool huge; };
 *	static const struct option fault_options[] = {
 *		OPTION(struct fault_opts, bytes, .unit = UNIT_BYTES,
 *		       .min = 4096, .def = "16M", .help = "size of the mapping"),
 *		OPTION(struct fault_opts, huge, .help = "ask for huge pages"),
 *		{}
 *	};
 *
 * A default is text and goes through the same parser as the user's value.
 */
#ifndef STRAIN_CORE_OPTION_H
#define STRAIN_CORE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum option_type { OPTION_BOOL, OPTION_U32, OPTION_U64, OPTION_I64, OPTION_DOUBLE, OPTION_TEXT };

enum option_unit {
	UNIT_NONE,     /* a count, or plain text */
	UNIT_BYTES,    /* uint64_t; 64K, 25% of what is available */
	UNIT_DURATION, /* uint64_t nanoseconds; 10s, 1m30s */
	UNIT_PERCENT,
};

struct option {
	const char *name; /* without dashes; NULL ends a table */
	enum option_type type;
	size_t offset;
	enum option_unit unit;
	uint64_t min, max;   /* numbers; max 0: no upper limit */
	const char *choices; /* text: space separated words it may be */
	const char *def;     /* default as text; NULL: 0, false, NULL */
	const char *arg;     /* word for the value in help; NULL: from the type */
	const char *alias;   /* second name that is accepted, or NULL */
	char letter;         /* short option, or 0 */
	bool many;           /* text: may be given again; values joined by a comma */
	bool hidden;         /* accepted, and left out of help: for tests and tools */
	bool device;         /* text: a block device, of the machine that runs it */
	bool optional_arg;   /* the value may be left out: "" is stored */
	/* text: NULL, or why it cannot be, to free; of another machine's files it
	 * knows nothing */
	char *(*check)(const char *text);
	const char *help;    /* one clause, lower case, no full stop */
};

#define OPTION_TYPE(s, field)                                                  \
	_Generic(((s *)0)->field,                                              \
		bool: OPTION_BOOL, uint32_t: OPTION_U32, uint64_t: OPTION_U64, \
		int64_t: OPTION_I64, double: OPTION_DOUBLE,                    \
		const char *: OPTION_TEXT)

/* .name is the field; option_name() spells it with dashes. */
#define OPTION(s, field, ...)                                                  \
	{ .name = #field, .type = OPTION_TYPE(s, field),                       \
	  .offset = offsetof(s, field), __VA_ARGS__ }

/* The same under a name that is no identifier of C, or not the field's. */
#define OPTION_AS(option_name, s, field, ...)                                  \
	{ .name = option_name, .type = OPTION_TYPE(s, field),                  \
	  .offset = offsetof(s, field), __VA_ARGS__ }

/* Fills @values, a struct the rows of @table describe, with the defaults. */
void option_defaults(const struct option *table, void *values);

/*
 * Stores @text as the value of @row in @values. @text NULL: the option was
 * given without a value, which only bool and .optional_arg take.
 * NULL, or a message to free: "value '5X' is not a size", without the name of
 * the option, which the caller knows by the form the user typed.
 */
char *option_set(const struct option *row, void *values, const char *text);

/* The row called @name (dashes), or that has it as alias, or NULL. */
const struct option *option_find(const struct option *table, const char *name);
/* Name with dashes for people; @buf of OPTION_NAME bytes. */
#define OPTION_NAME 64
const char *option_name(const struct option *row, char *buf);

/* Text values are kept by the option module as long as the program lives. */

/* Value of @row in @values as text that option_set() reads back the same. */
char *option_text(const struct option *row, const void *values);
/* Is the value of @row in @values the default? */
bool option_is_default(const struct option *row, const void *values);

#endif
