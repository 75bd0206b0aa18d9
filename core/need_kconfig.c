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
	struct need_symbol *s;

	name = need_settable_symbol(name);
	if (!name)
		return;
	s = symbol_row(k, name);
	if (!words_has(&s->users, user))
		words_add(&s->users, user);
}

void need_kconfig(struct need_kconfig *k, const struct needs *needs,
		  const char *user)
{
	_cleanup_words_ struct words symbols = { 0 }, types = { 0 }, files = { 0 };

	if (!needs)
		return;
	if (needs->kconfig)
		words_split(&symbols, needs->kconfig, " ");
	if (needs->filesystems)
		words_split(&types, needs->filesystems, " ");
	if (needs->files)
		words_split(&files, needs->files, " ");
	if (needs->writable)
		words_split(&files, needs->writable, " ");
	for (size_t i = 0; i < symbols.n; i++)
		add(k, symbols.word[i], user);
	for (size_t i = 0; i < types.n; i++) {
		const char *symbol = need_filesystem_symbol(types.word[i]);

		if (symbol)
			add(k, symbol, user);
	}
	for (size_t i = 0; i < files.n; i++) {
		const char *symbol = need_file_symbol(files.word[i]);

		if (symbol)
			add(k, symbol, user);
	}
}

static bool same_users(const struct need_symbol *a, const struct need_symbol *b)
{
	if (a->users.n != b->users.n)
		return false;
	for (size_t u = 0; u < a->users.n; u++)
		if (strcmp(a->users.word[u], b->users.word[u]) != 0)
			return false;
	return true;
}

char *need_kconfig_text(const struct need_kconfig *k)
{
	struct str s = STR_INIT;

	for (size_t i = 0; i < k->n; i++) {
		const struct need_symbol *row = &k->symbol[i];
		size_t before = 0;

		while (before < i && !same_users(row, &k->symbol[before]))
			before++;
		if (before < i) /* said with that one */
			continue;
		for (size_t u = 0; u < row->users.n; u++)
			str_addf(&s, "%s%s", u ? ", " : "# ",
				 row->users.word[u]);
		str_add(&s, "\n");
		for (size_t j = i; j < k->n; j++)
			if (same_users(row, &k->symbol[j]))
				str_addf(&s, "CONFIG_%s=y\n", k->symbol[j].name);
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
