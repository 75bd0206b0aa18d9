/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain matrix run: all cells of a matrix file. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/file.h"
#include "commands/args.h"
#include "commands/doc.h"
#include "commands/matrix.h"
#include "commands/matrix_check.h"
#include "commands/matrix_job.h"
#include "commands/matrix_progress.h"
#include "commands/matrix_run_crash.h"
#include "reports/text.h"
#include "vm-matrix/cell/schedule.h"
#include "vm-matrix/cell/store.h"
#include "vm-matrix/cell/work.h"
#include "vm-matrix/document/render.h"
#include "vm-matrix/image/image.h"

struct run_args {
	const char *only, *shard, *output, *accel, *cache;
	uint32_t jobs;
	bool rerun, offline, no_state, strict_skip, json, quiet, no_color;
};

#define ROW(field, ...) OPTION(struct run_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option what_options[] = {
	ROW(only, .arg = "EXPR", .help = "cells that the expression names, as in '6.* & amd64 & !rt'"),
	ROW(shard, .arg = "I/N", .help = "the I-th of N parts of the cells"),
	ROW(rerun, .help = "run cells again whose kernel, job, machine and program were run before"),
	ROW(offline, .help = "fetch nothing: kernels come from the cache"),
	{}
};

static const struct option how_options[] = {
	ROW(jobs, .letter = 'j', .arg = "N", .help = "CPUs to use; each cell has as many of its own as its machine; 0 for all"),
	ROW(accel, .choices = "auto tcg kvm", .def = "auto", .help = "acceleration; auto takes KVM where that kernel was seen to boot under it"),
	ROW(no_state, .help = "boot for every cell, and restore no saved machine"),
	ROW(cache, .arg = "DIR", .help = "where kernels, states and results are kept"),
	ROW(strict_skip, .help = "exit with 4 when any cell is skipped"),
	{}
};

static const struct option output_options[] = {
	ROW(output, .letter = 'o', .arg = "DIR", .help = "folder for results, instead of one by the matrix's name in the user's state directory; cells that are finished there are not run again"),
	ROW(json, .help = "print the document as JSON instead of a table"),
	ROW(quiet, .letter = 'q', .help = "print no progress, and only what did not pass"),
	ROW(no_color, .help = "no colour on a terminal; so does NO_COLOR in the environment"),
	{}
};
/* clang-format on */

struct job_row {
	const struct plan_job *of;
	struct cell_job job;
};

