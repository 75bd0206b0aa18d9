/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests on a file of stamped blocks, for stressors of asynchronous I/O.
 * Each block has a generation; a request is a read that has to bring the last
 * one, or a write of the next. No two requests touch one block at a time, so
 * what a block must hold is always known. How requests reach the kernel is the
 * stressor's business: it submits what blockio_next() gives and hands results
 * to blockio_completed().
 */
#ifndef STRAIN_KIT_BLOCKIO_H
#define STRAIN_KIT_BLOCKIO_H

#include "core/stressor.h"

struct blockio_request {
	bool write;
	bool in_flight;
	unsigned block;       /* number in the file */
	uint64_t offset;
	void *buf;            /* block_size bytes, aligned for O_DIRECT */
	uint64_t submitted;   /* clock_now() */
};

struct blockio {
	int fd;
	bool direct;          /* the filesystem took O_DIRECT */
	uint64_t file;        /* id in the stamps */
	size_t block_size;
	unsigned blocks, depth;
	uint64_t *generation; /* of each block on disk */
	bool *busy;
	struct blockio_request *request; /* depth of them */
	char *memory;         /* all buffers, one after the other */
	unsigned in_flight;
};

/* The stressor's metrics and the first of its checks are these. */
enum { BLOCKIO_REQUESTS, BLOCKIO_COST, BLOCKIO_LATENCY };
enum { BLOCKIO_ONCE, BLOCKIO_WHOLE, BLOCKIO_DATA, BLOCKIO_CHECKS };

extern const struct metric blockio_metrics[];

/* Rows of the stressor's table of checks; all three, for .checks of a method. */
#define BLOCKIO_CHECK_ROWS \
	[BLOCKIO_ONCE] = { "completes-once", "every submitted request completes exactly once" }, \
	[BLOCKIO_WHOLE] = { "whole-length", "a request transfers all of its bytes" }, \
	[BLOCKIO_DATA] = { "data", "a block holds the last generation written to it" }
#define BLOCKIO_ON_BLOCKS \
	(CHECK(BLOCKIO_ONCE) | CHECK(BLOCKIO_WHOLE) | CHECK(BLOCKIO_DATA))

struct blockio_opts {
	uint32_t depth;
	uint64_t bytes, block;
};

extern const struct option blockio_options[];

/* Opens @name in the scratch directory (O_DIRECT where possible), in stamped
 * blocks of generation 1, as w->opts (struct blockio_opts) says. Breaks the
 * task when it cannot. */
void blockio_open(struct worker *w, struct blockio *b, const char *name);
/* A request that is free, on a block that is free, filled in; NULL: none. It
 * is in flight from here on. */
struct blockio_request *blockio_next(struct worker *w, struct blockio *b, bool write);
/* The kernel says that @r ended with @result (bytes or -errno): evaluates the
 * checks, counts and times the request. */
void blockio_completed(struct worker *w, struct blockio *b,
		       struct blockio_request *r, long result);
/* Nothing may be left in flight, and, when asked, every block on disk must hold
 * its last generation. Closes and frees. */
void blockio_close(struct worker *w, struct blockio *b, bool verify);

#endif
