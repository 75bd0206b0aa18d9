/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/uring.h"

#ifdef HAVE_LIBURING
#include <errno.h>
#include <string.h>

static void refuse(struct worker *w, int error)
{
	if (error == -EPERM)
		worker_skip(w, "io_uring is refused: see kernel.io_uring_disabled");
}

void uring_probe(struct worker *w)
{
	struct io_uring ring;
	int error = io_uring_queue_init(2, &ring, 0);

	refuse(w, error);
	if (error)
		worker_skip(w, "cannot set up a ring: %s", strerror(-error));
	io_uring_queue_exit(&ring);
}

void uring_open(struct worker *w, struct io_uring *ring, unsigned entries)
{
	int error = io_uring_queue_init(entries, ring, 0);

	refuse(w, error);
	if (error)
		worker_broken(w, "cannot set up a ring: %s", strerror(-error));
}

struct io_uring_sqe *uring_entry(struct worker *w, struct io_uring *ring)
{
	struct io_uring_sqe *e = io_uring_get_sqe(ring);

	if (!e)
		worker_broken(w, "the submission queue is full");
	return e;
}

void uring_submit(struct worker *w, struct io_uring *ring)
{
	int n;

	do
		n = io_uring_submit(ring);
	while (n == -EINTR || n == -EAGAIN);
	if (n < 0)
		worker_broken(w, "cannot submit: %s", strerror(-n));
}

int uring_wait(struct worker *w, struct io_uring *ring, void **data)
{
	struct io_uring_cqe *c;
	int error, result;

	do
		error = io_uring_wait_cqe(ring, &c);
	while (error == -EINTR);
	if (error)
		worker_broken(w, "cannot wait: %s", strerror(-error));
	result = c->res;
	if (data)
		*data = io_uring_cqe_get_data(c);
	io_uring_cqe_seen(ring, c);
	return result;
}

bool uring_is_idle(struct io_uring *ring)
{
	struct io_uring_cqe *c;

	return io_uring_peek_cqe(ring, &c) == -EAGAIN;
}
#endif
