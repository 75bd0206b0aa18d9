/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain compare: two sets of reports to a table of verdicts and an exit code. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/value.h"
#include "commands/args.h"
#include "commands/compare_sides.h"
#include "commands/doc.h"
#include "reports/compare/floor.h"
#include "reports/text.h"
#include "reports/stat/verdict.h"

struct compare_args {
	const char *against, *labels, *primary, *plan;
	double threshold, fdr, effect, noise;
	uint64_t seed;
	bool force, no_floor, allow_uncontrolled, json, all, quiet, no_color;
};

#define COMPARE(field, ...) OPTION(struct compare_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option side_options[] = {
	COMPARE(against, .many = true, .arg = "NEW", .help = "report or directory of the other side; words that follow are of that side too"),
	COMPARE(labels, .arg = "A,B", .help = "compare the cases of one report or set of reports that have these labels"),
	{}
};

static const struct option judge_options[] = {
	COMPARE(threshold, .unit = UNIT_PERCENT, .def = "0", .max = 1000, .help = "least change in percent that counts, 0 for 2 (0.3 in exact mode); the noise floor of strain selfcheck where that is larger"),
	COMPARE(fdr, .unit = UNIT_PERCENT, .def = "5", .max = 50, .help = "false discovery rate in percent over all primary metrics"),
	COMPARE(primary, .many = true, .arg = "PATTERN", .help = "the metrics that gate, instead of those of the stressors: METRIC, CASE:METRIC, with :STATISTIC, :wall or :cpu behind"),
	COMPARE(force, .help = "compare also what differs in options, metric definitions or architecture"),
	COMPARE(no_floor, .help = "take no notice of what strain selfcheck found on the machine"),
	COMPARE(allow_uncontrolled, .help = "let the exit code say regressed whatever the order of trials and the load of the machine"),
	COMPARE(seed, .def = "1", .help = "of random permutations and orders"),
	{}
};

static const struct option plan_options[] = {
	COMPARE(plan, .optional_arg = true, .arg = "N", .help = "print how to compare two kernels by N boots of each; without N enough for --effect at --noise, or at the noise of reports"),
	COMPARE(effect, .unit = UNIT_PERCENT, .def = "5", .max = 1000, .help = "change in percent that the plan is to find"),
	COMPARE(noise, .unit = UNIT_PERCENT, .def = "2", .max = 1000, .help = "spread in percent between boots that do not differ, for the plan"),
	{}
};

static const struct option output_options[] = {
	COMPARE(json, .help = "print the comparison as JSON"),
	COMPARE(all, .letter = 'a', .help = "print all metrics and all differences of the sides"),
	COMPARE(quiet, .letter = 'q', .help = "print only what changed or is not compared"),
	COMPARE(no_color, .help = "no colour on a terminal; so does NO_COLOR in the environment"),
	{}
};
/* clang-format on */

static struct compare_options options_of(const struct compare_args *a, bool setting)
{
	return (struct compare_options){
		.threshold = a->threshold / 100,
		.fdr = a->fdr / 100,
		.primary = a->primary,
		.seed = a->seed,
		.force = a->force,
		.allow_uncontrolled = a->allow_uncontrolled,
		.setting = setting,
	};
}

static json_t *compare_words(const struct compare_args *a, const struct args *args,
			     size_t n_base, bool against, bool brief)
{
	struct compare_sides sides;
	struct compare_options o;
	struct floor floor = { 0 };
	char *why = NULL;
	json_t *doc;

	compare_sides_open(&sides, args->words.word, n_base, args->words.n, against, a->labels);
	o = options_of(a, sides.setting);
	o.brief = brief;
	if (!a->no_floor)
		o.floor = floor_use(&floor);
	doc = compare_reports(&sides.side[0], &sides.side[1], &o, &why);
	if (!doc)
		die(EXIT_USAGE, "%s", why);
	compare_sides_close(&sides);
	floor_free(&floor);
	return doc;
}

static enum exit_code print(const json_t *doc, const struct compare_args *a)
{
	struct text_style style = text_style(STDOUT_FILENO);
	struct compare_show show = { .all = a->all, .quiet = a->quiet };
	enum exit_code code = (enum exit_code)js_get_number(doc, "exit_code", EXIT_BROKEN);

