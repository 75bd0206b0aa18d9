/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/uring_blocks.h"

#ifdef HAVE_LIBURING
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

static void register_all(struct worker *w, struct uring_blocks *u)
{
	int error = 0;

	if (u->how & URING_FIXED_BUFFERS) {
		struct iovec v = { u->b.memory, u->b.depth * u->b.block_size };

		error = io_uring_register_buffers(&u->ring, &v, 1);
	}
	if (!error && u->how & URING_FIXED_FILE)
		error = io_uring_register_files(&u->ring, &u->b.fd, 1);
	if (error == -ENOMEM)
		worker_skip(w, "cannot pin the buffers: raise RLIMIT_MEMLOCK");
	if (error)
		worker_broken(w, "cannot register: %s", strerror(-error));
}

void uring_blocks_open(struct worker *w, struct uring_blocks *u, const char *name,
		       unsigned how)
{
	const struct blockio_opts *o = w->opts;

	u->how = how;
	uring_open(w, &u->ring, 2 * o->depth);
	blockio_open(w, &u->b, name);
	register_all(w, u);
}

struct io_uring_sqe *uring_blocks_prepare(struct worker *w, struct uring_blocks *u,
					  struct blockio_request *r)
{
	struct io_uring_sqe *e = uring_entry(w, &u->ring);
	int fd = u->how & URING_FIXED_FILE ? 0 : u->b.fd;
	unsigned size = (unsigned)u->b.block_size;

	if (u->how & URING_FIXED_BUFFERS && r->write)
		io_uring_prep_write_fixed(e, fd, r->buf, size, r->offset, 0);
	else if (u->how & URING_FIXED_BUFFERS)
		io_uring_prep_read_fixed(e, fd, r->buf, size, r->offset, 0);
	else if (r->write)
		io_uring_prep_write(e, fd, r->buf, size, r->offset);
	else
		io_uring_prep_read(e, fd, r->buf, size, r->offset);
	if (u->how & URING_FIXED_FILE)
		e->flags |= IOSQE_FIXED_FILE;
	if (u->how & URING_ASYNC)
		e->flags |= IOSQE_ASYNC;
	io_uring_sqe_set_data(e, r);
	return e;
}

void uring_blocks_done(struct worker *w, struct uring_blocks *u)
{
	void *data;
	int result = uring_wait(w, &u->ring, &data);

	blockio_completed(w, &u->b, data, result);
}

void uring_blocks_close(struct worker *w, struct uring_blocks *u, bool verify)
{
	worker_check(w, BLOCKIO_ONCE, uring_is_idle(&u->ring),
		     "a request completed that was waited for before");
	io_uring_queue_exit(&u->ring);
	blockio_close(w, &u->b, verify);
}
#endif
