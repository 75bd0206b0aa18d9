/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io_uring through liburing: reads, writes, syncs, polls, cancellations and
 * links on a file of stamped blocks and on pipes, with plain and registered
 * buffers and files. Drives io_uring/, the inline and the worker-thread paths,
 * and the filesystem below. A failure means that a request completed not at all
 * or twice, was cut short, came back with other data than the last write left,
 * or that a link did not keep its order.
 */
#include "core/stressor.h"
#include "kit/library.h"

#ifndef HAVE_LIBURING
STRESSOR_UNSUPPORTED(io_uring, "asynchronous I/O through io_uring",
		     LIBRARY_MISSING("liburing"));
#else

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "kit/uring_blocks.h"

enum { C_RESULT = BLOCKIO_CHECKS, C_LINK };

/* In .arg of a method, beside how its requests reach the kernel. */
enum { WRITES = URING_HOW_END, CANCEL = 2 * WRITES };

static bool method_has(struct worker *w, unsigned flag)
{
	return w->method->arg & flag;
}

static void open_all(struct worker *w, struct uring_blocks *u)
{
	uring_blocks_open(w, u, "uring", (unsigned)w->method->arg);
}

static void close_all(struct worker *w, struct uring_blocks *u)
{
	uring_blocks_close(w, u, method_has(w, WRITES));
}

static void run_blocks(struct worker *w)
{
	struct uring_blocks u;

	open_all(w, &u);
	while (worker_running(w)) {
		uint64_t room = worker_batch(w, u.b.depth);

		while (u.b.in_flight < room)
			uring_blocks_prepare(w, &u, blockio_next(w, &u.b, method_has(w, WRITES)));
		uring_submit(w, &u.ring);
		uring_blocks_done(w, &u);
		while (io_uring_cq_ready(&u.ring))
			uring_blocks_done(w, &u);
	}
	while (u.b.in_flight)
		uring_blocks_done(w, &u);
	close_all(w, &u);
}

static void run_fsync(struct worker *w)
{
	struct uring_blocks u;

	open_all(w, &u);
	while (worker_running(w)) {
		struct io_uring_sqe *e;
		int result;

		uring_blocks_prepare(w, &u, blockio_next(w, &u.b, true));
		uring_submit(w, &u.ring);
		uring_blocks_done(w, &u);
		e = uring_entry(w, &u.ring);
		io_uring_prep_fsync(e, u.b.fd, 0);
		uring_submit(w, &u.ring);
		result = uring_wait(w, &u.ring, NULL);
		if (worker_mutated(w, C_RESULT))
			result = -EIO;
		worker_check(w, C_RESULT, result == 0, "sync ended with %d", result);
	}
	close_all(w, &u);
}

/* One poll a turn: made ready, or cancelled before it is. */
static void poll_turn(struct worker *w, struct uring_blocks *u, const int fd[2])
{
	bool cancel = method_has(w, CANCEL);
	int wanted = cancel ? -ECANCELED : POLLIN, result = 0;
	struct io_uring_sqe *e = uring_entry(w, &u->ring);
	uint64_t from = clock_now();
	int of_cancel = 0;
	char byte = 1;
	void *data;

	io_uring_prep_poll_add(e, fd[0], POLLIN);
	io_uring_sqe_set_data(e, u);
	uring_submit(w, &u->ring);
	if (cancel) {
		e = uring_entry(w, &u->ring);
		io_uring_prep_cancel(e, u, 0);
		io_uring_sqe_set_data(e, NULL);
		uring_submit(w, &u->ring);
	} else {
		sys_must(w, write(fd[1], &byte, 1));
	}
	for (int i = 0; i < 1 + cancel; i++) {
		int one = uring_wait(w, &u->ring, &data);

		if (data)
			result = one;
		else
			of_cancel = one;
	}
	worker_latency(w, BLOCKIO_LATENCY, clock_now() - from);
	if (worker_mutated(w, C_RESULT))
		result ^= POLLOUT;
	worker_check(w, C_RESULT, result == wanted && of_cancel == 0,
		     "poll ended with %d instead of %d, its cancel with %d", result,
		     wanted, of_cancel);
	worker_check(w, BLOCKIO_ONCE, uring_is_idle(&u->ring) != worker_mutated(w, BLOCKIO_ONCE),
		     "a request completed twice");
	if (!cancel)
		sys_must(w, read(fd[0], &byte, 1));
	worker_count(w, BLOCKIO_REQUESTS, 1);
}

static void run_poll(struct worker *w)
{
	struct uring_blocks u;
	int fd[2];

	open_all(w, &u);
	sys_pipe(w, fd, O_NONBLOCK);
	while (worker_running(w))
		poll_turn(w, &u, fd);
	close(fd[0]);
	close(fd[1]);
	close_all(w, &u);
}

