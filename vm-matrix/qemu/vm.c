/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/value.h"
#include "vm-matrix/qemu/vm_parts.h"

#define READ_SIZE 65536U
#define READ_MAX (1U << 20) /* of one stream in one vm_work() */
#define SEND_MAX (32U << 20)
#define TAIL_SIZE (256U << 10)
#define SAID_MAX 16384U

static void vm_tail_add(struct vm_tail *t, const char *text, size_t n)
{
	str_add_n(&t->kept, text, n);
	/* Moved seldom: each byte about once. */
	if (t->kept.len > 2 * t->max) {
		size_t drop = t->kept.len - t->max;

		memmove(t->kept.buf, t->kept.buf + drop, t->max);
		t->kept.len = t->max;
		t->kept.buf[t->max] = '\0';
	}
}

struct vm *vm_start(const struct vm_spec *spec, const struct vm_events *events,
		    char **why)
{
	struct vm *vm = xalloc(sizeof(*vm));

	*vm = (struct vm){
		.port = { .fd = -1, .out = STR_INIT },
		.console = { .fd = -1, .out = STR_INIT },
		.seen = { .kept = STR_INIT, .max = TAIL_SIZE },
		.frames = { .bytes = STR_INIT },
		.said_fd = -1,
		.said = STR_INIT,
		.pid_fd = -1,
		.qmp = { .fd = -1, .in = STR_INIT },
	};
	if (events)
		vm->events = *events;
	if (vm_spawn(vm, spec, why) ||
	    (spec->state && vm_state_wait(vm, spec->state, why))) {
		vm_free(vm);
		return NULL;
	}
	return vm;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void vm_free(struct vm *vm)
{
	if (!vm)
		return;
	vm_kill(vm);
	vm_reap(vm, true);
	if (vm->unpacker) {
		kill(vm->unpacker, SIGKILL);
		waitpid(vm->unpacker, NULL, 0);
	}
	close_fd(&vm->port.fd);
	close_fd(&vm->console.fd);
	close_fd(&vm->said_fd);
	close_fd(&vm->pid_fd);
	qmp_free(&vm->qmp);
	frame_reader_free(&vm->frames);
	str_free(&vm->port.out);
	str_free(&vm->console.out);
	str_free(&vm->seen.kept);
	str_free(&vm->said);
	free(vm->cpu);
	free(vm);
}

static bool waits(const struct vm_stream *s)
{
	return s->written < s->out.len;
}

static size_t add_fd(struct pollfd *fds, size_t n, size_t max, int fd, short events)
{
	if (fd < 0 || n >= max)
		return n;
	fds[n] = (struct pollfd){ .fd = fd, .events = events };
	return n + 1;
}

size_t vm_fds(const struct vm *vm, struct pollfd *fds, size_t max)
{
	size_t n = 0;

	n = add_fd(fds, n, max, vm->pid_fd, POLLIN);
	n = add_fd(fds, n, max, vm->qmp.fd, POLLIN);
	n = add_fd(fds, n, max, vm->port.fd,
		   POLLIN | (waits(&vm->port) ? POLLOUT : 0));
	n = add_fd(fds, n, max, vm->console.fd,
		   POLLIN | (waits(&vm->console) ? POLLOUT : 0));
	return add_fd(fds, n, max, vm->said_fd, POLLIN);
}

/* Bytes, 0: none now, -1: it is closed. */
static ssize_t take(int *fd, char *buf, size_t size)
{
	ssize_t n;

	if (*fd < 0)
		return -1;
	do {
		n = read(*fd, buf, size);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return n;
	if (n < 0 && errno == EAGAIN)
		return 0;
	close_fd(fd);
	return -1;
}

static void tell_garbage(struct vm *vm, const char *why)
{
	if (!vm->garbage && vm->events.garbage)
		vm->events.garbage(vm->events.ctx, why);
	vm->garbage = true;
}

static void tell_frames(struct vm *vm)
{
	enum frame_result r;
	struct frame f;

	while ((r = frame_next(&vm->frames, &f)) != FRAME_NONE) {
		if (r == FRAME_GARBAGE)
			tell_garbage(vm, "bytes that are no frame");
		else if (r == FRAME_CHECKSUM)
			tell_garbage(vm, "a frame with a wrong checksum");
		else if (r == FRAME_TOO_LONG)
			tell_garbage(vm, "a frame that is too long");
		if (r != FRAME_ONE)
			continue;
		vm->garbage = false;
		if (vm->events.frame)
			vm->events.frame(vm->events.ctx, f.kind, f.payload,
					 f.n);
	}
}

/* True: there may be more. */
static bool work_port(struct vm *vm, char *buf)
{
	size_t sum = 0;
	ssize_t n;

	while (sum < READ_MAX &&
	       (n = take(&vm->port.fd, buf, READ_SIZE)) > 0) {
		frame_feed(&vm->frames, buf, n);
		tell_frames(vm);
		sum += n;
	}
	return sum > 0;
}

static bool work_console(struct vm *vm, char *buf)
{
	size_t sum = 0;
	ssize_t n;

	while (sum < READ_MAX &&
	       (n = take(&vm->console.fd, buf, READ_SIZE)) > 0) {
		vm_tail_add(&vm->seen, buf, n);
		if (vm->events.console)
			vm->events.console(vm->events.ctx, buf, n);
		sum += n;
	}
	return sum > 0;
}

static bool work_said(struct vm *vm, char *buf)
{
	ssize_t n = take(&vm->said_fd, buf, READ_SIZE);

	if (n > 0 && vm->said.len < SAID_MAX)
		str_add_n(&vm->said, buf,
			  (size_t)n < SAID_MAX - vm->said.len ?
				  (size_t)n :
				  SAID_MAX - vm->said.len);
	return n > 0;
}

static bool work_qmp(struct vm *vm)
{
	json_t *event;
	bool any = false;

	qmp_read(&vm->qmp);
	while ((event = qmp_event(&vm->qmp))) {
		const char *name =
			json_string_value(json_object_get(event, "event"));

		any = true;
		if (name && vm->events.event)
			vm->events.event(vm->events.ctx, name, event);
		json_decref(event);
	}
	return any;
}

/* Writes what waits and fits. */
static void push(struct vm_stream *s)
{
	while (s->fd >= 0 && waits(s)) {
		ssize_t n = send(s->fd, s->out.buf + s->written,
				 s->out.len - s->written,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		s->written += n;
	}
	if (!waits(s)) {
		str_free(&s->out);
		s->written = 0;
	} else if (s->written > s->out.len / 2) {
		s->out.len -= s->written;
		memmove(s->out.buf, s->out.buf + s->written, s->out.len);
		s->written = 0;
	}
}

bool vm_work(struct vm *vm)
{
	char buf[READ_SIZE];
	bool ended, any;

	/* Before the streams: what QEMU wrote until its end is then there. */
	vm_reap(vm, false);
	ended = !vm->pid;
	push(&vm->port);
	push(&vm->console);
	any = work_qmp(vm);
	any |= work_port(vm, buf);
	any |= work_console(vm, buf);
	any |= work_said(vm, buf);
	return !ended || any;
}

bool vm_wait(struct vm *vm, int ms)
{
	uint64_t end = clock_now() + ms * NSEC_PER_MSEC, now;
	struct pollfd fds[VM_FDS];
	bool alive;

	do {
		size_t n = vm_fds(vm, fds, VM_FDS);

		now = clock_now();
		poll(fds, n, now < end ? (end - now) / NSEC_PER_MSEC + 1 : 0);
		alive = vm_work(vm);
	} while (alive && clock_now() < end);
	return alive;
}

static int queue_bytes(struct vm *vm, struct vm_stream *s, size_t n)
{
	if (!vm->pid || s->fd < 0)
		return -EPIPE;
	return s->out.len - s->written + n > SEND_MAX ? -ENOBUFS : 0;
}

int vm_send(struct vm *vm, uint8_t kind, const void *payload, size_t n)
{
	int err = queue_bytes(vm, &vm->port, n);

	if (n > FRAME_MAX)
		return -EMSGSIZE;
	if (err)
		return err;
	frame_add(&vm->port.out, kind, payload, n);
	push(&vm->port);
	return 0;
}

int vm_type(struct vm *vm, const char *text, size_t n)
{
	int err = queue_bytes(vm, &vm->console, n);

	if (err)
		return err;
	str_add_n(&vm->console.out, text, n);
	push(&vm->console);
	return 0;
}

const char *vm_console(const struct vm *vm, size_t *n)
{
	const struct str *s = &vm->seen.kept;
	size_t skip = s->len > vm->seen.max ? s->len - vm->seen.max : 0;

	*n = s->len - skip;
	return s->buf + skip;
}

const char *vm_said(const struct vm *vm)
{
	return vm->said.buf;
}
