/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bug: a report for the kernel's mailing lists, as plain text with the headers
 * of a mail. What it holds: Documentation/admin-guide/reporting-regressions.rst.
 * Everything is put together first and redacted as one text.
 */
#include "reports/render/bug.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define WIDTH 74

struct bug_opts {
	bool no_redact;
};

/* clang-format off */
const struct option render_bug_options[] = {
	OPTION(struct bug_opts, no_redact,
	       .help = "leave names of hosts and users, their paths, addresses and serial numbers"),
	{}
};
/* clang-format on */

void bug_add(struct bug *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(&b->text, fmt, ap);
	va_end(ap);
}

void bug_text(struct bug *b, const char *text)
{
	_cleanup_free_ char *clean = text_clean(text);

	str_add(&b->text, clean);
}

void bug_title(struct bug *b, const char *title)
{
	str_addf(&b->text, "\n%s\n", title);
	for (size_t i = 0; i < strlen(title); i++)
		str_add(&b->text, "-");
	str_add(&b->text, "\n");
}

static void compose(struct bug *b)
{
	const char *made = js_get_text(json_object_get(b->new, "settings"), "mutate");

	bug_subject(b);
	bug_add(b, b->comparison ? "\nTo: regressions@lists.linux.dev\n"
				   "Cc: linux-kernel@vger.kernel.org\n" :
				   "\nTo: linux-kernel@vger.kernel.org\n");
	bug_add(b, "\nPlease add whom scripts/get_maintainer.pl names for the code in question%s.\n",
		b->comparison ? ", and those who signed the commit off once it is known" :
				"; if an earlier kernel passes it is a regression, and regressions@lists.linux.dev wants to know");
	if (made) {
		bug_add(b, "\nNot to be sent: the failure was made, by --mutate ");
		bug_text(b, made);
		bug_add(b, ", which corrupts what a check observes.\n");
	}
	if (b->comparison)
		bug_change(b);
	if (!b->comparison || b->outcome)
		bug_failures(b);
	bug_log(b, b->new);
	bug_again(b);
	bug_where(b);
	if (b->redact)
		bug_add(b, "\nNames of hosts and users, paths, addresses and serial numbers were replaced; the same one has the same number.\n");
}

/* Sentences are wrapped; lines that begin with a blank, and headers, stay. */
static void print_line(FILE *out, const char *line)
{
	struct text_wrap w = { out, WIDTH, 0, 0, 0 };
	_cleanup_words_ struct words words = { 0 };

	if (strlen(line) <= WIDTH || *line == ' ' || *line == '#' ||
	    !strncmp(line, "Subject:", 8)) {
		fprintf(out, "%s\n", line);
		return;
	}
	words_split(&words, line, " ");
	for (size_t i = 0; i < words.n; i++)
		text_wrap_word(&w, words.word[i]);
	text_wrap_end(&w);
}

static void print_text(FILE *out, char *text)
{
	while (*text) {
		char *end = text + strcspn(text, "\n");
		bool more = *end != '\0';

		*end = '\0';
		print_line(out, text);
		text = end + more;
	}
}

/* Words of the report itself are not taken for names of people. */
static void keep_words(struct redact *r, const struct bug *b)
{
	static const char *const keys[] = { "case", "metric", "variant" };
	size_t i;
	json_t *row;

	for (size_t k = 0; k < b->in->n_reports; k++)
		json_array_foreach(json_object_get(b->in->reports[k], "cases"), i, row) {
			redact_keep(r, text_get(row, "stressor"));
			redact_keep(r, text_get(row, "method"));
		}
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		_cleanup_words_ struct words parts = { 0 };

		words_split(&parts, text_get(b->row, keys[k]), "/@?");
		for (i = 0; i < parts.n; i++)
			redact_keep(r, parts.word[i]);
	}
}

/* Names are learned from what is not printed as well. */
static void learn_names(struct redact *r, const struct bug *b)
{
	size_t i;
	json_t *word;

	keep_words(r, b);
	for (size_t k = 0; k < b->in->n_reports; k++) {
		const json_t *report = b->in->reports[k];

		json_array_foreach(json_object_get(report, "command"), i, word)
			redact_learn(r, json_string_value(word));
		redact_learn(r, text_get(json_object_get(report, "settings"),
					 "temp-path"));
		redact_learn(r, text_get(json_object_get(report, "kernel"),
					 "command_line"));
		redact_learn(r, b->in->paths[k]);
	}
}

static char *finish(struct bug *b)
{
	char *text;

	if (!b->redact)
		return str_take(&b->text);
	redact_learn(b->redact, b->text.buf);
	text = redact_text(b->redact, b->text.buf);
	str_free(&b->text);
	return text;
}

static int render(const struct render_input *in, const void *values, FILE *out,
		  char **why)
{
	const struct bug_opts *opts = values;
	struct bug b = { .in = in, .text = STR_INIT };
	_cleanup_free_ char *text = NULL;

	if (!bug_choose(&b, why))
		return -EINVAL;
	if (!opts->no_redact) {
		b.redact = redact_new();
		learn_names(b.redact, &b);
	}
	compose(&b);
	text = finish(&b);
	redact_free(b.redact);
	print_text(out, text);
	return 0;
}

const struct renderer render_bug = {
	.name = "bug",
	.summary = "a kernel bug report in plain text, without names of hosts and users",
	.sides = true,
	.rows = render_bug_options,
	.size = sizeof(struct bug_opts),
	.render = render,
};
