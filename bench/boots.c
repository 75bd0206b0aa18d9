/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cell costs beside a bare boot, in CPU time of the whole of QEMU: this is
 * what other work on the machine stretches least.
 *
 *	boots KERNEL GUESTS ROUNDS
 *
 * In the same machine:
 *	bare      an initramfs of one static program; until it runs
 *	boot      a cell's, to its end; the job is `--nop 1 --nop-ops 1`
 *	restore   the same, from a saved machine
 * Bare and boot run by turns of some 50 ms of CPU each, the other one stopped, so
 * that a host that is faster now and slower then is so for both; in random order.
 * A job by turns says when its tasks wait and all else is ready (core/orders.h).
 * A line each: kind, seconds of CPU until the guest waits for a job, until its task
 * is about to begin its first operation, until the report's line of the trial, the
 * end of the job, the end of QEMU; of a bare boot the second alone, the others 0.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/msg.h"
#include "base/rng.h"
#include "base/value.h"
#include "commands/matrix_job.h"
#include "vm-matrix/cell/ready.h"
#include "vm-matrix/frame.h"
#include "vm-matrix/image/image.h"

#define LIMIT (300 * NSEC_PER_SEC)
#define WINDOW (50 * NSEC_PER_MSEC)
#define LOOK_MS 5

enum step { HELLO, FIRST, TRIAL, END, OFF, STEPS };

struct seen {
	struct vm *vm;
	const char *job;    /* NULL: a bare boot */
	uint64_t at[STEPS]; /* CPU time, ns; 0: not yet */
};

static void note(struct seen *s, enum step step)
{
	if (!s->at[step])
		s->at[step] = vm_cpu_ns(s->vm);
}

static void on_frame(void *ctx, uint8_t kind, const void *payload, size_t n)
{
	struct seen *s = ctx;

	(void)n;
	if (kind == FRAME_HELLO) {
		note(s, HELLO);
		if (s->job)
			vm_send(s->vm, FRAME_JOB, s->job, strlen(s->job));
	}
	if (kind == FRAME_ANSWER && !strncmp(payload, "ready ", 6)) {
		note(s, FIRST);
		vm_send(s->vm, FRAME_ORDER, "go 0", 4);
	}
	if (kind == FRAME_LINE && strstr(payload, "\"line\":\"trial\""))
		note(s, TRIAL);
	if (kind == FRAME_END) {
		note(s, END);
		vm_send(s->vm, FRAME_OFF, NULL, 0);
	}
}

static void on_console(void *ctx, const char *text, size_t n)
{
	struct seen *s = ctx;

	if (!s->job && memchr(text, '+', n))
		note(s, FIRST);
}

static void start(struct seen *s, const struct vm_spec *spec,
		  const struct vm_events *events)
{
	char *why = NULL;

	s->vm = vm_start(spec, events, &why);
	if (!s->vm)
		die(EXIT_BROKEN, "%s", why);
}

static void hold(const struct seen *s, bool on)
{
	char *why = NULL;

	if ((on ? vm_stop(s->vm, &why) : vm_cont(s->vm, &why)) && !s->at[END])
		die(EXIT_BROKEN, "%s: %s", why, vm_said(s->vm));
	free(why); /* after the end of its job it has ended itself */
}

/* Until its end, or it had its turn; false: its end. */
static bool take_turn(struct seen *s, uint64_t turn)
{
	uint64_t from = vm_cpu_ns(s->vm), end = clock_now() + LIMIT;

	while (vm_cpu_ns(s->vm) - from < turn) {
		if (!s->job && s->at[FIRST])
			return false;
		if (clock_now() > end)
			die(EXIT_BROKEN, "it goes on and on: %s", vm_said(s->vm));
		if (vm_wait(s->vm, LOOK_MS))
			continue;
		if (!s->at[END])
			die(EXIT_BROKEN, "no job was done: %s", vm_said(s->vm));
		note(s, OFF);
		return false;
	}
	return true;
}

static void print(const char *kind, const struct seen *s)
{
	printf("%s", kind);
	for (int i = 0; i < STEPS; i++)
		printf(" %.3f", s->at[i] / 1e9);
	printf("\n");
	fflush(stdout);
	vm_free(s->vm);
}

