/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What parse.c and parse_scalar.c share. */
#ifndef STRAIN_REPORTS_PARSE_PARTS_H
#define STRAIN_REPORTS_PARSE_PARTS_H

#include "reports/parse.h"

/* Names to pass over, and which mixes of length and first letter they have:
 * nearly every other name is told by that. */
struct names {
	const char *list;
	uint64_t mixes;
};

struct parse {
	char *start, *at, *end; /* *end is 0, which is no part of any value */
	unsigned depth;
	size_t memory;      /* left */
	const char *wrong;  /* NULL: nothing yet */
	bool limit;
	struct names skip[PARSE_DEPTH + 1]; /* by depth */
};

/* NULL; what is at .at is @wrong. */
json_t *parse_fail(struct parse *p, const char *wrong);

/*
 * The string at .at, decoded where it stands, with a 0 behind it; NULL when it
 * is wrong. The text before .at may be overwritten.
 */
char *parse_string(struct parse *p, size_t *n);
json_t *parse_number(struct parse *p);

#endif