	if (a->json) {
		enum exit_code written = doc_stdout_json(json_incref((json_t *)(uintptr_t)doc));

		return exit_worse(code, written);
	}
	style.colour = style.colour && !a->no_color;
	compare_text(doc, &style, &show, stdout);
	compare_say_empty(doc, code == EXIT_USAGE ? "no case is on both sides" :
						   "no case was measured on both sides");
	return code;
}

/* Spread of a row's units in logarithms, from both sides. */
static double noise_of(const json_t *row)
{
	static const char *const keys[] = { "base", "new" };
	double *x[2], sd;
	size_t n[2] = { 0 };

	for (int side = 0; side < 2; side++) {
		const json_t *list = json_object_get(json_object_get(row, "values"), keys[side]);
		json_t *value;
		size_t i;

		x[side] = xalloc(json_array_size(list) * sizeof(*x[side]));
		json_array_foreach(list, i, value)
			if (json_number_value(value) > 0)
				x[side][n[side]++] = log(json_number_value(value));
	}
	sd = stat_sd_pooled(x[0], n[0], x[1], n[1]);
	free(x[0]);
	free(x[1]);
	return sd;
}

/* Takes noise and number of primary metrics from reports that are there. */
static void learn(struct compare_plan *plan, const json_t *doc)
{
	json_t *row;
	double worst = NAN, sd;
	size_t i;

	plan->metrics = 0;
	json_array_foreach(json_object_get(doc, "metrics"), i, row) {
		if (!js_get_true(row, "primary"))
			continue;
		plan->metrics++;
		sd = noise_of(row);
		if (!(sd <= worst) && isfinite(sd))
			worst = sd;
	}
	if (!plan->metrics || !isfinite(worst))
		die(EXIT_USAGE, "these reports do not tell the spread of a primary metric: give '--noise'");
	plan->noise = expm1(worst);
}

static enum exit_code print_plan(const struct compare_args *a, const struct args *args,
				 size_t n_base, bool against)
{
	struct compare_plan plan = {
		.effect = a->effect / 100, .noise = a->noise / 100, .fdr = a->fdr / 100,
		.power = 0.8, .metrics = 10, .seed = a->seed, .label = { "base", "new" },
	};
	const char *text = a->plan;
	uint64_t boots = 0;
	bool word = !*text && args->words.n == 1 && !against && !value_count(args->words.word[0], &boots);

	if (word)
		text = args->words.word[0];
	if (*text && (value_count(text, &boots) || boots < 2 || boots > 1000))
		die(EXIT_USAGE, "option '--plan': value '%s' is no number of boots from 2 to 1000", text);
	plan.boots = boots;
	if (!word && args->words.n) {
		_cleanup_json_ json_t *doc = compare_words(a, args, n_base, against, true);

		learn(&plan, doc);
	}
	compare_plan(&plan, stdout);
	return EXIT_PASS;
}

static enum exit_code run_compare(const struct command *const *all, int argc, char **argv)
{
	struct compare_args compare;
	struct args_table tables[] = {
		{ .rows = side_options, .values = &compare },
		{ .rows = judge_options, .values = &compare },
		{ .rows = plan_options, .values = &compare },
		{ .rows = output_options, .values = &compare },
	};
	struct args args = { .tables = tables, .n_tables = ARRAY_SIZE(tables) };
	enum exit_code code;
	size_t n_base;
	bool against;

	(void)all;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		option_defaults(tables[i].rows, &compare);
	n_base = compare_sides_parse(&args, argc, argv, &against);
	args_set_all(&args);
	if (compare.plan) {
		code = print_plan(&compare, &args, n_base, against);
	} else {
		_cleanup_json_ json_t *doc = compare_words(&compare, &args, n_base, against, false);

		code = print(doc, &compare);
	}
	args_free(&args);
	return code;
}

static const struct option_group compare_groups[] = {
	{ "sides", side_options },
	{ "verdicts", judge_options },
	{ "planning", plan_options },
	{ "output", output_options },
	{}
};

const struct command command_compare = {
	.name = "compare",
	.summary = "compare two sets of reports and say what regressed",
	.words = "BASE... --against NEW...",
	.groups = compare_groups,
	.run = run_compare,
};
