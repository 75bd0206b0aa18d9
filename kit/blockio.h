/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests on a file of stamped blocks, for stressors of asynchronous I/O.
 * Each block has a generation; a request is a read that has to bring the last
 * one, or a write of the next. No two requests touch one block at a time, so
 * what a block must hold is always known. How requests reach the kernel is the
 * stressor's business: it submits what blockio_next() gives and hands results
 * to blockio_done().
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
	uint64_t submitted, completed;
};

/* What blockio_done() found; the caller turns it into checks. */
struct blockio_result {
	bool expected;  /* the request was in flight */
	bool whole;     /* all bytes were transferred */
	bool right;     /* a read brought the block's last generation */
	char what[120]; /* of the first that is not */
};

/* Opens @name in the scratch directory (O_DIRECT where possible) with @bytes
 * in stamped blocks of generation 1. Breaks the task when it cannot. */
void blockio_open(struct worker *w, struct blockio *b, const char *name,
		  uint64_t bytes, size_t block_size, unsigned depth);
/* A request that is free, on a block that is free, filled in; NULL: none. It
 * counts as submitted. */
struct blockio_request *blockio_next(struct worker *w, struct blockio *b, bool write);
/* The kernel says that @r ended with @result (bytes or -errno). @corrupt: flip
 * a byte of what was read, for a mutation. */
struct blockio_result blockio_done(struct blockio *b, struct blockio_request *r,
				   long result, bool corrupt);
/* Reads all blocks with pread(2); the first that is wrong into @what. */
bool blockio_verify(struct worker *w, struct blockio *b, bool corrupt,
		    char *what, size_t size);
void blockio_close(struct blockio *b);

#endif
