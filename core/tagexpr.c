/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/tagexpr.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/boolexpr.h"
#include "core/embedded.h"

struct tagexpr {
	struct boolexpr *words;
};

static bool tag_known(const char *word)
{
	size_t n;
	const struct tag *tags = tag_table(&n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(tags[i].name, word))
			return true;
	return false;
}

static bool word_known(const char *word)
{
	if (!strcmp(word, "all") || tag_known(word))
		return true;
	for (size_t i = 0; i < registry_size; i++)
		if (!strcmp(registry[i].name, word) ||
		    !strcmp(registry[i].folder, word))
			return true;
	return false;
}

static char *wrong_word(void *ctx, const char *word)
{
	struct nearest near = { .wanted = word };
	size_t n;
	const struct tag *tags = tag_table(&n);

	(void)ctx;
	if (word_known(word))
		return NULL;
	for (size_t i = 0; i < n; i++)
		nearest_offer(&near, tags[i].name);
	for (size_t i = 0; i < registry_size; i++)
		nearest_offer(&near, registry[i].name);
	if (near.best)
		return xasprintf("unknown tag or stressor '%s', did you mean '%s'?",
				 word, near.best);
	return xasprintf("unknown tag or stressor '%s'", word);
}

struct tagexpr *tagexpr_parse(const char *text, char **why)
{
	struct boolexpr *words = boolexpr_parse(text, wrong_word, NULL, why);
	struct tagexpr *x;

	if (!words)
		return NULL;
	x = xalloc(sizeof(*x));
	x->words = words;
	return x;
}

void tagexpr_free(struct tagexpr *x)
{
	if (!x)
		return;
	boolexpr_free(x->words);
	free(x);
}

static bool is_word(void *ctx, const char *word)
{
	return !strcmp(word, "all") || registry_tagged(ctx, word);
}

bool tagexpr_matches(const struct tagexpr *x, const struct entry *e)
{
	return boolexpr_holds(x->words, is_word, (void *)e);
}

bool tagexpr_selects(const struct tagexpr *x, const struct entry *e)
{
	size_t n;
	const struct tag *tags = tag_table(&n);

	if (!tagexpr_matches(x, e))
		return false;
	if (boolexpr_says(x->words, e->name))
		return true;
	for (size_t i = 0; i < n; i++)
		if (tags[i].opt_in && registry_tagged(e, tags[i].name) &&
		    !boolexpr_says(x->words, tags[i].name))
			return false;
	return true;
}

static struct tag tag_from(const char *line)
{
	size_t word = strcspn(line, " \t");
	struct tag t = { .name = xstrdup(line) };

	t.name[word] = '\0';
	t.meaning = xstrdup(line + word + strspn(line + word, " \t"));
	t.opt_in = strstr(t.meaning, "; opt-in") != NULL;
	return t;
}

static void read_tags(struct tag **tags, size_t *n)
{
	_cleanup_words_ struct words lines = { 0 };

	for (const struct embedded *f = embedded_files; f->name; f++)
		if (!strcmp(f->name, "tags.txt"))
			words_split(&lines, f->text, "\n");
	*tags = xalloc((lines.n + 1) * sizeof(**tags));
	for (size_t i = 0; i < lines.n; i++)
		if (lines.word[i][0] != '#')
			(*tags)[(*n)++] = tag_from(lines.word[i]);
}

const struct tag *tag_table(size_t *n)
{
	static struct tag *tags;
	static size_t n_tags;

	if (!tags)
		read_tags(&tags, &n_tags);
	*n = n_tags;
	return tags;
}
