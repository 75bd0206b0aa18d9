/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/boolexpr.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Deeper nesting than any person writes; keeps the recursion bounded. */
#define DEPTH_MAX 64

struct parser {
	const char *text, *at;
	char *(*wrong)(void *ctx, const char *word);
	void *ctx;
	unsigned depth;
	char *why; /* set once; parsing stops */
};

static struct boolexpr *parse_or(struct parser *p);

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t");
}

static struct boolexpr *node(char kind, struct boolexpr *left,
			     struct boolexpr *right)
{
	struct boolexpr *x = xalloc(sizeof(*x));

	*x = (struct boolexpr){ .kind = kind, .left = left, .right = right };
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

static struct boolexpr *parse_word(struct parser *p)
{
	size_t n = strcspn(p->at, " \t!&|,()");
	struct boolexpr *x;

	if (!n) {
		complain(p, "a word is missing");
		return NULL;
	}
	x = node('w', NULL, NULL);
	x->word = xalloc(n + 1);
	memcpy(x->word, p->at, n);
	p->at += n;
	if (!p->why)
		p->why = p->wrong(p->ctx, x->word);
	return x;
}

static struct boolexpr *parse_not(struct parser *p)
{
	struct boolexpr *x;

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

static struct boolexpr *parse_and(struct parser *p)
{
	struct boolexpr *x = parse_not(p);

	while (!p->why && *p->at == '&') {
		p->at++;
		x = node('&', x, parse_not(p));
	}
	return x;
}

static struct boolexpr *parse_or(struct parser *p)
{
	struct boolexpr *x = parse_and(p);

	while (!p->why && (*p->at == '|' || *p->at == ',')) {
		p->at++;
		x = node('|', x, parse_and(p));
	}
	return x;
}

struct boolexpr *boolexpr_parse(const char *text,
				char *(*wrong)(void *ctx, const char *word),
				void *ctx, char **why)
{
	struct parser p = { .text = text, .at = text, .wrong = wrong, .ctx = ctx };
	struct boolexpr *x = parse_or(&p);

	if (!p.why && *p.at)
		complain(&p, "'&' or '|' is missing");
	if (!p.why)
		return x;
	*why = p.why;
	boolexpr_free(x);
	return NULL;
}

void boolexpr_free(struct boolexpr *x)
{
	if (!x)
		return;
	boolexpr_free(x->left);
	boolexpr_free(x->right);
	free(x->word);
	free(x);
}

bool boolexpr_holds(const struct boolexpr *x,
		    bool (*holds)(void *ctx, const char *word), void *ctx)
{
	switch (x->kind) {
	case '!':
		return !boolexpr_holds(x->left, holds, ctx);
	case '&':
		return boolexpr_holds(x->left, holds, ctx) &&
		       boolexpr_holds(x->right, holds, ctx);
	case '|':
		return boolexpr_holds(x->left, holds, ctx) ||
		       boolexpr_holds(x->right, holds, ctx);
	default:
		return holds(ctx, x->word);
	}
}

static bool says(const struct boolexpr *x, const char *word, bool negated)
{
	if (!x)
		return false;
	if (x->kind == 'w')
		return !negated && !strcmp(x->word, word);
	if (x->kind == '!')
		negated = !negated;
	return says(x->left, word, negated) || says(x->right, word, negated);
}

bool boolexpr_says(const struct boolexpr *x, const char *word)
{
	return says(x, word, false);
}
