/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/rwflags.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef HAVE_LIBAIO
#include <libaio.h>
#endif
#ifdef HAVE_LIBURING
#include <liburing.h>
#endif

#include "base/str.h"

struct rwflags {
	enum rwflags_way way;
	unsigned depth;
#ifdef HAVE_LIBURING
	struct io_uring ring;
#endif
#ifdef HAVE_LIBAIO
	io_context_t aio;
	struct iocb *iocb;
#endif
};

/* The kernel takes the offset in two longs, whatever their size. */
#define LOW(offset) ((unsigned long)(offset))
#define HIGH(offset)                                                           \
	((unsigned long)((uint64_t)(offset) >> 32 >> (sizeof(long) * 8 - 32)))

ssize_t rwflags_pwritev(int fd, const struct iovec *iov, int n, off_t offset,
			int flags)
{
	return syscall(SYS_pwritev2, fd, iov, n, LOW(offset), HIGH(offset),
		       flags);
}

ssize_t rwflags_preadv(int fd, const struct iovec *iov, int n, off_t offset,
		       int flags)
{
	return syscall(SYS_preadv2, fd, iov, n, LOW(offset), HIGH(offset),
		       flags);
}

static int run_syscall(struct rwflags_io *io, unsigned n)
{
	for (; n; n--, io++) {
		ssize_t (*ask)(int, const struct iovec *, int, off_t, int) =
			io->read ? rwflags_preadv : rwflags_pwritev;

		io->result = ask(io->fd, io->iov, (int)io->n_iov, io->offset,
				 io->flags);
		if (io->result < 0)
			io->result = -errno;
	}
	return 0;
}

#ifdef HAVE_LIBURING
static void prepare_uring(struct rwflags *r, struct rwflags_io *io)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);

	if (io->read)
		io_uring_prep_readv(sqe, io->fd, io->iov, io->n_iov,
				    io->offset);
	else
		io_uring_prep_writev(sqe, io->fd, io->iov, io->n_iov,
				     io->offset);
	sqe->rw_flags = io->flags;
	io_uring_sqe_set_data(sqe, io);
}

static int run_uring(struct rwflags *r, struct rwflags_io *io, unsigned n)
{
	unsigned submitted = 0;

	for (unsigned i = 0; i < n; i++)
		prepare_uring(r, &io[i]);
	while (submitted < n) {
		int s = io_uring_submit(&r->ring);

		if (s < 0 && s != -EINTR && s != -EAGAIN)
			return s;
		submitted += s > 0 ? s : 0;
	}
	for (unsigned done = 0; done < n;) {
		struct io_uring_cqe *cqe;
		int e = io_uring_wait_cqe(&r->ring, &cqe);

		if (e == -EINTR)
			continue;
		if (e)
			return e;
		((struct rwflags_io *)io_uring_cqe_get_data(cqe))->result =
			cqe->res;
		io_uring_cqe_seen(&r->ring, cqe);
		done++;
	}
	return 0;
}
#endif

#ifdef HAVE_LIBAIO
static void prepare_aio(struct iocb *iocb, struct rwflags_io *io)
{
	if (io->read)
		io_prep_preadv(iocb, io->fd, io->iov, io->n_iov, io->offset);
	else
		io_prep_pwritev(iocb, io->fd, io->iov, io->n_iov, io->offset);
	iocb->aio_rw_flags = io->flags;
	iocb->data = io;
}

static int run_aio(struct rwflags *r, struct rwflags_io *io, unsigned n)
{
	unsigned flying = 0;

	for (unsigned i = 0; i < n; i++) {
		struct iocb *iocb = &r->iocb[i];
		int e;

		prepare_aio(iocb, &io[i]);
		e = io_submit(r->aio, 1, &iocb);
		/* What is wrong with a request is told here already. */
		if (e < 0)
			io[i].result = e;
		else
			flying++;
	}
	while (flying) {
		struct io_event event;
		int e = io_getevents(r->aio, 1, 1, &event, NULL);

		if (e == -EINTR)
			continue;
		if (e < 0)
			return e;
		((struct rwflags_io *)event.data)->result = (long)event.res;
		flying--;
	}
	return 0;
}
#endif

int rwflags_run(struct rwflags *r, struct rwflags_io *io, unsigned n)
{
	if (n > r->depth)
		return -E2BIG;
#ifdef HAVE_LIBURING
	if (r->way == RWFLAGS_URING)
		return run_uring(r, io, n);
#endif
#ifdef HAVE_LIBAIO
	if (r->way == RWFLAGS_AIO)
		return run_aio(r, io, n);
#endif
	return run_syscall(io, n);
}

static int open_way(struct rwflags *r)
{
#ifdef HAVE_LIBURING
	if (r->way == RWFLAGS_URING)
		return io_uring_queue_init(r->depth, &r->ring, 0);
#endif
#ifdef HAVE_LIBAIO
	if (r->way == RWFLAGS_AIO) {
		r->iocb = xalloc(r->depth * sizeof(*r->iocb));
		return io_setup(r->depth, &r->aio);
	}
#endif
	return rwflags_missing(r->way) ? -ENOSYS : 0;
}

struct rwflags *rwflags_open(enum rwflags_way way, unsigned depth)
{
	struct rwflags *r = xalloc(sizeof(*r));
	int e;

	r->way = way;
	r->depth = depth;
	e = open_way(r);
	if (!e)
		return r;
#ifdef HAVE_LIBAIO
	free(r->iocb);
#endif
	free(r);
	errno = -e;
	return NULL;
}

void rwflags_close(struct rwflags *r)
{
	if (!r)
		return;
#ifdef HAVE_LIBURING
	if (r->way == RWFLAGS_URING)
		io_uring_queue_exit(&r->ring);
#endif
#ifdef HAVE_LIBAIO
	if (r->way == RWFLAGS_AIO)
		io_destroy(r->aio);
	free(r->iocb);
#endif
	free(r);
}

const char *rwflags_missing(enum rwflags_way way)
{
#ifndef HAVE_LIBURING
	if (way == RWFLAGS_URING)
		return "built without liburing";
#endif
#ifndef HAVE_LIBAIO
	if (way == RWFLAGS_AIO)
		return "built without libaio";
#endif
	(void)way;
	return NULL;
}

const char *rwflags_name(enum rwflags_way way)
{
	static const char *const names[] = {
		[RWFLAGS_SYSCALL] = "pwritev2",
		[RWFLAGS_URING] = "io-uring",
		[RWFLAGS_AIO] = "libaio",
	};

	return names[way];
}
