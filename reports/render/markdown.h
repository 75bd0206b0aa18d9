/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of render_markdown.c: text of documents in GitHub's dialect, and
 * tables whose source reads well too.
 */
#ifndef STRAIN_REPORTS_RENDER_MARKDOWN_H
#define STRAIN_REPORTS_RENDER_MARKDOWN_H

#include "reports/render/render.h"

/* @text as it is to be read: no markup, no link, no mention of a user, one
 * line. To free. */
char *markdown_text(const char *text);

struct markdown_table {
	size_t columns, n; /* n: cells */
	char **cell;       /* row by row, the first row is the header */
	bool *right;       /* columns of numbers */
};

/* @titles begin with '>' where the column is right-aligned; NULL ends. */
void markdown_table(struct markdown_table *t, const char *const *titles);
/* The next cell; @text is markup already and is taken over. */
void markdown_cell(struct markdown_table *t, char *text);
void markdown_cell_text(struct markdown_table *t, const char *text);
/* Prints it with an empty line before, unless it has the header only; frees. */
void markdown_table_end(struct markdown_table *t, FILE *out);

void markdown_comparison(const json_t *comparison, FILE *out);

#endif
