/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain matrix plan: the cells of a matrix file, for people and for CI. */
#include <string.h>
#include <unistd.h>

#include "commands/args.h"
#include "commands/doc.h"
#include "commands/matrix.h"
#include "commands/matrix_built.h"
#include "commands/matrix_check.h"
#include "reports/text.h"
#include "vm-matrix/kernel/kernel.h"

struct plan_args {
	const char *only, *shard, *cache;
	uint32_t shards;
	bool offline, json, github, gitlab, list;
};

#define PLAN(field, ...) OPTION(struct plan_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option choose_options[] = {
	PLAN(only, .arg = "EXPR", .help = "only these cells: patterns of kernels, architectures, machines, command lines, jobs or ids, with '&', '|', '!' and parentheses"),
	PLAN(shard, .arg = "I/N", .help = "only the cells of shard I of N; which one a cell is in depends on nothing but its id and N"),
	PLAN(offline, .help = "fetch nothing: what the archive offers is what its lists in the cache say"),
	PLAN(cache, .arg = "DIR", .help = "folder of fetched kernels, instead of ~/.cache/strain"),
	{}
};

static const struct option output_options[] = {
	PLAN(json, .help = "print the cells as JSON"),
	PLAN(github, .help = "print what a matrix of GitHub Actions takes: a job for each cell"),
	PLAN(gitlab, .help = "print what parallel of GitLab CI takes: a job for each cell"),
	PLAN(shards, .arg = "N", .max = 1000, .help = "with --github and --gitlab: at most N jobs, one for each shard that has cells"),
	PLAN(list, .help = "name the matrix files that are known by name"),
	{}
};
/* clang-format on */

/* --- the table ------------------------------------------------------------------ */

enum { COLUMNS = 5 };

static const char *const titles[COLUMNS] = {
	"kernel", "arch", "machine", "cmdline", "job",
};

static void cell_names(const struct cell_plan *cell, const char *name[COLUMNS])
{
	name[0] = cell->kernel->row.name;
	name[1] = cell->arch;
	name[2] = cell->machine->row.name;
	name[3] = cell->cmdline->row.name;
	name[4] = cell->job->row.name;
}

static void measure(const struct matrix_plan *plan, int width[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++)
		width[i] = (int)strlen(titles[i]);
	for (size_t k = 0; k < plan->n_cells; k++) {
		const char *name[COLUMNS];

		cell_names(&plan->cell[k], name);
		for (int i = 0; i < COLUMNS; i++)
			if ((int)strlen(name[i]) > width[i])
				width[i] = (int)strlen(name[i]);
	}
}

static void print_row(struct str *out, const char *const name[COLUMNS],
		      const int width[COLUMNS], const char *last)
{
	for (int i = 0; i < COLUMNS; i++)
		str_addf(out, "%-*s  ", width[i], name[i]);
	str_addf(out, "%s\n", last);
}

static size_t distinct(const struct matrix_plan *plan, int column)
{
	_cleanup_words_ struct words seen = { 0 };

	for (size_t k = 0; k < plan->n_cells; k++) {
		const char *name[COLUMNS];

		cell_names(&plan->cell[k], name);
		if (!words_has(&seen, name[column]))
			words_add(&seen, name[column]);
	}
	return seen.n;
}

static void print_sum(struct str *out, const struct matrix_plan *plan)
{
	size_t n = plan->n_cells, kernels = distinct(plan, 0), arches = distinct(plan, 1);

	str_addf(out, "%zu cell%s", n, n == 1 ? "" : "s");
	if (n < plan->n_all)
		str_addf(out, " of %zu", plan->n_all);
	if (n)
		str_addf(out, ": %zu kernel%s, %zu architecture%s", kernels,
			 kernels == 1 ? "" : "s", arches, arches == 1 ? "" : "s");
	str_add(out, "\n");
}

/* "6.12.94-cloud-amd64", with the source where the first column does not say it
 * ("6.1.2-mine (./linux)"), or the source alone; to free. */
static char *kernel_text(struct matrix_built *built, const struct cell_plan *cell)
{
	const struct kernel *k = matrix_built(built, cell);
	const char *source = cell->kernel->source;
	_cleanup_free_ char *named = xasprintf("series:%s", cell->kernel->row.name);

	if (!k)
		return xstrdup(source);
	return strcmp(source, named) != 0 ? xasprintf("%s (%s)", k->release, source) :
					    xstrdup(k->release);
}

static enum exit_code print_table(const struct matrix_plan *plan,
				  struct matrix_built *built)
{
	_cleanup_str_ struct str out = STR_INIT;
	int width[COLUMNS];

