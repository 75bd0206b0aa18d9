/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/crash/pass.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/msg.h"
#include "base/rng.h"
#include "vm-matrix/crash/log.h"
#include "vm-matrix/crash/parts.h"
#include "vm-matrix/crash/program.h"

/* mkfs.xfs makes nothing smaller than 300 MB. The images are sparse. */
#define IMAGE_SIZE (320ULL << 20)

void pass_say(const struct passing *p, const char *fmt, ...)
{
	_cleanup_str_ struct str s = STR_INIT;
	va_list ap;

	if (!p->plan->progress)
		return;
	str_addf(&s, "%s %s %s: ", p->plan->filesystem, p->plan->writer,
		 p->plan->mode);
	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	p->plan->progress(p->plan->ctx, s.buf);
}

char *pass_image(const struct passing *p, const char *name)
{
	return xasprintf("%s/%s.img", p->plan->dir, name);
}

struct crash_cut *pass_cut(struct passing *p, bool control)
{
	struct crash_pass *out = p->out;
	struct crash_cut *cut;

	out->cut = xrealloc(out->cut, (out->n + 1) * sizeof(*out->cut));
	cut = &out->cut[out->n];
	*cut = (struct crash_cut){ .control = control, .outcome = CRASH_UNKNOWN,
				   .seed = rng_next(&p->rng) >> 1 };
	snprintf(cut->serial, sizeof(cut->serial), "cut%04zu", out->n++);
	return cut;
}

static json_t *job_of(const struct passing *p, const char *kind)
{
	json_t *job = json_object();

	js_set(job, "kind", js_text(kind));
	js_set(job, "filesystem", js_text(p->plan->filesystem));
	js_set(job, "writer", js_text(p->plan->writer));
	js_set(job, "run", json_integer((json_int_t)(p->plan->seed >> 1)));
	return job;
}

static json_t *writer_job(const struct passing *p, bool logged)
{
	json_t *job = job_of(p, "crash-write");

	js_set_true(job, "turns", logged);
	js_set_true(job, "waits", !logged);
	/* more than it comes to: it is cut short */
	js_set(job, "records", json_integer(1 << 30));
	return job;
}

static char *first_line(const char *text)
{
	const char *own = !strncmp(text, "strain: ", 8) ? text + 8 : text;

	return xasprintf("%.*s", (int)strcspn(own, "\n"), own);
}

/* Requests of a page each, two milliseconds apart: an ordinary write of a unit is
 * long enough to be cut in its middle. */
static unsigned pace(const struct passing *p)
{
	return !strcmp(p->plan->writer, "atomic") && !strcmp(p->plan->mode, "kill") ?
		       500 : 0;
}

static void count(struct crash_pass *out, const struct crash_hooks *hooks,
		  const struct crash_result *result)
{
	if (hooks->state)
		out->restores++;
	else
		out->boots++;
	if (result->killed && !hooks->save)
		out->kills++;
	out->cpu_seconds += result->cpu_seconds;
}

int pass_write(struct passing *p, const char *image, const char *log,
	       struct crash_hooks *hooks)
{
	const struct vm_disk disk = { .kind = p->plan->disk, .path = image,
				      .size = p->size, .log = log,
				      .serial = "writer", .requests = pace(p) };
	struct crash_result result;
	int err;

	hooks->stop = p->plan->stop;
	hooks->stop_ctx = p->plan->ctx;
	err = crash_machine_run(p->ready, &disk, 1, writer_job(p, log), hooks, &result,
				p->why);
	count(p->out, hooks, &result);
	if (!err && result.status == EXIT_ALL_SKIPPED) {
		p->out->skipped = first_line(result.text.buf);
		err = 1;
	} else if (!err && (result.status > 0 || (!log && !result.killed))) {
		*p->why = first_line(result.text.len ? result.text.buf :
						       "the writer ended");
		err = -EIO;
	}
	crash_result_free(&result);
	return err;
}

static struct crash_cut *cut_of(struct passing *p, const char *serial)
{
	for (size_t i = 0; serial && i < p->out->n; i++)
		if (!strcmp(p->out->cut[i].serial, serial))
			return &p->out->cut[i];
	return NULL;
}

static void on_look(void *ctx, const char *serial)
{
	struct crash_cut *cut = cut_of(ctx, serial);

	if (cut)
		cut->looked = true;
}

static void on_found(void *ctx, const json_t *found)
{
	struct crash_cut *cut = cut_of(ctx, js_get_text(found, "disk"));

	if (cut && !cut->found)
		cut->found = json_deep_copy(found);
}

/* Those that no guest has told of yet, nor died of. */
static size_t left(struct passing *p, size_t from, size_t n, struct crash_cut **cut)
{
	size_t found = 0;

	for (size_t i = from; i < from + n; i++)
		if (!p->out->cut[i].found && !p->out->cut[i].looked)
			cut[found++] = &p->out->cut[i];
	return found;
}

