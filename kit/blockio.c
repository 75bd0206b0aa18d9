/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/blockio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/stamp.h"

#define DIRECT_ALIGN 4096

static void open_file(struct worker *w, struct blockio *b, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s-%u", name, w->task);
	b->fd = openat(w->scratch_fd, path,
		       O_RDWR | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0600);
	b->direct = b->fd >= 0;
	if (!b->direct)
		b->fd = sys_openat(w, w->scratch_fd, path,
				   O_RDWR | O_CREAT | O_TRUNC, 0600);
}

void blockio_open(struct worker *w, struct blockio *b, const char *name,
		  uint64_t bytes, size_t block_size, unsigned depth)
{
	/* Stamps and O_DIRECT both want whole sectors. */
	block_size = (block_size + STAMP_SIZE - 1) / STAMP_SIZE * STAMP_SIZE;
	*b = (struct blockio){ .block_size = block_size, .depth = depth,
			       .file = ((uint64_t)w->task + 1) << 8 };
	b->blocks = (unsigned)(bytes / block_size);
	if (b->blocks < 2 * depth)
		b->blocks = 2 * depth;
	open_file(w, b, name);
	b->memory = sys_alloc(w, DIRECT_ALIGN, depth * block_size);
	b->generation = xalloc(b->blocks * sizeof(*b->generation));
	b->busy = xalloc(b->blocks * sizeof(*b->busy));
	b->request = xalloc(depth * sizeof(*b->request));
	for (unsigned i = 0; i < depth; i++)
		b->request[i].buf = b->memory + i * block_size;
	for (unsigned i = 0; i < b->blocks; i++) {
		b->generation[i] = 1;
		stamp_fill(b->memory, block_size, b->file, i * block_size, 1);
		sys_pwrite(w, b->fd, b->memory, block_size,
			   (off_t)(i * block_size));
	}
}

struct blockio_request *blockio_next(struct worker *w, struct blockio *b, bool write)
{
	struct blockio_request *r = b->request;
	unsigned block;

	if (b->in_flight == b->depth)
		return NULL;
	while (r->in_flight)
		r++;
	do /* at most half of the blocks are busy */
		block = (unsigned)rng_below(&w->rng, b->blocks);
	while (b->busy[block]);
	b->busy[block] = true;
	b->in_flight++;
	b->submitted++;
	r->write = write;
	r->in_flight = true;
	r->block = block;
	r->offset = (uint64_t)block * b->block_size;
	if (write)
		stamp_fill(r->buf, b->block_size, b->file, r->offset,
			   b->generation[block] + 1);
	r->submitted = clock_now();
	return r;
}

static bool judge(const struct blockio *b, unsigned block, const void *buf,
		  char *what, size_t size)
{
	uint64_t wanted = b->generation[block];
	struct stamp_verdict v = stamp_judge(buf, b->block_size, b->file,
					     (uint64_t)block * b->block_size);

	if (v.state == STAMP_WHOLE && v.high == wanted)
		return true;
	snprintf(what, size, "block %u is %s, generation %llu..%llu instead of %llu",
		 block, stamp_name(v.state), (unsigned long long)v.low,
		 (unsigned long long)v.high, (unsigned long long)wanted);
	return false;
}

struct blockio_result blockio_done(struct blockio *b, struct blockio_request *r,
				   long result, bool corrupt)
{
	struct blockio_result out = { .expected = r->in_flight };

	b->completed++;
	if (!r->in_flight) {
		snprintf(out.what, sizeof(out.what),
			 "a request on block %u completed twice", r->block);
		return out;
	}
	r->in_flight = false;
	b->in_flight--;
	b->busy[r->block] = false;
	out.whole = result == (long)b->block_size;
	out.right = true;
	if (!out.whole) {
		snprintf(out.what, sizeof(out.what), "%s of %zu bytes gave %ld",
			 r->write ? "write" : "read", b->block_size, result);
	} else if (r->write) {
		b->generation[r->block]++;
	} else {
		if (corrupt)
			((char *)r->buf)[b->block_size / 2] ^= 1;
		out.right = judge(b, r->block, r->buf, out.what, sizeof(out.what));
	}
	return out;
}

bool blockio_verify(struct worker *w, struct blockio *b, bool corrupt,
		    char *what, size_t size)
{
	for (unsigned i = 0; i < b->blocks; i++) {
		sys_pread(w, b->fd, b->memory, b->block_size,
			  (off_t)(i * b->block_size));
		if (corrupt)
			b->memory[0] ^= 1;
		if (!judge(b, i, b->memory, what, size))
			return false;
	}
	return true;
}

void blockio_close(struct blockio *b)
{
	close(b->fd);
	free(b->memory);
	free(b->generation);
	free(b->busy);
	free(b->request);
}
