/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A matrix as text: its cells, what differs between them, what went wrong. */
#include <math.h>
#include <string.h>

#include "vm-matrix/document/render.h"
#include "vm-matrix/document/view.h"

#define TAIL 12 /* lines of a console */
#define INDENT 4

static enum text_colour colour_of(enum matrix_outcome outcome)
{
	switch (outcome) {
	case MATRIX_PASS:
		return TEXT_GOOD;
	case MATRIX_FAIL:
	case MATRIX_PANIC:
	case MATRIX_OOPS:
	case MATRIX_HANG:
		return TEXT_BAD;
	case MATRIX_SKIPPED:
		return TEXT_PLAIN;
	default:
		return TEXT_ODD;
	}
}

/* One sentence of texts that may hold anything. */
static void sentence(FILE *out, const struct text_style *style, unsigned indent,
		     const char *before, const char *text)
{
	_cleanup_free_ char *clean_before = text_clean(before), *clean = text_clean(text);

	text_sentence(out, style, indent, 0, clean_before, clean);
}

/* --- the table of cells ----------------------------------------------------------- */

enum { RELEASE = VIEW_PARTS, BOOT, TIME, CASES, COLUMNS };
#define OUTCOME_WIDTH 11

static const char *const titles[COLUMNS] = {
	"kernel", "arch", "machine", "command line", "job", "release", "boot", "time",
	"cases",
};

/* "33 pass, 4 skip". */
static char *case_counts(const struct view *v, size_t cell)
{
	static const char *const words[] = {
		"fail", "hang", "killed", "broken", "unexpected-pass", "interrupted",
		"expected-fail", "pass", "skip",
	};
	struct str s = STR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = view_count(v, cell, words[i]);

		if (n)
			str_addf(&s, "%s%zu %s", s.len ? ", " : "", n, words[i]);
	}
	return str_take(&s);
}

static char *column(const struct view *v, size_t cell, int column)
{
	const json_t *of = v->cell[cell].cell;

	if (column < VIEW_PARTS)
		return text_clean(view_part(of, (enum view_part)column));
	if (column == RELEASE)
		return text_clean(text_get(json_object_get(of, "kernel"), "release"));
	if (column == BOOT)
		return view_seconds(js_get_number(of, "boot_seconds", 0));
	if (column == TIME)
		return view_seconds(js_get_number(of, "seconds", 0));
	return case_counts(v, cell);
}

/* Is there anything to tell in the column? */
static bool shown(const struct view *v, int c)
{
	if (c < VIEW_PARTS)
		return c == VIEW_KERNEL || v->varies[c];
	for (size_t i = 0; i < v->n; i++) {
		_cleanup_free_ char *text = column(v, i, c);

		if (*text)
			return true;
	}
	return false;
}

static void measure(const struct view *v, int width[COLUMNS])
{
	for (int c = 0; c < COLUMNS; c++) {
		width[c] = shown(v, c) ? (int)strlen(titles[c]) : 0;
		for (size_t i = 0; i < v->n && width[c]; i++) {
			_cleanup_free_ char *text = column(v, i, c);

			if ((int)strlen(text) > width[c])
				width[c] = (int)strlen(text);
		}
	}
}

/* A terminal that is too narrow goes without what the document has anyway. */
static void narrow(int width[COLUMNS], const struct text_style *style)
{
	static const int dispensable[] = { RELEASE, BOOT };
	unsigned total = OUTCOME_WIDTH;

	for (int c = 0; c < COLUMNS; c++)
		total += width[c] ? width[c] + 2 : 0;
	for (size_t i = 0; i < ARRAY_SIZE(dispensable); i++) {
		int *w = &width[dispensable[i]];

		if (!style->wrap || total <= style->width || !*w)
			continue;
		total -= *w + 2;
		*w = 0;
	}
}

static bool is_number(int c)
{
	return c == BOOT || c == TIME;
}

static void add_column(struct str *line, int width, bool right, const char *text)
{
	if (width)
		str_addf(line, "  %*s", right ? width : -width, text);
}

static void print_line(FILE *out, const struct str *line)
{
	size_t n = line->len;

	while (n && line->buf[n - 1] == ' ')
		n--;
	fprintf(out, "%.*s\n", (int)n, line->buf);
}

static void print_cells(const struct view *v, const struct text_style *style, FILE *out)
{
	int width[COLUMNS];
	_cleanup_str_ struct str head = STR_INIT;

	measure(v, width);
	narrow(width, style);
	str_addf(&head, "%-*s", OUTCOME_WIDTH, "outcome");
	for (int c = 0; c < COLUMNS; c++)
		add_column(&head, width[c], is_number(c), titles[c]);
	print_line(out, &head);
	for (size_t i = 0; i < v->n; i++) {
		_cleanup_str_ struct str line = STR_INIT;

		text_word(out, style, colour_of(v->cell[i].outcome), OUTCOME_WIDTH,
			  matrix_outcomes[v->cell[i].outcome]);
		for (int c = 0; c < COLUMNS; c++) {
			_cleanup_free_ char *text = column(v, i, c);

			add_column(&line, width[c], is_number(c), text);
		}
		print_line(out, &line);
	}
}

