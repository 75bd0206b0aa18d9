/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manual pages: the prose of man/PAGE.in with its marks filled from the
 * tables. A mark is a line of its own: @COMMANDS@, @PROGRAM@, @OPTIONS run@,
 * @SUBCOMMANDS matrix@, @ANY@, @STRESSORS@, @TAGS@, @CLASSES@, @FILESYSTEMS@, @COUNTERS@.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/doc.h"
#include "core/class.h"
#include "core/counter.h"
#include "core/embedded.h"
#include "core/fskind.h"
#include "core/tagexpr.h"

/* Characters that mean something to roff. */
static void man_escape(struct str *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		switch (text[i]) {
		case '\\':
			str_add(out, "\\e");
			break;
		case '"':
			str_add(out, "\\(dq");
			break;
		case '-': /* stays what the shell knows as one */
			str_add(out, "\\-");
			break;
		default:
			str_add_n(out, &text[i], 1);
		}
}

/* An argument of a macro, even when it has blanks or a macro's name. */
static void man_arg(struct str *out, const char *text)
{
	str_add(out, " \"\\&");
	man_escape(out, text, strlen(text));
	str_add(out, "\"");
}

static bool ends_sentence(const char *word, size_t n)
{
	return n > 1 && strchr(".!?", word[n - 1]);
}

/* Letters of @text as man_escape() writes them. */
static size_t written(const char *text, size_t n)
{
	size_t letters = n;

	for (size_t i = 0; i < n; i++)
		letters += text[i] == '"' ? 3 : text[i] == '-' || text[i] == '\\';
	return letters;
}

/* Text lines: short, each sentence on a new one, none taken for a macro. */
static void man_words(struct str *out, const char *text)
{
	size_t column = 0;

	while (*(text += strspn(text, " \t\n"))) {
		size_t n = strcspn(text, " \t\n"), letters = written(text, n);

		if (column && column + letters > 78) {
			str_add(out, "\n");
			column = 0;
		}
		if (column)
			str_add(out, " ");
		else if (*text == '.' || *text == '\'')
			str_add(out, "\\&");
		man_escape(out, text, n);
		column += letters + 1;
		if (ends_sentence(text, n)) {
			str_add(out, "\n");
			column = 0;
		}
		text += n;
	}
	if (column)
		str_add(out, "\n");
}

/* A clause of a table as a sentence. */
static void man_sentence(struct str *out, const char *clause)
{
	_cleanup_free_ char *text = xasprintf("%s.", clause);

	text[0] = (char)toupper((unsigned char)text[0]);
	man_words(out, text);
}

static void man_section(struct str *out, const char *title)
{
	str_add(out, ".Pp\n.Sy");
	man_arg(out, title);
	str_add(out, "\n");
}

static void man_begin(struct str *out)
{
	str_add(out, ".Bl -tag -width Ds\n");
}

static void man_end(struct str *out)
{
	str_add(out, ".El\n");
}

static void man_row(struct str *out, const char *term, const char *text)
{
	str_add(out, ".It Cm");
	man_arg(out, term);
	str_add(out, "\n");
	man_words(out, text);
}

static void man_option(struct str *out, const struct doc_option *o)
{
	str_add(out, ".It");
	if (o->letter)
		str_addf(out, " Fl %c ,", o->letter);
	str_addf(out, " Fl -%s", o->name);
	if (o->alias)
		str_addf(out, " , Fl -%s", o->alias);
	if (o->arg && o->optional_arg)
		str_addf(out, " Ns Op = Ns Ar \"%s\"", o->arg);
	else if (o->arg)
		str_addf(out, " Ar \"%s\"", o->arg);
	str_add(out, "\n");
	man_words(out, o->text);
}

static void man_paragraph(struct str *out, const char *text)
{
	str_add(out, ".Pp\n");
	man_words(out, text);
}

const struct doc_style doc_man = {
	.section = man_section,
	.begin = man_begin,
	.option = man_option,
	.row = man_row,
	.end = man_end,
	.paragraph = man_paragraph,
};

static void man_stressors(struct str *out)
{
	for (size_t i = 0; i < registry_size; i++) {
		const struct entry *e = &registry[i];

		str_addf(out, ".Ss %s\n", e->name);
		man_words(out, e->stressor->summary);
		doc_stressor(out, &doc_man, e);
	}
}

