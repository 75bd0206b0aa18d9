/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of a comparison's text; see compare.h. */
#ifndef STRAIN_REPORTS_COMPARE_COMPARE_PRINT_H
#define STRAIN_REPORTS_COMPARE_COMPARE_PRINT_H

#include "reports/compare/compare.h"
#include "reports/text.h"

struct compare_print {
	const json_t *doc;
	const struct text_style *style;
	const struct compare_show *show;
	FILE *out;
	bool begun; /* something was printed: what comes next keeps a distance */
};

enum text_colour compare_colour(const char *verdict);
/* A bold line with an empty one before it. */
void compare_heading(struct compare_print *p, const char *text);
/* "+3.2", "?" */
void compare_add_percent(struct str *s, double ratio);
/* "fault/anon faults/s", "288k": metric and value of a row. To free. */
char *compare_name_cell(const json_t *row);
char *compare_value_cell(const json_t *number, const char *unit);
/* What differs between the sides, a line each, under @title; nothing if nothing does. */
void compare_print_environment(struct compare_print *p, const char *title);
/* Columns on the screen that a text takes, not bytes. */
unsigned compare_columns(const char *text);
/* Rows that gate, or the others; compare_table.c. */
void compare_print_metrics(struct compare_print *p, bool primary);

#endif
