/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain matrix compare: kernels, or command lines of one, against each other. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "commands/args.h"
#include "commands/doc.h"
#include "commands/matrix.h"
#include "commands/matrix_compare.h"
#include "commands/matrix_job.h"
#include "core/machine.h"
#include "reports/compare/compare.h"
#include "vm-matrix/image/image.h"
#include "vm-matrix/qemu/arch.h"

/* Trials of each boot where the run's options do not say. */
#define EXACT_TRIALS "3"
#define TIMED_TRIALS "5"
/* Seconds that a guest gets to become quiet: of its own time, which costs
 * nothing while it is. */
#define QUIET 60

struct pair_args {
	const char *kernel, *cmdline, *arch, *cache, *output;
	uint32_t boots, at_once, windows;
	uint64_t memory, seed, window;
	double threshold;
	bool fixed_layout, timed, sequential, gate_emulated, offline, json, all, quiet, no_color;
};

#define ROW(field, ...) OPTION(struct pair_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option side_options[] = {
	ROW(kernel, .many = true, .arg = "SOURCE", .help = "a kernel to compare; give it twice or more, the first is the base"),
	ROW(cmdline, .many = true, .arg = "WORDS", .help = "words for the command line of all kernels; or one for each kernel; or, with one kernel, for each side"),
	ROW(arch, .help = "architecture by Debian's name, instead of this machine's"),
	{}
};

static const struct option boot_options[] = {
	ROW(boots, .def = "6", .min = 2, .max = 1000, .help = "boots of each side"),
	ROW(fixed_layout, .help = "one layout and one seed in all boots, instead of others in each"),
	ROW(at_once, .max = 64, .def = "0", .arg = "N", .help = "guests that run at the same time; 0 is as many as there are CPUs"),
	ROW(memory, .unit = UNIT_BYTES, .def = "512M", .min = 64 << 20, .help = "memory of a guest"),
	ROW(seed, .def = "1", .help = "of the order of boots, and of layouts and random numbers in guests"),
	ROW(cache, .arg = "DIR", .help = "where kernels and images are kept"),
	ROW(offline, .help = "fetch nothing"),
	{}
};

static const struct option timed_options[] = {
	ROW(timed, .help = "compare times, by guests that run in turn, instead of counting instructions"),
	ROW(windows, .def = "250", .min = 1, .max = 10000, .help = "turns of each side in a trial"),
	ROW(window, .unit = UNIT_DURATION, .def = "4ms", .min = 1000000, .max = 60000000000, .help = "length of a turn, in CPU time of the guest"),
	ROW(gate_emulated, .help = "let times under emulation make the exit code"),
	ROW(sequential, .hidden = true, .help = "in every second trial all turns of one side before those of the other, to see what taking turns is good for"),
	{}
};

static const struct option output_options[] = {
	ROW(threshold, .unit = UNIT_PERCENT, .def = "0", .max = 1000, .help = "least change in percent that counts, 0 for 0.3 of instructions and 2 of times"),
	ROW(output, .letter = 'o', .arg = "DIR", .help = "keep the report of each boot and the comparisons in this folder"),
	ROW(json, .help = "print the comparison as JSON; of several an array of them"),
	ROW(all, .letter = 'a', .help = "print all metrics and all differences of the sides"),
	ROW(quiet, .letter = 'q', .help = "print only what changed or is not compared"),
	ROW(no_color, .help = "no colour on a terminal; so does NO_COLOR in the environment"),
	{}
};
/* clang-format on */

static volatile bool interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = true;
}

/* --- sides --------------------------------------------------------------------- */

/* All values of an option, whole: they may have commas. */
static size_t values_of(const struct args *args, const char *name, const char **value,
			size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < args->n; i++) {
		if (strcmp(args->arg[i].row->name, name))
			continue;
		if (n == max)
			die(EXIT_USAGE, "option '--%s': at most %zu", name, max);
		value[n++] = args->arg[i].value;
	}
	return n;
}

