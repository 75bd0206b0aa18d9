/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/matrix_crash.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "vm-matrix/qemu/arch.h"

static void check_words(const char *option, const char *text, const char *missing,
			const char *allowed, struct words *out)
{
	words_split(out, text ? text : missing, ",");
	for (size_t i = 0; i < out->n; i++)
		if (!word_in(allowed, out->word[i]))
			die(EXIT_USAGE, "option '--%s': '%s' is none of %s", option,
			    out->word[i], allowed);
}

void matrix_crash_axes(const struct crash_args *args, struct crash_axes *a)
{
	*a = (struct crash_axes){ 0 };
	check_words("filesystem", args->filesystem, "ext4", "ext4 xfs", &a->filesystem);
	check_words("writer", args->writer, "journal", "journal atomic", &a->writer);
	check_words("mode", args->mode, "cache", "kill cache", &a->mode);
}

void matrix_crash_axes_free(struct crash_axes *a)
{
	words_free(&a->filesystem);
	words_free(&a->writer);
	words_free(&a->mode);
}

static enum vm_disk_kind kind_of(const char *word)
{
	return !strcmp(word, "scsi")	   ? VM_DISK_SCSI :
	       !strcmp(word, "virtio-blk") ? VM_DISK_VIRTIO_BLK :
					     VM_DISK_NVME;
}

/* All promises kept, and every control found: both are needed for a pass. */
static enum exit_code code_of(const struct crash_pass *p)
{
	if (p->skipped)
		return EXIT_ALL_SKIPPED;
	if (crash_pass_bad(p, false))
		return crash_pass_count(p, false, CRASH_UNKNOWN) ==
				crash_pass_bad(p, false) ? EXIT_BROKEN : EXIT_FAIL;
	return crash_pass_proves(p) ? EXIT_PASS : EXIT_BROKEN;
}

static void on_progress(void *ctx, const char *text)
{
	matrix_crash_progress(ctx, text);
}

static bool on_stop(void *ctx)
{
	const struct crash_run *r = ctx;

	return r->stop(NULL);
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
	matrix_crash_progress(r, "");
	if (err && r->stop(NULL))
		code = EXIT_INTERRUPTED;
	else if (err)
		error("%s %s %s: %s", plan->filesystem, plan->writer, plan->mode,
		      why ? why : strerror(-err));
	else
		matrix_crash_print(r, ready->kernel.name, plan, &pass);
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

/* The guest of a filesystem; false: it cannot be made, which was told. */
static bool make_ready(struct crash_run *r, const char *source, const char *filesystem,
		       struct cell_ready *ready)
{
	const struct crash_args *args = r->args;
	/* only their kinds count here, for the modules: each machine gets its own */
	const struct vm_disk disk[] = { { .kind = kind_of(args->disk), .size = 1 << 20 },
					{ .kind = VM_DISK_SCSI, .size = 1 << 20 } };
	struct cell_job job = { .request = json_object(), .timed = true };
	const struct cell_host host = { .cache = r->cache, .no_state = true };
	struct cell_spec spec = {
		.source = source, .job = &job,
		.machine = { .arch = args->arch ? args->arch : vm_arch_native(),
			     .memory = args->memory, .disk = disk,
			     .n_disks = ARRAY_SIZE(disk), .pvpanic = true,
			     /* an image that it dies of is known by that */
			     .cmdline = "oops=panic" },
	};
	_cleanup_free_ char *why = NULL;
	int err;

	words_add(&job.modules, filesystem);
	err = cell_ready(&spec, &host, ready, &why);
	cell_job_free(&job);
	matrix_crash_progress(r, "");
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

static uint64_t records_of(const struct crash_args *args, const char *mode)
{
	return args->records ? args->records : !strcmp(mode, "kill") ? 60 : 300;
}

void matrix_crash_kernel(struct crash_run *r, const char *source)
{
	struct crash_axes a;

	matrix_crash_axes(r->args, &a);
	for (size_t f = 0; f < a.filesystem.n; f++) {
		struct cell_ready ready;
		bool made = make_ready(r, source, a.filesystem.word[f], &ready);

		for (size_t w = 0; made && w < a.writer.n; w++)
			for (size_t m = 0; m < a.mode.n && !r->stop(NULL); m++) {
				struct crash_plan plan = {
					.filesystem = a.filesystem.word[f],
					.writer = a.writer.word[w],
					.mode = a.mode.word[m],
					.disk = kind_of(r->args->disk),
					.cuts = r->args->cuts,
					.controls = r->args->controls,
					.records = records_of(r->args, a.mode.word[m]),
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
	matrix_crash_axes_free(&a);
}
