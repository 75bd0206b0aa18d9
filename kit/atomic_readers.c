/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One unit, rewritten all the time, and readers beside the writer. Nobody
 * promises them a whole unit, so that what they find torn is counted and never
 * a failure; a damaged or foreign block is.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/compat.h"
#include "core/sys.h"
#include "kit/atomic.h"

#define READS 16 /* between two records */

/* No task may be done, and end the others, before each has done something. */
static bool met(struct worker *w, bool *already)
{
	if (!*already)
		*already = worker_barrier(w);
	return *already;
}

static uint32_t unit(const struct worker *w)
{
	const struct atomic_shared *s = w->shared;

	return s->limits.max < 65536 ? s->limits.max : 65536;
}

static void write_once(struct worker *w, const struct atomic_place *p,
		       char *buf, uint64_t generation)
{
	bool atomic = w->variant == ATOMIC_ATOMIC;
	struct iovec iov = { buf, unit(w) };
	off_t at = p->base;
	long n;

	stamp_fill(buf, iov.iov_len, p->id, at, generation);
	if (worker_mutated(w, ATOMIC_ACCEPTED) && atomic)
		at += STAMP_SIZE;
	worker_time_begin(w);
	n = rwflags_pwritev(p->fd, &iov, 1, at, atomic ? RWF_ATOMIC : 0);
	worker_time_end(w, ATOMIC_LATENCY);
	worker_count(w, ATOMIC_OPS, 1);
	if (atomic)
		atomic_judge_answer(w, n < 0 ? -errno : n, unit(w),
				    "beside readers");
}

void atomic_hot_writer(struct worker *w)
{
	char *buf = sys_alloc(w, 4096, unit(w));
	struct atomic_place p;
	uint64_t generation = 1;
	bool begun = false;

	atomic_open(w, &p);
	while (worker_running(w)) {
		write_once(w, &p, buf, ++generation);
		if (!met(w, &begun))
			break;
	}
	atomic_close(&p);
	free(buf);
}

/* True when what was read is of more than one generation. */
static bool read_once(struct worker *w, const struct atomic_place *p, char *buf)
{
	struct stamp_verdict v;

	sys_pread(w, p->fd, buf, unit(w), p->base);
	if (worker_mutated(w, ATOMIC_OWN))
		buf[unit(w) / 2] ^= 1;
	v = stamp_judge(buf, unit(w), p->id, p->base);
	worker_check(w, ATOMIC_OWN, v.state <= STAMP_TORN,
		     "a reader beside the writer: block %u is %s",
		     (unsigned)v.at / STAMP_SIZE, stamp_name(v.state));
	return v.state == STAMP_TORN;
}

void atomic_hot_reader(struct worker *w)
{
	char *buf = sys_alloc(w, 4096, unit(w));
	struct atomic_place p;
	bool begun = false;

	atomic_open(w, &p);
	while (worker_running(w)) {
		unsigned n = worker_batch(w, READS), torn = 0;

		for (unsigned i = 0; i < n; i++)
			torn += read_once(w, &p, buf);
		worker_gauge(w, ATOMIC_TORN_READS, 1e6 * torn / n);
		worker_count(w, ATOMIC_OPS, n);
		if (!met(w, &begun))
			break;
	}
	atomic_close(&p);
	free(buf);
}
