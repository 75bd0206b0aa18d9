/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain matrix crash: what was promised is there after the machine died. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "commands/args.h"
#include "commands/matrix.h"
#include "commands/matrix_crash.h"
#include "reports/text.h"
#include "vm-matrix/image/image.h"
#include "vm-matrix/qemu/arch.h"

#define CRASH(field, ...) OPTION(struct crash_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option test_options[] = {
	CRASH(filesystem, .many = true, .arg = "NAME", .help = "ext4 (default) or xfs; several are a pass each"),
	CRASH(writer, .many = true, .arg = "WORD", .help = "journal (default): records appended and synced one by one; atomic: units overwritten by RWF_ATOMIC, with a file of ordinary writes beside them"),
	CRASH(mode, .many = true, .arg = "WORD", .help = "kill: the machine is killed while several write, each to a disk of its own; cache (default): the disk loses its volatile cache at a place of the log of one writer"),
	CRASH(cuts, .arg = "N", .def = "50", .min = 1, .max = 9000, .help = "cuts of each pass"),
	CRASH(controls, .arg = "N", .def = "5", .min = 1, .max = 900, .help = "cuts that do not keep promises and must be found out: a writer without fsync, a disk that lies about flushes"),
	CRASH(records, .arg = "N", .min = 2, .max = 1000000, .help = "promises of the writer, 300 without this; with mode kill a machine dies after one of the first N, 60 without this"),
	CRASH(only, .arg = "EXPR", .help = "only these cells of a matrix file, as for 'strain matrix run'"),
	CRASH(seed, .arg = "N", .help = "of places and fates of writes; 0 for another each time"),
	CRASH(images, .arg = "DIR", .help = "keep the images of cuts that were no good there"),
	{}
};

static const struct option machine_options[] = {
	CRASH(arch, .help = "architecture by Debian's name, instead of this machine's"),
	CRASH(disk, .choices = "nvme virtio-blk scsi", .def = "virtio-blk", .help = "disk of the writer; QEMU's nvme does not honour FUA, which this test finds"),
	CRASH(memory, .unit = UNIT_BYTES, .def = "768M", .min = 256 << 20, .help = "memory of the guest"),
	CRASH(cache, .arg = "DIR", .help = "where kernels are kept"),
	CRASH(offline, .help = "fetch nothing"),
	{}
};

static const struct option output_options[] = {
	CRASH(output, .letter = 'o', .arg = "FILE", .help = "write the result as JSON, each cut with it"),
	CRASH(json, .help = "print that instead of a table"),
	CRASH(quiet, .letter = 'q', .help = "no progress on a terminal"),
	{}
};
/* clang-format on */

