/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cmdline.h"

#include <string.h>

/* One word, without its quotes; *@at moves behind it. False: a quote is open. */
static bool take_word(struct str *word, const char **at)
{
	const char *p = *at;
	char quote = 0;

	for (; *p && (quote || !strchr(" \t\n", *p)); p++) {
		if (!quote && strchr("'\"", *p)) {
			quote = *p;
		} else if (quote && *p == quote) {
			quote = 0;
		} else {
			if (*p == '\\' && quote != '\'' && p[1])
				p++;
			str_add_n(word, p, 1);
		}
	}
	*at = p;
	return !quote;
}

char *cmdline_split(struct words *w, const char *text)
{
	struct words all = { 0 };
	const char *p = text;
	bool closed = true;

	while (closed && *(p += strspn(p, " \t\n"))) {
		_cleanup_str_ struct str word = STR_INIT;

		closed = take_word(&word, &p);
		words_add(&all, word.buf);
	}
	for (size_t i = 0; closed && i < all.n; i++)
		words_add(w, all.word[i]);
	words_free(&all);
	return closed ? NULL : xstrdup("a quote is not closed");
}