static void read_sides(const struct args *args, struct pair_sides *s)
{
	const char *kernel[PAIR_SIDES], *cmdline[PAIR_SIDES];
	size_t kernels = values_of(args, "kernel", kernel, PAIR_SIDES);
	size_t cmdlines = values_of(args, "cmdline", cmdline, PAIR_SIDES);

	if (!kernels)
		die(EXIT_USAGE, "which kernels? as in 'strain matrix compare --kernel series:6.1-cloud --kernel series:6.12-cloud -- --switch 1'");
	if (kernels > 1 && cmdlines > 1 && cmdlines != kernels)
		die(EXIT_USAGE, "%zu kernels and %zu command lines: give one for all, or one for each",
		    kernels, cmdlines);
	s->n = kernels > 1 ? kernels : cmdlines;
	if (s->n < 2)
		die(EXIT_USAGE, "one side alone: give '--kernel' twice, or '--cmdline' twice (\"\" is the default)");
	for (size_t i = 0; i < s->n; i++)
		s->side[i] = (struct pair_side){
			.source = kernel[kernels > 1 ? i : 0],
			.cmdline = !cmdlines ? NULL : cmdline[cmdlines > 1 ? i : 0],
		};
}

/* What would go unheard. */
static void check_given(const struct pair_args *a, const struct args *args)
{
	char name[ARGS_NAME];

	for (size_t i = 0; i < args->n && !a->timed; i++)
		for (const struct option *row = timed_options; row->name; row++)
			if (args->arg[i].row == row)
				die(EXIT_USAGE, "option '--%s' needs '--timed'",
				    args_name(NULL, row, name));
}

static void check(const struct pair_args *a)
{
	const char *lacks = image_lacks();

	if (a->arch && !vm_arch(a->arch))
		die(EXIT_USAGE, "option '--arch': unknown architecture '%s'", a->arch);
	if (!a->arch && !vm_arch_native())
		die(EXIT_USAGE, "option '--arch' is needed: this machine's is none that guests have");
	if (lacks)
		die(EXIT_BROKEN, "%s", lacks);
}

static bool has_word(const struct words *words, const char *option)
{
	size_t n = strlen(option);

	for (size_t i = 0; i < words->n; i++)
		if (!strncmp(words->word[i], option, n) &&
		    (!words->word[i][n] || words->word[i][n] == '='))
			return true;
	return false;
}

/* What every guest is to do. */
static void read_job(const struct pair_args *a, const struct words *given, struct cell_job *job)
{
	_cleanup_words_ struct words run = { 0 };

	/* the time of the virtual CPU is of one case at a time */
	words_add(&run, a->timed ? "--sequential=1" : "--exact");
	for (size_t i = 0; i < given->n; i++)
		words_add(&run, given->word[i]);
	if (a->timed && (has_word(given, "--all") || has_word(given, "--permute")))
		die(EXIT_USAGE, "options '--all' and '--permute' of the run: with '--timed' cases run one after another");
	if (!has_word(given, "--trials")) {
		words_add(&run, "--trials");
		words_add(&run, a->timed ? TIMED_TRIALS : EXACT_TRIALS);
	}
	/* what the tasks of the run do is the same in all boots too */
	if (a->fixed_layout && !has_word(given, "--seed")) {
		words_add(&run, "--seed");
		words_add(&run, "1");
	}
	matrix_job_read(run.word, run.n, job);
	if (a->timed && job->exact)
		die(EXIT_USAGE, "option '--exact' of the run: times are compared with '--timed'");
	js_set(job->request, "quiet", json_integer(QUIET));
	js_set_true(job->request, "turns", a->timed);
	if (a->fixed_layout)
		js_set(job->request, "settings",
		       json_pack("{s:s}", "kernel.randomize_va_space", "0"));
	job->aboard = !a->timed;
	job->timed = true; /* no boot is another's */
}

/* --- running ------------------------------------------------------------------- */

static bool on_stop(void *ctx)
{
	(void)ctx;
	return interrupted;
}

