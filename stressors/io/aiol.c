/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux-native asynchronous I/O through libaio: io_submit, io_getevents and
 * io_cancel on a file of stamped blocks and on pipes. Drives fs/aio.c, the
 * direct-I/O paths of the filesystem and the completion ring. A failure means
 * that a request completed not at all or twice, was cut short, or that data
 * came back other than the last write left it.
 */
#include "core/stressor.h"
#include "kit/library.h"

#ifndef HAVE_LIBAIO
STRESSOR_UNSUPPORTED(aiol, "asynchronous I/O through libaio",
		     LIBRARY_MISSING("libaio"));
#else

#include <errno.h>
#include <libaio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "kit/blockio.h"

enum { C_EVENTS = BLOCKIO_CHECKS };
enum { READS, WRITES };

struct aiol {
	io_context_t ctx;
	struct blockio b;
	struct iocb *iocb;         /* one for each request */
	struct io_event *event;
};

static const struct blockio_opts *opts(struct worker *w)
{
	return w->opts;
}

static void open_all(struct worker *w, struct aiol *a)
{
	unsigned depth = opts(w)->depth;
	int error;

	*a = (struct aiol){ .iocb = xalloc(depth * sizeof(*a->iocb)),
			    .event = xalloc(depth * sizeof(*a->event)) };
	error = io_setup((int)depth, &a->ctx);
	if (error == -EAGAIN)
		worker_skip(w, "no room for %u requests: raise fs.aio-max-nr", depth);
	if (error)
		worker_broken(w, "cannot set up %u requests: %s", depth,
			      strerror(-error));
	blockio_open(w, &a->b, "aiol");
}

static void submit(struct worker *w, struct aiol *a, struct iocb *i)
{
	int n;

	do
		n = io_submit(a->ctx, 1, &i);
	while (n == -EAGAIN || n == -EINTR);
	if (n != 1)
		worker_broken(w, "cannot submit: %s", strerror(-n));
}

static unsigned reap(struct worker *w, struct aiol *a, long least)
{
	int n;

	do
		n = io_getevents(a->ctx, least, opts(w)->depth, a->event, NULL);
	while (n == -EINTR);
	if (n < 0)
		worker_broken(w, "cannot get events: %s", strerror(-n));
	return (unsigned)n;
}

static void submit_block(struct worker *w, struct aiol *a, bool write)
{
	struct blockio_request *r = blockio_next(w, &a->b, write);
	struct iocb *i = &a->iocb[r - a->b.request];

	if (write)
		io_prep_pwrite(i, a->b.fd, r->buf, a->b.block_size, (long long)r->offset);
	else
		io_prep_pread(i, a->b.fd, r->buf, a->b.block_size, (long long)r->offset);
	i->data = r;
	submit(w, a, i);
}

static void close_all(struct worker *w, struct aiol *a)
{
	io_destroy(a->ctx);
	blockio_close(w, &a->b, w->method->arg == WRITES);
	free(a->iocb);
	free(a->event);
}

static void done(struct worker *w, struct aiol *a, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		blockio_completed(w, &a->b, a->event[i].data,
				  (long)a->event[i].res);
}

static void run_blocks(struct worker *w)
{
	bool write = w->method->arg == WRITES;
	struct aiol a;

	open_all(w, &a);
	while (worker_running(w)) {
		uint64_t room = worker_batch(w, a.b.depth);

		while (a.b.in_flight < room)
			submit_block(w, &a, write);
		done(w, &a, reap(w, &a, 1));
	}
	while (a.b.in_flight)
		done(w, &a, reap(w, &a, 1));
	close_all(w, &a);
}

