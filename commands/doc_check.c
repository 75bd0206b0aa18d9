/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain --doc=check: what the tables promise each other, for `make check`. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "commands/args.h"
#include "commands/doc.h"
#include "commands/stressor_rows.h"
#include "core/tagexpr.h"

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-"
#define UNIT_LETTERS "KMGT" /* methods may be called hugetlb-2M */

static void complain(struct str *problems, const char *where, const char *name,
		     const char *what)
{
	str_addf(problems, "%s '%s': %s\n", where, name, what);
}

static bool well_formed(const char *name, const char *letters)
{
	return islower((unsigned char)name[0]) && !name[strspn(name, letters)] &&
	       !strstr(name, "--");
}

/* "Maps" is a sentence's first word; "CPUs" and "GiB" are written so. */
static bool begins_sentence(const char *text)
{
	if (!isupper((unsigned char)text[0]))
		return false;
	for (text++; *text && *text != ' '; text++)
		if (!islower((unsigned char)*text))
			return false;
	return true;
}

/* One clause: lower case but for acronyms, no full stop. */
static void check_clause(struct str *problems, const char *where,
			 const char *name, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (!n)
		complain(problems, where, name, "says nothing");
	else if (begins_sentence(text))
		complain(problems, where, name, "does not begin in lower case");
	else if (text[n - 1] == '.' && !(n > 2 && text[n - 2] == '.'))
		complain(problems, where, name, "ends with a full stop");
}

static void check_default(struct str *problems, const char *name,
			  const struct option *row)
{
	struct option alone = *row;
	uint64_t value = 0;
	_cleanup_free_ char *why = NULL;

	alone.offset = 0;
	if (row->def)
		why = option_set(&alone, &value, row->def);
	if (why)
		complain(problems, "default of option", name, why);
	if (row->max && row->min > row->max && row->type != OPTION_I64)
		complain(problems, "option", name, "has an empty range");
	if (row->choices && row->type != OPTION_TEXT)
		complain(problems, "option", name, "has choices but is no text");
}

/* @letters: short options seen so far, by character. */
static void check_row(struct str *problems, const char *prefix,
		      const struct option *row, struct words *names,
		      bool letters[256])
{
	unsigned char letter = (unsigned char)row->letter;
	char name[ARGS_NAME];

	args_name(prefix, row, name);
	if (!well_formed(name, NAME_LETTERS))
		complain(problems, "option", name, "is no good name");
	if (words_has(names, name) || (row->alias && words_has(names, row->alias)))
		complain(problems, "option", name, "is there twice");
	words_add(names, name);
	if (row->alias)
		words_add(names, row->alias);
	if (letter && letters[letter])
		complain(problems, "short option of", name, "is there twice");
	letters[letter] = true;
	check_clause(problems, "help of option", name, row->help);
	check_default(problems, name, row);
}

void doc_check_options(struct str *problems, const char *prefix,
		       const struct option *rows, struct words *names,
		       bool letters[256])
{
	for (const struct option *row = rows; row && row->name; row++)
		check_row(problems, prefix, row, names, letters);
}

static void check_tags(struct str *problems, const struct entry *e)
{
	_cleanup_words_ struct words words = { 0 };
	_cleanup_free_ char *list = doc_tags(e);
	size_t n;
	const struct tag *tags = tag_table(&n);

	words_split(&words, list, " ");
	for (size_t i = 0; i < words.n; i++) {
		bool known = false;

		for (size_t k = 0; k < n; k++)
			known = known || !strcmp(tags[k].name, words.word[i]);
		if (!known)
			complain(problems, "tag", words.word[i],
				 "is not in classes/tags.txt");
	}
}

static void check_methods(struct str *problems, const struct entry *e)
{
	_cleanup_words_ struct words names = { 0 };

	for (const struct method *m = e->stressor->methods; m && m->name; m++) {
		if (!well_formed(m->name, NAME_LETTERS UNIT_LETTERS) || !strcmp(m->name, "all"))
			complain(problems, "method", m->name, "is no good name");
		if (words_has(&names, m->name))
			complain(problems, "method", m->name, "is there twice");
		words_add(&names, m->name);
		check_clause(problems, "summary of method", m->name, m->summary);
	}
}

static void check_measures(struct str *problems, const struct entry *e)
{
	const struct stressor *s = e->stressor;
	_cleanup_words_ struct words names = { 0 };

	for (const struct metric *m = s->metrics; m && m->id; m++) {
		if (!m->name || !m->unit || !*m->unit || words_has(&names, m->id))
			complain(problems, "metric", m->id,
				 "has no name or unit, or is there twice");
		words_add(&names, m->id);
	}
	for (const struct check *c = s->checks; c && c->id; c++) {
		if (!well_formed(c->id, NAME_LETTERS) || words_has(&names, c->id))
			complain(problems, "check", c->id,
				 "is no good name, or is there twice");
		words_add(&names, c->id);
		check_clause(problems, "check", c->id, c->proves);
	}
	if (!s->unsupported && (!s->metrics || !s->checks))
		complain(problems, "stressor", e->name, "has no metric or no check");
}

void doc_check_stressor(struct str *problems, const struct entry *e,
			struct words *names, bool letters[256])
{
	struct stressor_rows core;

	check_clause(problems, "summary of", e->name, e->stressor->summary);
	check_tags(problems, e);
	check_methods(problems, e);
	check_measures(problems, e);
	stressor_rows_init(&core, e);
	doc_check_options(problems, e->name, core.row, names, letters);
	stressor_rows_free(&core);
	doc_check_options(problems, e->name, e->stressor->options, names, letters);
}

static void check_command(struct str *problems, const struct command *c)
{
	_cleanup_words_ struct words names = { 0 };
	bool letters[256] = { false };

	check_clause(problems, "summary of command", c->name, c->summary);
	for (const struct option_group *g = c->groups; g && g->title; g++)
		doc_check_options(problems, NULL, g->rows, &names, letters);
	for (size_t i = 0; c->stressors && i < registry_size; i++)
		doc_check_stressor(problems, &registry[i], &names, letters);
	for (const struct command *const *sub = c->subs; sub && *sub; sub++) {
		size_t n = strlen(c->name);

		if (strncmp((*sub)->name, c->name, n) || (*sub)->name[n] != ' ')
			complain(problems, "command", (*sub)->name,
				 "is not called by the command that it belongs to");
		check_command(problems, *sub);
	}
	if (!c->subs == !c->run)
		complain(problems, "command", c->name,
			 "has neither commands nor something to do, or both");
}

enum exit_code doc_check(const struct command *const *all)
{
	_cleanup_str_ struct str problems = STR_INIT;
	_cleanup_words_ struct words names = { 0 };
	bool letters[256] = { false };

	doc_check_options(&problems, NULL, doc_program_options, &names, letters);
	for (; *all; all++)
		check_command(&problems, *all);
	if (doc_stdout(problems.buf))
		return EXIT_BROKEN;
	return problems.len ? EXIT_FAIL : EXIT_PASS;
}
