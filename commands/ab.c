/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain ab: compares two settings of this machine. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/value.h"
#include "commands/ab.h"
#include "commands/args.h"
#include "commands/command.h"
#include "commands/doc.h"
#include "reports/compare/floor.h"
#include "reports/text.h"

struct ab_args {
	const char *a, *b, *a_binary, *b_binary;
	const char *alternate;
	uint64_t window, pair_time, max_time, seed;
	uint32_t min_trials, max_trials;
	double threshold, fdr;
	const char *primary, *report;
	bool no_floor, allow_uncontrolled, no_report, json, quiet, all, no_color;
};

#define ROW(field, ...) OPTION(struct ab_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option side_options[] = {
	ROW(a, .many = true, .arg = "SETTING", .help = "what side a has that side b has not; again for more"),
	ROW(b, .many = true, .arg = "SETTING", .help = "the same of side b"),
	ROW(a_binary, .arg = "FILE", .help = "another build of strain for side a"),
	ROW(b_binary, .arg = "FILE", .help = "another build of strain for side b"),
	{}
};

static const struct option pair_options[] = {
	ROW(pair_time, .alias = "timeout", .letter = 't', .unit = UNIT_DURATION, .min = 100 * NSEC_PER_MSEC,
	    .max = 3600 * NSEC_PER_SEC, .def = "1s", .help = "length of a case in a pair of trials, both sides together"),
	ROW(window, .unit = UNIT_DURATION, .min = 10 * NSEC_PER_MSEC, .max = 60 * NSEC_PER_SEC,
	    .def = "50ms", .help = "length of a turn of one side"),
	ROW(alternate, .choices = "auto windows trials", .def = "auto",
	    .help = "let the sides take turns by windows, or by whole trials where a setting is slow to write or to act"),
	ROW(max_trials, .min = 2, .max = 10000, .def = "48", .help = "pairs of trials at most"),
	ROW(min_trials, .max = 10000, .help = "pairs of trials before the comparison may end"),
	ROW(max_time, .unit = UNIT_DURATION, .max = 30 * 86400 * NSEC_PER_SEC,
	    .help = "begin no pair that would end later; 0 no limit"),
	ROW(seed, .help = "seed of every random choice; 0 draws one"),
	{}
};

static const struct option judge_options[] = {
	ROW(threshold, .unit = UNIT_PERCENT, .def = "2", .max = 1000, .help = "least change in percent that counts; the noise floor of strain selfcheck where that is larger"),
	ROW(fdr, .unit = UNIT_PERCENT, .def = "5", .max = 50, .help = "false discovery rate in percent over all primary metrics and all looks"),
	ROW(primary, .many = true, .arg = "PATTERN", .help = "the metrics that gate, as in strain compare"),
	ROW(no_floor, .help = "take no notice of what strain selfcheck found on this machine"),
	ROW(allow_uncontrolled, .help = "let the exit code say regressed also where strain selfcheck failed"),
	{}
};

static const struct option output_options[] = {
	ROW(report, .arg = "FILE", .help = "where the report goes, instead of the user's state directory"),
	ROW(no_report, .help = "write no report"),
	ROW(json, .help = "print the comparison as JSON"),
	ROW(all, .help = "print all metrics and all differences of the sides"),
	ROW(quiet, .letter = 'q', .help = "print only what changed or is not compared"),
	ROW(no_color, .help = "no colour on a terminal; so does NO_COLOR in the environment"),
	{}
};
/* clang-format on */

static bool is_setting(const struct option *row)
{
	return !strcmp(row->name, "a") || !strcmp(row->name, "b");
}

static void take(char *why)
{
	if (why)
		die(EXIT_USAGE, "%s", why);
}

static const struct option_group ab_groups[] = {
	{ "sides", side_options },
	{ "pairs", pair_options },
	{ "verdicts", judge_options },
	{ "output", output_options },
	{}
};

/* Settings are not joined by commas as lists are: values have commas too. */
static void read_args(struct ab *ab, struct ab_args *args, int argc, char **argv)
{
	struct args parsed = { 0 };

	args_tables(&parsed, ab_groups, args);
	args_parse(&parsed, argc, argv);
	for (size_t i = 0; i < parsed.n; i++) {
		const struct arg *arg = &parsed.arg[i];

		if (is_setting(arg->row))
			take(ab_side_add(&ab->side[arg->row->name[0] - 'a'],
					 arg->value));
		else
			args_set("", "--", arg);
	}
	for (size_t i = 0; i < parsed.words.n; i++)
		words_add(&ab->run, parsed.words.word[i]);
	args_free(&parsed);
}

