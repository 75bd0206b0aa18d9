/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/blockio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/stamp.h"

#define DIRECT_ALIGN 4096
#define FIRST_WRITE (1 << 20) /* bytes at once, of a file that is new */

const struct metric blockio_metrics[] = {
	[BLOCKIO_REQUESTS] = { "requests", "requests completed", "requests/s",
			       METRIC_RATE, BETTER_HIGHER, .primary = true },
	[BLOCKIO_COST] = { "cpu-per-request", "CPU time per request", "ns",
			   METRIC_COST, BETTER_LOWER, .of = BLOCKIO_REQUESTS,
			   .primary = true },
	[BLOCKIO_LATENCY] = { "latency", "submission to completion", "ns",
			      METRIC_LATENCY, BETTER_LOWER },
	{}
};

const struct option blockio_options[] = {
	OPTION(struct blockio_opts, depth, .min = 1, .max = 4096, .def = "32",
	       .help = "requests in flight"),
	OPTION(struct blockio_opts, bytes, .unit = UNIT_BYTES, .min = 8192,
	       .max = 1ULL << 40, .def = "4M", .help = "size of the file"),
	OPTION(struct blockio_opts, block, .unit = UNIT_BYTES, .min = 512,
	       .max = 16 << 20, .def = "4K", .help = "size of a request"),
	{}
};

/* What judging a completion found. */
struct finding {
	bool expected;  /* the request was in flight */
	bool whole;     /* all bytes were transferred */
	bool right;     /* a read brought the block's last generation */
	char what[120]; /* of the first that is not */
};

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

/* Blocks from @at on, as many as there are buffers: how many. */
static unsigned write_first(struct worker *w, struct blockio *b, unsigned at)
{
	size_t size = b->block_size;
	unsigned n = 0;

	do {
		stamp_fill(b->memory + n * size, size, b->file, (at + n) * size, 1);
		b->generation[at + n++] = 1;
	} while (n < b->depth && at + n < b->blocks && (n + 1) * size <= FIRST_WRITE);
	sys_pwrite(w, b->fd, b->memory, n * size, (off_t)(at * size));
	return n;
}

void blockio_open(struct worker *w, struct blockio *b, const char *name)
{
	const struct blockio_opts *o = w->opts;
	unsigned depth = o->depth;
	/* Stamps and O_DIRECT both want whole sectors. */
	size_t block_size = (o->block + STAMP_SIZE - 1) / STAMP_SIZE * STAMP_SIZE;

	*b = (struct blockio){ .block_size = block_size, .depth = depth,
			       .file = ((uint64_t)w->task + 1) << 8 };
	b->blocks = (unsigned)(o->bytes / block_size);
	if (b->blocks < 2 * depth)
		b->blocks = 2 * depth;
	open_file(w, b, name);
	b->memory = sys_alloc(w, DIRECT_ALIGN, depth * block_size);
	b->generation = xalloc(b->blocks * sizeof(*b->generation));
	b->busy = xalloc(b->blocks * sizeof(*b->busy));
	b->request = xalloc(depth * sizeof(*b->request));
	for (unsigned i = 0; i < depth; i++)
		b->request[i].buf = b->memory + i * block_size;
	for (unsigned i = 0; i < b->blocks;)
		i += write_first(w, b, i);
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

static struct finding complete(struct blockio *b, struct blockio_request *r,
			       long result, bool corrupt)
{
	struct finding f = { .expected = r->in_flight };

	if (!r->in_flight) {
		snprintf(f.what, sizeof(f.what),
			 "a request on block %u completed twice", r->block);
		return f;
	}
	r->in_flight = false;
	b->in_flight--;
	b->busy[r->block] = false;
	f.whole = result == (long)b->block_size;
	f.right = true;
	if (!f.whole) {
		snprintf(f.what, sizeof(f.what), "%s of %zu bytes gave %ld",
			 r->write ? "write" : "read", b->block_size, result);
	} else if (r->write) {
		b->generation[r->block]++;
	} else {
		if (corrupt)
			((char *)r->buf)[b->block_size / 2] ^= 1;
		f.right = judge(b, r->block, r->buf, f.what, sizeof(f.what));
	}
	return f;
}

void blockio_completed(struct worker *w, struct blockio *b,
		       struct blockio_request *r, long result)
{
	struct finding f;

	worker_latency(w, BLOCKIO_LATENCY, clock_now() - r->submitted);
	if (worker_mutated(w, BLOCKIO_ONCE))
		complete(b, r, result, false); /* as if it came twice */
	if (worker_mutated(w, BLOCKIO_WHOLE))
		result /= 2;
	f = complete(b, r, result, worker_mutated(w, BLOCKIO_DATA));
	if (worker_check(w, BLOCKIO_ONCE, f.expected, "%s", f.what)) {
		worker_check(w, BLOCKIO_WHOLE, f.whole, "%s", f.what);
		if (f.whole && !r->write)
			worker_check(w, BLOCKIO_DATA, f.right, "%s", f.what);
	}
	worker_count(w, BLOCKIO_REQUESTS, 1);
}

/* Reads all blocks with pread(2); the first that is wrong into @what. */
static bool verify_all(struct worker *w, struct blockio *b, bool corrupt,
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

void blockio_close(struct worker *w, struct blockio *b, bool verify)
{
	char what[120] = "";

	worker_check(w, BLOCKIO_ONCE, b->in_flight == 0,
		     "%u requests never completed", b->in_flight);
	if (verify)
		worker_check(w, BLOCKIO_DATA,
			     verify_all(w, b, worker_mutated(w, BLOCKIO_DATA),
					what, sizeof(what)), "%s", what);
	close(b->fd);
	free(b->memory);
	free(b->generation);
	free(b->busy);
	free(b->request);
}
