/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results go to stdout; whether they arrived is part of the result. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/doc.h"
#include "reports/json.h"

static enum exit_code failed(void)
{
	error("cannot write to standard output: %s", strerror(errno));
	return EXIT_BROKEN;
}

enum exit_code doc_stdout(const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		return failed();
	return EXIT_PASS;
}

enum exit_code doc_stdout_json(json_t *value)
{
	_cleanup_json_ json_t *owned = value;

	if (json_dumpf(owned, stdout, JSON_INDENT(2)) < 0 ||
	    fputc('\n', stdout) == EOF || fflush(stdout) == EOF)
		return failed();
	return EXIT_PASS;
}

enum exit_code doc_close_stdout(enum exit_code code)
{
	/* a failure was told by whoever saw it first */
	bool told = ferror(stdout);

	if (fflush(stdout) == EOF && !told)
		return exit_worse(code, failed());
	return code;
}
