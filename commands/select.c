/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/value.h"
#include "core/tagexpr.h"

#define SELECT(field, ...) OPTION(struct select_args, field, __VA_ARGS__)

/* As many as stress-ng starts of one stressor. */
#define WORKERS_MAX 8192

/* clang-format off */
const struct option select_options[] = {
	SELECT(class, .many = true, .arg = "LIST",
	       .help = "run these classes or tags"),
	SELECT(select, .many = true, .arg = "EXPR",
	       .help = "run what this expression selects, as in 'memory & !thp'"),
	SELECT(with, .many = true, .arg = "LIST",
	       .help = "run these stressors"),
	SELECT(exclude, .many = true, .letter = 'x', .arg = "LIST",
	       .help = "leave out these stressors or tags"),
	SELECT(all, .alias = "parallel", .letter = 'a', .arg = "N",
	       .help = "run N workers of every selected stressor, all at once"),
	SELECT(sequential, .alias = "seq", .arg = "N",
	       .help = "run N workers of every selected stressor, one after another"),
	SELECT(permute, .arg = "N",
	       .help = "run N workers of every combination of the selected stressors"),
	SELECT(workers, .arg = "N", .def = "0",
	       .help = "workers where no number is given; 0, -1 and N% as in --NAME N"),
	SELECT(ops, .help = "operations after which every worker stops; 0 no limit"),
	SELECT(job, .many = true, .letter = 'j', .arg = "FILE",
	       .help = "read options from a file, one a line"),
	SELECT(class_path, .many = true, .arg = "DIRS",
	       .help = "more directories with class files"),
	{}
};
/* clang-format on */

static struct args_table *core_table(const struct select *s, size_t i)
{
	return &s->tables[SELECT_TABLE_STRESSORS + 2 * i];
}

static void make_tables(struct select *s, const struct option *own, void *values)
{
	struct args_table *t;

	s->rows = xalloc(registry_size * sizeof(*s->rows));
	t = xalloc((SELECT_TABLE_STRESSORS + 2 * registry_size) * sizeof(*t));
	t[SELECT_TABLE_SETTINGS].rows = run_options;
	t[SELECT_TABLE_SETTINGS].values = &s->settings;
	t[SELECT_TABLE_SELECT].rows = select_options;
	t[SELECT_TABLE_SELECT].values = &s->args;
	t[SELECT_TABLE_OWN].rows = own;
	t[SELECT_TABLE_OWN].values = values;
	s->tables = t;
	for (size_t i = 0; i < registry_size; i++) {
		const struct entry *e = &registry[i];

		stressor_rows_init(&s->rows[i], e);
		t = core_table(s, i);
		t[0].prefix = t[1].prefix = e->name;
		t[0].rows = s->rows[i].row;
		t[0].size = sizeof(struct stressor_args);
		t[1].rows = e->stressor->options;
		t[1].size = e->stressor->opts_size;
	}
	s->parsed.tables = s->tables;
	s->parsed.n_tables = SELECT_TABLE_STRESSORS + 2 * registry_size;
}

const char *select_workers(const char *text, struct selection *s)
{
	_cleanup_free_ char *bare = xstrdup(text);
	size_t n = strlen(bare);

	s->workers_percent = n && bare[n - 1] == '%';
	if (s->workers_percent)
		bare[n - 1] = '\0';
	if (value_int(bare, &s->workers))
		return "is not a number of workers";
	if (s->workers_percent && (s->workers < 1 || s->workers > 1000))
		return "is outside of the range 1% to 1000%";
	if (s->workers > WORKERS_MAX)
		return "is outside of the range 0 to 8192, or negative";
	return NULL;
}

static struct tagexpr *expression(const char *option, const char *text)
{
	char *why;
	struct tagexpr *x;

	if (!text)
		return NULL;
	x = tagexpr_parse(text, &why);
	if (!x)
		die(EXIT_USAGE, "option '--%s': %s", option, why);
	return x;
}

/* The parsed expressions of --select, --with and --exclude. */
struct choice {
	struct tagexpr *select, *with, *exclude, *everything;
};

static void choice_init(struct choice *c, const struct select_args *args,
			bool everything)
{
	*c = (struct choice){
		.select = expression("select", args->select),
		.with = expression("with", args->with),
		.exclude = expression("exclude", args->exclude),
		.everything = expression("all", everything ? "all" : NULL),
	};
}

