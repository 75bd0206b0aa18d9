/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/cell_parts.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/value.h"
#include "vm-matrix/cell/decode.h"
#include "vm-matrix/frame.h"

/* Of a quiet machine, in QEMU's own time: seconds where a boot takes 3 to 10,
 * and heartbeats come every 2. */
#define BOOT_LIMIT (90 * NSEC_PER_SEC)
#define BEAT_LIMIT (30 * NSEC_PER_SEC)
#define OFF_LIMIT (20 * NSEC_PER_SEC)
#define TURN_MS 100
#define BOOTS 3 /* at most, of guests whose clock is wrong */

static void phase(const struct cell_running *r, const char *name)
{
	if (r->hooks->phase)
		r->hooks->phase(r->hooks->ctx, name);
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

static void send_job(struct cell_running *r)
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
	cell_watch_job(&r->watch, clock_now(), cell_waited_now(r));
	phase(r, "running");
}

/* The state is for the next cells; without it they boot. */
static void save_state(struct cell_running *r)
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
static void end_guest(struct cell_running *r)
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

static void power_off(struct cell_running *r)
{
	vm_send(r->vm, FRAME_OFF, NULL, 0);
	r->off = true;
	r->off_since = clock_now();
}

/* One turn of the loop. */
static void work(struct cell_running *r)
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
	if (!r->off && cell_watch_tick(&r->watch, clock_now(), cell_waited_now(r)))
		end_guest(r);
}

static void set_limits(struct cell_running *r)
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

static bool start_vm(struct cell_running *r)
{
	const struct vm_events events = cell_listen(r);
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

static void judge(struct cell_running *r)
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
		cell_nonsense(r, why);
		free(why);
	}
	r->out->outcome = cell_watch_judge(w, &r->out->reason);
	r->out->status = w->ended ? w->status : -1;
	if (r->out->outcome == MATRIX_BROKEN && r->text.len) {
		free(r->out->reason);
		r->out->reason = last_line(r->text.buf);
	}
}

static void finish(struct cell_running *r)
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
static bool boot(struct cell_running *r)
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
	struct cell_running r = { .ready = ready, .job = job, .paths = paths, .hooks = hooks,
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
