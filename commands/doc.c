/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain --doc=WHAT. */
#include <stdlib.h>
#include <string.h>

#include "commands/doc.h"

enum exit_code doc_print(const struct command *const *all, const char *what)
{
	if (!strcmp(what, "json"))
		return doc_stdout_json(doc_json_all(all));
	die(EXIT_USAGE, "there is no document '%s'", what);
}
