/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/tagexpr.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/embedded.h"

/* '!' has only .left; a word has none. */
struct tagexpr {
	char kind; /* 'w', '!', '&', '|' */
	char *word;
	struct tagexpr *left, *right;
};

/* Deeper nesting than any person writes; keeps the recursion bounded. */
#define DEPTH_MAX 64

struct parser {
	const char *text, *at;
	unsigned depth;
	char *why; /* set once; parsing stops */
};

static struct tagexpr *parse_or(struct parser *p);

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t");
}

static struct tagexpr *node(char kind, struct tagexpr *left,
			    struct tagexpr *right)
{
	struct tagexpr *x = xalloc(sizeof(*x));

	*x = (struct tagexpr){ .kind = kind, .left = left, .right = right };
	return x;
}

static void complain(struct parser *p, const char *what)
{
	if (p->why)
		return;
	if (*p->at)
		p->why = xasprintf("expression '%s': %s at '%s'", p->text, what,
				   p->at);
	else
		p->why = xasprintf("expression '%s': %s at the end", p->text, what);
}

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

static void unknown_word(struct parser *p, const char *word)
{
	struct nearest near = { .wanted = word };
	size_t n;
	const struct tag *tags = tag_table(&n);

	for (size_t i = 0; i < n; i++)
		nearest_offer(&near, tags[i].name);
	for (size_t i = 0; i < registry_size; i++)
		nearest_offer(&near, registry[i].name);
	if (near.best)
		p->why = xasprintf("unknown tag or stressor '%s', did you mean '%s'?",
				   word, near.best);
	else
		p->why = xasprintf("unknown tag or stressor '%s'", word);
}

static struct tagexpr *parse_word(struct parser *p)
{
	size_t n = strcspn(p->at, " \t!&|,()");
	struct tagexpr *x;

	if (!n) {
		complain(p, "a word is missing");
		return NULL;
	}
	x = node('w', NULL, NULL);
	x->word = xalloc(n + 1);
	memcpy(x->word, p->at, n);
	p->at += n;
	if (!word_known(x->word))
		unknown_word(p, x->word);
	return x;
}

static struct tagexpr *parse_not(struct parser *p)
{
	struct tagexpr *x;

	skip_blanks(p);
	if (++p->depth > DEPTH_MAX) {
		complain(p, "nested too deeply");
		return NULL;
	}
	if (*p->at == '!') {
		p->at++;
		x = node('!', parse_not(p), NULL);
	} else if (*p->at == '(') {
		p->at++;
		x = parse_or(p);
		if (*p->at == ')')
			p->at++;
		else
			complain(p, "')' is missing");
	} else {
		x = parse_word(p);
	}
	p->depth--;
	skip_blanks(p);
	return x;
}

static struct tagexpr *parse_and(struct parser *p)
{
	struct tagexpr *x = parse_not(p);

	while (!p->why && *p->at == '&') {
		p->at++;
		x = node('&', x, parse_not(p));
	}
	return x;
}

static struct tagexpr *parse_or(struct parser *p)
{
	struct tagexpr *x = parse_and(p);

	while (!p->why && (*p->at == '|' || *p->at == ',')) {
		p->at++;
		x = node('|', x, parse_and(p));
	}
	return x;
}

struct tagexpr *tagexpr_parse(const char *text, char **why)
{
	struct parser p = { .text = text, .at = text };
	struct tagexpr *x = parse_or(&p);

	if (!p.why && *p.at)
		complain(&p, "'&' or '|' is missing");
	if (!p.why)
		return x;
	*why = p.why;
	tagexpr_free(x);
	return NULL;
}

void tagexpr_free(struct tagexpr *x)
{
	if (!x)
		return;
	tagexpr_free(x->left);
	tagexpr_free(x->right);
	free(x->word);
	free(x);
}

bool tagexpr_matches(const struct tagexpr *x, const struct entry *e)
{
	switch (x->kind) {
	case '!':
		return !tagexpr_matches(x->left, e);
	case '&':
		return tagexpr_matches(x->left, e) && tagexpr_matches(x->right, e);
	case '|':
		return tagexpr_matches(x->left, e) || tagexpr_matches(x->right, e);
	default:
		return !strcmp(x->word, "all") || registry_tagged(e, x->word);
	}
}

/* Does @word stand in the expression, under an even number of '!'? */
static bool says(const struct tagexpr *x, const char *word, bool negated)
{
	if (!x)
		return false;
	if (x->kind == 'w')
		return !negated && !strcmp(x->word, word);
	if (x->kind == '!')
		negated = !negated;
	return says(x->left, word, negated) || says(x->right, word, negated);
}

bool tagexpr_selects(const struct tagexpr *x, const struct entry *e)
{
	size_t n;
	const struct tag *tags = tag_table(&n);

	if (!tagexpr_matches(x, e))
		return false;
	if (says(x, e->name, false))
		return true;
	for (size_t i = 0; i < n; i++)
		if (tags[i].opt_in && registry_tagged(e, tags[i].name) &&
		    !says(x, tags[i].name, false))
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
