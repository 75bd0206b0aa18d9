/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON text to jansson's values. jansson's own parser takes each byte through
 * several calls, 26 MB/s here, a tenth of what a comparison of a thousand
 * reports can wait for; it also has no limits but of depth. This one takes the
 * same language (RFC 8259) and refuses the same texts: duplicate names, U+0000,
 * what is not UTF-8, numbers that no double or int64_t has; members that nobody
 * asked for it passes over, at the speed of looking for quotes and braces.
 */
#ifndef STRAIN_REPORTS_PARSE_H
#define STRAIN_REPORTS_PARSE_H

#include "reports/json.h"

/* Deepest nesting of lists and objects; a report of today has 8. */
#define PARSE_DEPTH 32

/* Members to pass over; what their values are is not looked at. */
struct parse_skip {
	unsigned depth;    /* of their object; the outermost has 1 */
	const char *names; /* separated by spaces; NULL ends */
};

struct parse_result {
	const char *wrong;   /* when there is no value */
	size_t line, column; /* from 1, of what is wrong */
	char near[24];       /* what is there; may be any bytes, "" at the end */
	bool limit;          /* it may be right, but is too deep or too much */
};

/*
 * The object in @text of @n bytes, which is destroyed; text[n] has to be there
 * and 0. @skip may be NULL. @memory is how much the values may take, by a rough
 * estimate, which is deducted. NULL with @r.
 */
json_t *parse_json(char *text, size_t n, const struct parse_skip *skip,
		   size_t *memory, struct parse_result *r);

#endif
