/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/cell.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/value.h"
#include "vm-matrix/cell/console.h"
#include "vm-matrix/cell/decode.h"
#include "vm-matrix/frame.h"

/* Of a quiet machine, in QEMU's own time: seconds where a boot takes 3 to 10,
 * and heartbeats come every 2. */
#define BOOT_LIMIT (90 * NSEC_PER_SEC)
#define BEAT_LIMIT (30 * NSEC_PER_SEC)
#define OFF_LIMIT (20 * NSEC_PER_SEC)
#define TEXT_MAX 65536 /* bytes that are kept of what a job prints */
#define TURN_MS 100
#define BOOTS 3 /* at most, of guests whose clock is wrong */

/* A cell that runs. */
struct running {
	const struct cell_ready *ready;
	const struct cell_job *job;
	const struct cell_paths *paths;
	const struct cell_hooks *hooks;
	struct cell_result *out;
	struct vm *vm;
	struct cell_watch watch;
	struct cell_console console;
	struct str text;
	FILE *log;
	uint64_t start, off_since;
	bool sent;      /* the job */
	bool off;       /* was told to power off */
	bool again;     /* its clock is wrong: another boot may do better */
};

static void phase(const struct running *r, const char *name)
{
	if (r->hooks->phase)
		r->hooks->phase(r->hooks->ctx, name);
}

static uint64_t waited_now(const struct running *r)
{
	return vm_running(r->vm) ? cell_waited_ns(vm_pid(r->vm)) : 0;
}

static void nonsense(struct running *r, const char *what)
{
	if (!r->watch.nonsense)
		r->watch.nonsense = xstrdup(what);
}

static void on_console(void *ctx, const char *text, size_t n)
{
	struct running *r = ctx;

	cell_console_add(&r->console, text, n);
	if (r->log) {
		fwrite(text, 1, n, r->log);
		fflush(r->log);
	}
	if (r->hooks->console)
		r->hooks->console(r->hooks->ctx, text, n);
}

static bool open_report(struct running *r)
{
	char *why = NULL;

	if (!r->out->report)
		r->out->report = report_create(r->paths->report, &why);
	if (!r->out->report)
		nonsense(r, why);
	free(why);
	return r->out->report != NULL;
}