static void man_groups(struct str *out, const struct command *c)
{
	for (const struct option_group *g = c->groups; g && g->title; g++) {
		str_addf(out, ".Ss %s\n", g->title);
		man_begin(out);
		doc_options(out, &doc_man, NULL, g->rows);
		man_end(out);
	}
}

/* A section for each command of @c; those of its options are no deeper. */
static void man_subcommands(struct str *out, const struct command *c)
{
	for (const struct command *const *sub = c->subs; *sub; sub++) {
		_cleanup_words_ struct words lines = { 0 };

		str_addf(out, ".Ss strain %s\n.Dl strain %s%s ", (*sub)->name,
			 (*sub)->name, (*sub)->groups ? " [OPTION]..." : "");
		man_escape(out, (*sub)->words, strlen((*sub)->words));
		str_add(out, "\\&\n.Pp\n");
		man_sentence(out, (*sub)->summary);
		words_split(&lines, (*sub)->details ? (*sub)->details : "", "\n");
		for (size_t i = 0; i < lines.n; i++)
			man_paragraph(out, lines.word[i]);
		for (const struct option_group *g = (*sub)->groups; g && g->title; g++) {
			man_section(out, g->title);
			man_begin(out);
			doc_options(out, &doc_man, NULL, g->rows);
			man_end(out);
		}
	}
}

static void man_class(void *ctx, const char *name, const struct job *job)
{
	if (!strcmp(job->source, "built in"))
		man_row(ctx, name, job->about);
}

static void man_named(void *ctx, const char *name, const char *text)
{
	man_row(ctx, name, text);
}

static void man_list(struct str *out, const char *mark,
		     const struct command *const *all)
{
	size_t n;
	const struct tag *tags = tag_table(&n);

	man_begin(out);
	if (!strcmp(mark, "COMMANDS"))
		for (; *all; all++)
			man_row(out, (*all)->name, (*all)->summary);
	else if (!strcmp(mark, "PROGRAM"))
		doc_options(out, &doc_man, NULL, doc_program_options);
	else if (!strcmp(mark, "ANY"))
		doc_any_stressor(out, &doc_man);
	else if (!strcmp(mark, "TAGS"))
		for (size_t i = 0; i < n; i++)
			man_row(out, tags[i].name, tags[i].meaning);
	else if (!strcmp(mark, "CLASSES"))
		class_each(NULL, man_class, out);
	else if (!strcmp(mark, "COUNTERS"))
		counter_sources(man_named, out);
	else if (!strcmp(mark, "FILESYSTEMS"))
		for (const struct fskind *k = fskinds; k->name; k++)
			man_row(out, k->name, k->summary);
	else
		bug("manual page has the unknown mark '%s'", mark);
	man_end(out);
}

static void man_mark(struct str *out, const char *mark,
		     const struct command *const *all)
{
	const struct command *c;

	if (!strcmp(mark, "STRESSORS")) {
		man_stressors(out);
	} else if (!strncmp(mark, "OPTIONS ", 8)) {
		c = command_find(all, mark + 8);
		if (!c)
			bug("manual page wants options of '%s'", mark + 8);
		man_groups(out, c);
	} else if (!strncmp(mark, "SUBCOMMANDS ", 12)) {
		c = command_find(all, mark + 12);
		if (!c || !c->subs)
			bug("manual page wants commands of '%s'", mark + 12);
		man_subcommands(out, c);
	} else {
		man_list(out, mark, all);
	}
}

static char *man_fill(const struct command *const *all, const char *text)
{
	struct str out = STR_INIT;

	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = xalloc(n + 1);

		memcpy(line, text, n);
		if (n > 2 && line[0] == '@' && line[n - 1] == '@') {
			line[n - 1] = '\0';
			man_mark(&out, line + 1, all);
		} else {
			str_addf(&out, "%s\n", line);
		}
		text += n + (text[n] == '\n');
	}
	return str_take(&out);
}

char *doc_man_page(const struct command *const *all, const char *name)
{
	size_t n = strlen(name);

	/* "strain-run" or "strain-run.1" */
	for (const struct embedded *f = embedded_files; f->name; f++) {
		size_t file = strlen(f->name);

		if (file < 5 || strcmp(f->name + file - 3, ".in") ||
		    strncmp(f->name, name, n))
			continue;
		if (file == n + 3 || (file == n + 5 && f->name[n] == '.'))
			return man_fill(all, f->text);
	}
	return NULL;
}