/* --- cases that differ -------------------------------------------------------------- */

/* "skip in 5.10-cloud, 6.1-cloud; pass in 6.12-cloud". To free. */
static char *who_says_what(const struct view *v, const struct view_job *job, const char *id)
{
	struct str s = STR_INIT;
	_cleanup_words_ struct words said = { 0 };

	for (size_t i = 0; i < job->n; i++) {
		const char *word = view_case(v, job->cell[i], id);
		const char *name = *word ? word : "not there";

		if (!json_object_size(v->cell[job->cell[i]].cases) || words_has(&said, name))
			continue;
		words_add(&said, name);
		str_addf(&s, "%s%s in", s.len ? "; " : "", name);
		for (size_t k = i, n = 0; k < job->n; k++)
			if (json_object_size(v->cell[job->cell[k]].cases) &&
			    !strcmp(view_case(v, job->cell[k], id), word))
				str_addf(&s, "%s %s", n++ ? "," : "",
					 v->cell[job->cell[k]].label);
	}
	return str_take(&s);
}

static void print_differing(const struct view *v, const struct text_style *style, FILE *out)
{
	bool any = false;

	for (size_t j = 0; j < v->n_jobs; j++)
		for (size_t i = 0; i < v->job[j].cases.n; i++) {
			const char *id = v->job[j].cases.word[i];
			_cleanup_free_ char *who = NULL, *before = NULL;

			if (!view_differs(v, &v->job[j], id))
				continue;
			if (!any)
				fputs("\ncases that differ between cells:\n", out);
			any = true;
			who = who_says_what(v, &v->job[j], id);
			before = xasprintf("%s: ", id);
			sentence(out, style, 2, before, who);
		}
}

/* --- what did not pass ---------------------------------------------------------------- */

static void print_tail(const json_t *cell, FILE *out)
{
	const json_t *tail = json_object_get(cell, "console_tail");
	size_t n = json_array_size(tail);

	for (size_t i = n > TAIL ? n - TAIL : 0; i < n; i++) {
		_cleanup_free_ char *line = text_clean(json_string_value(json_array_get(tail, i)));

		fprintf(out, "%*s| %s\n", INDENT, "", line);
	}
}

static bool is_bad(const char *outcome)
{
	return *outcome && strcmp(outcome, "pass") && strcmp(outcome, "skip") &&
	       strcmp(outcome, "expected-fail");
}

static void print_bad_cases(const struct view_cell *c, const struct text_style *style,
			    FILE *out)
{
	const char *id;
	json_t *of;

	json_object_foreach(c->cases, id, of) {
		const char *outcome = text_get(of, "outcome");
		_cleanup_free_ char *before = NULL;

		if (!is_bad(outcome))
			continue;
		before = xasprintf("%s %s: ", outcome, id);
		sentence(out, style, INDENT, before, text_get(of, "reason"));
	}
}

static bool console_helps(enum matrix_outcome outcome)
{
	return outcome != MATRIX_PASS && outcome != MATRIX_SKIPPED && outcome != MATRIX_FAIL;
}

static void print_bad(const struct view *v, const struct text_style *style, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < v->n; i++) {
		const struct view_cell *c = &v->cell[i];
		_cleanup_free_ char *before = NULL;

		if (c->outcome == MATRIX_PASS ||
		    (c->outcome == MATRIX_INTERRUPTED && !json_object_get(c->cell, "started")))
			continue;
		if (!any)
			fputs("\nwhat did not pass:\n", out);
		any = true;
		before = xasprintf("%s %s: ", matrix_outcomes[c->outcome],
				   text_get(c->cell, "id"));
		sentence(out, style, 2, before, text_get(c->cell, "reason"));
		print_bad_cases(c, style, out);
		if (console_helps(c->outcome))
			print_tail(c->cell, out);
	}
}

/* --- all of it -------------------------------------------------------------------------- */

static void print_head(const struct view *v, const struct text_style *style, FILE *out)
{
	const json_t *matrix = json_object_get(v->doc, "matrix");
	_cleanup_free_ char *headline = view_headline(v);
	_cleanup_free_ char *seconds =
		view_seconds(js_get_number(v->doc, "seconds", 0));
	_cleanup_free_ char *name = xasprintf("%s: ", text_get(matrix, "name"));
	_cleanup_free_ char *text = xasprintf("%s%s%s%s", headline, *seconds ? ", in " : "",
					      seconds,
					      js_get_true(v->doc, "sealed") ?
						      "" : " (the matrix did not end)");

	sentence(out, style, 0, name, text);
	fputc('\n', out);
}

static void print_notes(const json_t *doc, const struct text_style *style, FILE *out)
{
	json_t *note;
	size_t i;

	json_array_foreach(json_object_get(doc, "notes"), i, note)
		sentence(out, style, 0, i ? "" : "\nnote: ", json_string_value(note));
}

void matrix_text(const json_t *doc, const struct text_style *style, FILE *out)
{
	struct view v = view_open(doc);

	print_head(&v, style, out);
	print_cells(&v, style, out);
	print_differing(&v, style, out);
	print_bad(&v, style, out);
	print_notes(doc, style, out);
	view_close(&v);
}
