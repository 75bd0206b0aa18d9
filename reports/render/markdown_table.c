/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/render/markdown.h"

#include <ctype.h>
#include <string.h>

static bool word_before(const char *start, const char *at)
{
	return at > start && isalnum((unsigned char)at[-1]);
}

char *markdown_text(const char *text)
{
	_cleanup_free_ char *clean = text_clean(text);
	struct str s = STR_INIT;

	for (const char *at = clean; *at; at++) {
		bool inside = word_before(clean, at) && isalnum((unsigned char)at[1]);

		if (*at == '@' && !word_before(clean, at)) {
			str_add(&s, "(at)"); /* no markup keeps it from being one */
			continue;
		}
		if (*at == '&' || *at == '<' || *at == '>') {
			str_add(&s, *at == '&' ? "&amp;" : *at == '<' ? "&lt;" : "&gt;");
			continue;
		}
		if (strchr("\\`*[]|~$", *at) || (*at == '_' && !inside) ||
		    (*at == '#' && at == clean))
			str_add(&s, "\\");
		str_add_n(&s, at, 1);
	}
	return str_take(&s);
}

void markdown_table(struct markdown_table *t, const char *const *titles)
{
	*t = (struct markdown_table){ 0 };
	while (titles[t->columns])
		t->columns++;
	t->right = xalloc(t->columns * sizeof(*t->right));
	for (size_t i = 0; i < t->columns; i++) {
		t->right[i] = *titles[i] == '>';
		markdown_cell_text(t, titles[i] + t->right[i]);
	}
}

void markdown_cell(struct markdown_table *t, char *text)
{
	if (!(t->n & (t->n - 1)))
		t->cell = xrealloc(t->cell, (t->n ? 2 * t->n : 1) * sizeof(*t->cell));
	t->cell[t->n++] = text;
}

void markdown_cell_text(struct markdown_table *t, const char *text)
{
	markdown_cell(t, markdown_text(text));
}

/* Characters, not bytes. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static void pad(FILE *out, size_t n, char with)
{
	while (n--)
		fputc(with, out);
}

static void rule(const struct markdown_table *t, const size_t *widths, FILE *out)
{
	for (size_t c = 0; c < t->columns; c++) {
		fputs(c ? " | " : "| ", out);
		pad(out, widths[c] - t->right[c], '-');
		fputs(t->right[c] ? ":" : "", out);
	}
	fputs(" |\n", out);
}

static void print(const struct markdown_table *t, const size_t *widths, FILE *out)
{
	for (size_t i = 0; i < t->n; i++) {
		size_t c = i % t->columns, blanks = widths[c] - width(t->cell[i]);

		fputs(c ? " | " : "| ", out);
		pad(out, t->right[c] ? blanks : 0, ' ');
		fputs(t->cell[i], out);
		pad(out, t->right[c] ? 0 : blanks, ' ');
		if (c + 1 < t->columns)
			continue;
		fputs(" |\n", out);
		if (i + 1 == t->columns)
			rule(t, widths, out);
	}
}

void markdown_table_end(struct markdown_table *t, FILE *out)
{
	size_t *widths = xalloc(t->columns * sizeof(*widths));

	for (size_t i = 0; i < t->columns; i++)
		widths[i] = 3; /* the shortest rule */
	for (size_t i = 0; i < t->n; i++)
		if (width(t->cell[i]) > widths[i % t->columns])
			widths[i % t->columns] = width(t->cell[i]);
	if (t->n > t->columns) {
		fputc('\n', out);
		print(t, widths, out);
	}
	for (size_t i = 0; i < t->n; i++)
		free(t->cell[i]);
	free(t->cell);
	free(t->right);
	free(widths);
}
