/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/msg.h"

void *xalloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		die(EXIT_BROKEN, "no memory for %zu bytes", size);
	return p;
}

void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		die(EXIT_BROKEN, "no memory for %zu bytes", size);
	return p;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xalloc(n), s, n);
}

char *xstrdup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

char *xasprintf(const char *fmt, ...)
{
	struct str s = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	return str_take(&s);
}

static void grow(struct str *s, size_t more)
{
	size_t want = s->len + more + 1;

	if (want <= s->size)
		return;
	if (want < 2 * s->size)
		want = 2 * s->size;
	s->buf = xrealloc(s->size ? s->buf : NULL, want);
	s->size = want;
}

char *str_room(struct str *s, size_t n)
{
	grow(s, n);
	s->len += n;
	s->buf[s->len] = '\0';
	return s->buf + s->len - n;
}

void str_add_n(struct str *s, const char *text, size_t n)
{
	memcpy(str_room(s, n), text, n);
}

void str_add(struct str *s, const char *text)
{
	str_add_n(s, text, strlen(text));
}

void str_addv(struct str *s, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	grow(s, 63); /* nearly always enough, and formatting is dear */
	va_copy(again, ap);
	n = vsnprintf(s->buf + s->len, s->size - s->len, fmt, ap);
	if (n >= 0 && (size_t)n >= s->size - s->len) {
		grow(s, n);
		vsnprintf(s->buf + s->len, n + 1, fmt, again);
	}
	if (n >= 0)
		s->len += n;
	s->buf[s->len] = '\0';
	va_end(again);
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(s, fmt, ap);
	va_end(ap);
}

void str_free(struct str *s)
{
	if (s->size)
		free(s->buf);
	*s = (struct str)STR_INIT;
}

char *str_take(struct str *s)
{
	char *text = s->size ? s->buf : xstrdup("");

	*s = (struct str)STR_INIT;
	return text;
}

static void words_add_n(struct words *w, const char *word, size_t n)
{
	w->word = xrealloc(w->word, (w->n + 1) * sizeof(*w->word));
	w->word[w->n] = xalloc(n + 1);
	memcpy(w->word[w->n++], word, n);
}

void words_add(struct words *w, const char *word)
{
	words_add_n(w, word, strlen(word));
}

void words_split(struct words *w, const char *text, const char *separators)
{
	while (*(text += strspn(text, separators))) {
		size_t n = strcspn(text, separators);

		words_add_n(w, text, n);
		text += n;
	}
}

void words_end(struct words *w)
{
	w->word = xrealloc(w->word, (w->n + 1) * sizeof(*w->word));
	w->word[w->n] = NULL;
}

bool words_has(const struct words *w, const char *word)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->word[i], word))
			return true;
	return false;
}

void words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->word[i]);
	free(w->word);
	*w = (struct words){ 0 };
}

bool str_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

bool word_in(const char *list, const char *word)
{
	size_t n = strlen(word);

	if (!n) /* strstr() would find it at the end, and go on behind */
		return false;
	for (const char *at = list; at && (at = strstr(at, word)); at++)
		if ((at == list || at[-1] == ' ') &&
		    (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

static size_t word_length(const char *at)
{
	size_t n = 0;

	while (at[n] && at[n] != ' ')
		n++;
	return n;
}

bool words_meet(const char *a, const char *b)
{
	for (size_t n; (n = word_length(a)) || *a; a += n + !n) {
		const char *at = b;

		for (size_t m; n && ((m = word_length(at)) || *at); at += m + !m)
			if (m == n && !memcmp(a, at, n))
				return true;
	}
	return false;
}

size_t str_numbers(const char *text, uint64_t *number, size_t n)
{
	size_t found = 0;

	for (; found < n; found++) {
		while (*text == ' ' || *text == '\t')
			text++;
		if (*text < '0' || *text > '9')
			break;
		for (number[found] = 0; *text >= '0' && *text <= '9'; text++)
			number[found] = number[found] * 10 + (uint64_t)(*text - '0');
	}
	return found;
}

static unsigned min2(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Three rolling rows of the alignment table; names longer than that differ. */
#define NAME_LONGEST 63

static bool differ(char a, char b)
{
	return tolower((unsigned char)a) != tolower((unsigned char)b);
}

static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][NAME_LONGEST + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > NAME_LONGEST || m > NAME_LONGEST)
		return NAME_LONGEST;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3];
		const unsigned *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = min2(min2(up[j] + 1, row[j - 1] + 1),
				      up[j - 1] + differ(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && !differ(a[i - 1], b[j - 2]) &&
			    !differ(a[i - 2], b[j - 1]))
				row[j] = min2(row[j], up2[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

void nearest_offer(struct nearest *n, const char *name)
{
	unsigned d = distance(n->wanted, name);
	size_t longer = strlen(n->wanted);

	if (strlen(name) > longer)
		longer = strlen(name);
	if (d > 1 + longer / 3 || d >= longer)
		return;
	if (!n->best || d < n->distance) {
		n->best = name;
		n->distance = d;
	}
}
