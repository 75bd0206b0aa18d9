/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/pair/boot.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/value.h"
#include "vm-matrix/frame.h"

/* Far over what a guest that works needs, on a host that is busy. */
#define BOOT_LIMIT (300 * NSEC_PER_SEC)
#define JOB_LIMIT (1800 * NSEC_PER_SEC)

/* --- lines of the report ------------------------------------------------------ */

/* What the host knows better. */
static void mark(const struct pair_boot *b, json_t *line)
{
	const struct vm_spec *vm = &b->side->ready.vm;
	const char *kind = js_get_text(line, "line");
	_cleanup_free_ char *emulator = xasprintf("QEMU %s", vm_emulator_version(vm->arch));

	/* guests of one seed may draw the same */
	if (json_object_get(line, "boot_id"))
		js_set(line, "boot_id", js_text(b->id));
	if (!kind || strcmp(kind, "run"))
		return;
	cell_mark_run(line, vm_accel_name(vm->accel), emulator, vm->exact);
	cell_mark_config(line, b->side->ready.config);
	if (vm->exact)
		js_set(json_object_get(line, "machine"), "layout",
		       js_text(vm->kaslr ? "varied" : "fixed"));
}

static void take_line(struct pair_boot *b, const char *text, size_t n)
{
	_cleanup_json_ json_t *line = json_loadb(text, n, 0, NULL);
	_cleanup_free_ char *why = NULL;

	if (line)
		mark(b, line);
	if (line && b->listener.line)
		b->listener.line(b->listener.ctx, line);
	if (!b->build)
		b->build = build_new();
	why = line ? build_line(b->build, line) : xstrdup("a line that is no JSON");
	b->watch.begun = true;
	b->watch.complete |= line && js_get_text(line, "line") &&
			     !strcmp(js_get_text(line, "line"), "end");
	if (why && !b->watch.nonsense)
		b->watch.nonsense = xstrdup(why);
}

/* --- what comes from the guest ------------------------------------------------ */

static uint64_t waited(const struct pair_boot *b)
{
	return vm_running(b->vm) ? cell_waited_ns(vm_pid(b->vm)) : 0;
}

static void send_job(struct pair_boot *b)
{
	_cleanup_free_ char *job = cell_request(b->job, &b->side->ready.load);

	b->hello = clock_now();
	cell_watch_hello(&b->watch);
	cell_watch_job(&b->watch, b->hello, waited(b));
	if (!b->job->aboard)
		vm_send(b->vm, FRAME_JOB, job, strlen(job));
}

static void take_end(struct pair_boot *b, const char *text, size_t n)
{
	_cleanup_json_ json_t *end = json_loadb(text, n, 0, NULL);

	cell_watch_end(&b->watch, (int)js_get_number(end, "status", -1),
		       (int)js_get_number(end, "signal", 0),
		       js_get_true(end, "out_of_memory"));
	b->ended = clock_now();
	b->cpu_ns = vm_cpu_ns(b->vm);
	vm_send(b->vm, FRAME_OFF, NULL, 0);
}

static void keep_text(struct pair_boot *b, const char *text, size_t n)
{
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\0'))
		n--;
	if (!n)
		return;
	free(b->said);
	b->said = xasprintf("%.*s", (int)(n < 400 ? n : 400), text);
}

static void on_frame(void *ctx, uint8_t kind, const void *payload, size_t n)
{
	struct pair_boot *b = ctx;

	cell_watch_alive(&b->watch, clock_now(), waited(b));
	switch ((enum frame_kind)kind) {
	case FRAME_HELLO:
		send_job(b);
		break;
	case FRAME_LINE:
		take_line(b, payload, n);
		break;
	case FRAME_QUIET:
		json_decref(b->quiet);
		b->quiet = json_loadb(payload, n, 0, NULL);
		break;
	case FRAME_TEXT:
		keep_text(b, payload, n);
		break;
	case FRAME_ANSWER:
		if (b->listener.answer)
			b->listener.answer(b->listener.ctx, payload);
		break;
	case FRAME_END:
		take_end(b, payload, n);
		break;
	default:
		break; /* of a later protocol, or a heartbeat */
	}
}

