/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes out of a guest while it runs: the frames of its program, its console
 * and the events of QEMU. All of it may be nonsense.
 */
#include "vm-matrix/cell/cell_parts.h"

#include <string.h>

#include "base/clock.h"
#include "vm-matrix/frame.h"

#define TEXT_MAX 65536 /* bytes that are kept of what a job prints */

uint64_t cell_waited_now(const struct cell_running *r)
{
	return vm_running(r->vm) ? cell_waited_ns(vm_pid(r->vm)) : 0;
}

void cell_nonsense(struct cell_running *r, const char *what)
{
	if (!r->watch.nonsense)
		r->watch.nonsense = xstrdup(what);
}

static void on_console(void *ctx, const char *text, size_t n)
{
	struct cell_running *r = ctx;

	cell_console_add(&r->console, text, n);
	if (r->log) {
		fwrite(text, 1, n, r->log);
		fflush(r->log);
	}
	if (r->hooks->console)
		r->hooks->console(r->hooks->ctx, text, n);
}

static bool open_report(struct cell_running *r)
{
	char *why = NULL;

	if (!r->out->report)
		r->out->report = report_create(r->paths->report, &why);
	if (!r->out->report)
		cell_nonsense(r, why);
	free(why);
	return r->out->report != NULL;
}

static void take_line(struct cell_running *r, const char *payload, size_t n)
{
	_cleanup_json_ json_t *line = json_loadb(payload, n, 0, NULL);
	const char *kind = js_get_text(line, "line");

	if (line && !r->job->report) {
		json_decref(r->out->document);
		r->out->document = json_incref(line);
		return;
	}
	if (!kind) {
		cell_nonsense(r, "a line of the report is none");
		return;
	}
	if (!r->watch.begun && strcmp(kind, "run")) {
		cell_nonsense(r, "the report does not begin with its run");
		return;
	}
	if (!strcmp(kind, "run")) {
		_cleanup_free_ char *emulator =
			xasprintf("QEMU %s", vm_emulator_version(r->ready->vm.arch));

		cell_mark_run(line, vm_accel_name(r->ready->vm.accel), emulator,
			      r->ready->vm.exact);
		cell_mark_config(line, r->ready->config);
	}
	if (!open_report(r))
		return;
	r->watch.begun = true;
	r->watch.complete = !strcmp(kind, "end");
	report_put(r->out->report, line);
	if (r->hooks->line)
		r->hooks->line(r->hooks->ctx, line);
}

static void take_text(struct cell_running *r, const char *text, size_t n)
{
	if (r->text.len < TEXT_MAX)
		str_add_n(&r->text, text, n);
	if (r->hooks->text)
		r->hooks->text(r->hooks->ctx, text, n);
}

static void take_hello(struct cell_running *r, const char *payload, size_t n)
{
	_cleanup_json_ json_t *hello = json_loadb(payload, n, 0, NULL);
	int protocol = (int)js_get_number(hello, "protocol", 0);

	if (r->watch.hello)
		return;
	if (protocol != FRAME_PROTOCOL) {
		_cleanup_free_ char *why =
			xasprintf("the guest's program speaks version %d, not %d",
				  protocol, FRAME_PROTOCOL);

		cell_nonsense(r, why);
	}
	cell_watch_hello(&r->watch);
	/* A kernel that calibrates its clock while QEMU waits for a CPU may be wrong
	 * by far; then none of its time limits means anything. */
	if (!r->ready->vm.exact && !r->out->restored &&
	    js_get_number(hello, "uptime", 0) > 5 + 2 * ((clock_now() - r->start) / 1e9))
		r->again = true;
}

static void take_end(struct cell_running *r, const char *payload, size_t n)
{
	_cleanup_json_ json_t *end = json_loadb(payload, n, 0, NULL);

	if (!end) {
		cell_nonsense(r, "the end of the job is no JSON");
		return;
	}
	cell_watch_end(&r->watch, (int)js_get_number(end, "status", -1),
		       (int)js_get_number(end, "signal", 0), js_get_true(end, "out_of_memory"));
}

static void on_frame(void *ctx, uint8_t kind, const void *payload, size_t n)
{
	struct cell_running *r = ctx;

	cell_watch_alive(&r->watch, clock_now(), cell_waited_now(r));
	switch (kind) {
	case FRAME_HELLO:
		take_hello(r, payload, n);
		break;
	case FRAME_LINE:
		take_line(r, payload, n);
		break;
	case FRAME_TEXT:
		take_text(r, payload, n);
		break;
	case FRAME_END:
		take_end(r, payload, n);
		break;
	default: /* signs of life, and what later guests may say */
		break;
	}
}

static void on_event(void *ctx, const char *name, const json_t *event)
{
	struct cell_running *r = ctx;

	cell_watch_event(&r->watch, name,
			 js_get_text(json_object_get(event, "data"), "reason"));
}

static void on_garbage(void *ctx, const char *why)
{
	cell_nonsense(ctx, why);
}

struct vm_events cell_listen(struct cell_running *r)
{
	return (struct vm_events){
		.ctx = r, .frame = on_frame, .console = on_console,
		.event = on_event, .garbage = on_garbage,
	};
}
