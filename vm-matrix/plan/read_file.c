/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of JSON: bounded, and what is wrong has its place. */
#include <errno.h>
#include <string.h>

#include "base/value.h"
#include "reports/parse.h"
#include "reports/source.h"
#include "vm-matrix/plan/read.h"

char *read_file(const char *path, size_t largest, struct str *text)
{
	struct source s;
	char chunk[16 * 1024];
	char *why = NULL;
	size_t n;

	if (source_open(&s, path, &why)) {
		source_close(&s);
		return why;
	}
	while (text->len <= largest && (n = fread(chunk, 1, sizeof(chunk), s.in)) > 0)
		str_add_n(text, chunk, n);
	if (ferror(s.in)) {
		why = xstrdup(strerror(errno));
	} else if (text->len > largest) {
		char size[VALUE_TEXT];

		why = xasprintf("it is larger than %s", value_format_bytes(size, largest));
	}
	source_close(&s);
	return why;
}

json_t *read_json(const char *text, size_t n, size_t memory, char **fault)
{
	_cleanup_str_ struct str copy = STR_INIT;
	struct parse_result r;
	json_t *value;

	if (!n) {
		*fault = xstrdup("it is empty");
		return NULL;
	}
	str_add_n(&copy, text, n);
	value = parse_json(copy.buf, n, NULL, &memory, &r);
	if (!value)
		*fault = xasprintf("line %zu, column %zu: %s%s%.*s%s", r.line, r.column,
				   r.wrong, *r.near ? ": '" : "",
				   (int)strcspn(r.near, "\r\n"), r.near,
				   *r.near ? "'" : "");
	return value;
}
