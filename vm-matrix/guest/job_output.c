/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a job prints, as frames; orders to it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "vm-matrix/guest/parts.h"

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Up to 64 KiB, what a pipe holds: 0 at the end, or when there is nothing. */
static size_t take(int *fd, char *buf, size_t size)
{
	ssize_t n = *fd < 0 ? 0 : read(*fd, buf, size);

	if (n > 0)
		return n;
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		shut(fd);
	return 0;
}

/* The words of core/orders.h. */
static bool is_answer(const char *line)
{
	return !strncmp(line, "ready ", 6) || !strncmp(line, "parked ", 7);
}

static void send_line(struct guest *g, const char *line, size_t n)
{
	if (n > FRAME_MAX)
		guest_say(g, "a line of %zu bytes is longer than can be sent", n);
	else if (*line == '{')
		guest_send(g, FRAME_LINE, line, n);
	else if (is_answer(line))
		guest_send(g, FRAME_ANSWER, line, n);
	else
		guest_send(g, FRAME_TEXT, line, n);
}

static void send_lines(struct guest *g, struct job *j)
{
	size_t begin = 0;
	char *end;

	while ((end = memchr(j->line.buf + j->looked, '\n',
			     j->line.len - j->looked))) {
		size_t at = end - j->line.buf;

		/* text keeps its ends of lines: it comes in any pieces */
		*end = '\0';
		if (j->line.buf[begin] == '{' || is_answer(j->line.buf + begin)) {
			send_line(g, j->line.buf + begin, at - begin);
		} else {
			*end = '\n';
			send_line(g, j->line.buf + begin, at - begin + 1);
		}
		begin = j->looked = at + 1;
	}
	j->line.len -= begin;
	memmove(j->line.buf, j->line.buf + begin, j->line.len);
	j->looked = j->line.len;
}

size_t job_read_out(struct guest *g, struct job *j)
{
	char buf[65536];
	size_t n = take(&j->out, buf, sizeof(buf));

	if (n && j->kind->output == OUTPUT_TEXT) {
		guest_send(g, FRAME_TEXT, buf, n);
	} else if (n) {
		str_add_n(&j->line, buf, n);
		if (j->kind->output == OUTPUT_LINES)
			send_lines(g, j);
	}
	return n;
}

size_t job_read_err(struct guest *g, struct job *j)
{
	char buf[65536];
	size_t n = take(&j->err, buf, sizeof(buf));

	if (n)
		guest_send(g, FRAME_TEXT, buf, n);
	return n;
}

/* A damaged one stays what it is: the host is to see it. */
size_t job_read_frames(struct guest *g, struct job *j)
{
	char buf[65536];
	size_t n = take(&j->frames, buf, sizeof(buf));
	struct frame f;

	frame_feed(&j->made, buf, n);
	for (;;) {
		enum frame_result result = frame_next(&j->made, &f);

		if (result == FRAME_NONE)
			return n;
		if (result == FRAME_ONE)
			guest_send(g, f.kind, f.payload, f.n);
		else
			guest_say(g, "the job made %zu bytes that are no frame", f.n);
	}
}

void job_drain(struct guest *g, struct job *j)
{
	while (job_read_out(g, j) + job_read_err(g, j) + job_read_frames(g, j))
		while (guest_full(g) && !g->off)
			guest_turn(g, 1000);
	if (j->line.len) {
		if (j->kind->output == OUTPUT_DOCUMENT)
			while (j->line.len && j->line.buf[j->line.len - 1] == '\n')
				j->line.buf[--j->line.len] = '\0';
		send_line(g, j->line.buf, j->line.len);
		j->line.len = j->looked = 0;
	}
	shut(&j->in);
	shut(&j->out);
	shut(&j->err);
	shut(&j->frames);
}

void job_write_orders(struct job *j)
{
	ssize_t n = 0;

	if (j->in >= 0)
		n = write(j->in, j->orders.buf, j->orders.len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		shut(&j->in);
	if (j->in < 0)
		n = j->orders.len; /* nobody is there to take them */
	j->orders.len -= n;
	memmove(j->orders.buf, j->orders.buf + n, j->orders.len);
}

void job_order(struct job *j, const char *line, size_t n)
{
	str_add_n(&j->orders, line, n);
	str_add(&j->orders, "\n");
	job_write_orders(j);
}