static int look(struct passing *p, struct crash_cut *const *cut, size_t n)
{
	struct vm_disk disk[CRASH_DISKS] = { 0 };
	const struct crash_hooks hooks = { .ctx = p, .look = on_look,
					   .found = on_found, .stop = p->plan->stop,
					   .stop_ctx = p->plan->ctx };
	struct crash_result result;
	int err;

	free(*p->why);
	*p->why = NULL;
	for (size_t i = 0; i < n; i++)
		disk[i] = (struct vm_disk){ .kind = VM_DISK_SCSI,
					    .path = pass_image(p, cut[i]->serial),
					    .size = p->size,
					    .serial = cut[i]->serial };
	err = crash_machine_run(p->ready, disk, n, job_of(p, "crash-verify"), &hooks,
				&result, p->why);
	count(p->out, &hooks, &result);
	for (size_t i = 0; i < n; i++) {
		cut[i]->fatal = result.panicked && cut[i]->looked && !cut[i]->found;
		if (cut[i]->looked && !cut[i]->found)
			cut[i]->why = *p->why ? xstrdup(*p->why) : NULL;
		free((char *)disk[i].path);
	}
	crash_result_free(&result);
	return err;
}

/* A guest that ends while it looks at one tells nothing of those behind it: the
 * next looks at them. */
static int look_at_all(struct passing *p, size_t from, size_t n)
{
	struct crash_cut *cut[CRASH_DISKS] = { 0 };
	size_t more, before = n + 1;
	int err = 0;

	while ((more = left(p, from, n, cut)) && more < before) {
		err = look(p, cut, more);
		if (err != -EIO && err != -ETIMEDOUT && err)
			return err;
		before = more;
	}
	/* why the last one ended is why of a cut; and no error of the pass */
	if (!more && err) {
		free(*p->why);
		*p->why = NULL;
	}
	return more ? err : 0;
}

static int judge(struct passing *p, struct crash_cut *cut)
{
	_cleanup_free_ char *image = pass_image(p, cut->serial);
	char *said = NULL;
	int bad = 0;

	if (cut->found)
		cut->outcome = crash_judge(p->plan->writer, cut->found, cut->promised,
					   &cut->torn, &cut->why);
	else if (cut->fatal)
		cut->outcome = CRASH_UNMOUNTABLE;
	if (!cut->found && !cut->why)
		cut->why = xstrdup("the guest did not tell of it");
	if (cut->outcome == CRASH_KEPT)
		bad = crash_check(p->plan->filesystem, image, &said);
	if (bad > 0) {
		cut->outcome = CRASH_DAMAGED;
		cut->why = said;
	} else if (bad < 0) {
		*p->why = said;
	}
	if (!p->plan->keep || cut->control || cut->outcome == CRASH_KEPT)
		unlink(image);
	return bad < 0 ? bad : 0;
}

int pass_verify(struct passing *p, size_t from)
{
	int err = 0;

	while (!err && from < p->out->n) {
		size_t n = p->out->n - from;

		n = n < CRASH_DISKS ? n : CRASH_DISKS;
		pass_say(p, "looking at cuts %zu to %zu", from + 1, from + n);
		err = look_at_all(p, from, n);
		for (size_t i = 0; !err && i < n; i++)
			err = judge(p, &p->out->cut[from + i]);
		from += n;
	}
	return err;
}

int crash_pass_run(const struct crash_plan *plan, const struct cell_ready *ready,
		   struct crash_pass *out, char **why)
{
	struct passing p = { .plan = plan, .ready = ready, .out = out, .why = why,
			     .size = IMAGE_SIZE };
	uint64_t start = clock_now();
	int err = dir_make(plan->dir, 0700);

	*out = (struct crash_pass){ 0 };
	rng_seed(&p.rng, plan->seed);
	p.base = pass_image(&p, "base");
	if (err)
		*why = xasprintf("cannot make '%s': %s", plan->dir, strerror(-err));
	else
		err = crash_make(plan->filesystem, p.base, p.size, why);
	if (err == -ENOENT) {
		out->skipped = *why;
		*why = NULL;
		err = 1;
	}
	if (!err)
		err = !strcmp(plan->mode, "kill") ? pass_kill(&p) : pass_cache(&p);
	unlink(p.base);
	if (p.state)
		unlink(p.state);
	free(p.base);
	free(p.state);
	out->seconds = (clock_now() - start) / 1e9;
	return err > 0 ? 0 : err;
}

void crash_pass_free(struct crash_pass *p)
{
	for (size_t i = 0; i < p->n; i++) {
		json_decref(p->cut[i].found);
		free(p->cut[i].why);
	}
	free(p->cut);
	free(p->skipped);
}

unsigned crash_pass_count(const struct crash_pass *p, bool control,
			  enum crash_outcome outcome)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->cut[i].control == control && p->cut[i].outcome == outcome;
	return n;
}

unsigned crash_pass_bad(const struct crash_pass *p, bool control)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->cut[i].control == control &&
		     p->cut[i].outcome != CRASH_KEPT;
	return n;
}

unsigned crash_pass_found(const struct crash_pass *p)
{
	return crash_pass_bad(p, true) -
	       crash_pass_count(p, true, CRASH_UNKNOWN);
}

bool crash_pass_proves(const struct crash_pass *p)
{
	unsigned controls = 0;

	for (size_t i = 0; i < p->n; i++)
		controls += p->cut[i].control;
	return controls && crash_pass_found(p) == controls;
}
