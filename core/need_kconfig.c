/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/need.h"
#include "core/need_table.h"

/* The row of @name, made where it belongs when it is not there. */
static struct need_symbol *symbol_row(struct need_kconfig *k, const char *name)
{
	size_t i = 0;

	while (i < k->n && strcmp(k->symbol[i].name, name) < 0)
		i++;
	if (i < k->n && !strcmp(k->symbol[i].name, name))
		return &k->symbol[i];
	k->symbol = xrealloc(k->symbol, (k->n + 1) * sizeof(*k->symbol));
	memmove(&k->symbol[i + 1], &k->symbol[i],
		(k->n - i) * sizeof(*k->symbol));
	k->n++;
	k->symbol[i] = (struct need_symbol){ .name = xstrdup(name) };
	return &k->symbol[i];
}

static void add(struct need_kconfig *k, const char *name, const char *user)
{
	struct need_symbol *s = symbol_row(k, name);

	if (!words_has(&s->users, user))
		words_add(&s->users, user);
}

void need_kconfig(struct need_kconfig *k, const struct needs *needs,
		  const char *user)
{
	_cleanup_words_ struct words symbols = { 0 }, types = { 0 };

	if (!needs)
		return;
	if (needs->kconfig)
		words_split(&symbols, needs->kconfig, " ");
	if (needs->filesystems)
		words_split(&types, needs->filesystems, " ");
	for (size_t i = 0; i < symbols.n; i++)
		add(k, symbols.word[i], user);
	for (size_t i = 0; i < types.n; i++) {
		const char *symbol = need_filesystem_symbol(types.word[i]);

		if (symbol)
			add(k, symbol, user);
	}
}

char *need_kconfig_text(const struct need_kconfig *k)
{
	struct str s = STR_INIT;

	for (size_t i = 0; i < k->n; i++) {
		const struct need_symbol *row = &k->symbol[i];

		for (size_t u = 0; u < row->users.n; u++)
			str_addf(&s, "%s%s", u ? ", " : "# ",
				 row->users.word[u]);
		str_addf(&s, "\nCONFIG_%s=y\n", row->name);
	}
	return str_take(&s);
}

void need_kconfig_free(struct need_kconfig *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->symbol[i].name);
		words_free(&k->symbol[i].users);
	}
	free(k->symbol);
	*k = (struct need_kconfig){ 0 };
}
