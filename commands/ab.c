/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain ab: compares two settings of this machine. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/value.h"
#include "commands/ab.h"
#include "commands/args.h"
#include "commands/command.h"
#include "commands/doc.h"
#include "core/trial.h"
#include "reports/text.h"

/* A setting that takes longer to write is not switched at every window. */
#define DEAR_SETTING (5 * NSEC_PER_MSEC)

struct ab_args {
	const char *a, *b, *a_binary, *b_binary;
	const char *alternate;
	uint64_t window, pair_time, max_time, seed;
	uint32_t min_trials, max_trials;
	double threshold, fdr;
	const char *primary, *report;
	bool no_report, json, quiet, all, no_color;
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
	    .help = "let the sides take turns by windows, or by whole trials where a setting acts at the start or is slow to set"),
	ROW(max_trials, .min = 2, .max = 10000, .def = "48", .help = "pairs of trials at most"),
	ROW(min_trials, .max = 10000, .help = "pairs of trials before the comparison may end"),
	ROW(max_time, .unit = UNIT_DURATION, .max = 30 * 86400 * NSEC_PER_SEC,
	    .help = "begin no pair that would end later; 0 no limit"),
	ROW(seed, .help = "seed of every random choice; 0 draws one"),
	{}
};

static const struct option judge_options[] = {
	ROW(threshold, .unit = UNIT_PERCENT, .def = "2", .max = 1000, .help = "least change in percent that counts"),
	ROW(fdr, .unit = UNIT_PERCENT, .def = "5", .max = 50, .help = "false discovery rate in percent over all primary metrics and all looks"),
	ROW(primary, .many = true, .arg = "PATTERN", .help = "the metrics that gate, as in strain compare"),
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

/* Settings are not joined by commas as lists are: values have commas too. */
static void read_args(struct ab *ab, struct ab_args *args, int argc, char **argv)
{
	struct args_table tables[] = {
		{ .rows = side_options, .values = args },
		{ .rows = pair_options, .values = args },
		{ .rows = judge_options, .values = args },
		{ .rows = output_options, .values = args },
	};
	struct args parsed = { .tables = tables, .n_tables = ARRAY_SIZE(tables) };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		option_defaults(tables[i].rows, args);
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

/* Options of a run that this command has itself. */
static void check_run(const struct words *run)
{
	static const char *const own[] = { "--report", "--no-report", "--json",
					   "--trials", "--timeout", "--seed",
					   "--until-fail", "--turns", "--label" };

	if (!run->n)
		die(EXIT_USAGE, "nothing to run: name a stressor behind '--', as in 'strain ab --a SETTING --b SETTING -- --fault 1'");
	for (size_t i = 0; i < run->n; i++) {
		const char *word = run->word[i];

		if (!strncmp(word, "-t", 2))
			die(EXIT_USAGE, "option '-t' of the run: here it is the length of a pair, and stands before '--'");
		for (size_t k = 0; k < ARRAY_SIZE(own); k++) {
			size_t n = strlen(own[k]);

			if (!strncmp(word, own[k], n) && (!word[n] || word[n] == '='))
				die(EXIT_USAGE, "option '%s' of the run cannot be used here; 'strain ab --help' lists what there is instead",
				    own[k]);
		}
	}
}

static uint64_t draw_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = clock_ns(CLOCK_REALTIME);
	return (seed >> 11) | 1;
}

static void set_up(struct ab *ab, const struct ab_args *args)
{
	ab->o = (struct ab_options){
		.window = args->window,
		.pair_time = args->pair_time,
		.by_trials = !strcmp(args->alternate, "trials"),
		.seed = args->seed ? args->seed : draw_seed(),
	};
	ab->judge = (struct ab_judge){
		.threshold = args->threshold / 100,
		.fdr = args->fdr / 100,
		.primary = args->primary,
		.least = args->min_trials,
		.looks = { .n = 1, .alpha = { args->fdr / 100 } },
	};
	rng_seed(&ab->rng, ab->o.seed);
	ab->side[0].binary = args->a_binary;
	ab->side[1].binary = args->b_binary;
	for (int i = 0; i < AB_SIDES; i++) {
		struct ab_side *s = &ab->side[i];
		struct words command;

		if (!s->text)
			s->text = xstrdup("none");
		take(ab_side_check(s));
		command = ab_child_command(s, &ab->run, 1);
		take(ab_child_check(s, &command));
		words_free(&command);
	}
}

static void catch_signals(struct ab *ab)
{
	sigset_t caught;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGHUP);
	sigprocmask(SIG_BLOCK, &caught, &ab->mask);
	ab->signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
	if (ab->signals < 0)
		die(EXIT_BROKEN, "cannot watch signals: %s", strerror(errno));
}

