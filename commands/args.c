/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/args.h"

#include <stdio.h>
#include <string.h>

#include "base/msg.h"
#include "commands/command.h"

const char *args_name(const char *prefix, const struct option *row, char *buf)
{
	char name[OPTION_NAME];

	option_name(row, name);
	snprintf(buf, ARGS_NAME, "%s%s%s", prefix ? prefix : "",
		 prefix && *name ? "-" : "", name);
	return buf;
}

/* The part of @name behind the table's prefix, or NULL. */
static const char *without_prefix(const struct args_table *t, const char *name)
{
	size_t n = t->prefix ? strlen(t->prefix) : 0;

	if (!n)
		return name;
	if (strncmp(name, t->prefix, n))
		return NULL;
	if (!name[n])
		return name + n;
	return name[n] == '-' ? name + n + 1 : NULL;
}

static bool find(const struct args *a, const char *name, struct arg *arg)
{
	for (size_t i = 0; i < a->n_tables; i++) {
		const char *rest = without_prefix(&a->tables[i], name);

		if (!rest)
			continue;
		arg->row = option_find(a->tables[i].rows, rest);
		arg->table = &a->tables[i];
		if (arg->row)
			return true;
	}
	return false;
}

/* The names that are near by kind: of the same stressor, if it names one. */
static void candidates(const struct args *a, const char *name,
		       struct words *names)
{
	char buf[ARGS_NAME];
	bool own = false;

	for (size_t i = 0; i < a->n_tables; i++)
		own = own || (a->tables[i].prefix &&
			      without_prefix(&a->tables[i], name));
	for (size_t i = 0; i < a->n_tables; i++) {
		const struct args_table *t = &a->tables[i];

		if (own && (!t->prefix || !without_prefix(t, name)))
			continue;
		for (const struct option *r = t->rows; r && r->name; r++)
			if (!r->hidden)
				words_add(names, args_name(t->prefix, r, buf));
	}
}

/*
 * The name to propose for an unknown one: the only one that begins with it, or
 * the nearest. NULL, or text to free.
 */
static char *propose(const struct args *a, const char *name)
{
	struct nearest near = { .wanted = name };
	_cleanup_words_ struct words names = { 0 };
	const char *begins = NULL;
	size_t n_begin = 0;

	candidates(a, name, &names);
	for (size_t i = 0; i < names.n; i++) {
		nearest_offer(&near, names.word[i]);
		if (!strncmp(names.word[i], name, strlen(name))) {
			begins = names.word[i];
			n_begin++;
		}
	}
	if (n_begin == 1)
		return xstrdup(begins);
	return xstrdup_or_null(near.best);
}

void args_find(const struct args *a, const char *where, const char *dashes,
	       const char *name, struct arg *arg)
{
	_cleanup_free_ char *best = NULL;

	if (*name && find(a, name, arg))
		return;
	best = propose(a, name);
	if (best)
		die(EXIT_USAGE, "%sunknown option '%s%s', did you mean '%s%s'?",
		    where, dashes, name, dashes, best);
	die(EXIT_USAGE, "%sunknown option '%s%s'", where, dashes, name);
}

static bool wants_value(const struct option *row)
{
	return row->type != OPTION_BOOL && !row->optional_arg;
}

static void add(struct args *a, const struct arg *arg)
{
	a->arg = xrealloc(a->arg, (a->n + 1) * sizeof(*a->arg));
	a->arg[a->n++] = *arg;
}

/* --name, --name=value or --name value; returns how many words it took. */
static int parse_long(struct args *a, char **argv)
{
	const char *text = argv[0] + 2, *equal = strchr(text, '=');
	_cleanup_free_ char *name = xstrdup(text);
	struct arg arg = { 0 };

	if (equal)
		name[equal - text] = '\0';
	args_find(a, "", "--", name, &arg);
	arg.value = equal ? equal + 1 : NULL;
	if (!equal && wants_value(arg.row)) {
		if (!argv[1])
			die(EXIT_USAGE, "option '--%s' needs a value", name);
		arg.value = argv[1];
	}
	add(a, &arg);
	return !equal && arg.value ? 2 : 1;
}

static bool find_letter(const struct args *a, char letter, struct arg *arg)
{
	for (size_t i = 0; i < a->n_tables; i++)
		for (const struct option *r = a->tables[i].rows; r && r->name; r++)
			if (r->letter == letter) {
				*arg = (struct arg){ &a->tables[i], r, NULL };
				return true;
			}
	return false;
}

/* -t value, -tvalue, -nq; returns how many words it took. */
static int parse_short(struct args *a, char **argv)
{
	for (const char *p = argv[0] + 1; *p; p++) {
		struct arg arg;

		if (!find_letter(a, *p, &arg))
			die(EXIT_USAGE, "unknown option '-%c'", *p);
		if (!wants_value(arg.row)) {
			add(a, &arg);
			continue;
		}
		arg.value = p[1] ? p + 1 : argv[1];
		if (!arg.value)
			die(EXIT_USAGE, "option '-%c' needs a value", *p);
		add(a, &arg);
		return p[1] ? 1 : 2;
	}
	return 1;
}

void args_parse(struct args *a, int argc, char **argv)
{
	int i = 1;

	while (i < argc) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		if (!strncmp(argv[i], "--", 2))
			i += parse_long(a, argv + i);
		else if (argv[i][0] == '-' && argv[i][1])
			i += parse_short(a, argv + i);
		else
			words_add(&a->words, argv[i++]);
	}
	while (i < argc)
		words_add(&a->words, argv[i++]);
}

void args_tables(struct args *a, const struct option_group *groups, void *values)
{
	size_t n = 0;

	while (groups[n].title)
		n++;
	a->tables = xalloc(n * sizeof(*a->tables));
	a->n_tables = n;
	a->made = true;
	for (size_t i = 0; i < n; i++) {
		a->tables[i] = (struct args_table){ .rows = groups[i].rows,
						    .values = values };
		if (values)
			option_defaults(groups[i].rows, values);
	}
}

void args_read(struct args *a, const struct option_group *groups, void *values,
	       int argc, char **argv)
{
	args_tables(a, groups, values);
	args_parse(a, argc, argv);
	args_set_all(a);
}

void args_free(struct args *a)
{
	if (a->made)
		free(a->tables);
	free(a->arg);
	words_free(&a->words);
}

void args_set(const char *where, const char *dashes, const struct arg *arg)
{
	struct args_table *t = arg->table;
	_cleanup_free_ char *why = NULL;
	char name[ARGS_NAME];

	if (!t->values) {
		t->values = xalloc(t->size);
		option_defaults(t->rows, t->values);
	}
	t->given = true;
	why = option_set(arg->row, t->values, arg->value);
	if (!why)
		return;
	args_name(t->prefix, arg->row, name);
	die(EXIT_USAGE, "%soption '%s%s'%s %s", where, dashes, name,
	    arg->value ? ":" : "", why);
}

void args_set_all(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		args_set("", "--", &a->arg[i]);
}

void args_words_max(const struct args *a, size_t max)
{
	if (a->words.n > max)
		die(EXIT_USAGE, "what is '%s'? nothing more was expected",
		    a->words.word[max]);
}
