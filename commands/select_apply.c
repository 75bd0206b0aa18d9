/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets what class files, job files and the command line say, in this order. */
#include <stddef.h>
#include <string.h>

#include "base/msg.h"
#include "commands/select.h"
#include "core/class.h"
#include "core/tagexpr.h"

/* Classes that name classes that name classes. */
#define FILES_DEEPEST 8

/* --sequential, --all, --permute: of several the last one counts. */
static bool order_row(struct select *s, const struct arg *arg)
{
	size_t field = arg->row->offset;

	if (arg->table != &s->tables[SELECT_TABLE_SELECT] ||
	    (field != offsetof(struct select_args, all) &&
	     field != offsetof(struct select_args, sequential) &&
	     field != offsetof(struct select_args, permute)))
		return false;
	s->args.all = s->args.sequential = s->args.permute = NULL;
	return true;
}

static bool counts_workers(const struct select *s, const struct arg *arg)
{
	if (arg->table == &s->tables[SELECT_TABLE_SELECT])
		return !strcmp(arg->row->name, "workers");
	return arg->table > &s->tables[SELECT_TABLE_OWN] && !*arg->row->name;
}

static void apply(struct select *s, const char *where, const char *dashes,
		  const struct arg *arg)
{
	bool order = order_row(s, arg);
	const char *why = NULL;
	struct selection count;
	char name[ARGS_NAME];

	if (arg->value && (order || counts_workers(s, arg)))
		why = select_workers(arg->value, &count);
	if (why)
		die(EXIT_USAGE, "%soption '%s%s': value '%s' %s", where, dashes,
		    args_name(arg->table->prefix, arg->row, name), arg->value, why);
	args_set(where, dashes, arg);
}

static void apply_job(struct select *s, const struct job *job, unsigned depth);

/* A class is found by its name wherever it lies. */
static void keep_file(struct select *s, const char *name, bool class, const struct job *job)
{
	_cleanup_free_ char *path = class ? xasprintf(CLASS_PLACE "/%s" CLASS_SUFFIX, name) :
					    xstrdup(name);

	if (!job->text)
		return;
	words_add(&s->files, path);
	words_add(&s->files, job->text);
}

static void apply_files(struct select *s, const char *where, bool class,
			const char *list, unsigned depth)
{
	_cleanup_words_ struct words names = { 0 };

	if (depth > FILES_DEEPEST)
		die(EXIT_USAGE, "%sclass or job '%s' includes itself", where, list);
	words_split(&names, list, ",");
	if (!names.n)
		die(EXIT_USAGE, "%soption '--%s' names nothing", where,
		    class ? "class" : "job");
	for (size_t i = 0; i < names.n; i++) {
		struct job job;
		char *why = class ? class_read(names.word[i], s->args.class_path,
					       &job)
				  : job_read(names.word[i], &job);

		if (why)
			die(EXIT_USAGE, "%s%s", where, why);
		keep_file(s, names.word[i], class, &job);
		apply_job(s, &job, depth + 1);
		job_free(&job);
	}
}

/* stress-ng's `run sequential` and `run parallel`. */
static bool run_line(struct select *s, const struct job_line *line)
{
	if (strcmp(line->option, "run") || !line->value)
		return false;
	if (strcmp(line->value, "sequential") && strcmp(line->value, "parallel"))
		return false;
	s->args.all = s->args.sequential = s->args.permute = NULL;
	*(line->value[0] == 's' ? &s->args.sequential : &s->args.all) = "0";
	return true;
}

/* Expressions of several lines are read together later; what is wrong with one
 * is told by its line. */
static void check_expression(const char *where, const struct job_line *line)
{
	struct tagexpr *x;
	char *why;

	if (!line->value || (strcmp(line->option, "select") && strcmp(line->option, "with") &&
			     strcmp(line->option, "exclude")))
		return;
	x = tagexpr_parse(line->value, &why);
	if (!x)
		die(EXIT_USAGE, "%soption '%s': %s", where, line->option, why);
	tagexpr_free(x);
}

static void apply_line(struct select *s, const char *where,
		       const struct job_line *line, unsigned depth)
{
	struct arg arg = { 0 };
	bool class;

	if (run_line(s, line))
		return;
	args_find(&s->parsed, where, "", line->option, &arg);
	check_expression(where, line);
	arg.value = line->value;
	class = !strcmp(line->option, "class");
	if (!line->value && (class || !strcmp(line->option, "job")))
		die(EXIT_USAGE, "%soption '%s' needs a value", where, line->option);
	if (class || !strcmp(line->option, "job"))
		apply_files(s, where, class, line->value, depth);
	else
		apply(s, where, "", &arg);
}

static void apply_job(struct select *s, const struct job *job, unsigned depth)
{
	for (size_t i = 0; i < job->n; i++) {
		_cleanup_free_ char *where = xasprintf("%s line %u: ", job->name,
						       job->line[i].number);

		apply_line(s, where, &job->line[i], depth);
	}
}

static bool is_file_arg(const struct select *s, const struct arg *arg)
{
	return arg->table == &s->tables[SELECT_TABLE_SELECT] &&
	       (!strcmp(arg->row->name, "class") || !strcmp(arg->row->name, "job"));
}

/* A list on the command line replaces the one of a file. */
static void forget_lists(struct select *s)
{
	for (size_t i = 0; i < s->parsed.n; i++) {
		const struct arg *arg = &s->parsed.arg[i];
		struct option one[2] = { *arg->row };

		if (arg->row->many && arg->table->values &&
		    arg->table != &s->tables[SELECT_TABLE_SELECT])
			option_defaults(one, arg->table->values);
	}
}

void select_apply(struct select *s)
{
	struct args *a = &s->parsed;

	for (size_t i = 0; i < a->n; i++)
		if (!strcmp(a->arg[i].row->name, "class_path"))
			args_set("", "--", &a->arg[i]);
	for (size_t i = 0; i < a->n; i++)
		if (is_file_arg(s, &a->arg[i]))
			apply_files(s, "", a->arg[i].row->name[0] == 'c',
				    a->arg[i].value, 0);
	forget_lists(s);
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->arg[i].row->name, "class_path"))
			apply(s, "", "--", &a->arg[i]);
}