static void on_note(void *ctx, const char *text)
{
	(void)ctx;
	warning("%s", text);
}

static void on_over(void *ctx, const struct pair_boot *b, unsigned left)
{
	const struct pair_args *a = ctx;
	bool quiet = js_get_true(b->quiet, "quiet");

	matrix_compare_save_boot(a->output, b);
	if (a->quiet && b->outcome == MATRIX_PASS)
		return;
	fprintf(stderr, "%s, boot %u: %s%s%s%s, %.0f s of CPU in %.0f s; %u to go\n",
		b->side->label, b->number + 1, matrix_outcomes[b->outcome],
		b->reason ? ": " : "", b->reason ? b->reason : "",
		b->quiet && !quiet ? " (the guest did not become quiet)" : "",
		(double)b->cpu_ns / 1e9, (double)(b->ended - b->began) / 1e9, left);
}

static enum exit_code failed(int err, const char *why)
{
	error("%s", why);
	return kernel_is_skip(err) ? EXIT_ALL_SKIPPED :
	       err == KERNEL_INTERRUPTED ? EXIT_INTERRUPTED :
	       err == KERNEL_BAD_SOURCE ? EXIT_USAGE : EXIT_BROKEN;
}

/* --- judging ------------------------------------------------------------------- */

/* Reports of the boots of one side. */
static void sources_of(const struct pair_run *r, size_t side, struct compare_side *out,
		       struct compare_source *source, struct words *names)
{
	*out = (struct compare_side){ .label = r->sides->side[side].label, .source = source };
	for (unsigned i = 0; i < r->boots; i++) {
		const struct pair_boot *b = &r->boot[side * r->boots + i];
		_cleanup_free_ char *name = xasprintf("boot %u of %s", i + 1, out->label);

		if (!b->report || b->outcome == MATRIX_SKIPPED)
			continue;
		words_add(names, name);
		source[out->n].doc = b->report;
		source[out->n++].path = names->word[names->n - 1];
	}
}

static json_t *compare_side_with_first(const struct pair_args *a, const struct pair_run *r,
				       size_t side, char **why)
{
	_cleanup_words_ struct words names = { 0 };
	struct compare_source *source[2];
	struct compare_side sides[2];
	const struct compare_options o = {
		.threshold = a->threshold / 100,
		.seed = a->seed,
		.allow_uncontrolled = a->gate_emulated,
	};
	json_t *doc = NULL;

	for (int i = 0; i < 2; i++) {
		source[i] = xalloc(r->boots * sizeof(*source[i]));
		sources_of(r, i ? side : 0, &sides[i], source[i], &names);
		if (!sides[i].n && !*why)
			*why = xasprintf("no boot of %s has a report", sides[i].label);
	}
	if (!*why)
		doc = compare_reports(&sides[0], &sides[1], &o, why);
	free(source[0]);
	free(source[1]);
	return doc;
}

static void print(const struct pair_args *a, json_t *const *docs, size_t n)
{
	const struct compare_show show = { .all = a->all, .quiet = a->quiet };
	struct text_style style = text_style(STDOUT_FILENO);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		js_add(list, json_incref(docs[i]));
	style.colour = style.colour && !a->no_color;
	if (a->json)
		doc_stdout_json(n == 1 ? json_incref(docs[0]) : json_incref(list));
	else if (n > 1)
		matrix_compare_table(docs, n, &style, stdout);
	for (size_t i = 0; !a->json && i < n && (n == 1 || a->all); i++)
		compare_text(docs[i], &style, &show, stdout);
	json_decref(list);
}

/* A boot that failed says something by itself. */
static enum exit_code outcomes(const struct pair_run *r)
{
	enum exit_code code = EXIT_PASS;

	for (size_t i = 0; i < r->n; i++)
		code = exit_worse(code, matrix_outcome_code(r->boot[i].outcome));
	return code;
}

