/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/value.h"
#include "vm-matrix/guest/parts.h"

#define APPEAR_NS (30 * NSEC_PER_SEC) /* for the port to be there */
#define RETURN_NS (2 * NSEC_PER_SEC)  /* for a host that went away */
#define FULL (1U << 20)
#define DEVICES 4
#define PORTS 8

static void nap(void)
{
	struct timespec ms = { 0, NSEC_PER_MSEC };

	nanosleep(&ms, NULL);
}

/*
 * Without udev a port is known by the name that the host gave it: port P of the
 * N-th device. To list the folder costs a boot more than to try.
 */
static int open_named(void)
{
	for (unsigned i = 0; i < DEVICES * PORTS; i++) {
		char name[64], path[80];

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/vport%up%u/name",
			 i / PORTS, i % PORTS);
		if (file_read_line(path, name, sizeof(name)) ||
		    strcmp(name, FRAME_PORT))
			continue;
		snprintf(path, sizeof(path), "/dev/vport%up%u", i / PORTS, i % PORTS);
		return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	return -1;
}

int guest_port(void)
{
	uint64_t until = clock_now() + APPEAR_NS;
	int fd;

	while ((fd = open_named()) < 0 && clock_now() < until)
		nap();
	return fd;
}

void guest_send(struct guest *g, enum frame_kind kind, const void *payload, size_t n)
{
	frame_add(&g->out, kind, payload, n);
	guest_port_work(g, POLLOUT);
}

void guest_send_json(struct guest *g, enum frame_kind kind, json_t *value)
{
	_cleanup_free_ char *text = json_dumps(value, JSON_COMPACT);

	guest_send(g, kind, text ? text : "{}", text ? strlen(text) : 2);
	json_decref(value);
}

void guest_say(struct guest *g, const char *fmt, ...)
{
	_cleanup_str_ struct str text = STR_INIT;
	va_list ap;

	str_add(&text, "strain: ");
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	str_add(&text, "\n");
	guest_send(g, FRAME_TEXT, text.buf, text.len);
}

bool guest_full(const struct guest *g)
{
	return g->out.len - g->out_at > FULL;
}

static void write_out(struct guest *g)
{
	while (g->out_at < g->out.len) {
		ssize_t n = write(g->port, g->out.buf + g->out_at,
				  g->out.len - g->out_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		g->met = true;
		g->out_at += n;
	}
	if (g->out_at == g->out.len) {
		g->out_at = g->out.len = 0;
	} else if (g->out_at > FULL) {
		g->out.len -= g->out_at;
		memmove(g->out.buf, g->out.buf + g->out_at, g->out.len + 1);
		g->out_at = 0;
	}
}

static void got_job(struct guest *g, const struct frame *f)
{
	json_error_t bad;
	json_t *job = json_loadb(f->payload, f->n, JSON_REJECT_DUPLICATES, &bad);

	if (!json_is_object(job)) {
		guest_say(g, "the job is not a JSON object: %s",
			  job ? "another value" : bad.text);
		json_decref(job);
		job = json_object(); /* refused, so that its end is told */
	}
	if (g->next || g->job) {
		guest_say(g, "a job came while another one runs");
		json_decref(job);
		return;
	}
	g->next = job;
}

void guest_take_job(struct guest *g)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct frame f = { .kind = FRAME_JOB };

	if (file_read(FRAME_JOB_FILE, &text))
		return;
	f.payload = text.buf;
	f.n = text.len;
	got_job(g, &f);
}

static void got_frame(struct guest *g, const struct frame *f)
{
	switch (f->kind) {
	case FRAME_JOB:
		got_job(g, f);
		break;
	case FRAME_ORDER:
		if (g->job)
			job_order(g->job, f->payload, f->n);
		break;
	case FRAME_OFF:
		g->off = true;
		break;
	default:
		guest_say(g, "a frame of kind %d came", (int)f->kind);
	}
}

static void got_bytes(struct guest *g)
{
	enum frame_result result;
	struct frame f;

	while (!g->off && (result = frame_next(&g->in, &f)) != FRAME_NONE) {
		if (result == FRAME_ONE)
			got_frame(g, &f);
		else
			guest_say(g, "%zu bytes that came are no frame", f.n);
	}
}

static void read_in(struct guest *g)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(g->port, buf, sizeof(buf))) > 0) {
		g->met = true;
		frame_feed(&g->in, buf, n);
		got_bytes(g);
	}
	/* a socket of a test; a port says so by POLLHUP */
	if (!n && !g->machine)
		g->off = true;
}

/* A host may come late, and is away for a moment when a state is restored. */
static void host_away(struct guest *g)
{
	uint64_t until = clock_now() + (g->met ? RETURN_NS : APPEAR_NS);
	struct pollfd p = { g->port, POLLIN, 0 };

	while (clock_now() < until) {
		nap();
		if (poll(&p, 1, 0) >= 0 && !(p.revents & POLLHUP))
			return;
	}
	g->off = true;
}

void guest_port_work(struct guest *g, short events)
{
	if (events & POLLIN)
		read_in(g);
	if (events & POLLOUT)
		write_out(g);
	if ((events & POLLHUP) && !(events & POLLIN))
		host_away(g);
}
