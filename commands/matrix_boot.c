/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain matrix boot: one kernel, at once. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/value.h"
#include "commands/args.h"
#include "commands/doc.h"
#include "commands/matrix.h"
#include "commands/matrix_job.h"
#include "commands/matrix_shell.h"
#include "reports/text.h"
#include "vm-matrix/cell/work.h"
#include "vm-matrix/image/image.h"
#include "vm-matrix/qemu/arch.h"

struct boot_args {
	const char *arch, *append, *accel, *cache, *report, *script, *fault, *machine;
	uint32_t cpus, gdb;
	uint64_t memory;
	bool console, shell, doctor, kaslr, no_state, offline, json, quiet, metrics, no_color;
};

#define ROW(field, ...) OPTION(struct boot_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option machine_options[] = {
	ROW(arch, .help = "architecture by Debian's name, instead of this machine's"),
	ROW(cpus, .def = "1", .min = 1, .max = 256, .help = "CPUs of the guest"),
	ROW(memory, .unit = UNIT_BYTES, .def = "1G", .min = 64 << 20, .help = "memory of the guest"),
	ROW(machine, .arg = "FILE:NAME", .help = "the machine of that name in a matrix file instead, as tiering:slow"),
	ROW(append, .arg = "WORDS", .help = "words for the kernel's command line"),
	ROW(accel, .choices = "auto tcg kvm", .def = "auto", .help = "acceleration; auto takes KVM where this kernel was seen to boot under it"),
	ROW(kaslr, .help = "boot the packed image with a random layout, not the unpacked one"),
	ROW(no_state, .help = "boot, and do not restore the machine saved after an earlier boot"),
	ROW(gdb, .arg = "PORT", .min = 1, .max = 65535, .help = "wait for a debugger on this port of localhost"),
	ROW(cache, .arg = "DIR", .help = "where kernels and states are kept"),
	ROW(offline, .help = "fetch nothing"),
	{}
};

static const struct option output_options[] = {
	ROW(console, .help = "show the guest's console on standard error"),
	ROW(shell, .help = "a shell in the guest, instead of a run"),
	ROW(script, .arg = "FILE", .help = "these commands of a shell in the guest, instead of a run"),
	ROW(doctor, .help = "what strain doctor says of the guest, as JSON, instead of a run"),
	ROW(fault, .hidden = true, .help = "a guest that breaks down in this way, instead of a run"),
	ROW(report, .letter = 'o', .arg = "FILE", .help = "where the report goes, instead of the user's state directory"),
	ROW(json, .help = "print the report as JSON instead of a table"),
	ROW(quiet, .letter = 'q', .help = "print failures only"),
	ROW(metrics, .letter = 'M', .help = "print all metrics, not the primary ones only"),
	ROW(no_color, .help = "no colour on a terminal; so does NO_COLOR in the environment"),
	{}
};
/* clang-format on */

/* What the hooks know. */
struct boot {
	const struct boot_args *args;
	bool draws;          /* stderr is a terminal, and nothing else writes there */
	const char *release;
	struct guest_shell *shell;
	/* of --machine */
	struct matrix_plan *plan;
	struct vm_node node[PLAN_NODES];
	struct vm_disk disk[PLAN_DISKS];
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static void draw(const struct boot *b, const char *text)
{
	if (b->draws)
		fprintf(stderr, "\r\033[K%s", text);
}

static void on_phase(void *ctx, const char *phase)
{
	const struct boot *b = ctx;
	_cleanup_free_ char *text = xasprintf("%s %s ...", phase, b->release);

	draw(b, text);
}

static void on_fetch(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	_cleanup_free_ char *text = total ?
		xasprintf("%s %.0f of %.0f MB ...", what, done / 1e6, total / 1e6) :
		xasprintf("%s ...", what);

	draw(ctx, text);
}

static bool on_fetch_stop(void *ctx)
{
	(void)ctx;
	return interrupted;
}

static void on_note(void *ctx, const char *text)
{
	draw(ctx, "");
	warning("%s", text);
}

static void on_console(void *ctx, const char *text, size_t n)
{
	const struct boot *b = ctx;

	if (b->shell || b->args->console)
		fwrite(text, 1, n, b->shell ? stdout : stderr);
	fflush(b->shell ? stdout : stderr);
}

static void on_text(void *ctx, const char *text, size_t n)
{
	const struct boot *b = ctx;
	FILE *out = b->args->script ? stdout : stderr;

	draw(b, "");
	fwrite(text, 1, n, out);
	fflush(out);
}

static bool on_turn(void *ctx, struct vm *vm)
{
	const struct boot *b = ctx;

	if (b->shell)
		guest_shell_turn(b->shell, vm);
	return interrupted;
}

static enum exit_code broken(char *why)
{
	error("%s", why);
	free(why);
	return EXIT_BROKEN;
}

/* The table, or with --json the document. */
static enum exit_code print_report(const struct boot_args *args, struct report_writer *w)
{
	struct text_style style = text_style(STDOUT_FILENO);
	_cleanup_json_ json_t *summary = NULL;
	char *why = NULL;

