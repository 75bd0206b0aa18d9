/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/atomic_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/compat.h"
#include "core/sys.h"

#define BUFFERS (16u << 20) /* bytes that may be under way at a time */

void atomic_writer_open(struct worker *w, struct atomic_writer *d, enum rwflags_way how,
			unsigned depth)
{
	const struct atomic_limits *l = &((const struct atomic_shared *)w->shared)->limits;

	*d = (struct atomic_writer){ .limits = l, .how = how, .depth = depth,
				     .generation = 1 };
	d->flags = w->variant == ATOMIC_ATOMIC ? RWF_ATOMIC : 0;
	d->way = rwflags_open(how, depth);
	if (!d->way)
		worker_skip(w, "%s: %s", rwflags_name(how), strerror(errno));
	atomic_open(w, &d->place);
	d->room = (size_t)depth * l->max;
	if (d->room > BUFFERS)
		d->room = l->max > BUFFERS ? l->max : BUFFERS;
	d->buf = sys_alloc(w, 4096, d->room);
	worker_gauge(w, ATOMIC_UNIT_MAX, l->max);
	worker_gauge(w, ATOMIC_UNIT_MAX_OPT, l->opt ? l->opt : l->max);
}

void atomic_writer_close(struct atomic_writer *d)
{
	rwflags_close(d->way);
	atomic_close(&d->place);
	free(d->buf);
}

/* Each size has an eighth of the file to itself: small writes cut up what a
 * large one has to replace. */
static uint64_t region_bytes(const struct atomic_writer *d)
{
	return d->place.bytes / ATOMIC_SIZES;
}

unsigned atomic_writer_depth(const struct atomic_writer *d, uint32_t size)
{
	unsigned n = d->room / size < d->depth ? d->room / size : d->depth;

	return n < region_bytes(d) / size ? n : region_bytes(d) / size;
}

static void prepare(struct worker *w, struct atomic_writer *d, uint32_t size, unsigned n)
{
	unsigned step = __builtin_ctz(size / d->limits->min) / 2;
	uint64_t region = region_bytes(d), lot = region / size / n;

	for (unsigned i = 0; i < n; i++) {
		uint64_t at = step * region +
			      (i * lot + rng_below(&w->rng, lot)) * size;

		d->iov[i] = (struct iovec){ d->buf + (size_t)i * size, size };
		d->io[i] = (struct rwflags_io){ .fd = d->place.fd,
						.iov = &d->iov[i], .n_iov = 1,
						.offset = d->place.base + at,
						.flags = d->flags };
	}
}

static void submit(struct worker *w, struct atomic_writer *d, unsigned n)
{
	int e;

	worker_time_begin(w);
	e = rwflags_run(d->way, d->io, n);
	worker_time_end(w, ATOMIC_LATENCY);
	if (e)
		worker_broken(w, "%s: %s", rwflags_name(d->how), strerror(-e));
	worker_count(w, ATOMIC_OPS, n);
}

static bool judge(struct worker *w, struct atomic_writer *d, uint32_t size, unsigned n)
{
	bool good = true;

	for (unsigned i = 0; i < n; i++) {
		long result = d->io[i].result;

		if (w->variant == ATOMIC_ATOMIC)
			good &= atomic_judge_answer(w, result, size,
						    "over written blocks");
		else if (result != (long)size)
			worker_broken(w, "plain write of %u bytes: %s", size,
				      result < 0 ? strerror((int)-result) :
						   "short");
	}
	return good;
}

bool atomic_writer_write(struct worker *w, struct atomic_writer *d, uint32_t size,
			 unsigned n, uint64_t *ns)
{
	uint64_t from;

	prepare(w, d, size, n);
	from = clock_now();
	submit(w, d, n);
	*ns += clock_now() - from;
	return judge(w, d, size, n);
}

void atomic_writer_read_back(struct worker *w, struct atomic_writer *d, uint32_t size)
{
	prepare(w, d, size, 1);
	stamp_fill(d->buf, size, d->place.id, d->io->offset, ++d->generation);
	if (worker_mutated(w, ATOMIC_ACCEPTED) && d->flags)
		d->io->offset += STAMP_SIZE;
	submit(w, d, 1);
	if (!judge(w, d, size, 1))
		return;
	sys_pread(w, d->place.fd, d->buf, size, d->io->offset);
	atomic_judge_read(w, d->buf, size, d->place.id, d->io->offset,
			  d->generation, "over written blocks");
}
