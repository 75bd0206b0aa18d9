/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain selfcheck: how small a difference this machine can show, by pairs of
 * equal sides. */
#include <stdio.h>

#include "base/clock.h"
#include "base/value.h"
#include "commands/ab.h"
#include "commands/args.h"
#include "commands/doc.h"
#include "core/machine.h"
#include "reports/compare/floor.h"
#include "reports/compare/selfcheck.h"
#include "reports/text.h"

struct selfcheck_args {
	uint64_t window, pair_time, seed;
	uint32_t pairs;
	const char *report;
	bool show, json, all, quiet, no_color;
};

#define ROW(field, ...) OPTION(struct selfcheck_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option pair_options[] = {
	ROW(pairs, .min = SELFCHECK_PAIRS, .max = 10000, .def = "24", .help = "pairs of equal trials"),
	ROW(pair_time, .alias = "timeout", .letter = 't', .unit = UNIT_DURATION, .min = 100 * NSEC_PER_MSEC,
	    .max = 3600 * NSEC_PER_SEC, .def = "1s", .help = "length of a case in a pair of trials, both sides together"),
	ROW(window, .unit = UNIT_DURATION, .min = 10 * NSEC_PER_MSEC, .max = 60 * NSEC_PER_SEC,
	    .def = "50ms", .help = "length of a turn of one side"),
	ROW(seed, .help = "seed of every random choice; 0 draws one"),
	{}
};

static const struct option output_options[] = {
	ROW(show, .help = "measure nothing: print what is stored for this machine"),
	ROW(report, .arg = "FILE", .help = "keep the report of the trials too"),
	ROW(json, .help = "print JSON"),
	ROW(all, .letter = 'a', .help = "print all metrics, not only those that gate"),
	ROW(quiet, .letter = 'q', .help = "print nothing, the exit status says it"),
	ROW(no_color, .help = "no colour on a terminal; so does NO_COLOR in the environment"),
	{}
};
/* clang-format on */

/* Without options of a run: one short case for each part of the kernel that is
 * measured on any machine. */
static const char *const usual[] = {
	"--sequential=1", "--with=fault,switch,parallel-dir,aiol", "--fault-method=anon",
	"--switch-method=pipe", "--parallel-dir-method=create", "--aiol-method=read",
	"--fs=tmpfs",
};

/* --- output ------------------------------------------------------------------- */

static enum exit_code print(const json_t *doc, const struct selfcheck_args *args)
{
	enum exit_code code = js_get_true(doc, "passed") ? EXIT_PASS : EXIT_INCONCLUSIVE;
	struct text_style style = text_style(STDOUT_FILENO);

	if (args->json)
		return exit_worse(code, doc_stdout_json(json_incref((json_t *)(uintptr_t)doc)));
	style.colour = style.colour && !args->no_color;
	style.metrics = args->all;
	if (!args->quiet)
		selfcheck_text(doc, &style, stdout);
	return code;
}

static enum exit_code broken(char *why)
{
	error("%s", why);
	free(why);
	return EXIT_BROKEN;
}

static enum exit_code show(const char *fingerprint, const struct selfcheck_args *args)
{
	char *why = NULL;
	_cleanup_json_ json_t *doc = floor_load(fingerprint, &why);

	if (doc)
		return print(doc, args);
	if (why)
		return broken(why);
	error("no selfcheck of this machine is stored: 'strain selfcheck' makes one");
	return EXIT_INCONCLUSIVE;
}

/* --- measuring ---------------------------------------------------------------- */

static json_t *head_of(const struct ab *ab, const char *fingerprint, double started)
{
	json_t *o = json_object();

	js_set(o, "fingerprint", js_text(fingerprint));
	js_set(o, "kernel", js_text(machine_release()));
	js_set(o, "started", js_seconds(started));
	js_set(o, "seconds", js_seconds((double)(clock_now() - ab->started) / 1e9));
	json_object_update(o, ab->merge.head);
	js_set(o, "pairs", js_count(ab->pairs));
	return o;
}

static enum exit_code conclude(struct ab *ab, const char *fingerprint, double started,
			       const struct selfcheck_args *args)
{
	char *why = NULL;
	_cleanup_json_ json_t *comparison = ab_judge_end(ab, NULL, &why);
	_cleanup_json_ json_t *head = head_of(ab, fingerprint, started);
	_cleanup_json_ json_t *doc = NULL;

	if (!comparison)
		return broken(why);
	doc = selfcheck_document(comparison, head, ab->o.seed, &why);
	if (!doc || !floor_store(doc, &why))
		return broken(why);
	return print(doc, args);
}

static enum exit_code measure(struct ab *ab, const char *fingerprint,
			      const struct selfcheck_args *args)
{
	double started = (double)clock_ns(CLOCK_REALTIME) / 1e9;
	enum exit_code code;
	char *why = NULL;

	ab_begin(ab, args->report);
	while (ab->pairs < args->pairs) {
		ab_progress(ab, args->pairs);
		if (!ab_pair(ab))
			break;
	}
	ab_progress(ab, 0);
	code = ab_end(ab);
	if (!ab->merge.begun)
		return code;
	if (code == EXIT_PASS)
		code = conclude(ab, fingerprint, started, args);
	if (!ab_seal(ab, code, &why))
		return exit_worse(code, broken(why));
	return report_failed(ab->merge.w) ? exit_worse(code, EXIT_BROKEN) : code;
}

static void set_up(struct ab *ab, const struct selfcheck_args *args)
{
	ab->o = (struct ab_options){
		.window = args->window,
		.pair_time = args->pair_time,
		.seed = args->seed,
		.quiet = args->quiet,
	};
	ab->judge.looks = (struct stat_looks){ .n = 1 };
	ab_check_run(&ab->run, "selfcheck");
	if (ab->run.n)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		words_add(&ab->run, usual[i]);
}

static const struct option_group selfcheck_groups[] = {
	{ "pairs", pair_options },
	{ "output", output_options },
	{}
};

static enum exit_code run_selfcheck(const struct command *const *all, int argc, char **argv)
{
	struct ab ab = { .side = { { .label = "a" }, { .label = "b" } },
			 .argc = argc, .argv = argv };
	struct selfcheck_args selfcheck;
	struct args args = { 0 };
	_cleanup_free_ char *fingerprint = NULL;
	enum exit_code code;

	(void)all;
	args_read(&args, selfcheck_groups, &selfcheck, argc, argv);
	for (size_t i = 0; i < args.words.n; i++)
		words_add(&ab.run, args.words.word[i]);
	fingerprint = floor_fingerprint();
	if (!fingerprint)
		die(EXIT_USAGE, "this machine has no /etc/machine-id to know it by");
	if (selfcheck.show) {
		code = show(fingerprint, &selfcheck);
		words_free(&ab.run);
	} else {
		set_up(&ab, &selfcheck);
		code = measure(&ab, fingerprint, &selfcheck);
		ab_free(&ab);
	}
	args_free(&args);
	return code;
}

const struct command command_selfcheck = {
	.name = "selfcheck",
	.summary = "measure how small a difference this machine can show",
	.words = "[-- RUN-OPTION...]",
	.groups = selfcheck_groups,
	.run = run_selfcheck,
};