/* Writes, then a sync request behind each batch. */
static void run_fsync(struct worker *w)
{
	struct aiol a;

	open_all(w, &a);
	while (worker_running(w)) {
		struct iocb sync;
		uint64_t from;

		submit_block(w, &a, true);
		done(w, &a, reap(w, &a, 1));
		io_prep_fsync(&sync, a.b.fd);
		from = clock_now();
		submit(w, &a, &sync);
		reap(w, &a, 1);
		worker_latency(w, BLOCKIO_LATENCY, clock_now() - from);
		worker_check(w, C_EVENTS,
			     (long)a.event[0].res == (worker_mutated(w, C_EVENTS) ? 1 : 0) &&
				     a.event[0].obj == &sync,
			     "sync request ended with %ld", (long)a.event[0].res);
	}
	close_all(w, &a);
}

/* One poll request a turn: made ready, or cancelled before it is. */
static void run_poll(struct worker *w)
{
	bool cancel = w->method->arg;
	struct aiol a;
	int fd[2];

	open_all(w, &a);
	sys_pipe(w, fd, O_NONBLOCK);
	while (worker_running(w)) {
		struct iocb i;
		struct io_event ignored;
		char byte = 1;
		uint64_t from = clock_now();
		long wanted = cancel ? 0 : POLLIN, extra, result;
		int refused = 1;

		io_prep_poll(&i, fd[0], POLLIN);
		submit(w, &a, &i);
		if (cancel)
			refused = io_cancel(a.ctx, &i, &ignored);
		if (!cancel || (refused && refused != -EINPROGRESS)) {
			sys_must(w, write(fd[1], &byte, 1));
			wanted = POLLIN;
		}
		extra = (long)reap(w, &a, 1) - 1;
		worker_latency(w, BLOCKIO_LATENCY, clock_now() - from);
		result = (long)a.event[0].res;
		if (worker_mutated(w, C_EVENTS))
			result ^= POLLOUT;
		worker_check(w, C_EVENTS, (result & POLLIN) == wanted && !(result & POLLOUT),
			     "poll ended with %ld instead of %ld", result, wanted);
		extra += io_getevents(a.ctx, 0, 1, a.event, &(struct timespec){ 0, 0 });
		worker_check(w, BLOCKIO_ONCE, extra == worker_mutated(w, BLOCKIO_ONCE),
			     "%ld events more than requests", extra);
		if (wanted)
			sys_must(w, read(fd[0], &byte, 1));
		worker_count(w, BLOCKIO_REQUESTS, 1);
	}
	close(fd[0]);
	close(fd[1]);
	close_all(w, &a);
}

#define ON_WRITES (CHECK(BLOCKIO_ONCE) | CHECK(BLOCKIO_WHOLE))

static const struct method methods[] = {
	{ "read", "random reads", run_blocks, .checks = BLOCKIO_ON_BLOCKS, .arg = READS },
	{ "write", "random writes", run_blocks, .checks = BLOCKIO_ON_BLOCKS, .arg = WRITES },
	{ "fsync", "a write and a sync request behind it", run_fsync,
	  .checks = ON_WRITES | CHECK(C_EVENTS) },
	{ "poll", "poll requests on a pipe", run_poll,
	  .checks = CHECK(BLOCKIO_ONCE) | CHECK(C_EVENTS), .arg = 0 },
	{ "cancel", "poll requests that are cancelled", run_poll,
	  .checks = CHECK(BLOCKIO_ONCE) | CHECK(C_EVENTS), .arg = 1 },
	{}
};

static const struct check checks[] = {
	BLOCKIO_CHECK_ROWS,
	[C_EVENTS] = { "result", "sync, poll and cancel end with the documented result" },
	{}
};

static const struct needs needs = { .kconfig = "AIO" };
static const struct uses uses = { .scratch = true };

STRESSOR(aiol) = {
	.summary = "asynchronous I/O through libaio",
	.details = "Requests on a file of stamped blocks, opened with O_DIRECT where "
		   "the filesystem takes it (without it, submission itself does the "
		   "work), and poll requests on a pipe.",
	.refs = "io_submit(2), io_getevents(2), io_cancel(2)",
	.tags = "async filesystem",
	.needs = &needs,
	.uses = &uses,
	.options = blockio_options,
	.opts_size = sizeof(struct blockio_opts),
	.methods = methods,
	.metrics = blockio_metrics,
	.checks = checks,
	.threads = true,
};
#endif