	if (args->json)
		return report_print(w, stdout, &why) ? broken(why) : EXIT_PASS;
	summary = report_summary(w, &why);
	if (!summary)
		return broken(why);
	style.colour = style.colour && !args->no_color;
	style.metrics = args->metrics;
	style.quiet = args->quiet;
	report_text(summary, report_path(w), &style, stdout);
	return EXIT_PASS;
}

static void print_cell(const struct boot_args *args, const struct cell_ready *ready,
		       const struct cell_result *r)
{
	const char *word = matrix_outcomes[r->outcome];
	FILE *out = args->script ? stderr : stdout; /* where a script prints is its own */

	if (r->decoded)
		fputs(r->decoded, stderr);
	else if (r->outcome != MATRIX_PASS && !args->console && !args->shell)
		for (size_t i = 0; i < r->tail.n; i++)
			fprintf(stderr, "| %s\n", r->tail.word[i]);
	if (r->guest_state)
		fprintf(stderr, "%s\n", r->guest_state);
	if (r->unsaved)
		warning("%s", r->unsaved);
	if (args->json || args->doctor || (args->quiet && r->outcome == MATRIX_PASS))
		return;
	fprintf(out, "%s: %s%s%s\n", ready->kernel.release, word, r->reason ? ": " : "",
		r->reason ? r->reason : "");
	fprintf(out, "%s under %s (QEMU %s), %s in %.1f s, %.1f s in all, %.1f s of CPU\n",
		ready->vm.arch, vm_accel_name(ready->vm.accel),
		vm_emulator_version(ready->vm.arch), r->restored ? "restored" : "booted",
		r->boot_seconds, r->seconds, r->cpu_seconds);
}

static enum exit_code run(struct boot *b, const struct cell_ready *ready,
			  const struct cell_job *job)
{
	_cleanup_free_ char *path = b->args->report ? xstrdup(b->args->report) :
						      report_default_path();
	const struct cell_paths paths = { .report = job->report ? path : NULL };
	const struct cell_hooks hooks = {
		.ctx = b, .phase = on_phase, .console = on_console, .text = on_text,
		.stop = on_turn, .turn = b->shell ? 10 : 0,
	};
	struct cell_result result;
	enum exit_code code;

	b->release = ready->kernel.release;
	cell_run(ready, job, &paths, &hooks, &result);
	draw(b, "");
	code = matrix_outcome_code(result.outcome);
	if (result.report)
		code = exit_worse(code, print_report(b->args, result.report));
	if (result.document)
		code = exit_worse(code, doc_stdout_json(json_incref(result.document)));
	print_cell(b->args, ready, &result);
	cell_result_free(&result);
	return code;
}

/* What to type into another terminal. */
static void print_gdb(const struct boot_args *args, const struct cell_ready *ready)
{
	const char *symbols = ready->kernel.vmlinux_debug;

	if (args->gdb)
		fprintf(stderr, "the guest waits for: gdb %s -ex 'target remote localhost:%u'\n",
			symbols ? symbols : ready->boots, args->gdb);
}

static struct kernel_cache *open_cache(struct boot *b)
{
	const struct kernel_cache_options options = {
		.dir = b->args->cache, .offline = b->args->offline,
		.progress = on_fetch, .stop = on_fetch_stop, .note = on_note, .ctx = b,
	};
	char *why = NULL;
	struct kernel_cache *cache = kernel_cache_open(&options, &why);

	if (!cache)
		die(EXIT_BROKEN, "%s", why);
	return cache;
}

static enum cell_accel accel_of(const char *word)
{
	return !strcmp(word, "kvm") ? CELL_ACCEL_KVM :
	       !strcmp(word, "tcg") ? CELL_ACCEL_TCG : CELL_ACCEL_AUTO;
}

/* "FILE:NAME" */
static struct vm_spec named_machine(struct boot *b, const char *word)
{
	const char *colon = strrchr(word, ':'), *name = colon ? colon + 1 : word;
	_cleanup_free_ char *file = xasprintf("%.*s", (int)(colon ? colon - word : 0), word);

	if (!*file || !*name)
		die(EXIT_USAGE, "option '--machine': value '%s' is not FILE:NAME", word);
	b->plan = matrix_choose(&(struct matrix_source){ .cache = b->args->cache,
							 .offline = b->args->offline },
				file, NULL, NULL);
	for (size_t i = 0; i < b->plan->n_cells; i++)
		if (!strcmp(b->plan->cell[i].machine->row.name, name))
			return cell_machine(&b->plan->cell[i], b->node, b->disk);
	die(EXIT_USAGE, "option '--machine': '%s' has no machine '%s'", file, name);
}

static struct vm_spec machine_of(struct boot *b, const struct cell_job *job)
{
	const struct boot_args *args = b->args;
	struct vm_spec spec = { .cpus = args->cpus, .memory = args->memory };

