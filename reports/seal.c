/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/seal.h"

#include <errno.h>
#include <string.h>

#include "base/decimal.h"
#include "reports/lines.h"
#include "reports/load.h"

#define END "\n]}\n}\n"

static void add_bulk_head(struct str *s)
{
	_cleanup_json_ json_t *layout = report_histogram_layout();

	str_add(s, ",\n\"bulk\": {\n\"histogram_layout\": ");
	js_value(s, layout, DECIMAL_DIGITS);
	str_add(s, ",\n\"trials\": [");
}

/* Without a line's kind, which is the member's name here. */
static void copy_bulk(FILE *in, FILE *out)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, start = strlen(BULK_START);
	bool first = true;
	ssize_t n;

	while ((n = getline(&text, &size, in)) > 0) {
		if (strncmp(text, BULK_START, start) || text[n - 1] != '\n')
			continue;
		fputs(first ? "\n  {" : ",\n  {", out);
		fwrite(text + start, 1, n - start - 1, out);
		first = false;
	}
}

static void add_bulk(struct str *s, const char *lines)
{
	const char *between = "\n  {", *end;
	size_t start = strlen(BULK_START);

	for (; (end = strchr(lines, '\n')); lines = end + 1) {
		if (strncmp(lines, BULK_START, start))
			continue;
		str_add(s, between);
		str_add_n(s, lines + start, end - lines - start);
		between = ",\n  {";
	}
}

void seal_text(const json_t *doc, const char *lines, struct str *out)
{
	js_add_open(out, doc);
	add_bulk_head(out);
	add_bulk(out, lines);
	str_add(out, END);
}

int seal_lines(const json_t *doc, FILE *in, FILE *out, char **why)
{
	_cleanup_str_ struct str head = STR_INIT;

	js_print_open(doc, out);
	add_bulk_head(&head);
	fputs(head.buf, out);
	rewind(in);
	copy_bulk(in, out);
	fputs(END, out);
	if (fflush(out) || ferror(out) || ferror(in)) {
		int err = errno ? errno : EIO;

		*why = xstrdup(strerror(err));
		return -err;
	}
	return 0;
}
