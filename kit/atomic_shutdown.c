/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cheaper crash: the shutdown ioctl stops a filesystem at once, and the
 * mount after it recovers from the log. It drops nothing that the device's
 * cache holds, so it finds what recovery does wrong, not what was never
 * flushed. Only what was acknowledged before the ioctl was issued has to
 * survive: an acknowledgement may overtake the shutdown that it belongs after.
 */
#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/value.h"
#include "core/compat.h"
#include "core/sys.h"
#include "kit/atomic.h"
#include "kit/crashdisk.h"
#include "kit/oath.h"

/* fs/xfs/libxfs/xfs_fs.h; ext4 has the same. */
#define GOING_DOWN _IOR('X', 125, uint32_t)
#define FLAGS 3 /* 0: sync first, 1: flush the log, 2: neither */

#define FILE_ID 1

/* Shared by all workers and writers. */
struct shutdown {
	struct oath oath[OATH_UNITS]; /* the writer's */
	volatile uint64_t generation, acks;
	uint32_t turn;
};

void atomic_shutdown_setup(struct worker *w)
{
	struct atomic_shared *s = w->shared;
	char *buf = sys_alloc(w, 4096, OATH_STRIDE);
	struct shutdown *d;
	int fd;

	d = s->crash = sys_mmap(w, sizeof(*d), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	d->generation = 1;
	crashdisk_make(w);
	crashdisk_attach(w, "base", s->device);
	crashdisk_first_mount(w, s->device);
	fd = crashdisk_open(w, "mnt/atomic", O_RDWR | O_CREAT | O_DIRECT);
	for (unsigned u = 0; u < OATH_UNITS; u++) {
		off_t at = (off_t)u * OATH_STRIDE;

		stamp_fill(buf, OATH_STRIDE, FILE_ID, at, 1);
		sys_pwrite(w, fd, buf, OATH_STRIDE, at);
		d->oath[u] = (struct oath){ .issued = 1, .floor = 1 };
	}
	sys_must(w, syncfs(fd));
	atomic_probe(fd, "a loop device", &s->limits);
	close(fd);
	free(buf);
	if (!s->limits.effective)
		worker_skip(w, "%s", s->limits.why);
}

/* Until the filesystem is gone. */
static void write_on(struct worker *w, struct shutdown *d)
{
	int fd = crashdisk_open(w, "mnt/atomic", O_RDWR | O_DIRECT);
	char *buf = sys_alloc(w, 4096, OATH_STRIDE);

	for (;;) {
		unsigned unit = rng_below(&w->rng, OATH_UNITS);
		struct iovec iov = { buf, oath_unit_size(w, unit) };
		struct oath *o = &d->oath[unit];
		uint64_t now = ++d->generation;
		off_t at = (off_t)unit * OATH_STRIDE;

		stamp_fill(buf, iov.iov_len, FILE_ID, at, now);
		o->issued = now;
		if (rwflags_pwritev(fd, &iov, 1, at, RWF_ATOMIC | RWF_DSYNC) <
		    0)
			break;
		o->floor = now;
		d->acks++;
	}
	if (errno != EIO)
		worker_broken(w, "atomic write before a shutdown: %s",
			      strerror(errno));
	close(fd);
	free(buf);
	worker_exit(w);
}

/* Some writes later, at no particular moment of one. */
static void wait_for_writes(struct worker *w, struct shutdown *d)
{
	uint64_t enough = d->acks + 1 + rng_below(&w->rng, 24);
	uint64_t limit = clock_now() + NSEC_PER_SEC / 2;

	while (d->acks < enough && clock_now() < limit) {
		struct timespec t = { 0, 20000 + rng_below(&w->rng, 200000) };

		nanosleep(&t, NULL);
	}
}

/* Shuts down under the writer; @floor is what was sworn before. */
static void crash(struct worker *w, struct shutdown *d, uint64_t *floor)
{
	int dir = crashdisk_open(w, "mnt", O_RDONLY | O_DIRECTORY);
	uint32_t flags = FLAGS - 1 - d->turn++ % FLAGS;
	pid_t pid = worker_fork(w);

	if (!pid)
		write_on(w, d);
	wait_for_writes(w, d);
	for (unsigned u = 0; u < OATH_UNITS; u++)
		floor[u] = d->oath[u].floor;
	__sync_synchronize();
	sys_must(w, ioctl(dir, GOING_DOWN, &flags));
	worker_join(w, pid, 0);
	close(dir);
}

static bool remount(struct worker *w)
{
	struct atomic_shared *s = w->shared;
	int e = crashdisk_unmount(w);

	if (e)
		worker_broken(w, "unmount after a shutdown: %s", strerror(-e));
	if (worker_mutated(w, ATOMIC_MOUNTS)) {
		int fd = crashdisk_open(w, "base", O_WRONLY);

		sys_pwrite(w, fd, "gone", 4, 0);
		close(fd);
	}
	e = crashdisk_mount(w, s->device);
	return worker_check(w, ATOMIC_MOUNTS, !e, "mount after a shutdown: %s",
			    strerror(-e));
}

static bool one_crash(struct worker *w, struct shutdown *d, char *buf)
{
	uint64_t floor[OATH_UNITS];
	int fd;

	crash(w, d, floor);
	worker_count(w, ATOMIC_OPS, 1);
	if (!remount(w))
		return false;
	fd = crashdisk_open(w, "mnt/atomic", O_RDONLY | O_DIRECT);
	for (unsigned u = 0; u < OATH_UNITS; u++) {
		struct oath *o = &d->oath[u];
		uint32_t size = oath_unit_size(w, u);
		off_t at = (off_t)u * OATH_STRIDE;
		struct stamp_verdict v;

		o->floor = floor[u];
		sys_pread(w, fd, buf, size, at);
		v = stamp_judge(buf, size, FILE_ID, at);
		oath_judge(w, buf, size, FILE_ID, u, o);
		/* The next crash starts from what is there now. */
		o->floor = v.low;
	}
	close(fd);
	return true;
}

void atomic_shutdown(struct worker *w)
{
	struct shutdown *d = ((struct atomic_shared *)w->shared)->crash;
	char *buf = sys_alloc(w, 4096, OATH_STRIDE);
	bool mounted = true;

	while (mounted && worker_running(w)) {
		int turn = crashdisk_turn(w);

		if (turn < 0)
			break;
		mounted = one_crash(w, d, buf);
		close(turn);
	}
	free(buf);
}