static const struct option_group crash_groups[] = {
	{ "test", test_options },
	{ "machine", machine_options },
	{ "output", output_options },
	{}
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static bool on_stop(void *ctx)
{
	(void)ctx;
	return interrupted;
}

static void on_fetch(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	_cleanup_free_ char *text = total ?
		xasprintf("%s %.0f of %.0f MB ...", what, done / 1e6, total / 1e6) :
		xasprintf("%s ...", what);

	matrix_crash_progress(ctx, text);
}

static bool is_file(const char *word)
{
	size_t n = strlen(word);

	return !strpbrk(word, "/:,") || (n > 5 && !strcmp(word + n - 5, ".json"));
}

/* Words of a job in a matrix file, over those of the command line. */
static void read_job(const struct cell_plan *cell, struct crash_args *values)
{
	struct args_table tables[] = {
		{ .rows = test_options, .values = values },
		{ .rows = machine_options, .values = values },
	};
	struct args parsed = { .tables = tables, .n_tables = ARRAY_SIZE(tables) };
	struct words argv = { 0 };

	words_add(&argv, "crash");
	for (size_t i = 0; i < cell->job->argv.n; i++)
		words_add(&argv, cell->job->argv.word[i]);
	words_end(&argv);
	args_parse(&parsed, (int)argv.n, argv.word);
	args_words_max(&parsed, 0);
	args_set_all(&parsed);
	args_free(&parsed);
	words_free(&argv);
}

void matrix_crash_check(const struct cell_plan *cell)
{
	struct args tables = { 0 };
	struct crash_args values;
	struct crash_axes a;

	args_tables(&tables, crash_groups, &values);
	read_job(cell, &values);
	matrix_crash_axes(&values, &a);
	matrix_crash_axes_free(&a);
	args_free(&tables);
}

static void run_file(struct crash_run *r, const char *name)
{
	const struct crash_args *given = r->args;
	const struct matrix_source from = { .cache = given->cache,
					    .offline = given->offline };
	struct matrix_plan *plan = matrix_choose(&from, name, given->only, NULL);
	struct crash_axes a;
	unsigned n = 0;

	/* bad words end the program: before anything was started */
	for (size_t i = 0; i < plan->n_cells; i++) {
		struct crash_args values = *given;

		if (plan->cell[i].job->kind != PLAN_CRASH)
			continue;
		n++;
		read_job(&plan->cell[i], &values);
		matrix_crash_axes(&values, &a);
		matrix_crash_axes_free(&a);
	}
	if (!n)
		die(EXIT_USAGE, "'%s' has no job of kind 'crash'", name);
	for (size_t i = 0; i < plan->n_cells && !interrupted; i++) {
		struct crash_args values = *given;

		if (plan->cell[i].job->kind != PLAN_CRASH)
			continue;
		read_job(&plan->cell[i], &values);
		values.arch = plan->cell[i].arch;
		r->args = &values;
		matrix_crash_kernel(r, plan->cell[i].kernel->source);
		r->args = given;
	}
	matrix_plan_free(plan);
}

static void check(const struct crash_args *args, const struct args *parsed)
{
	struct crash_axes a;

	args_words_max(parsed, 1);
	if (!parsed->words.n)
		die(EXIT_USAGE, "which kernel? as in 'strain matrix crash series:6.12-cloud'");
	matrix_crash_axes(args, &a);
	matrix_crash_axes_free(&a);
	if (args->arch && !vm_arch(args->arch))
		die(EXIT_USAGE, "option '--arch': unknown architecture '%s'", args->arch);
	if (!args->arch && !vm_arch_native())
		die(EXIT_USAGE, "option '--arch' is needed: this machine's is none that guests have");
	if (image_lacks())
		die(EXIT_BROKEN, "%s", image_lacks());
}

static enum exit_code crash(struct crash_run *r, const char *word)
{
	const struct kernel_cache_options options = {
		.dir = r->args->cache, .offline = r->args->offline,
		.progress = on_fetch, .stop = on_stop, .ctx = r,
	};
	struct sigaction act = { .sa_handler = on_signal };
	enum exit_code code;
	char *why = NULL;

	r->cache = kernel_cache_open(&options, &why);
	if (!r->cache)
		die(EXIT_BROKEN, "%s", why);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	r->passes = json_array();
	if (is_file(word))
		run_file(r, word);
	else
		matrix_crash_kernel(r, word);
	if (!r->args->images && r->dir)
		dir_remove(r->dir);
	if (r->ran && r->code == EXIT_ALL_SKIPPED)
		r->code = EXIT_PASS;
	if (interrupted)
		r->code = EXIT_INTERRUPTED;
	code = matrix_crash_document(r);
	json_decref(r->passes);
	free(r->dir);
	kernel_cache_close(r->cache);
	return code;
}

static enum exit_code run_crash(const struct command *const *all, int argc, char **argv)
{
	struct crash_args values;
	struct args parsed = { 0 };
	struct crash_run r = { .args = &values, .stop = on_stop };
	enum exit_code code;

	(void)all;
	args_read(&parsed, crash_groups, &values, argc, argv);
	check(&values, &parsed);
	r.draws = !values.quiet && text_terminal(STDERR_FILENO);
	code = crash(&r, parsed.words.word[0]);
	args_free(&parsed);
	return code;
}

const struct command command_matrix_crash = {
	.name = "matrix crash",
	.summary = "cut writers short and look for what they had promised",
	.words = "KERNEL|FILE",
	.groups = crash_groups,
	.offer = plan_each,
	.run = run_crash,
};