static enum exit_code judge(const struct pair_args *a, const struct pair_run *r)
{
	json_t *docs[PAIR_SIDES] = { NULL };
	enum exit_code code = outcomes(r);
	size_t n = r->sides->n - 1;
	char *why = NULL;

	for (size_t i = 0; i < n && !why; i++)
		docs[i] = compare_side_with_first(a, r, i + 1, &why);
	matrix_compare_save(a->output, r, docs);
	if (why) {
		error("%s", why);
		free(why);
		code = exit_worse(code, EXIT_BROKEN);
		n = 0;
	}
	for (size_t i = 0; i < n; i++)
		code = exit_worse(code, (enum exit_code)js_get_number(docs[i], "exit_code",
								      EXIT_BROKEN));
	if (n)
		print(a, docs, n);
	for (size_t i = 0; i < PAIR_SIDES; i++)
		json_decref(docs[i]);
	return code;
}

static enum exit_code run(struct pair_args *a, struct pair_sides *sides,
			  const struct cell_job *job)
{
	struct timed_run t = { .windows = a->windows, .window = a->window,
			       .sequential = a->sequential };
	struct pair_run *r = &t.run;
	enum exit_code code;
	char *why = NULL;
	bool good;

	*r = (struct pair_run){
		.sides = sides, .job = job, .fixed = a->fixed_layout, .boots = a->boots,
		.at_once = a->at_once ? a->at_once : machine_cpus(), .seed = a->seed,
		.over = on_over, .ctx = a, .interrupted = &interrupted,
	};
	good = a->timed ? timed_run(&t, &why) : pair_run(r, &why);
	if (!good) {
		code = failed(0, why);
		free(why);
	} else if (interrupted) {
		code = EXIT_INTERRUPTED;
	} else {
		code = judge(a, r);
	}
	pair_run_free(r);
	return code;
}

static enum exit_code open_and_run(struct pair_args *a, struct pair_sides *sides,
				   const struct cell_job *job)
{
	const struct kernel_cache_options options = {
		.dir = a->cache, .offline = a->offline, .note = on_note,
		.stop = on_stop,
	};
	const struct vm_spec machine = {
		.arch = a->arch ? a->arch : vm_arch_native(), .cpus = 1, .memory = a->memory,
		.exact = !a->timed, .paced = a->timed, .kaslr = !a->fixed_layout,
	};
	struct cell_host host = { .accel = CELL_ACCEL_TCG, .no_state = true };
	enum exit_code code;
	char *why = NULL;
	int err;

	host.cache = kernel_cache_open(&options, &why);
	if (!host.cache)
		die(EXIT_BROKEN, "%s", why);
	err = pair_sides_open(sides, &machine, job, &host, &why);
	code = err ? failed(err, why) : run(a, sides, job);
	free(why);
	pair_sides_close(sides);
	kernel_cache_close(host.cache);
	return code;
}

static const struct option_group compare_groups[] = {
	{ "sides", side_options },
	{ "boots", boot_options },
	{ "times", timed_options },
	{ "output", output_options },
	{}
};

static enum exit_code run_compare(const struct command *const *all, int argc, char **argv)
{
	struct pair_args a;
	struct args args = { 0 };
	struct sigaction act = { .sa_handler = on_signal };
	struct pair_sides sides = { 0 };
	struct cell_job job;
	enum exit_code code;

	(void)all;
	args_read(&args, compare_groups, &a, argc, argv);
	read_sides(&args, &sides);
	check_given(&a, &args);
	check(&a);
	if (a.timed && sides.n != 2)
		die(EXIT_USAGE, "option '--timed' takes two sides, not %zu", sides.n);
	read_job(&a, &args.words, &job);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	code = open_and_run(&a, &sides, &job);
	cell_job_free(&job);
	args_free(&args);
	return code;
}

const struct command command_matrix_compare = {
	.name = "matrix compare",
	.summary = "compare kernels, or command lines of one, by many boots of each",
	.words = "-- RUN-OPTION...",
	.groups = compare_groups,
	.run = run_compare,
};