static void take_line(struct running *r, const char *payload, size_t n)
{
	_cleanup_json_ json_t *line = json_loadb(payload, n, 0, NULL);
	const char *kind = js_get_text(line, "line");

	if (line && !r->job->report) {
		json_decref(r->out->document);
		r->out->document = json_incref(line);
		return;
	}
	if (!kind) {
		nonsense(r, "a line of the report is none");
		return;
	}
	if (!r->watch.begun && strcmp(kind, "run")) {
		nonsense(r, "the report does not begin with its run");
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

static void take_text(struct running *r, const char *text, size_t n)
{
	if (r->text.len < TEXT_MAX)
		str_add_n(&r->text, text, n);
	if (r->hooks->text)
		r->hooks->text(r->hooks->ctx, text, n);
}

static void take_hello(struct running *r, const char *payload, size_t n)
{
	_cleanup_json_ json_t *hello = json_loadb(payload, n, 0, NULL);
	int protocol = (int)js_get_number(hello, "protocol", 0);

	if (r->watch.hello)
		return;
	if (protocol != FRAME_PROTOCOL) {
		_cleanup_free_ char *why =
			xasprintf("the guest's program speaks version %d, not %d",
				  protocol, FRAME_PROTOCOL);

		nonsense(r, why);
	}
	cell_watch_hello(&r->watch);
	/* A kernel that calibrates its clock while QEMU waits for a CPU may be wrong
	 * by far; then none of its time limits means anything. */
	if (!r->ready->vm.exact && !r->out->restored &&
	    js_get_number(hello, "uptime", 0) > 5 + 2 * ((clock_now() - r->start) / 1e9))
		r->again = true;
}

static void take_end(struct running *r, const char *payload, size_t n)
{
	_cleanup_json_ json_t *end = json_loadb(payload, n, 0, NULL);

	if (!end) {
		nonsense(r, "the end of the job is no JSON");
		return;
	}
	cell_watch_end(&r->watch, (int)js_get_number(end, "status", -1),
		       (int)js_get_number(end, "signal", 0), js_get_true(end, "out_of_memory"));
}

static void on_frame(void *ctx, uint8_t kind, const void *payload, size_t n)
{
	struct running *r = ctx;

	cell_watch_alive(&r->watch, clock_now(), waited_now(r));
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
	struct running *r = ctx;

	cell_watch_event(&r->watch, name,
			 js_get_text(json_object_get(event, "data"), "reason"));
}

static void on_garbage(void *ctx, const char *why)
{
	nonsense(ctx, why);
}

/* What a guest that was restored cannot know: the time, and what is random. */
static void add_now(json_t *job)
{
	unsigned char bytes[32];
	char hex[2 * sizeof(bytes) + 1] = "";

	if (getrandom(bytes, sizeof(bytes), 0) == sizeof(bytes))
		for (size_t i = 0; i < sizeof(bytes); i++)
			snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	js_set(job, "time", json_real(clock_ns(CLOCK_REALTIME) / 1e9));
	js_set(job, "entropy", js_text(hex));
}

static void send_job(struct running *r)
{
	_cleanup_json_ json_t *job = json_copy(r->job->request);
	_cleanup_free_ char *text = NULL;
	json_t *modules = json_array();

	for (size_t i = 0; i < r->ready->load.n; i++)
		js_add(modules, js_text(r->ready->load.word[i]));
	js_set(job, "modules", modules);
	if (r->out->restored)
		add_now(job);
	text = json_dumps(job, JSON_COMPACT);
	vm_send(r->vm, FRAME_JOB, text, strlen(text));
	r->sent = true;
	cell_watch_job(&r->watch, clock_now(), waited_now(r));
	phase(r, "running");
}

/* The state is for the next cells; without it they boot. */
static void save_state(struct running *r)
{
	char *why = NULL;

	if (!r->ready->state || r->out->restored || r->again)
		return;
	if (vm_save(r->vm, r->ready->state, &why)) {
		free(r->out->unsaved);
		r->out->unsaved = why;
	}
	why = NULL;
	if (vm_cont(r->vm, &why))
		free(why);
}

/* Evidence of a guest that goes on no more, then its end. */
static void end_guest(struct running *r)
{
	char *why = NULL;

	if (vm_nmi(r->vm, &why))
		free(why);
	/* what the interrupt makes it print */
	for (int i = 0; i < 10 && vm_wait(r->vm, 200); i++)
		;
	if (vm_running(r->vm))
		r->out->guest_state = vm_evidence(r->vm);
	r->watch.by_us = vm_running(r->vm);
	vm_kill(r->vm);
}

static void power_off(struct running *r)
{
	vm_send(r->vm, FRAME_OFF, NULL, 0);
	r->off = true;
	r->off_since = clock_now();
}

/* One turn of the loop. */
static void work(struct running *r)
{
	if (r->hooks->stop && r->hooks->stop(r->hooks->ctx, r->vm)) {
		r->watch.interrupted = r->watch.by_us = true;
		vm_kill(r->vm);
		return;
	}
	if (r->again && r->out->boots < BOOTS) {
		vm_kill(r->vm);
		return;
	}
	if (r->watch.hello && !r->sent) {
		r->out->boot_seconds = (clock_now() - r->start) / 1e9;
		save_state(r);
		send_job(r);
	}
	if ((r->watch.ended || r->watch.nonsense) && !r->off)
		power_off(r);
	if (r->off && clock_now() - r->off_since > OFF_LIMIT * r->ready->longer) {
		r->watch.by_us = true;
		vm_kill(r->vm);
		return;
	}
	if (!r->off && cell_watch_tick(&r->watch, clock_now(), waited_now(r)))
		end_guest(r);
}

static void set_limits(struct running *r)
{
	unsigned longer = r->ready->longer;
	uint64_t job = r->job->timeout ? r->job->timeout :
			120 * NSEC_PER_SEC + 3 * r->job->needs.seconds;
	bool waits = r->ready->vm.gdb_port != 0;

	r->watch.limits = (struct cell_limits){
		.boot = waits ? UINT64_MAX : BOOT_LIMIT * longer,
		.beat = r->job->exact || waits ? 0 : BEAT_LIMIT * longer,
		.job = waits ? 0 : job * longer,
		.longer = longer,
	};
	r->watch.report = r->job->report;
}

static bool start_vm(struct running *r)
{
	const struct vm_events events = {
		.ctx = r, .frame = on_frame, .console = on_console,
		.event = on_event, .garbage = on_garbage,
	};
	struct vm_spec spec = r->ready->vm;
	char *why = NULL;

	r->out->restored = r->ready->state && file_exists(r->ready->state);
	spec.state = r->out->restored ? r->ready->state : NULL;
	phase(r, r->out->restored ? "restoring" : "booting");
	r->vm = vm_start(&spec, &events, &why);
	if (!r->vm && r->out->restored) {
		/* of another QEMU, or damaged */
		free(why);
		unlink(r->ready->state);
		r->out->restored = false;
		spec.state = NULL;
		r->vm = vm_start(&spec, &events, &why);
	}
	if (r->vm && r->out->restored) {
		cell_watch_hello(&r->watch);
		if (vm_cont(r->vm, &why))
			free(why);
	}
	if (r->vm)
		return true;
	r->out->outcome = MATRIX_QEMU_FAILED;
	r->out->reason = why;
	return false;
}

static char *last_line(const char *text)
{
	_cleanup_words_ struct words lines = { 0 };

	words_split(&lines, text, "\r\n");
	return lines.n ? xstrdup(lines.word[lines.n - 1]) : NULL;
}

static void judge(struct running *r)
{
	struct cell_watch *w = &r->watch;
	char *why = NULL;

	w->gone = true;
	w->exit_status = vm_exit_status(r->vm);
	w->said = last_line(vm_said(r->vm));
	w->panic = r->console.panic;
	w->oops = r->console.oops;
	w->complaint = r->console.complaint;
	r->console.panic = r->console.oops = r->console.complaint = NULL;
	if (w->complete && r->out->report && report_seal(r->out->report, &why)) {
		nonsense(r, why);
		free(why);
	}
	r->out->outcome = cell_watch_judge(w, &r->out->reason);
	r->out->status = w->ended ? w->status : -1;
	if (r->out->outcome == MATRIX_BROKEN && r->text.len) {
		free(r->out->reason);
		r->out->reason = last_line(r->text.buf);
	}
}

static void finish(struct running *r)
{
	r->out->seconds = clock_ns(CLOCK_REALTIME) / 1e9 - r->out->started;
	if (r->vm)
		r->out->cpu_seconds = vm_cpu_ns(r->vm) / 1e9;
	cell_console_tail(&r->console, CONSOLE_TAIL, &r->out->tail);
	if (r->out->outcome != MATRIX_PASS)
		r->out->decoded = decode_lines(&r->out->tail, r->ready->kernel.vmlinux_debug,
					       r->ready->kernel.system_map);
	r->out->text = r->text.len ? str_take(&r->text) : NULL;
	vm_free(r->vm);
	if (r->log)
		fclose(r->log);
	cell_console_free(&r->console);
	cell_watch_free(&r->watch);
}

/* Until QEMU has ended. False: it did not start. */
static bool boot(struct running *r)
{
	vm_free(r->vm);
	r->vm = NULL;
	cell_watch_free(&r->watch);
	cell_console_free(&r->console);
	r->again = false;
	r->out->boots++;
	r->start = clock_now();
	set_limits(r);
	cell_watch_start(&r->watch, r->start, 0);
	if (!start_vm(r))
		return false;
	while (vm_wait(r->vm, r->hooks->turn ? r->hooks->turn : TURN_MS))
		work(r);
	return true;
}

void cell_run(const struct cell_ready *ready, const struct cell_job *job,
	      const struct cell_paths *paths, const struct cell_hooks *hooks,
	      struct cell_result *out)
{
	struct running r = { .ready = ready, .job = job, .paths = paths, .hooks = hooks,
			     .out = out, .text = STR_INIT, .start = clock_now() };

	*out = (struct cell_result){ .status = -1 };
	out->started = clock_ns(CLOCK_REALTIME) / 1e9;
	if (paths->console)
		r.log = fopen(paths->console, "we");
	while (boot(&r))
		if (!r.again || out->boots == BOOTS || r.sent || r.watch.interrupted) {
			judge(&r);
			break;
		}
	finish(&r);
}

void cell_result_free(struct cell_result *r)
{
	free(r->reason);
	free(r->decoded);
	free(r->unsaved);
	free(r->guest_state);
	free(r->text);
	words_free(&r->tail);
	json_decref(r->document);
	if (r->report)
		report_close(r->report);
}
