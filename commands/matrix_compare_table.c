/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many sides in one table, a row a case; the first is the base of all. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands/matrix_compare.h"

#define CELL 24

static const json_t *row_of(const json_t *doc, const json_t *like)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(doc, "metrics"), i, row)
		if (text_is(row, "case", text_get(like, "case")) &&
		    text_is(row, "metric", text_get(like, "metric")) &&
		    text_is(row, "statistic", text_get(like, "statistic")) &&
		    text_is(row, "rate", text_get(like, "rate")) &&
		    text_is(row, "variant", text_get(like, "variant")))
			return row;
	return NULL;
}

/* Largest to smallest of the boots. */
static double spread(const json_t *row, const char *side)
{
	const json_t *list = json_object_get(json_object_get(row, "values"), side);
	double least = INFINITY, most = -INFINITY;
	json_t *value;
	size_t i;

	json_array_foreach(list, i, value) {
		least = fmin(least, json_number_value(value));
		most = fmax(most, json_number_value(value));
	}
	return least > 0 ? most / least - 1 : NAN;
}

static void print_cell(const json_t *doc, const json_t *first, const struct text_style *style,
		       FILE *out)
{
	const json_t *row = row_of(doc, first);
	const char *verdict = row ? text_get(row, "verdict") : "";
	double change = js_get_number(row, "change", NAN);
	char text[40];

	snprintf(text, sizeof(text), "%+.2f %% %s", 100 * change, verdict);
	text_word(out, style, !strcmp(verdict, "regressed") ? TEXT_BAD :
			      !strcmp(verdict, "improved") ? TEXT_GOOD : TEXT_PLAIN,
		  CELL, row ? text : "-");
}

static void print_row(json_t *const *docs, size_t n, const json_t *first,
		      const struct text_style *style, FILE *out)
{
	char text[40];

	snprintf(text, sizeof(text), "%.1f", js_get_number(first, "base", NAN));
	text_word(out, style, TEXT_PLAIN, 34, text_get(first, "case"));
	text_word(out, style, TEXT_PLAIN, 14, text);
	snprintf(text, sizeof(text), "%.3f %%", 100 * spread(first, "base"));
	text_word(out, style, TEXT_PLAIN, 10, text);
	for (size_t i = 0; i < n; i++)
		print_cell(docs[i], first, style, out);
	fputc('\n', out);
}

static const char *label(const json_t *doc, size_t side)
{
	return text_get(json_array_get(json_object_get(doc, "sides"), side), "label");
}

/* "7.3-cloud: 5 regressed, 2 improved, 1 inconclusive, 10 unchanged" */
static void print_counts(const json_t *doc, const struct text_style *style, FILE *out)
{
	const json_t *counts = json_object_get(doc, "counts");
	struct str s = STR_INIT;
	const char *verdict;
	json_t *n;

	json_object_foreach((json_t *)counts, verdict, n)
		str_addf(&s, "%s%lld %s", s.len ? ", " : "",
			 (long long)json_integer_value(n), verdict);
	if (json_array_size(json_object_get(doc, "refused")))
		str_addf(&s, ", %zu not compared",
			 json_array_size(json_object_get(doc, "refused")));
	fprintf(out, "%s: ", label(doc, 1));
	text_sentence(out, style, 4, strlen(label(doc, 1)) + 2, "", s.buf);
	str_free(&s);
}

void matrix_compare_table(json_t *const *docs, size_t n, const struct text_style *style,
			  FILE *out)
{
	json_t *row;
	size_t i;

	text_word(out, style, TEXT_PLAIN, 34, "CASE");
	text_word(out, style, TEXT_PLAIN, 14, label(docs[0], 0));
	text_word(out, style, TEXT_PLAIN, 10, "SPREAD");
	for (i = 0; i < n; i++)
		text_word(out, style, TEXT_PLAIN, CELL, label(docs[i], 1));
	fputc('\n', out);
	json_array_foreach(json_object_get(docs[0], "metrics"), i, row)
		if (js_get_true(row, "primary"))
			print_row(docs, n, row, style, out);
	fprintf(out, "\n%s\n", text_get(json_object_get(docs[0], "order"), "text"));
	for (i = 0; i < n; i++)
		print_counts(docs[i], style, out);
}