	if (args->machine)
		spec = named_machine(b, args->machine);
	spec.arch = args->arch ? args->arch : vm_arch_native();
	spec.cmdline = args->append;
	spec.exact = job->exact;
	spec.kaslr = args->kaslr;
	spec.pvpanic = true;
	spec.gdb_port = (int)args->gdb;
	return spec;
}

static enum exit_code boot(struct boot *b, const char *source, const struct cell_job *job)
{
	const struct boot_args *args = b->args;
	struct cell_host host = { .cache = open_cache(b), .accel = accel_of(args->accel),
				  .no_state = args->no_state };
	struct cell_spec spec = { .source = source, .machine = machine_of(b, job), .job = job };
	struct cell_ready ready;
	enum exit_code code;
	char *why = NULL;
	int err = cell_ready(&spec, &host, &ready, &why);

	draw(b, "");
	if (err) {
		code = broken(why);
		if (kernel_is_skip(err))
			code = EXIT_ALL_SKIPPED;
		if (err == KERNEL_BAD_SOURCE)
			code = EXIT_USAGE;
		if (err == KERNEL_INTERRUPTED)
			code = EXIT_INTERRUPTED;
	} else {
		print_gdb(args, &ready);
		code = run(b, &ready, job);
	}
	cell_ready_free(&ready);
	matrix_plan_free(b->plan);
	kernel_cache_close(host.cache);
	return code;
}

static const char *check(const struct boot_args *args, const struct args *parsed)
{
	const char *other = args->shell ? "shell" : args->script ? "script" :
			    args->doctor ? "doctor" : args->fault ? "fault" : NULL;
	unsigned others = args->shell + !!args->script + args->doctor + !!args->fault;
	const char *lacks = image_lacks();
	_cleanup_free_ char *qemu = NULL;
	char *why = NULL;

	if (!parsed->words.n)
		die(EXIT_USAGE, "which kernel? as in 'strain matrix boot series:6.12-cloud -- --nop 1'");
	if (args->arch && !vm_arch(args->arch))
		die(EXIT_USAGE, "option '--arch': unknown architecture '%s'", args->arch);
	if (!args->arch && !vm_arch_native())
		die(EXIT_USAGE, "option '--arch' is needed: this machine's is none that guests have");
	if (others > 1)
		die(EXIT_USAGE, "only one of '--shell', '--script' and '--doctor'");
	if (other && parsed->words.n > 1)
		die(EXIT_USAGE, "option '--%s' and options of a run exclude each other", other);
	if (lacks)
		die(EXIT_BROKEN, "%s", lacks);
	qemu = vm_binary(args->arch ? args->arch : vm_arch_native(), &why);
	if (!qemu)
		die(EXIT_BROKEN, "%s", why);
	return parsed->words.word[0];
}

/* A job of another kind than a run. */
static void word_job(struct cell_job *job, const char *kind, const char *fault)
{
	*job = (struct cell_job){ .request = json_object() };
	/* one that goes on for ever, with signs of life */
	if (fault && !strcmp(fault, "flood"))
		job->timeout = 10 * NSEC_PER_SEC;
	js_set(job->request, "kind", js_text(kind));
	js_set_text(job->request, "fault", fault);
}

static const struct option_group boot_groups[] = {
	{ "machine", machine_options },
	{ "output", output_options },
	{}
};

static enum exit_code run_boot(const struct command *const *all, int argc, char **argv)
{
	struct boot_args values;
	struct args parsed = { 0 };
	struct sigaction act = { .sa_handler = on_signal };
	struct boot b = { .args = &values, .release = "" };
	const char *source;
	struct cell_job job;
	enum exit_code code;

	(void)all;
	args_read(&parsed, boot_groups, &values, argc, argv);
	source = check(&values, &parsed);
	if (values.shell)
		guest_shell_job(&job);
	else if (values.script)
		guest_script_job(&job, values.script);
	else if (values.doctor || values.fault)
		word_job(&job, values.doctor ? "doctor" : "fault", values.fault);
	else
		matrix_job_read(parsed.words.word + 1, parsed.words.n - 1, &job);
	b.draws = !values.console && !values.quiet && text_terminal(STDERR_FILENO);
	b.shell = values.shell ? guest_shell_open() : NULL;
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	code = boot(&b, source, &job);
	guest_shell_close(b.shell);
	cell_job_free(&job);
	args_free(&parsed);
	return code;
}

const struct command command_matrix_boot = {
	.name = "matrix boot",
	.summary = "boot one kernel and run something in it",
	.words = "KERNEL -- RUN-OPTION...",
	.groups = boot_groups,
	.run = run_boot,
};
