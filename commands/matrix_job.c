/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/matrix_job.h"

#include <string.h>

#include "commands/run_plan.h"
#include "commands/select.h"

static const struct option no_options[] = { {} };

/* What only the process that makes the report can be told. */
static void refuse(const struct select *s)
{
	const struct args *args = &s->parsed;

	if (args->words.n)
		die(EXIT_USAGE, "unexpected '%s' among the options of the run",
		    args->words.word[0]);
	if (s->settings.dry_run)
		die(EXIT_USAGE, "option '--dry-run' of the run: nothing would be booted for it");
	if (s->settings.turns)
		die(EXIT_USAGE, "option '--turns' of the run: 'strain matrix compare' gives turns");
	if (s->settings.known_issues)
		die(EXIT_USAGE, "option '--known-issues' of the run: the guest has no such file");
}

/* Class and job files: guests have only those that are built in. */
static void add_files(json_t *request, const struct words *files)
{
	json_t *o = json_object();

	for (size_t i = 0; i + 1 < files->n; i += 2)
		js_set(o, files->word[i], js_text(files->word[i + 1]));
	if (json_object_size(o))
		js_set(request, "files", json_incref(o));
	json_decref(o);
}

static json_t *request(char *const *run, size_t n, const struct select *s)
{
	json_t *o = json_object(), *argv = json_array();

	for (size_t i = 0; i < n; i++)
		js_add(argv, js_text(run[i]));
	js_set(o, "kind", js_text("run"));
	js_set(o, "argv", argv);
	js_set_true(o, "exact", s->settings.exact);
	add_files(o, &s->files);
	return o;
}

/* Boots that could count nothing are not begun. */
static void check_exact(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cases; i++)
		if (!plan_exact_unfit(&plan->cases[i]))
			return;
	if (plan->n_cases)
		die(EXIT_USAGE, "nothing to count instructions of: %s is %s",
		    plan->cases[0].id, plan_exact_unfit(&plan->cases[0]));
}

void matrix_job_read(char *const *run, size_t n, struct cell_job *job)
{
	const struct option *temp_path = option_find(run_options, "temp-path");
	struct words argv = { 0 };
	struct select s;
	struct plan plan = { 0 };
	char *why = NULL;

	*job = (struct cell_job){ .report = true };
	words_add(&argv, "run");
	for (size_t i = 0; i < n; i++)
		words_add(&argv, run[i]);
	words_end(&argv);
	select_read(&s, (int)argv.n, argv.word, no_options, NULL);
	refuse(&s);
	job->request = request(run, n, &s);
	job->exact = s.settings.exact;
	/* a folder of the guest */
	option_set(temp_path, &s.settings, temp_path->def);
	run_check_settings(&s);
	if (plan_make(s.selected, s.n, s.order, &s.settings, &plan, &why))
		die(EXIT_USAGE, "%s", why);
	if (job->exact)
		check_exact(&plan);
	cell_needs_add(&job->needs, &plan, &s.settings);
	plan_free(&plan);
	select_free(&s);
	words_free(&argv);
}

void matrix_job_of(const struct plan_job *row, struct cell_job *job)
{
	_cleanup_words_ struct words argv = { 0 };
	json_t *settings;
	bool says = false;

	for (size_t i = 0; i < row->argv.n; i++) {
		words_add(&argv, row->argv.word[i]);
		says = says || !strcmp(row->argv.word[i], "--exact");
	}
	if (row->exact && !says)
		words_add(&argv, "--exact");
	matrix_job_read(argv.word, argv.n, job);
	for (size_t i = 0; i < row->modules.n; i++)
		words_add(&job->modules, row->modules.word[i]);
	for (size_t i = 0; i < row->commands.n; i++)
		words_add(&job->programs, row->commands.word[i]);
	settings = json_object();
	for (size_t i = 0; i < row->n_settings; i++)
		js_set(settings, row->setting[i].path, js_text(row->setting[i].value));
	js_set(job->request, "settings", settings);
	if (row->quiet)
		js_set(job->request, "quiet", json_real((double)row->quiet / 1e9));
	job->timeout = row->timeout;
	job->timed = row->timed;
}
