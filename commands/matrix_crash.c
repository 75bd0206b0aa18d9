/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain matrix crash: what was promised is there after the machine died. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/rng.h"
#include "commands/args.h"
#include "commands/matrix.h"
#include "reports/json.h"
#include "reports/text.h"
#include "vm-matrix/crash/pass.h"
#include "vm-matrix/image/image.h"
#include "vm-matrix/qemu/arch.h"

#define CRASH_SCHEMA "strain-crash/1"

struct crash_args {
	const char *filesystem, *writer, *mode, *disk, *arch, *cache, *output, *images, *only;
	uint32_t cuts, controls;
	uint64_t records, seed, memory;
	bool offline, json, quiet;
};

#define CRASH(field, ...) OPTION(struct crash_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option test_options[] = {
	CRASH(filesystem, .many = true, .arg = "NAME", .help = "ext4 (default) or xfs; several are a pass each"),
	CRASH(writer, .many = true, .arg = "WORD", .help = "journal (default): records appended and synced one by one; atomic: units overwritten by RWF_ATOMIC, with a file of ordinary writes beside them"),
	CRASH(mode, .many = true, .arg = "WORD", .help = "kill: the machine is killed while several write, each to a disk of its own; cache (default): the disk loses its volatile cache at a place of the log of one writer"),
	CRASH(cuts, .arg = "N", .def = "50", .min = 1, .max = 9000, .help = "cuts of each pass"),
	CRASH(controls, .arg = "N", .def = "5", .min = 1, .max = 900, .help = "cuts that do not keep promises and must be found out: a writer without fsync, a disk that lies about flushes"),
	CRASH(records, .arg = "N", .def = "300", .min = 2, .max = 1000000, .help = "promises of the writer; with mode kill the machine dies after one of the first N of a writer"),
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

