/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/seal.h"

#include <errno.h>
#include <string.h>

#include "reports/lines.h"
#include "reports/load.h"

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

int seal_lines(const json_t *doc, FILE *in, FILE *out, char **why)
{
	_cleanup_json_ json_t *layout = report_histogram_layout();

	js_print_open(doc, out);
	fputs(",\n\"bulk\": {\n\"histogram_layout\": ", out);
	json_dumpf(layout, out, 0);
	fputs(",\n\"trials\": [", out);
	rewind(in);
	copy_bulk(in, out);
	fputs("\n]}\n}\n", out);
	if (fflush(out) || ferror(out) || ferror(in)) {
		int err = errno ? errno : EIO;

		*why = xstrdup(strerror(err));
		return -err;
	}
	return 0;
}