static void copy_once(char **to, const char *text)
{
	if (text && !*to)
		*to = xstrdup(text);
}

static void on_console(void *ctx, const char *text, size_t n)
{
	struct pair_boot *b = ctx;

	cell_console_add(&b->console, text, n);
	copy_once(&b->watch.panic, b->console.panic);
	copy_once(&b->watch.oops, b->console.oops);
	copy_once(&b->watch.complaint, b->console.complaint);
}

static void on_event(void *ctx, const char *name, const json_t *event)
{
	struct pair_boot *b = ctx;

	cell_watch_event(&b->watch, name,
			 js_get_text(json_object_get(event, "data"), "reason"));
}

static void on_garbage(void *ctx, const char *why)
{
	struct pair_boot *b = ctx;

	copy_once(&b->watch.nonsense, why);
}

/* --- from start to end -------------------------------------------------------- */

/* As the report's format wants it. */
static void draw_id(char *id, size_t size)
{
	uint64_t a = rng_unknown(), b = rng_unknown();

	snprintf(id, size, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
		 (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
		 ((unsigned)(b >> 48) & 0x3fff) | 0x8000,
		 (unsigned long long)b & 0xffffffffffffULL);
}

bool pair_boot_start(struct pair_boot *b, char **why)
{
	struct vm_events events = { b, on_frame, on_console, on_event, on_garbage };
	struct vm_spec spec = b->side->ready.vm;

	if (b->seed)
		spec.seed = b->seed;
	spec.pin = b->pin;
	draw_id(b->id, sizeof(b->id));
	b->began = clock_now();
	b->watch.report = true;
	b->watch.limits = (struct cell_limits){
		.boot = BOOT_LIMIT * b->side->ready.longer,
		.job = JOB_LIMIT * b->side->ready.longer,
	};
	b->vm = vm_start(&spec, &events, why);
	if (!b->vm)
		return false;
	cell_watch_start(&b->watch, b->began, 0);
	return true;
}

static void judge(struct pair_boot *b)
{
	b->watch.gone = true;
	b->watch.exit_status = vm_exit_status(b->vm);
	copy_once(&b->watch.said, *vm_said(b->vm) ? vm_said(b->vm) : NULL);
	if (!b->cpu_ns)
		b->cpu_ns = vm_cpu_ns(b->vm);
	if (!b->ended)
		b->ended = clock_now();
	b->outcome = cell_watch_judge(&b->watch, &b->reason);
	if (b->outcome == MATRIX_BROKEN && b->said && !b->watch.begun) {
		free(b->reason);
		b->reason = xstrdup(b->said); /* what the guest could not do */
	}
	if (b->build && build_started(b->build))
		b->report = build_finish(b->build, b->watch.complete, false);
	else
		build_free(b->build);
	b->build = NULL;
	if (b->report && b->quiet)
		js_set(json_object_get(b->report, "machine"), "quiet",
		       json_boolean(js_get_true(b->quiet, "quiet")));
}

bool pair_boot_work(struct pair_boot *b)
{
	if (!vm_work(b->vm)) {
		judge(b);
		vm_free(b->vm);
		b->vm = NULL;
		return false;
	}
	if (!b->watch.ended && cell_watch_tick(&b->watch, clock_now(), waited(b)) != CELL_GO_ON) {
		b->watch.by_us = true;
		vm_kill(b->vm);
	}
	/* told to power off, and does not */
	if (b->watch.ended && clock_now() > b->ended + 20 * NSEC_PER_SEC && !b->watch.by_us) {
		b->watch.by_us = true;
		vm_kill(b->vm);
	}
	return true;
}

void pair_boot_interrupt(struct pair_boot *b)
{
	b->watch.interrupted = b->watch.by_us = true;
	vm_kill(b->vm);
}

void pair_boot_free(struct pair_boot *b)
{
	vm_free(b->vm);
	build_free(b->build);
	cell_watch_free(&b->watch);
	cell_console_free(&b->console);
	json_decref(b->report);
	json_decref(b->quiet);
	free(b->reason);
	free(b->said);
}