static void choice_free(struct choice *c)
{
	tagexpr_free(c->select);
	tagexpr_free(c->with);
	tagexpr_free(c->exclude);
	tagexpr_free(c->everything);
}

static const struct stressor_args *core_args(const struct select *s, size_t i)
{
	return core_table(s, i)->values;
}

static bool listed(const struct select *s, size_t i)
{
	return core_args(s, i) && core_args(s, i)->workers;
}

static bool any_listed(const struct select *s)
{
	for (size_t i = 0; i < registry_size; i++)
		if (listed(s, i))
			return true;
	return false;
}

static bool chosen(const struct select *s, const struct choice *c, size_t i)
{
	const struct entry *e = &registry[i];

	return listed(s, i) || (c->select && tagexpr_selects(c->select, e)) ||
	       (c->with && tagexpr_selects(c->with, e)) ||
	       (c->everything && tagexpr_selects(c->everything, e));
}

static const char *methods_of(const struct stressor_args *core)
{
	_cleanup_words_ struct words names = { 0 };

	if (!core || !core->method)
		return NULL;
	words_split(&names, core->method, ",");
	return words_has(&names, "all") ? NULL : core->method;
}

static void take(struct select *s, size_t i)
{
	const struct select_args *args = &s->args;
	const struct stressor_args *core = core_args(s, i);
	struct args_table *own = core_table(s, i) + 1;
	struct selection *sel = &s->selected[s->n++];
	const char *workers = args->workers;

	if (args->all)
		workers = args->all;
	if (args->sequential)
		workers = args->sequential;
	if (args->permute)
		workers = args->permute;
	if (listed(s, i))
		workers = core->workers;
	if (select_workers(workers, sel))
		bug("workers '%s' were not checked", workers);
	if (!own->values && own->size) {
		own->values = xalloc(own->size);
		option_defaults(own->rows, own->values);
	}
	sel->entry = &registry[i];
	sel->ops = core && core->ops ? core->ops : args->ops;
	sel->methods = methods_of(core);
	sel->threads = core && core->threads;
	sel->opts = own->values;
}

/* Options of a stressor that does not run are a mistake in the command. */
static void refuse_unused(const struct select *s, size_t i)
{
	const struct args_table *t = core_table(s, i);

	if (t[0].given || t[1].given)
		die(EXIT_USAGE, "options of stressor '%s' are given but it is not selected; add '--%s N'",
		    registry[i].name, registry[i].name);
}

static void choose(struct select *s)
{
	const struct select_args *args = &s->args;
	bool order = args->all || args->sequential || args->permute;
	bool by_word = args->select || args->with;
	struct choice c;

	choice_init(&c, args, order && !by_word && !any_listed(s));
	s->selected = xalloc((registry_size + 1) * sizeof(*s->selected));
	for (size_t i = 0; i < registry_size; i++) {
		bool out = c.exclude && tagexpr_matches(c.exclude, &registry[i]);

		if (!out && chosen(s, &c, i))
			take(s, i);
		else if (!out)
			refuse_unused(s, i);
	}
	choice_free(&c);
	s->order = ORDER_PARALLEL;
	if (args->permute)
		s->order = ORDER_PERMUTE;
	else if (args->sequential || (!args->all && (by_word || args->class)))
		s->order = ORDER_SEQUENTIAL;
}

void select_read(struct select *s, int argc, char **argv,
		 const struct option *own, void *values)
{
	memset(s, 0, sizeof(*s));
	option_defaults(run_options, &s->settings);
	option_defaults(select_options, &s->args);
	option_defaults(own, values);
	make_tables(s, own, values);
	args_parse(&s->parsed, argc, argv);
	select_apply(s);
	choose(s);
}

void select_free(struct select *s)
{
	for (size_t i = SELECT_TABLE_STRESSORS; i < s->parsed.n_tables; i++)
		free(s->tables[i].values);
	for (size_t i = 0; i < registry_size; i++)
		stressor_rows_free(&s->rows[i]);
	args_free(&s->parsed);
	words_free(&s->files);
	free(s->selected);
	free(s->rows);
	free(s->tables);
}