static void set_up(struct ab *ab, const struct ab_args *args)
{
	ab->o = (struct ab_options){
		.window = args->window,
		.pair_time = args->pair_time,
		.by_trials = !strcmp(args->alternate, "trials"),
		.automatic = !strcmp(args->alternate, "auto"),
		.seed = args->seed,
		.quiet = args->quiet,
	};
	ab->judge = (struct ab_judge){
		.threshold = args->threshold / 100,
		.fdr = args->fdr / 100,
		.primary = args->primary,
		.allow_uncontrolled = args->allow_uncontrolled,
		.least = args->min_trials,
		.looks = { .n = 1, .alpha = { args->fdr / 100 } },
	};
	ab->side[0].binary = args->a_binary;
	ab->side[1].binary = args->b_binary;
}

/* How many pairs there will be at most, now that one took @took. */
static size_t most_pairs(const struct ab_args *args, uint64_t took)
{
	uint64_t fit = args->max_time ? args->max_time / (took + 1) : args->max_trials;

	if (fit < 1)
		fit = 1;
	return fit < args->max_trials ? fit : args->max_trials;
}

static void run_pairs(struct ab *ab, const struct ab_args *args)
{
	uint64_t longest = 0;

	while (ab->pairs < args->max_trials) {
		uint64_t from = clock_now(), took;

		if (args->max_time && ab->pairs &&
		    from + longest > ab->started + args->max_time)
			break;
		ab_progress(ab, args->max_trials);
		if (!ab_pair(ab))
			break;
		took = clock_now() - from;
		longest = took > longest ? took : longest;
		if (ab->pairs == 1)
			ab_judge_plan(ab, most_pairs(args, took));
		if (ab_judge_decided(ab))
			break;
	}
	ab_progress(ab, 0);
}

static enum exit_code broken(char *why)
{
	error("%s", why);
	free(why);
	return EXIT_BROKEN;
}

static enum exit_code print_result(const struct ab *ab, const struct ab_args *args)
{
	struct compare_show show = { .all = args->all, .quiet = args->quiet };
	struct text_style style = text_style(STDOUT_FILENO);
	const char *path = report_path(ab->merge.w);
	char *why = NULL;
	_cleanup_json_ json_t *doc = ab_judge_end(ab, path, &why);

	if (!doc)
		return broken(why);
	if (args->json)
		return doc_stdout_json(json_incref(doc));
	style.colour = style.colour && !args->no_color;
	compare_text(doc, &style, &show, stdout);
	if (path && !args->quiet)
		printf("report: %s\n", path);
	return EXIT_PASS;
}

/* Of a comparison that did not come to an end too: what there is is told. */
static enum exit_code judge(const struct ab *ab, enum exit_code code)
{
	char *why = NULL;
	_cleanup_json_ json_t *doc = ab_judge_end(ab, NULL, &why);

	if (!doc)
		return exit_worse(code, broken(why));
	return exit_worse(code, (enum exit_code)js_get_number(doc, "exit_code",
							      EXIT_BROKEN));
}

static enum exit_code finish(struct ab *ab, const struct ab_args *args)
{
	enum exit_code code = ab_end(ab);
	char *why = NULL;

	if (!ab->merge.begun)
		return code;
	code = judge(ab, code);
	if (!ab_seal(ab, code, &why))
		return exit_worse(code, broken(why));
	code = exit_worse(code, print_result(ab, args));
	return report_failed(ab->merge.w) ? exit_worse(code, EXIT_BROKEN) : code;
}

static enum exit_code ab_run(const struct command *const *all, int argc,
			     char **argv)
{
	struct ab ab = { .side = { { .label = "a" }, { .label = "b" } },
			 .argc = argc, .argv = argv };
	_cleanup_free_ char *path = NULL;
	struct floor floor = { 0 };
	struct ab_args args;
	enum exit_code code;

	(void)all;
	memset(&args, 0, sizeof(args));
	read_args(&ab, &args, argc, argv);
	if (!ab.run.n)
		die(EXIT_USAGE, "nothing to run: name a stressor behind '--', as in 'strain ab --a SETTING --b SETTING -- --fault 1'");
	ab_check_run(&ab.run, "ab");
	set_up(&ab, &args);
	if (!args.no_floor)
		ab.judge.floor = floor_use(&floor);
	if (!args.no_report)
		path = args.report ? xstrdup(args.report) : report_default_path();
	ab_begin(&ab, path);
	run_pairs(&ab, &args);
	code = finish(&ab, &args);
	floor_free(&floor);
	ab_free(&ab);
	return code;
}

const struct command command_ab = {
	.name = "ab",
	.summary = "compare two settings of this machine, side by side",
	.words = "-- RUN-OPTION...",
	.groups = ab_groups,
	.run = ab_run,
};
