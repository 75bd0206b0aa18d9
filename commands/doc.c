/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain --doc=WHAT. */
#include <stdlib.h>
#include <string.h>

#include "commands/doc.h"
#include "core/embedded.h"

static void offer_pages(struct nearest *near, struct words *pages)
{
	for (const struct embedded *f = embedded_files; f->name; f++) {
		size_t n = strlen(f->name);
		_cleanup_free_ char *page = xstrdup(f->name);

		if (n < 5 || strcmp(f->name + n - 3, ".in"))
			continue;
		/* one of two sections: "strain-report", then "strain-report.5" */
		page[n - 5] = '\0';
		if (words_has(pages, page))
			page[n - 5] = '.';
		page[n - 3] = '\0';
		words_add(pages, page);
		nearest_offer(near, pages->word[pages->n - 1]);
	}
}

static enum exit_code print_page(const struct command *const *all,
				 const char *name)
{
	_cleanup_free_ char *page = doc_man_page(all, name);
	_cleanup_words_ struct words pages = { 0 };
	struct nearest near = { .wanted = name };

	if (page)
		return doc_stdout(page);
	offer_pages(&near, &pages);
	if (near.best)
		die(EXIT_USAGE, "there is no manual page '%s', did you mean '%s'?",
		    name, near.best);
	die(EXIT_USAGE, "there is no manual page '%s'", name);
}

static enum exit_code print_pages(void)
{
	_cleanup_words_ struct words pages = { 0 };
	_cleanup_str_ struct str out = STR_INIT;
	struct nearest near = { .wanted = "" };

	offer_pages(&near, &pages);
	for (size_t i = 0; i < pages.n; i++)
		str_addf(&out, "%s\n", pages.word[i]);
	return doc_stdout(out.buf);
}

enum exit_code doc_print(const struct command *const *all, const char *what)
{
	if (!strcmp(what, "json"))
		return doc_stdout_json(doc_json_all(all));
	if (!strcmp(what, "pages"))
		return print_pages();
	if (!strcmp(what, "check"))
		return doc_check(all);
	if (!strncmp(what, "man:", 4))
		return print_page(all, what + 4);
	if (!strncmp(what, "complete:", 9)) {
		const char *script = doc_completion(what + 9);

		if (script)
			return doc_stdout(script);
		die(EXIT_USAGE, "no completion for shell '%s': bash, zsh or fish",
		    what + 9);
	}
	die(EXIT_USAGE, "there is no document '%s': man:PAGE, complete:SHELL, json or pages",
	    what);
}
