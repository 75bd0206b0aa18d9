/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests with RWF_ATOMIC that must be refused, by every way to ask. What is
 * documented: pwritev2(2), Documentation/filesystems/ext4/atomic_writes.rst
 * and the order of checks in kiocb_set_rw_flags() and
 * generic_atomic_write_valid().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/compat.h"
#include "core/sys.h"
#include "kit/atomic.h"

#define UNKNOWN_FLAG 0x40000000 /* far above the last RWF_ flag */

enum defect {
	NO_SUPPORT,
	FLAG,
	BELOW,
	ABOVE,
	ODD_SIZE,
	ODD_OFFSET,
	BUFFERED,
	VECTORS,
	READ
};

static const struct refusal {
	enum defect defect;
	const char *what;
	int error; /* where atomic writes are supported; elsewhere EOPNOTSUPP */
} refusals[] = {
	{ NO_SUPPORT, "a valid request", 0 },
	{ FLAG, "an unknown flag", EOPNOTSUPP },
	{ BELOW, "half of the smallest unit", EINVAL },
	{ ABOVE, "twice the largest unit", EINVAL },
	{ ODD_SIZE, "a size that is no power of two", EINVAL },
	{ ODD_OFFSET, "an offset that is no multiple of the size", EINVAL },
	{ BUFFERED, "a file without O_DIRECT", EOPNOTSUPP },
	{ VECTORS, "two iovecs", EINVAL },
	{ READ, "a read", EOPNOTSUPP },
};

struct refuse {
	struct atomic_place place;
	uint32_t min, max; /* units, or stand-ins where there are none */
	bool supported;
	char *buf;	      /* for requests: two largest units of new data */
	char *before, *after; /* the file as it must be and as it is */
	size_t bytes;	      /* of each */
	struct rwflags *way[RWFLAGS_WAYS]; /* NULL: cannot be had */
};

static void open_ways(struct worker *w, struct refuse *r)
{
	for (int i = 0; i < RWFLAGS_WAYS; i++) {
		if (rwflags_missing(i))
			continue;
		r->way[i] = rwflags_open(i, 1);
		if (!r->way[i])
			worker_note(w, "%s cannot be used: %s", rwflags_name(i),
				    strerror(errno));
	}
}

static void begin(struct worker *w, struct refuse *r)
{
	const struct atomic_shared *s = w->shared;

	r->supported = s->limits.effective;
	r->min = s->limits.max ? s->limits.min : 4096;
	r->max = s->limits.max ? s->limits.max : 16384;
	atomic_open(w, &r->place);
	r->bytes = atomic_refusal_bytes(w);
	r->before = sys_alloc(w, 4096, r->bytes);
	r->after = sys_alloc(w, 4096, r->bytes);
	r->buf = sys_alloc(w, 4096, 2 * r->max);
	stamp_fill(r->buf, 2 * r->max, r->place.id, 0, 2);
	sys_pread(w, r->place.fd, r->before, r->bytes, r->place.base);
	open_ways(w, r);
}

static void end(struct refuse *r)
{
	for (int i = 0; i < RWFLAGS_WAYS; i++)
		rwflags_close(r->way[i]);
	atomic_close(&r->place);
	free(r->before);
	free(r->after);
	free(r->buf);
}

/* A good request with one defect. */
static void spoil(const struct refuse *r, enum defect defect,
		  struct rwflags_io *io, struct iovec iov[2])
{
	uint32_t size = 2 * r->min <= r->max ? 2 * r->min : r->min;

	iov[0] = (struct iovec){ r->buf, size };
	*io = (struct rwflags_io){ .fd = r->place.fd,
				   .iov = iov,
				   .n_iov = 1,
				   .offset = r->place.base + size,
				   .flags = RWF_ATOMIC };
	if (defect == FLAG)
		io->flags |= UNKNOWN_FLAG;
	if (defect == BELOW)
		iov[0].iov_len = r->min / 2;
	if (defect == ABOVE)
		iov[0].iov_len = 2 * r->max, io->offset = r->place.base;
	if (defect == ODD_SIZE)
		iov[0].iov_len = r->min * 3;
	if (defect == ODD_OFFSET)
		io->offset += size / 2;
	if (defect == BUFFERED)
		io->fd = r->place.buffered;
	if (defect == READ)
		io->read = true;
	if (defect == VECTORS) {
		iov[0].iov_len = iov[1].iov_len = size / 2;
		iov[1].iov_base = r->buf + size / 2;
		io->n_iov = 2;
	}
}

static void check_file(struct worker *w, struct refuse *r, const char *what,
		       const char *way)
{
	struct atomic_place *p = &r->place;

	if (worker_mutated(w, ATOMIC_UNTOUCHED))
		sys_pwrite(w, p->fd, r->buf, 4096, p->base);
	sys_pread(w, p->fd, r->after, r->bytes, p->base);
	worker_check(
		w, ATOMIC_UNTOUCHED, !memcmp(r->before, r->after, r->bytes),
		"%s through %s was refused, but the file changed", what, way);
}

static void refuse_one(struct worker *w, struct refuse *r, int way,
		       const struct refusal *bad)
{
	const char *name = rwflags_name(way);
	int error = r->supported ? bad->error : EOPNOTSUPP, e;
	struct rwflags_io io;
	struct iovec iov[2];

	spoil(r, bad->defect, &io, iov);
	e = rwflags_run(r->way[way], &io, 1);
	if (e)
		worker_broken(w, "%s: %s", name, strerror(-e));
	if (worker_mutated(w, ATOMIC_REFUSED))
		io.result = -EIO;
	worker_check(w, ATOMIC_REFUSED, io.result == -error,
		     "%s through %s: %s where '%s' is documented", bad->what,
		     name,
		     io.result < 0 ? strerror((int)-io.result) : "accepted",
		     strerror(error));
	check_file(w, r, bad->what, name);
	worker_count(w, ATOMIC_OPS, 1);
}

void atomic_refusals(struct worker *w)
{
	struct refuse r = { 0 };
	unsigned turn = 0;

	begin(w, &r);
	while (worker_running(w)) {
		const struct refusal *bad =
			&refusals[turn % ARRAY_SIZE(refusals)];
		int way = turn++ / ARRAY_SIZE(refusals) % RWFLAGS_WAYS;

		/* Where it is supported a valid request is not refused. */
		if (!r.way[way] || (bad->defect == NO_SUPPORT && r.supported))
			continue;
		refuse_one(w, &r, way, bad);
	}
	end(&r);
}
