/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents as --help prints them: plain text, of at most 80 columns. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "commands/doc.h"

#define LEFT 2
#define RIGHT 28 /* column of the explanations */
#define RIGHT_MAX 36
#define NARROWEST 40

static unsigned columns = 80, right_most = RIGHT;

void doc_columns(unsigned n)
{
	columns = !n ? UINT_MAX : n < NARROWEST ? NARROWEST : n;
}

void doc_terms(unsigned widest)
{
	widest += LEFT + 2;
	right_most = widest < RIGHT ? RIGHT : widest < RIGHT_MAX ? widest : RIGHT_MAX;
}

static void blanks(struct str *out, unsigned n)
{
	str_addf(out, "%*s", (int)n, "");
}

void doc_wrap(struct str *out, const char *text, unsigned indent,
	      unsigned column)
{
	bool fresh = true;

	while (*(text += strspn(text, " \t\n"))) {
		unsigned n = strcspn(text, " \t\n");

		if (!fresh && column + 1 + n > columns) {
			str_add(out, "\n");
			blanks(out, indent);
			column = indent;
			fresh = true;
		}
		if (!fresh) {
			str_add(out, " ");
			column++;
		}
		str_add_n(out, text, n);
		column += n;
		text += n;
		fresh = false;
	}
	str_add(out, "\n");
}

static void text_section(struct str *out, const char *title)
{
	str_addf(out, "\n%s:\n", title);
}

static void text_nothing(struct str *out)
{
	(void)out;
}

/* A path may be too long for the right column: then further to the left. */
static unsigned right_column(const char *text)
{
	unsigned right = right_most;

	while (*(text += strspn(text, " \t\n"))) {
		unsigned n = strcspn(text, " \t\n");

		if (n > columns - right_most)
			right = LEFT + 4;
		text += n;
	}
	return right;
}

static void text_row(struct str *out, const char *term, const char *text)
{
	unsigned n = LEFT + strlen(term), right = right_column(text);

	blanks(out, LEFT);
	if (columns == UINT_MAX && *text && n + 2 > right) {
		str_addf(out, "%s  %s\n", term, text); /* a line each, for grep */
		return;
	}
	if (!*text || n + 2 > right) {
		doc_wrap(out, term, LEFT + 4, LEFT);
		blanks(out, *text ? right : 0);
	} else {
		str_add(out, term);
		blanks(out, right - n);
	}
	if (*text)
		doc_wrap(out, text, right, right);
}

static void text_option(struct str *out, const struct doc_option *o)
{
	_cleanup_str_ struct str term = STR_INIT;

	if (o->letter)
		str_addf(&term, "-%c, ", o->letter);
	str_addf(&term, "--%s", o->name);
	if (o->alias)
		str_addf(&term, ", --%s", o->alias);
	if (o->arg)
		str_addf(&term, o->optional_arg ? "[=%s]" : " %s", o->arg);
	text_row(out, term.buf, o->text);
}

static void text_paragraph(struct str *out, const char *text)
{
	doc_wrap(out, text, 0, 0);
}

const struct doc_style doc_text = {
	.section = text_section,
	.begin = text_nothing,
	.option = text_option,
	.row = text_row,
	.end = text_nothing,
	.paragraph = text_paragraph,
};
