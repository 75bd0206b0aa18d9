/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/crash/machine.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/value.h"
#include "vm-matrix/frame.h"

/* Without any sign of life; a boot with many disks on a busy host takes 60 s. */
#define SILENCE (300 * NSEC_PER_SEC)
#define TEXT_MAX 16384

struct machine {
	const struct cell_ready *ready;
	const struct crash_hooks *hooks;
	struct crash_result *out;
	json_t *job;
	struct vm *vm;
	uint64_t heard, kill_at; /* clock_now(); 0: not to be killed */
	bool hello, sent, waits, quit;
};

static void promised(struct machine *m, const char *payload, size_t n)
{
	enum crash_answer answer = CRASH_GO_ON;
	uint64_t number;

	if (n != sizeof(number) || !m->hooks->promise)
		return;
	memcpy(&number, payload, sizeof(number));
	answer = m->hooks->promise(m->hooks->ctx, le64toh(number));
	if (answer == CRASH_QUIT)
		m->quit = true;
	if (answer == CRASH_KILL && !m->kill_at)
		m->kill_at = clock_now() + m->hooks->kill_after + 1;
	if (!m->quit && json_is_true(json_object_get(m->job, "turns")))
		vm_send(m->vm, FRAME_ORDER, "go", 2);
}

static void looks(struct machine *m, const char *payload, size_t n)
{
	_cleanup_free_ char *serial = xasprintf("%.*s", (int)n, payload);

	if (m->hooks->look)
		m->hooks->look(m->hooks->ctx, serial);
}

static void told(struct machine *m, const void *payload, size_t n)
{
	json_t *found = json_loadb(payload, n, 0, NULL);

	if (found && m->hooks->found)
		m->hooks->found(m->hooks->ctx, found);
	json_decref(found);
}

static void on_data(struct machine *m, const char *payload, size_t n)
{
	if (n && payload[0] == 'a')
		promised(m, payload + 1, n - 1);
	else if (n && payload[0] == 'r')
		m->waits = true;
	else if (n && payload[0] == 'l')
		looks(m, payload + 1, n - 1);
	else if (n && payload[0] == 'v')
		told(m, payload + 1, n - 1);
}

static void on_end(struct machine *m, const void *payload, size_t n)
{
	json_t *end = json_loadb(payload, n, 0, NULL);

	m->out->status = (int)js_get_number(end, "status", EXIT_BROKEN);
	json_decref(end);
	m->quit = true;
}

static void on_frame(void *ctx, uint8_t kind, const void *payload, size_t n)
{
	struct machine *m = ctx;

	m->heard = clock_now();
	if (kind == FRAME_HELLO)
		m->hello = true;
	else if (kind == FRAME_DATA)
		on_data(m, payload, n);
	else if (kind == FRAME_END)
		on_end(m, payload, n);
	else if (kind == FRAME_TEXT && m->out->text.len < TEXT_MAX)
		str_add_n(&m->out->text, payload, n);
}

static void on_event(void *ctx, const char *name, const json_t *event)
{
	struct machine *m = ctx;
	const char *reason = js_get_text(json_object_get(event, "data"), "reason");

	if (!strcmp(name, "GUEST_PANICKED") ||
	    (reason && !strcmp(reason, "guest-reset")))
		m->out->panicked = true;
}

static void send_job(struct machine *m)
{
	json_t *modules = json_array();
	char *text;

	for (size_t i = 0; i < m->ready->load.n; i++)
		js_add(modules, js_text(m->ready->load.word[i]));
	js_set(m->job, "modules", modules);
	text = json_dumps(m->job, JSON_COMPACT);
	vm_send(m->vm, FRAME_JOB, text, strlen(text));
	free(text);
	m->sent = true;
}