/* What the report's first line says of the comparison, not of a run. */
static json_t *head(const struct ab *ab, int argc, char **argv)
{
	json_t *o = json_object(), *command = json_array(), *pairing = json_object();
	char seed[32];

	for (int i = 0; i < argc; i++)
		js_add(command, js_text(argv[i]));
	js_set(o, "command", command);
	snprintf(seed, sizeof(seed), "%" PRIu64, ab->o.seed);
	js_set(o, "seed", js_text(seed));
	js_set(pairing, "by", js_text(ab->o.by_trials ? "trials" : "windows"));
	js_set(pairing, "window", js_seconds(ab->o.window / 1e9));
	js_set(pairing, "seconds", js_seconds(ab->o.pair_time / 1e9));
	js_set(o, "pairing", pairing);
	return o;
}

/* One line on a terminal; @ab NULL: wipes it. */
static void progress(const struct ab *ab, const struct ab_args *args, uint64_t started)
{
	if (args->quiet || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K");
	if (ab)
		fprintf(stderr, "pair %u of at most %u, %.0f s", ab->pairs + 1,
			args->max_trials, (double)(clock_now() - started) / 1e9);
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
	uint64_t started = clock_now(), longest = 0;

	while (ab->pairs < args->max_trials) {
		uint64_t from = clock_now(), took;

		if (args->max_time && ab->pairs &&
		    from + longest > started + args->max_time)
			break;
		progress(ab, args, started);
		if (!ab_pair(ab))
			break;
		took = clock_now() - from;
		longest = took > longest ? took : longest;
		if (ab->pairs == 1)
			ab_judge_plan(ab, most_pairs(args, took));
		if (ab_judge_decided(ab))
			break;
	}
	progress(NULL, args, started);
}

static void put_end(struct ab *ab, uint64_t started, unsigned left,
		    enum exit_code code)
{
	json_t *o = json_object();

	js_set(o, "line", js_text("end"));
	js_set(o, "seconds", js_seconds((clock_now() - started) / 1e9));
	js_set(o, "interrupted", json_boolean(ab->interrupted));
	js_set(o, "exit_code", json_integer(code));
	js_set(o, "left_behind", js_count(left));
	report_put(ab->merge.w, o);
	json_decref(o);
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

static enum exit_code finish(struct ab *ab, const struct ab_args *args,
			     uint64_t started, unsigned left)
{
	enum exit_code code = EXIT_PASS;
	char *why = NULL;

	if (ab->why)
		error("%s", ab->why);
	if (ab->why || left)
		code = EXIT_BROKEN;
	if (ab->interrupted)
		code = exit_worse(code, EXIT_INTERRUPTED);
	if (!ab->merge.begun)
		return code;
	code = judge(ab, code);
	put_end(ab, started, left, code);
	if (report_seal(ab->merge.w, &why))
		return exit_worse(code, broken(why));
	code = exit_worse(code, print_result(ab, args));
	return report_failed(ab->merge.w) ? exit_worse(code, EXIT_BROKEN) : code;
}

static void open_report(struct ab *ab, const struct ab_args *args)
{
	_cleanup_free_ char *path = NULL;
	char *why;

	if (!args->no_report)
		path = args->report ? xstrdup(args->report) : report_default_path();
	ab->merge.w = report_create(path, &why);
	if (!ab->merge.w)
		die(EXIT_USAGE, "%s", why);
}

static void ab_free(struct ab *ab)
{
	report_close(ab->merge.w);
	ab_merge_free(&ab->merge);
	for (int i = 0; i < AB_SIDES; i++)
		ab_side_free(&ab->side[i]);
	words_free(&ab->run);
	close(ab->signals);
	free(ab->why);
}

static enum exit_code ab_run(const struct command *const *all, int argc,
			     char **argv)
{
	struct ab ab = { .side = { { .label = "a" }, { .label = "b" } } };
	uint64_t started = clock_now();
	struct ab_args args;
	enum exit_code code;
	unsigned left;
	char *why;

	(void)all;
	memset(&args, 0, sizeof(args));
	read_args(&ab, &args, argc, argv);
	check_run(&ab.run);
	set_up(&ab, &args);
	open_report(&ab, &args);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	catch_signals(&ab);
	why = ab_values_open(&ab.values, ab.side);
	if (why)
		report_close(ab.merge.w);
	take(why);
	if (ab.values.cost > DEAR_SETTING && !strcmp(args.alternate, "auto"))
		ab.o.by_trials = true;
	ab.nice = leader_favour_monitor(true);
	ab.merge.sides = ab.side;
	ab.merge.head = head(&ab, argc, argv);
	run_pairs(&ab, &args);
	leader_favour_monitor(false);
	left = ab_values_close(&ab.values);
	code = finish(&ab, &args, started, left);
	sigprocmask(SIG_SETMASK, &ab.mask, NULL);
	ab_free(&ab);
	return code;
}

static const struct option_group ab_groups[] = {
	{ "sides", side_options },
	{ "pairs", pair_options },
	{ "verdicts", judge_options },
	{ "output", output_options },
	{}
};

const struct command command_ab = {
	.name = "ab",
	.summary = "compare two settings of this machine, side by side",
	.words = "-- RUN-OPTION...",
	.groups = ab_groups,
	.run = ab_run,
};