struct matrix_run {
	const struct run_args *args;
	struct matrix_plan *plan;
	struct job_row *job;
	size_t n_jobs;
	char *out;
	json_t *doc;
	struct matrix_progress progress;
	uint64_t started, written;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static bool is_interrupted(void)
{
	return interrupted;
}

/* --- jobs ------------------------------------------------------------------- */

static struct cell_job *find_job(struct matrix_run *m, const struct plan_job *of)
{
	for (size_t i = 0; i < m->n_jobs; i++)
		if (m->job[i].of == of)
			return &m->job[i].job;
	return NULL;
}

static void read_jobs(struct matrix_run *m)
{
	matrix_check_cells(m->plan);
	m->job = xalloc((m->plan->n_cells + 1) * sizeof(*m->job));
	for (size_t i = 0; i < m->plan->n_cells; i++) {
		const struct plan_job *of = m->plan->cell[i].job;

		if (of->kind == PLAN_CRASH || find_job(m, of))
			continue;
		m->job[m->n_jobs].of = of;
		matrix_job_of(of, &m->job[m->n_jobs++].job);
	}
}

/* --- cells ------------------------------------------------------------------- */

static enum cell_accel accel_of(const char *word)
{
	return !strcmp(word, "kvm") ? CELL_ACCEL_KVM :
	       !strcmp(word, "tcg") ? CELL_ACCEL_TCG : CELL_ACCEL_AUTO;
}

static void on_note(void *ctx, const char *text)
{
	const struct cell_work *w = ctx;

	warning("%s: %s", w->plan->id, text);
}

/* In a process of its own. */
static int run_cell(void *ctx, size_t item, int say)
{
	struct matrix_run *m = ctx;
	const struct run_args *a = m->args;
	struct cell_work w = {
		.plan = &m->plan->cell[item],
		.job = find_job(m, m->plan->cell[item].job),
		.out = m->out,
		.cache = { .dir = a->cache, .offline = a->offline,
			   .note = a->quiet ? NULL : on_note },
		.accel = accel_of(a->accel), .rerun = a->rerun, .no_state = a->no_state,
		.stop = is_interrupted, .say = say,
	};

	return w.plan->job->kind == PLAN_CRASH ? matrix_run_crash(&w) : cell_work(&w);
}

/* Of a cell that left no result. To free. */
static char *why_none(int status)
{
	if (WIFSIGNALED(status))
		return xasprintf("the process of this cell was killed by signal %d",
				 WTERMSIG(status));
	if (WEXITSTATUS(status) == EXIT_BROKEN) /* what was wrong, it said itself */
		return xstrdup("its result could not be written");
	return xasprintf("the process of this cell ended with status %d", WEXITSTATUS(status));
}

/* What a killed matrix leaves; not for each cell of very many. */
static void write_document(struct matrix_run *m, bool last)
{
	_cleanup_free_ char *path = xasprintf("%s/matrix.json", m->out);
	uint64_t now = clock_now();
	char *why = NULL;

	if (!last && m->written && now - m->written < 2000000000)
		return;
	m->written = now;
	matrix_count(m->doc);
	if (output_document(path, m->doc, &why))
		error("%s", why);
	free(why);
}

static void cell_ended(void *ctx, size_t item, int status)
{
	struct matrix_run *m = ctx;
	const struct cell_plan *plan = &m->plan->cell[item];
	_cleanup_free_ char *folder = cell_work_folder(m->out, plan);
	_cleanup_free_ char *why = NULL;
	json_t *cell = status ? NULL : cell_store_read(folder);

	if (!cell && !interrupted) {
		struct matrix_cell broken = { .plan = plan, .outcome = MATRIX_BROKEN };

		why = why_none(status);
		broken.reason = why;
		cell = matrix_cell(&broken);
	}
	matrix_progress_ended(&m->progress, m->plan->n_cells, plan->id, cell);
	if (!cell)
		return;
	matrix_add(m->doc, cell);
	write_document(m, false);
}

static bool turn(void *ctx, const struct schedule *s)
{
	struct matrix_run *m = ctx;

	matrix_progress_turn(&m->progress, s);
	return interrupted;
}

static void run_all(struct matrix_run *m)
{
	struct schedule_item *item = xalloc((m->plan->n_cells + 1) * sizeof(*item));
	struct schedule s = {
		.item = item, .n = m->plan->n_cells, .jobs = m->args->jobs, .ctx = m,
		.run = run_cell, .ended = cell_ended, .turn = turn,
	};

	for (size_t i = 0; i < s.n; i++) {
		item[i].name = m->plan->cell[i].id;
		item[i].cpus = m->plan->cell[i].machine->cpus;
	}
	matrix_progress_open(&m->progress, m->args->quiet);
	schedule_run(&s);
	matrix_progress_close(&m->progress);
	free(item);
}

/* --- the whole ----------------------------------------------------------------- */

static void write_html(const struct matrix_run *m)
{
	_cleanup_free_ char *path = xasprintf("%s/matrix.html", m->out);
	_cleanup_free_ char *why = NULL;
	struct output o;

	if (output_open(&o, path, &why) || matrix_write(&o, m->doc, matrix_html, &why))
		error("%s", why);
	output_close(&o);
}

static enum exit_code finish(struct matrix_run *m)
{
	struct text_style style = text_style(STDOUT_FILENO);
	enum exit_code code;
	size_t i, skipped = 0;
	json_t *cell;

