/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growing strings, lists of words and the "did you mean" distance.
 *
 * A struct str is always NUL-terminated once something was added; STR_INIT
 * allocates nothing. Memory that cannot be had ends the program: a stress
 * tool without memory for its own words has nothing useful left to say.
 */
#ifndef STRAIN_BASE_STR_H
#define STRAIN_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct str {
	char *buf; /* owned; never NULL for readers: "" when empty */
	size_t len, size;
};

#define STR_INIT { .buf = (char *)"" }

void str_add(struct str *s, const char *text);
void str_add_n(struct str *s, const char *text, size_t n);
/* Adds @n bytes that the caller fills in at once. */
char *str_room(struct str *s, size_t n);
void str_addf(struct str *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void str_addv(struct str *s, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
/* Frees the text; @s may be used again. */
void str_free(struct str *s);
/* Hands the text over to the caller, who frees it; @s is empty afterwards. */
char *str_take(struct str *s);

/* malloc family that ends the program when there is no memory. */
void *xalloc(size_t size); /* zeroed */
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrdup_or_null(const char *s); /* NULL of NULL */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A list of strings it owns. */
struct words {
	char **word;
	size_t n;
};

void words_add(struct words *w, const char *word);
/* Splits @text at any of @separators, dropping empty words; adds to @w. */
void words_split(struct words *w, const char *text, const char *separators);
bool words_has(const struct words *w, const char *word);
/* Puts a NULL behind the last word, so that .word is an argv. */
void words_end(struct words *w);
void words_free(struct words *w);

/* Are the texts equal? NULL equals only NULL. */
bool str_same(const char *a, const char *b);
/* Is @word one of the space separated words of @list? NULL list: no. */
bool word_in(const char *list, const char *word);
/* Have two such lists a word in common? */
bool words_meet(const char *a, const char *b);
/* Decimal numbers with blanks between, from the start of @text: how many, at most @n. */
size_t str_numbers(const char *text, uint64_t *number, size_t n);

/*
 * Offers names one by one and keeps the nearest to @wanted (optimal string
 * alignment distance, R. A. Wagner, R. Lowrance, JACM 1975; case does not
 * count). Start with
 * { .wanted = ... }; .best stays NULL while nothing is near enough (more than
 * a third of the letters differ).
 */
struct nearest {
	const char *wanted;
	const char *best; /* borrowed from the offer */
	unsigned distance;
};

void nearest_offer(struct nearest *n, const char *name);

/* Frees a char * that leaves its scope. */
static inline void str_freep(char **p)
{
	free(*p);
}

#define _cleanup_free_ __attribute__((cleanup(str_freep)))
#define _cleanup_str_ __attribute__((cleanup(str_free)))
#define _cleanup_words_ __attribute__((cleanup(words_free)))

#endif