	measure(plan, width);
	if (*plan->about) {
		_cleanup_free_ char *about = xasprintf("%s: %s", plan->name, plan->about);

		doc_wrap(&out, about, 2, 0);
		str_add(&out, "\n");
	}
	if (plan->n_cells)
		print_row(&out, titles, width, "build in the cache, or source");
	for (size_t k = 0; k < plan->n_cells; k++) {
		_cleanup_free_ char *kernel = kernel_text(built, &plan->cell[k]);
		const char *name[COLUMNS];

		cell_names(&plan->cell[k], name);
		print_row(&out, name, width, kernel);
	}
	if (plan->n_cells)
		str_add(&out, "\n");
	print_sum(&out, plan);
	return doc_stdout(out.buf);
}

/* --- the rest --------------------------------------------------------------------- */

static void add_name(void *ctx, const char *name, const char *about)
{
	doc_text.row(ctx, name, about);
}

static enum exit_code print_list(void)
{
	_cleanup_str_ struct str out = STR_INIT;

	plan_each(add_name, &out);
	return doc_stdout(out.buf);
}

static enum exit_code print_ci(const struct matrix_plan *plan, const struct plan_args *a)
{
	char *why = NULL;
	json_t *doc = a->github ? plan_github(plan, a->shards, &why) :
				  plan_gitlab(plan, a->shards, &why);
	_cleanup_str_ struct str out = STR_INIT;

	if (!doc)
		die(EXIT_USAGE, "%s", why);
	/* one line, as it is put into a variable of the CI system */
	js_line(&out, doc, 17);
	json_decref(doc);
	return doc_stdout(out.buf);
}

static enum exit_code print_json(const struct matrix_plan *plan,
				 struct matrix_built *built)
{
	json_t *doc = plan_json(plan), *cells = json_object_get(doc, "cells");

	for (size_t i = 0; i < plan->n_cells; i++) {
		const struct kernel *k = matrix_built(built, &plan->cell[i]);
		json_t *o = json_object_get(json_array_get(cells, i), "kernel");

		if (!k)
			continue;
		js_set_text(o, "release", k->release);
		js_set_text(o, "package", k->package);
		js_set_text(o, "version", k->package_version);
		js_set_text(o, "digest", k->digest);
	}
	return doc_stdout_json(doc);
}

static enum exit_code print_plan(const struct matrix_plan *plan, const struct plan_args *a)
{
	struct matrix_built *built;
	enum exit_code code;

	if (a->github || a->gitlab)
		return print_ci(plan, a);
	built = matrix_built_open(a->cache);
	code = a->json ? print_json(plan, built) : print_table(plan, built);
	matrix_built_close(built);
	return code;
}

static void check_args(const struct plan_args *a, const struct args *args)
{
	int forms = a->json + a->github + a->gitlab;

	if (a->list && args->words.n)
		die(EXIT_USAGE, "option '--list' takes no matrix file");
	if (!a->list && !args->words.n)
		die(EXIT_USAGE, "which matrix file? 'strain matrix plan --list' names some");
	args_words_max(args, 1);
	if (forms > 1)
		die(EXIT_USAGE, "only one of '--json', '--github' and '--gitlab'");
	if (a->shards && !a->github && !a->gitlab)
		die(EXIT_USAGE, "option '--shards' needs '--github' or '--gitlab'");
	if (a->shards && a->shard)
		die(EXIT_USAGE, "'--shards' makes all shards, '--shard' is one of them");
}

static const struct option_group plan_groups[] = {
	{ "which cells", choose_options },
	{ "output", output_options },
	{}
};

static enum exit_code run_plan_command(const struct command *const *all, int argc,
				       char **argv)
{
	struct plan_args plan_args;
	struct args args = { 0 };
	struct matrix_plan *plan;
	enum exit_code code;

	(void)all;
	args_read(&args, plan_groups, &plan_args, argc, argv);
	doc_columns(text_terminal(STDOUT_FILENO));
	check_args(&plan_args, &args);
	if (plan_args.list) {
		args_free(&args);
		return print_list();
	}
	plan = matrix_choose(&(struct matrix_source){ .cache = plan_args.cache,
						      .offline = plan_args.offline },
			     args.words.word[0], plan_args.only, plan_args.shard);
	matrix_check_cells(plan);
	code = print_plan(plan, &plan_args);
	matrix_plan_free(plan);
	args_free(&args);
	return code;
}

const struct command command_matrix_plan = {
	.name = "matrix plan",
	.summary = "show the cells of a matrix file, or give them to a CI system",
	.words = "MATRIX-FILE",
	.details = "The table names each cell by its five parts, as its id has them with '/' between, and the build of its kernel that is in the cache, or the source as it was typed. No kernel is fetched; the lists of the archive are, when the file asks for the series that it offers and they are older than a day.\n"
		   "Shards are for several machines that share a matrix: each runs one, 'strain matrix merge' joins their documents. A cell's shard depends on its id and the number of shards only, so no cell moves when others come or go; in return shards are not equally large.",
	.groups = plan_groups,
	.offer = plan_each,
	.run = run_plan_command,
};
