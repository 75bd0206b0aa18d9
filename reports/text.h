/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report as plain text: the table that ends a run, and what later commands
 * show of a report file. Made of the summary, so that there is one way from
 * the events of a run to the words a person reads.
 */
#ifndef STRAIN_REPORTS_TEXT_H
#define STRAIN_REPORTS_TEXT_H

#include "reports/json.h"

struct text_style {
	unsigned width; /* columns, at least 80 */
	bool wrap;      /* sentences too; a pipe gets each in one line, for grep */
	bool colour;
	bool metrics;   /* all metrics and counters of every case */
	bool quiet;     /* only cases that did not pass, and what is wrong */
};

/* For what is written to @fd: its width, colour only on a terminal that has it
 * (no NO_COLOR, TERM not dumb). */
struct text_style text_style(int fd);
/* Can @fd be drawn on (a terminal, TERM not dumb)? Its width, or 0. */
unsigned text_terminal(int fd);

/* @path of the report for the last line, or NULL. */
void report_text(const json_t *doc, const char *path,
		 const struct text_style *style, FILE *out);

/* --- for the parts of the renderer and its siblings ------------------------ */

enum text_colour { TEXT_PLAIN, TEXT_GOOD, TEXT_BAD, TEXT_ODD };
void text_word(FILE *out, const struct text_style *style, enum text_colour colour,
	       int width, const char *word);
/* @text (NULL: "") without control characters, for a terminal. To free. */
char *text_clean(const char *text);
/* "812 ns", "1.23M faults/s", "0.873"; "-" for a value that is not there. */
char *text_value(double value, const char *unit);
/* Median of the numbers of a list of trials; NaN when there is none. */
double text_median(const json_t *list);
/* Words one after the other, in lines that begin with @indent spaces. */
struct text_wrap {
	FILE *out;
	unsigned width, indent, column;
	unsigned hang; /* how much further lines but the first are indented */
};
void text_wrap_word(struct text_wrap *w, const char *word);
void text_wrap_end(struct text_wrap *w);
/* A line of @before and @text, indented, wrapped where the style says so. The
 * word that ends at @column is there already (0: nothing is). */
void text_sentence(FILE *out, const struct text_style *style, unsigned indent,
		   unsigned column, const char *before, const char *text);
/* Text of a member, "" when there is none; is it @word? */
const char *text_get(const json_t *o, const char *key);
bool text_is(const json_t *o, const char *key, const char *word);
/* Judged ratios and gauges of a case, its notes, and why it did not pass. */
void text_explain(const json_t *doc, const json_t *case_of,
		  const struct text_style *style, FILE *out);
/* The variant whose values the table has; "": there are none. */
const char *text_variant(const json_t *case_of);
/* All metrics and counters of a case. */
void text_metrics(const json_t *case_of, const struct text_style *style, FILE *out);
/* Counters that were asked for and not read, once for all cases. */
void text_missing(const json_t *doc, const struct text_style *style, FILE *out);

#endif
