/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests on a file of stamped blocks (kit/blockio.h) through a ring, for
 * stressors of io_uring:
 *
 *	uring_blocks_open(w, &u, "name", how);
 *	while (worker_running(w)) {
 *		uring_blocks_prepare(w, &u, blockio_next(w, &u.b, write));
 *		uring_submit(w, &u.ring);
 *		uring_blocks_done(w, &u);
 *	}
 *	uring_blocks_close(w, &u, write);
 *
 * Other requests may go through .ring beside them, when their completions are
 * waited for by the stressor. Without liburing there is none of it.
 */
#ifndef STRAIN_KIT_URING_BLOCKS_H
#define STRAIN_KIT_URING_BLOCKS_H

#ifdef HAVE_LIBURING
#include "kit/blockio.h"
#include "kit/uring.h"

/* How requests on blocks reach the kernel. */
enum uring_how {
	URING_FIXED_BUFFERS = 1, /* registered, all of them */
	URING_FIXED_FILE = 2,    /* likewise */
	URING_ASYNC = 4,         /* never tried inline, always by a worker thread */
	URING_HOW_END = 8,       /* first bit that is the stressor's */
};

struct uring_blocks {
	struct io_uring ring; /* takes two entries for each request of the depth */
	struct blockio b;
	unsigned how;         /* of enum uring_how, other bits are ignored */
};

/*
 * The ring, the file @name and what @how wants registered, as w->opts (struct
 * blockio_opts) says. Skips where io_uring is refused or memory cannot be
 * pinned; the task is broken by any other error.
 */
void uring_blocks_open(struct worker *w, struct uring_blocks *u, const char *name,
		       unsigned how);
/* The entry of @r, for flags to be added; not submitted yet. */
struct io_uring_sqe *uring_blocks_prepare(struct worker *w, struct uring_blocks *u,
					  struct blockio_request *r);
/* Waits for the next completion, which is that of a request on a block, and
 * evaluates the checks of kit/blockio.h. */
void uring_blocks_done(struct worker *w, struct uring_blocks *u);
/*
 * Evaluates BLOCKIO_ONCE: nothing more completed than was waited for. With
 * @verify reads all blocks again. Frees everything.
 */
void uring_blocks_close(struct worker *w, struct uring_blocks *u, bool verify);
#endif

#endif