/* The last line on the console that says anything, or what the kernel died of. */
static char *last_words(const struct vm *vm)
{
	_cleanup_words_ struct words lines = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t n;
	const char *console = vm_console(vm, &n);

	text = xalloc(n + 1);
	memcpy(text, console, n);
	words_split(&lines, text, "\r\n");
	for (size_t i = 0; i < lines.n; i++) {
		const char *panic = strstr(lines.word[i], "Kernel panic - ");

		if (panic)
			return xstrdup(panic);
	}
	return xstrdup(lines.n ? lines.word[lines.n - 1] : "nothing on the console");
}

static int failed(const struct machine *m, char **why)
{
	_cleanup_free_ char *words = last_words(m->vm);
	const char *what = m->out->panicked ? "the guest panicked" :
			   !m->hello   ? "the guest did not boot" :
					 "the guest ended before its job";

	free(*why);
	*why = xasprintf("%s: %s", what,
			 !m->hello && *vm_said(m->vm) ? vm_said(m->vm) : words);
	(*why)[strcspn(*why, "\n")] = '\0';
	return -EIO;
}

/* A writer that waits: this is the moment to save, or to go on. */
static int take_moment(struct machine *m, char **why)
{
	const char *order = m->hooks->order;
	int err;

	m->waits = false;
	if (!m->hooks->save)
		return vm_send(m->vm, FRAME_ORDER, order, strlen(order));
	err = vm_save(m->vm, m->hooks->save, why);
	m->out->killed = true;
	vm_kill(m->vm);
	return err;
}

/* One turn; an error ends the machine. */
static int work(struct machine *m, char **why)
{
	if (m->hooks->stop && m->hooks->stop(m->hooks->stop_ctx)) {
		*why = xstrdup("interrupted");
		return -EINTR;
	}
	if (m->kill_at && clock_now() >= m->kill_at) {
		m->out->killed = true;
		vm_kill(m->vm);
		return 0;
	}
	if (m->hello && !m->sent)
		send_job(m);
	if (m->waits)
		return take_moment(m, why);
	if (clock_now() - m->heard > SILENCE) {
		*why = xasprintf("no sign of life of the guest for %d s",
				 (int)(SILENCE / NSEC_PER_SEC));
		return -ETIMEDOUT;
	}
	if (!m->quit)
		return 0;
	/* QEMU writes down what its log of writes holds */
	m->quit = false;
	return vm_quit(m->vm, why);
}

static int turn_ms(const struct machine *m)
{
	uint64_t now = clock_now();

	if (!m->kill_at)
		return 100;
	return m->kill_at > now ? (int)((m->kill_at - now) / NSEC_PER_MSEC) : 0;
}

/* It stands where its writer waits, if it was saved. */
static int start(struct machine *m, const struct vm_spec *spec, char **why)
{
	const struct vm_events events = { .ctx = m, .frame = on_frame,
					  .event = on_event };

	m->vm = vm_start(spec, &events, why);
	if (!m->vm)
		return -EIO;
	if (!spec->state)
		return 0;
	m->hello = m->sent = m->waits = true;
	return vm_cont(m->vm, why);
}

int crash_machine_run(const struct cell_ready *ready, const struct vm_disk *disks,
		      size_t n_disks, json_t *job, const struct crash_hooks *hooks,
		      struct crash_result *out, char **why)
{
	struct machine m = { .ready = ready, .hooks = hooks, .out = out, .job = job,
			     .heard = clock_now() };
	struct vm_spec spec = ready->vm;
	int err;

	*out = (struct crash_result){ .status = -1, .text = STR_INIT };
	spec.disk = disks;
	spec.n_disks = n_disks;
	spec.state = hooks->state;
	err = start(&m, &spec, why);
	while (!err && vm_wait(m.vm, turn_ms(&m)))
		err = work(&m, why);
	if (!err && !out->killed && out->status < 0 && !m.sent)
		err = failed(&m, why);
	else if (!err && out->panicked)
		err = failed(&m, why);
	if (m.vm)
		out->cpu_seconds = vm_cpu_ns(m.vm) / 1e9;
	vm_free(m.vm);
	json_decref(job);
	return err;
}

void crash_result_free(struct crash_result *r)
{
	str_free(&r->text);
}