	matrix_seal(m->doc, (double)(clock_now() - m->started) / 1e9);
	write_document(m, true);
	write_html(m);
	code = interrupted ? EXIT_INTERRUPTED : matrix_exit(m->doc);
	json_array_foreach(json_object_get(m->doc, "cells"), i, cell)
		skipped += matrix_outcome_of(cell) == MATRIX_SKIPPED;
	if (m->args->strict_skip && skipped)
		code = exit_worse(code, EXIT_ALL_SKIPPED);
	if (m->args->json)
		return exit_worse(code, doc_stdout_json(json_incref(m->doc)));
	style.colour = style.colour && !m->args->no_color;
	style.quiet = m->args->quiet;
	matrix_text(m->doc, &style, stdout);
	printf("results: %s\n", m->out);
	return code;
}

static struct matrix_plan *load(const struct run_args *args, const struct args *parsed)
{
	const char *lacks = image_lacks();

	args_words_max(parsed, 1);
	if (!parsed->words.n)
		die(EXIT_USAGE, "which matrix? as in 'strain matrix run ci', or a file");
	if (args->jobs > schedule_cpus())
		die(EXIT_USAGE, "option '--jobs': value '%u' is more than the %u CPUs here",
		    args->jobs, schedule_cpus());
	if (lacks)
		die(EXIT_BROKEN, "%s", lacks);
	return matrix_choose(&(struct matrix_source){ .cache = args->cache,
						      .offline = args->offline },
			     parsed->words.word[0], args->only, args->shard);
}

static char *output_folder(const struct run_args *args, const struct matrix_plan *plan)
{
	_cleanup_free_ char *name = xasprintf("matrix/%s", plan->name);
	char *dir = args->output ? xstrdup(args->output) : dir_state(name);
	int err;

	if (!dir)
		die(EXIT_USAGE, "option '--output' is needed: HOME is not set");
	err = args->output ? dir_make(dir, 0755) : dir_make_state(dir, 0755);
	if (err)
		die(EXIT_USAGE, "cannot make '%s': %s", dir, strerror(-err));
	return dir;
}

/* What no cell could do without is told once, before there are any. */
static void check_cache(const struct run_args *args)
{
	const struct kernel_cache_options options = { .dir = args->cache };
	char *why = NULL;
	struct kernel_cache *cache = kernel_cache_open(&options, &why);

	if (!cache)
		die(EXIT_BROKEN, "%s", why);
	kernel_cache_close(cache);
}

static enum exit_code run_matrix(struct matrix_run *m, int argc, char **argv)
{
	const struct matrix_start start = {
		.argc = argc, .argv = argv, .started = clock_ns(CLOCK_REALTIME) / 1e9,
		.only = m->args->only, .shard = m->args->shard,
	};
	struct sigaction act = { .sa_handler = on_signal };
	enum exit_code code;

	read_jobs(m);
	check_cache(m->args);
	m->out = output_folder(m->args, m->plan);
	m->doc = matrix_new(m->plan, &start);
	m->started = clock_now();
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	write_document(m, true);
	run_all(m);
	code = finish(m);
	for (size_t i = 0; i < m->n_jobs; i++)
		cell_job_free(&m->job[i].job);
	free(m->job);
	json_decref(m->doc);
	free(m->out);
	return code;
}

static const struct option_group run_groups[] = {
	{ "which cells", what_options },
	{ "how to run", how_options },
	{ "output", output_options },
	{}
};

static enum exit_code run_run(const struct command *const *all, int argc, char **argv)
{
	struct run_args values;
	struct args parsed = { 0 };
	struct matrix_run m = { .args = &values };
	enum exit_code code;

	(void)all;
	args_read(&parsed, run_groups, &values, argc, argv);
	m.plan = load(&values, &parsed);
	code = run_matrix(&m, argc, argv);
	matrix_plan_free(m.plan);
	args_free(&parsed);
	return code;
}

const struct command command_matrix_run = {
	.name = "matrix run",
	.summary = "run all cells of a matrix file",
	.words = "MATRIX-FILE",
	.groups = run_groups,
	.offer = plan_each,
	.run = run_run,
};