/* The machines of @spec, the first one bare. */
static void boot_both(const struct vm_spec spec[2], const char *job, unsigned first)
{
	struct seen s[2] = { { .job = NULL }, { .job = job } };
	struct vm_events events[2];
	bool going[2] = { true, true };

	for (int i = 0; i < 2; i++) {
		events[i] = (struct vm_events){ .ctx = &s[i], .frame = on_frame,
						.console = on_console };
		start(&s[i], &spec[i], &events[i]);
		hold(&s[i], true);
	}
	for (unsigned i = first; going[0] || going[1]; i ^= 1) {
		if (!going[i])
			continue;
		hold(&s[i], false);
		going[i] = take_turn(&s[i], WINDOW);
		if (going[i])
			hold(&s[i], true);
	}
	print("bare", &s[0]);
	print("boot", &s[1]);
}

static void restore(const struct vm_spec *spec, const char *job)
{
	struct seen s = { .job = job };
	const struct vm_events events = { .ctx = &s, .frame = on_frame };

	start(&s, spec, &events);
	note(&s, HELLO);
	hold(&s, false);
	vm_send(s.vm, FRAME_JOB, job, strlen(job));
	take_turn(&s, UINT64_MAX);
	print("restore", &s);
}

/* The state for the restores; without it there are none. */
static bool save(const struct vm_spec *spec, const char *path)
{
	struct seen s = { .job = NULL };
	const struct vm_events events = { .ctx = &s, .frame = on_frame };
	char *why = NULL;
	bool saved;

	start(&s, spec, &events);
	/* As a cell does: before its first job. */
	while (!s.at[HELLO] && vm_wait(s.vm, 100))
		;
	saved = !vm_save(s.vm, path, &why);
	if (!saved)
		warning("%s %s", why, vm_said(s.vm));
	free(why);
	vm_free(s.vm);
	return saved;
}

/* Both beside the cell's files in the cache. */
static char *make_bare(const char *dir)
{
	_cleanup_image_ struct image *img = image_new();
	char *path = xasprintf("%s/bare.cpio", dir), *why = NULL;

	image_node(img, "/dev/console", S_IFCHR | 0600, 5, 1);
	if (image_file(img, "/init", "bench/bare", 0755, &why) ||
	    image_write(img, path, &why))
		die(EXIT_BROKEN, "%s", why);
	return path;
}

static void rounds(const struct cell_ready *r, const char *job, const char *dir,
		   unsigned n)
{
	_cleanup_free_ char *bare = make_bare(dir);
	_cleanup_free_ char *state = xasprintf("%s/state", dir);
	struct vm_spec both[2] = { r->vm, r->vm }, saved = r->vm;
	struct rng rng;
	bool restores;

	rng_seed(&rng, clock_now());
	both[0].initrd = bare;
	restores = save(&r->vm, state);
	saved.state = state;
	while (n--) {
		boot_both(both, job, (unsigned)rng_below(&rng, 2));
		if (restores)
			restore(&saved, job);
	}
}

int main(int argc, char **argv)
{
	static char *const run[] = { (char *)"--nop", (char *)"1",
				     (char *)"--nop-ops", (char *)"1" };
	const struct kernel_cache_options options = { .offline = true };
	struct cell_host host = { .accel = CELL_ACCEL_TCG, .no_state = true };
	struct cell_job job;
	struct cell_spec spec = { .machine = { .arch = "amd64" }, .job = &job };
	struct cell_ready ready;
	char dir[] = "/tmp/strain-boots-XXXXXX", *why = NULL, *request;

	if (argc != 4)
		die(EXIT_USAGE, "usage: boots KERNEL GUESTS ROUNDS");
	spec.source = argv[1];
	host.guests = argv[2];
	host.cache = kernel_cache_open(&options, &why);
	if (!host.cache)
		die(EXIT_BROKEN, "%s", why);
	matrix_job_read(run, ARRAY_SIZE(run), &job);
	if (cell_ready(&spec, &host, &ready, &why))
		die(EXIT_BROKEN, "%s", why);
	json_object_set_new(job.request, "modules", json_array());
	json_object_set_new(job.request, "turns", json_true());
	request = json_dumps(job.request, JSON_COMPACT);
	if (!mkdtemp(dir))
		die(EXIT_BROKEN, "cannot make '%s'", dir);
	rounds(&ready, request, dir, (unsigned)atoi(argv[3]));
	dir_remove(dir);
	free(request);
	cell_ready_free(&ready);
	kernel_cache_close(host.cache);
	cell_job_free(&job);
	return 0;
}