struct crash_run {
	const struct crash_args *args;
	struct kernel_cache *cache;
	char *dir;
	json_t *passes;
	enum exit_code code;
	bool draws, ran; /* stderr is ours; some pass could be done */
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

static void on_progress(void *ctx, const char *text)
{
	const struct crash_run *r = ctx;

	if (r->draws)
		fprintf(stderr, "\r\033[K%.*s", 78, text);
}

static void on_fetch(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	_cleanup_free_ char *text = total ?
		xasprintf("%s %.0f of %.0f MB ...", what, done / 1e6, total / 1e6) :
		xasprintf("%s ...", what);

	on_progress(ctx, text);
}

static enum vm_disk_kind kind_of(const char *word)
{
	return !strcmp(word, "scsi")	   ? VM_DISK_SCSI :
	       !strcmp(word, "virtio-blk") ? VM_DISK_VIRTIO_BLK :
					     VM_DISK_NVME;
}

/* --- one pass ---------------------------------------------------------------------- */

/* All promises kept, and the controls found: both are needed for a pass. */
static enum exit_code code_of(const struct crash_pass *p)
{
	if (p->skipped)
		return EXIT_ALL_SKIPPED;
	if (crash_pass_bad(p, false))
		return crash_pass_count(p, false, CRASH_UNKNOWN) ==
				crash_pass_bad(p, false) ? EXIT_BROKEN : EXIT_FAIL;
	return crash_pass_found(p) ? EXIT_PASS : EXIT_BROKEN;
}

static void print_bad(const struct crash_pass *p)
{
	unsigned shown = 0;

	for (size_t i = 0; i < p->n && shown < 5; i++)
		if (!p->cut[i].control && p->cut[i].outcome != CRASH_KEPT) {
			printf("  cut %zu: %s: %s\n", i + 1,
			       crash_outcome_name(p->cut[i].outcome), p->cut[i].why);
			shown++;
		}
}

static void print_pass(const struct crash_run *r, const char *kernel,
		       const struct crash_plan *plan, const struct crash_pass *p)
{
	unsigned bad = crash_pass_bad(p, false), torn = 0;

	on_progress((void *)r, "");
	if (r->args->json)
		return;
	printf("%-16s %-5s %-8s %-6s", kernel, plan->filesystem, plan->writer, plan->mode);
	if (p->skipped) {
		printf(" skipped: %s\n", p->skipped);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		torn += !p->cut[i].control && p->cut[i].torn;
	printf(" %u of %u cuts kept, %u of %u controls found out", plan->cuts - bad,
	       plan->cuts, crash_pass_found(p), plan->controls);
	if (!strcmp(plan->writer, "atomic"))
		printf(", ordinary writes torn in %u", torn);
	printf(", %" PRIu64 " promises, %.0f s\n", p->promises, p->seconds);
	print_bad(p);
	if (!bad && !crash_pass_found(p))
		printf("  no control was found out: this pass proves nothing\n");
	fflush(stdout);
}

static void make_dir(struct crash_run *r)
{
	const char *tmp = getenv("TMPDIR");

	if (r->args->images) {
		r->dir = xstrdup(r->args->images);
		return;
	}
	r->dir = xasprintf("%s/strain-crash-XXXXXX", tmp && *tmp == '/' ? tmp : "/var/tmp");
	if (!mkdtemp(r->dir))
		die(EXIT_BROKEN, "cannot make '%s': %m", r->dir);
}

static void run_pass(struct crash_run *r, const struct cell_ready *ready,
		     struct crash_plan *plan)
{
	_cleanup_free_ char *why = NULL;
	struct crash_pass pass;
	enum exit_code code;
	json_t *o;
	int err;

	if (!r->dir)
		make_dir(r);
	plan->dir = r->dir;
	err = crash_pass_run(plan, ready, &pass, &why);
	code = err ? EXIT_BROKEN : code_of(&pass);
	o = crash_pass_json(plan, &pass);
	on_progress(r, "");
	if (err && interrupted)
		code = EXIT_INTERRUPTED;
	else if (err)
		error("%s %s %s: %s", plan->filesystem, plan->writer, plan->mode,
		      why ? why : strerror(-err));
	else
		print_pass(r, ready->kernel.name, plan, &pass);
	js_set_text(o, "error", err ? why : NULL);
	js_set(o, "kernel", js_text(ready->kernel.name));
	js_set(o, "release", js_text(ready->kernel.release));
	js_set(o, "digest", js_text(ready->kernel.digest));
	js_set(o, "accel", js_text(vm_accel_name(ready->vm.accel)));
	js_set(o, "exit_code", json_integer(code));
	js_add(r->passes, o);
	r->code = exit_worse(r->code, code);
	r->ran = r->ran || !pass.skipped;
	crash_pass_free(&pass);
}

/* --- all passes with a kernel ------------------------------------------------------- */

static void check_words(const char *option, const char *text, const char *missing,
			const char *allowed, struct words *out)
{
	words_split(out, text ? text : missing, ",");
	for (size_t i = 0; i < out->n; i++)
		if (!word_in(allowed, out->word[i]))
			die(EXIT_USAGE, "option '--%s': '%s' is none of %s", option,
			    out->word[i], allowed);
}

struct axes {
	struct words filesystem, writer, mode;
};

static void read_axes(const struct crash_args *args, struct axes *a)
{
	*a = (struct axes){ 0 };
	check_words("filesystem", args->filesystem, "ext4", "ext4 xfs", &a->filesystem);
	check_words("writer", args->writer, "journal", "journal atomic", &a->writer);
	check_words("mode", args->mode, "cache", "kill cache", &a->mode);
}

static void free_axes(struct axes *a)
{
	words_free(&a->filesystem);
	words_free(&a->writer);
	words_free(&a->mode);
}

/* The guest of a filesystem; false: it cannot be made, which was told. */
static bool make_ready(struct crash_run *r, const char *source, const char *filesystem,
		       struct cell_ready *ready)
{
	const struct crash_args *args = r->args;
	/* only their kinds count here: for the modules */
	const struct vm_disk disk[] = { { .kind = kind_of(args->disk) },
					{ .kind = VM_DISK_SCSI } };
	struct cell_job job = { .request = json_object(), .timed = true };
	const struct cell_host host = { .cache = r->cache, .no_state = true };
	struct cell_spec spec = {
		.source = source, .job = &job,
		.machine = { .arch = args->arch ? args->arch : vm_arch_native(),
			     .memory = args->memory, .disk = disk,
			     .n_disks = ARRAY_SIZE(disk), .pvpanic = true },
	};
	_cleanup_free_ char *why = NULL;
	int err;

	words_add(&job.modules, filesystem);
	err = cell_ready(&spec, &host, ready, &why);
	cell_job_free(&job);
	on_progress(r, "");
	if (!err)
		return true;
	if (kernel_is_skip(err) && !r->args->json)
		printf("%-16s skipped: %s\n", source, why);
	else
		error("%s", why);
	r->code = exit_worse(r->code, kernel_is_skip(err) ? EXIT_ALL_SKIPPED :
				      err == KERNEL_BAD_SOURCE ? EXIT_USAGE :
								 EXIT_BROKEN);
	return false;
}

static void run_kernel(struct crash_run *r, const char *source)
{
	struct axes a;

	read_axes(r->args, &a);
	for (size_t f = 0; f < a.filesystem.n; f++) {
		struct cell_ready ready;
		bool made = make_ready(r, source, a.filesystem.word[f], &ready);

		for (size_t w = 0; made && w < a.writer.n; w++)
			for (size_t m = 0; m < a.mode.n && !interrupted; m++) {
				struct crash_plan plan = {
					.filesystem = a.filesystem.word[f],
					.writer = a.writer.word[w],
					.mode = a.mode.word[m],
					.disk = kind_of(r->args->disk),
					.cuts = r->args->cuts,
					.controls = r->args->controls,
					.records = r->args->records,
					.seed = r->args->seed ? r->args->seed :
								rng_unknown(),
					.keep = r->args->images,
					.progress = on_progress, .stop = on_stop,
					.ctx = r,
				};

				run_pass(r, &ready, &plan);
			}
		cell_ready_free(&ready);
	}
	free_axes(&a);
}

/* --- the command -------------------------------------------------------------------- */

static bool is_file(const char *word)
{
	size_t n = strlen(word);

	return !strpbrk(word, "/:,") || (n > 5 && !strcmp(word + n - 5, ".json"));
}

/* Words of a job in a matrix file, over those of the command line. */
static void read_job(const struct cell_plan *cell, struct crash_args *values)
{
	struct args_table tables[] = { { .rows = test_options, .values = values } };
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

static void run_file(struct crash_run *r, const char *name)
{
	const struct crash_args *given = r->args;
	const struct matrix_source from = { .cache = given->cache,
					    .offline = given->offline };
	struct matrix_plan *plan = matrix_choose(&from, name, given->only, NULL);
	struct axes a;
	unsigned n = 0;

	/* bad words end the program: before anything was started */
	for (size_t i = 0; i < plan->n_cells; i++) {
		struct crash_args values = *given;

		if (plan->cell[i].job->kind != PLAN_CRASH)
			continue;
		n++;
		read_job(&plan->cell[i], &values);
		read_axes(&values, &a);
		free_axes(&a);
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
		run_kernel(r, plan->cell[i].kernel->source);
		r->args = given;
	}
	matrix_plan_free(plan);
}

static enum exit_code write_result(struct crash_run *r)
{
	_cleanup_json_ json_t *doc = json_object();
	FILE *out = stdout;

	js_set(doc, "schema", js_text(CRASH_SCHEMA));
	js_set(doc, "strain", js_text(STRAIN_VERSION));
	js_set(doc, "commit", js_text(STRAIN_COMMIT));
	js_set(doc, "exit_code", json_integer(r->code));
	js_set(doc, "passes", json_incref(r->passes));
	if (r->args->output)
		out = fopen(r->args->output, "we");
	else if (!r->args->json)
		return r->code;
	if (!out) {
		error("cannot write '%s': %m", r->args->output);
		return exit_worse(r->code, EXIT_BROKEN);
	}
	js_print_open(doc, out);
	fputs("\n}\n", out);
	if (out != stdout && fclose(out))
		error("cannot write '%s': %m", r->args->output);
	return r->code;
}

static void check(const struct crash_args *args, const struct args *parsed)
{
	struct axes a;

	args_words_max(parsed, 1);
	if (!parsed->words.n)
		die(EXIT_USAGE, "which kernel? as in 'strain matrix crash series:6.12-cloud'");
	read_axes(args, &a);
	free_axes(&a);
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
		.progress = on_fetch, .ctx = r,
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
		run_kernel(r, word);
	if (!r->args->images && r->dir)
		dir_remove(r->dir);
	if (r->ran && r->code == EXIT_ALL_SKIPPED)
		r->code = EXIT_PASS;
	if (interrupted)
		r->code = EXIT_INTERRUPTED;
	code = write_result(r);
	json_decref(r->passes);
	free(r->dir);
	kernel_cache_close(r->cache);
	return code;
}

static enum exit_code run_crash(const struct command *const *all, int argc, char **argv)
{
	struct crash_args values;
	struct args_table tables[] = { { .rows = test_options, .values = &values },
				       { .rows = machine_options, .values = &values },
				       { .rows = output_options, .values = &values } };
	struct args parsed = { .tables = tables, .n_tables = ARRAY_SIZE(tables) };
	struct crash_run r = { .args = &values };
	enum exit_code code;

	(void)all;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		option_defaults(tables[i].rows, &values);
	args_parse(&parsed, argc, argv);
	args_set_all(&parsed);
	check(&values, &parsed);
	r.draws = !values.quiet && text_terminal(STDERR_FILENO);
	code = crash(&r, parsed.words.word[0]);
	args_free(&parsed);
	return code;
}

static const struct option_group crash_groups[] = {
	{ "test", test_options },
	{ "machine", machine_options },
	{ "output", output_options },
	{}
};

const struct command command_matrix_crash = {
	.name = "matrix crash",
	.summary = "cut writers short and look for what they had promised",
	.words = "KERNEL|FILE",
	.groups = crash_groups,
	.run = run_crash,
};
