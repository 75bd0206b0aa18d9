/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions over words: `memory & !danger | (io)`. '!' binds tightest, then
 * '&', then '|'; ',' is the same as '|'. What a word means its user says.
 */
#ifndef STRAIN_CORE_BOOLEXPR_H
#define STRAIN_CORE_BOOLEXPR_H

#include <stdbool.h>

/* '!' has only .left; a word ('w') has none. */
struct boolexpr {
	char kind; /* 'w', '!', '&', '|' */
	char *word;
	struct boolexpr *left, *right;
};

/*
 * @wrong says what is wrong with a word, a message to free, or NULL: nothing.
 * NULL with one line in @why to free: what is wrong and where.
 */
struct boolexpr *boolexpr_parse(const char *text,
				char *(*wrong)(void *ctx, const char *word),
				void *ctx, char **why);
bool boolexpr_holds(const struct boolexpr *x,
		    bool (*holds)(void *ctx, const char *word), void *ctx);
/* Does @word stand in the expression, under an even number of '!'? */
bool boolexpr_says(const struct boolexpr *x, const char *word);
void boolexpr_free(struct boolexpr *x);

#endif
