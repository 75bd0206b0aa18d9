/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain trend: a series of kernels, each against baseline and predecessor. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/args.h"
#include "commands/compare_sides.h"
#include "commands/doc.h"
#include "reports/compare/floor.h"
#include "reports/load.h"
#include "reports/text.h"
#include "reports/compare/trend.h"

struct trend_args {
	const char *order, *baseline, *primary, *metric;
	double threshold, fdr;
	uint64_t seed;
	bool force, no_floor, allow_uncontrolled, json, all, quiet, no_color;
};

#define TREND(field, ...) OPTION(struct trend_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option series_options[] = {
	TREND(order, .choices = "version time given", .def = "version", .help = "how the kernels follow each other: by release, by their first report, or as on the command line"),
	TREND(baseline, .arg = "RELEASE", .help = "the kernel that all others are compared with, instead of the first; a regression before it does not count"),
	{}
};

static const struct option judge_options[] = {
	TREND(metric, .many = true, .arg = "PATTERN", .help = "only these metrics: METRIC, CASE:METRIC, with :STATISTIC, :wall or :cpu behind"),
	TREND(primary, .many = true, .arg = "PATTERN", .help = "the metrics that gate, instead of those of the stressors; patterns as of --metric"),
	TREND(threshold, .unit = UNIT_PERCENT, .def = "0", .max = 1000, .help = "least change in percent that counts, 0 for 2 (0.3 in exact mode)"),
	TREND(fdr, .unit = UNIT_PERCENT, .def = "5", .max = 50, .help = "false discovery rate in percent over all primary metrics and versions"),
	TREND(force, .help = "compare also what differs in options, metric definitions or architecture"),
	TREND(no_floor, .help = "take no notice of what strain selfcheck found on the machine"),
	TREND(allow_uncontrolled, .help = "let metrics gate whatever the load of the machine"),
	TREND(seed, .def = "1", .help = "of random permutations"),
	{}
};

static const struct option output_options[] = {
	TREND(json, .help = "print the trend as JSON"),
	TREND(all, .letter = 'a', .help = "print all metrics and all differences of the kernels"),
	TREND(quiet, .letter = 'q', .help = "print only what changed or is not compared"),
	TREND(no_color, .help = "no colour on a terminal; so does NO_COLOR in the environment"),
	{}
};
/* clang-format on */

static struct trend_options options_of(const struct trend_args *a)
{
	return (struct trend_options){
		.judge = {
			.threshold = a->threshold / 100,
			.fdr = a->fdr / 100,
			.primary = a->primary,
			.seed = a->seed,
			.force = a->force,
			.allow_uncontrolled = a->allow_uncontrolled,
		},
		.order = !strcmp(a->order, "time")  ? TREND_BY_TIME :
			 !strcmp(a->order, "given") ? TREND_AS_GIVEN : TREND_BY_VERSION,
		.baseline = a->baseline,
		.metrics = a->metric,
	};
}

/* Standard input can be read once only, files are read twice: it is kept. */
static json_t *read_input(const struct words *paths, struct compare_source *source)
{
	json_t *doc = NULL;
	char *why = NULL;

	for (size_t i = 0; i < paths->n; i++) {
		source[i].path = paths->word[i];
		if (strcmp(paths->word[i], "/dev/stdin"))
			continue;
		if (!doc)
			doc = report_load(paths->word[i], REPORT_METRICS, &why);
		if (!doc)
			die(EXIT_USAGE, "%s", why);
		source[i].doc = doc;
	}
	return doc;
}

static json_t *make(const struct trend_args *a, const struct words *words)
{
	struct trend_options o = options_of(a);
	struct floor floor = { 0 };
	_cleanup_words_ struct words paths = { 0 };
	_cleanup_json_ json_t *input = NULL;
	struct compare_source *source;
	char *why = NULL;
	json_t *doc;

	for (size_t i = 0; i < words->n; i++)
		compare_sides_add(&paths, words->word[i]);
	source = xalloc(paths.n * sizeof(*source));
	input = read_input(&paths, source);
	if (!a->no_floor)
		o.judge.floor = floor_use(&floor);
	doc = trend_reports(source, paths.n, &o, &why);
	floor_free(&floor);
	if (!doc)
		die(EXIT_USAGE, "%s", why);
	free(source);
	return doc;
}

static enum exit_code print(json_t *doc, const struct trend_args *a)
{
	enum exit_code code = (enum exit_code)js_get_number(doc, "exit_code", EXIT_BROKEN);
	struct compare_show show = { .all = a->all, .quiet = a->quiet };
	struct text_style style = text_style(STDOUT_FILENO);

	if (a->json)
		return exit_worse(code, doc_stdout_json(json_incref(doc)));
	style.colour = style.colour && !a->no_color;
	trend_text(doc, &style, &show, stdout);
	compare_say_empty(doc, "no case was measured with the baseline and another kernel");
	return code;
}

static const struct option_group trend_groups[] = {
	{ "the series", series_options },
	{ "verdicts", judge_options },
	{ "output", output_options },
	{}
};

static enum exit_code run_trend(const struct command *const *all, int argc, char **argv)
{
	struct trend_args trend;
	struct args args = { 0 };
	enum exit_code code;
	json_t *doc;

	(void)all;
	args_read(&args, trend_groups, &trend, argc, argv);
	if (!args.words.n)
		die(EXIT_USAGE, "which reports? 'strain trend REPORT...'");
	doc = make(&trend, &args.words);
	code = print(doc, &trend);
	json_decref(doc);
	args_free(&args);
	return code;
}

const struct command command_trend = {
	.name = "trend",
	.summary = "follow metrics over a series of kernels and say where they changed",
	.words = "REPORT...",
	.groups = trend_groups,
	.run = run_trend,
};