/* A write and, linked behind it, a read of the same block: must see it. */
static void link_in_order(struct worker *w, struct uring_blocks *u, void *buf)
{
	struct blockio_request *r = blockio_next(w, &u->b, true);
	struct io_uring_sqe *e;
	size_t size = u->b.block_size;
	int result;

	memset(buf, 0, size);
	uring_blocks_prepare(w, u, r)->flags |= IOSQE_IO_LINK;
	e = uring_entry(w, &u->ring);
	io_uring_prep_read(e, u->b.fd, buf, (unsigned)size, r->offset);
	uring_submit(w, &u->ring);
	uring_blocks_done(w, u);
	result = uring_wait(w, &u->ring, NULL);
	if (worker_mutated(w, C_LINK))
		((char *)buf)[0] ^= 1;
	worker_check(w, C_LINK,
		     result == (int)size && !memcmp(buf, r->buf, size),
		     "a read linked behind a write gave %d or other data", result);
}

/* A read that must fail cancels what is linked behind it. */
static void link_broken(struct worker *w, struct uring_blocks *u, void *buf)
{
	struct io_uring_sqe *e = uring_entry(w, &u->ring);
	int first, second;

	io_uring_prep_read(e, -1, buf, (unsigned)u->b.block_size, 0);
	e->flags |= IOSQE_IO_LINK;
	e = uring_entry(w, &u->ring);
	io_uring_prep_nop(e);
	uring_submit(w, &u->ring);
	first = uring_wait(w, &u->ring, NULL);
	second = uring_wait(w, &u->ring, NULL);
	worker_check(w, C_LINK, first == -EBADF && second == -ECANCELED,
		     "behind a failed request (%d) a linked one gave %d", first,
		     second);
}

static void run_linked(struct worker *w)
{
	struct uring_blocks u;
	void *buf;

	open_all(w, &u);
	buf = sys_alloc(w, 4096, u.b.block_size);
	while (worker_running(w)) {
		link_in_order(w, &u, buf);
		link_broken(w, &u, buf);
	}
	free(buf);
	close_all(w, &u);
}

#define ON_PIPES (CHECK(BLOCKIO_ONCE) | CHECK(C_RESULT))

/* clang-format off */
static const struct method methods[] = {
	{ "read", "random reads", run_blocks, .checks = BLOCKIO_ON_BLOCKS },
	{ "write", "random writes", run_blocks, .checks = BLOCKIO_ON_BLOCKS, .arg = WRITES },
	{ "async", "random reads forced to worker threads", run_blocks, .checks = BLOCKIO_ON_BLOCKS, .arg = URING_ASYNC },
	{ "fixed-buffers", "random writes from registered buffers", run_blocks, .checks = BLOCKIO_ON_BLOCKS, .arg = WRITES | URING_FIXED_BUFFERS },
	{ "fixed-files", "random reads of a registered file", run_blocks, .checks = BLOCKIO_ON_BLOCKS, .arg = URING_FIXED_FILE },
	{ "fsync", "a write and a sync request behind it", run_fsync, .checks = BLOCKIO_ON_BLOCKS | CHECK(C_RESULT), .arg = WRITES },
	{ "poll", "poll requests on a pipe", run_poll, .checks = ON_PIPES },
	{ "cancel", "poll requests that are cancelled", run_poll, .checks = ON_PIPES, .arg = CANCEL },
	{ "linked", "linked pairs: a write and a read, a failure and a no-op", run_linked, .checks = BLOCKIO_ON_BLOCKS | CHECK(C_LINK), .arg = WRITES },
	{}
};
/* clang-format on */

static const struct check checks[] = {
	BLOCKIO_CHECK_ROWS,
	[C_RESULT] = { "result", "sync, poll and cancel end with the documented result" },
	[C_LINK] = { "link-order", "a link keeps its order, and a failure cancels the rest" },
	{}
};

static const struct needs needs = {
	.kernel = "5.6", .kernel_note = "io_uring reads and writes", .kconfig = "IO_URING",
};
static const struct uses uses = { .scratch = true };

STRESSOR(io_uring) = {
	.summary = "asynchronous I/O through io_uring",
	.details = "Requests on a file of stamped blocks, opened with O_DIRECT where "
		   "the filesystem takes it, and poll requests on a pipe. Registered "
		   "buffers and files are methods of their own.",
	.refs = "io_uring(7)\n"
		"liburing test suite: what each operation has to return",
	.tags = "async filesystem",
	.needs = &needs,
	.uses = &uses,
	.options = blockio_options,
	.opts_size = sizeof(struct blockio_opts),
	.methods = methods,
	.metrics = blockio_metrics,
	.checks = checks,
	.threads = true,
	.probe = uring_probe,
};
#endif
