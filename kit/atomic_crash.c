/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power cuts: each operation is one state that a disk with a volatile cache may
 * be left in, made from the log of kit/atomic_record.c, mounted and judged. The
 * control, plain writes, has to tear in the same states, or they prove nothing.
 */
#include "kit/atomic_crash.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/file.h"
#include "core/sys.h"
#include "kit/atomic.h"
#include "kit/crashdisk.h"
#include "kit/oath.h"
#include "kit/program.h"
#include "kit/replay.h"
#include "kit/writelog.h"

struct crash {
	int base, log, state;
	struct replay replay;
	size_t first; /* entries that every state has */
	char *buf;
};

static bool read_mark(const struct crash *c, size_t i, struct oath_mark *m)
{
	const struct replay_entry *e = &c->replay.entry[i];

	return e->flags & WRITELOG_IS_MARK && e->mark_bytes == sizeof(*m) &&
	       pread(c->log, m, sizeof(*m), e->from) == sizeof(*m);
}

static void load(struct worker *w, struct crash *c)
{
	struct oath_mark m;
	int e;

	c->base = crashdisk_open(w, "base", O_RDONLY);
	c->log = crashdisk_open(w, "log", O_RDONLY);
	c->state = crashdisk_open(w, "state", O_RDWR);
	c->buf = sys_alloc(w, 4096, OATH_STRIDE);
	e = replay_load(&c->replay, c->log);
	if (e)
		worker_broken(w, "write log: %s", strerror(-e));
	for (size_t i = 0; i < c->replay.n && !c->first; i++)
		if (read_mark(c, i, &m) && m.step == OATH_BEGIN)
			c->first = i + 1;
	if (!c->first)
		worker_broken(w, "the write log never begins");
}

static void unload(struct crash *c)
{
	close(c->base);
	close(c->log);
	close(c->state);
	free(c->buf);
	replay_free(&c->replay);
}

/* The disk as power left it, into the state's file. */
static size_t cut_power(struct worker *w, struct crash *c, bool worst)
{
	size_t cut = c->first + rng_below(&w->rng, c->replay.n - c->first + 1);
	int e = crashdisk_copy(c->base, c->state);

	if (worst)
		cut = replay_worst(&c->replay, c->first);
	if (!e)
		e = replay_image(&c->replay, c->log, c->state, cut,
				 worst ? REPLAY_PIECES : REPLAY_MIXED,
				 rng_next(&w->rng));
	if (!e && worker_mutated(w, ATOMIC_MOUNTS) &&
	    pwrite(c->state, "gone", 4, 0) != 4)
		e = -EIO;
	if (e)
		worker_broken(w, "state of a disk: %s", strerror(-e));
	return cut;
}

static void judge_atomic(struct worker *w, struct crash *c, size_t cut)
{
	_cleanup_close_ int fd = crashdisk_open(w, CRASH_ATOMIC, O_RDONLY);
	struct oath oath[OATH_UNITS] = { 0 };
	struct oath_mark m;

	for (size_t i = 0; i < cut; i++)
		if (read_mark(c, i, &m))
			oath_take(oath, &m);
	for (unsigned u = 0; u < OATH_UNITS; u++) {
		sys_pread(w, fd, c->buf, oath_unit_size(w, u),
			  (off_t)u * OATH_STRIDE);
		oath_judge(w, c->buf, oath_unit_size(w, u), CRASH_ATOMIC_ID, u,
			   &oath[u]);
	}
}

static unsigned count_torn_controls(struct worker *w, struct crash *c)
{
	_cleanup_close_ int fd = crashdisk_open(w, CRASH_CONTROL, O_RDONLY);
	unsigned torn = 0;

	for (unsigned u = 0; u < OATH_UNITS; u++) {
		off_t at = (off_t)u * OATH_STRIDE;
		struct stamp_verdict v;

		sys_pread(w, fd, c->buf, oath_unit_size(w, u), at);
		v = stamp_judge(c->buf, oath_unit_size(w, u), CRASH_CONTROL_ID,
				at);
		torn += v.state == STAMP_TORN;
	}
	return torn;
}

static void check_fsck(struct worker *w, struct crash *c)
{
	struct atomic_shared *s = w->shared;
	char program[] = "xfs_repair", dry[] = "-n", said[WORKER_REASON];
	char *argv[] = { program, dry, s->device, NULL };
	_cleanup_close_ int fd = sys_open(w, s->device, O_RDWR, 0);
	int e;

	/* The header of the first allocation group. */
	if (worker_mutated(w, ATOMIC_FSCK) &&
	    pwrite(c->state, "gone", 4, 512) != 4)
		worker_broken(w, "state of a disk: %s", strerror(errno));
	sys_must(w, ioctl(fd, BLKFLSBUF, 0));
	e = program_run(argv, said, sizeof(said));
	if (e < 0 || e >= 128)
		worker_broken(w, "xfs_repair: %s",
			      e < 0 ? strerror(-e) : strsignal(e - 128));
	worker_check(w, ATOMIC_FSCK, !e,
		     "xfs_repair -n exits with %d after the crash: %s", e,
		     said);
}

static void one_state(struct worker *w, struct crash *c)
{
	struct atomic_shared *s = w->shared;
	bool worst = !s->states;
	size_t cut = cut_power(w, c, worst);
	int e = crashdisk_mount(w, s->device);
	unsigned torn = 0;

	if (worker_check(w, ATOMIC_MOUNTS, !e,
			 "mount after a crash at entry %zu of %zu: %s", cut,
			 c->replay.n, strerror(-e))) {
		judge_atomic(w, c, cut);
		torn = count_torn_controls(w, c);
		e = crashdisk_unmount(w);
		if (e)
			worker_broken(w, "unmount: %s", strerror(-e));
		if (w->verify)
			check_fsck(w, c);
		worker_gauge(w, ATOMIC_TORN_CONTROL, 100.0 * torn / OATH_UNITS);
	}
	s->states++;
	s->torn += torn > 0;
	worker_count(w, ATOMIC_OPS, 1);
}

void atomic_crash_log(struct worker *w)
{
	struct atomic_shared *s = w->shared;
	struct crash c = { 0 };

	load(w, &c);
	while (worker_running(w)) {
		int turn = crashdisk_turn(w);

		if (turn < 0)
			break;
		one_state(w, &c);
		close(turn);
	}
	if (s->states && !s->torn && !worker_mutated(w, ATOMIC_MOUNTS))
		worker_broken(w,
			      "plain writes were not torn in any of %" PRIu64
			      " states: the states are no crashes",
			      s->states);
	unload(&c);
}

/* Recorded: what mount(2) and the checker's exit said. */
bool atomic_recorded_mounts(bool mutated)
{
	volatile int error = mutated ? -EUCLEAN : 0;

	return !error;
}

bool atomic_recorded_fsck(bool mutated)
{
	volatile int status = mutated;

	return !status;
}
