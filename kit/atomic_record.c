/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Setup of the method crash-log: XFS on a loop device on a file of the FUSE
 * server of kit/writelog.h, and a workload of atomic writes, with plain ones as
 * the control, that leaves a log of all that the disk was told.
 */
#include <errno.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"
#include "core/compat.h"
#include "core/sys.h"
#include "kit/atomic.h"
#include "kit/atomic_crash.h"
#include "kit/crashdisk.h"
#include "kit/oath.h"
#include "kit/writelog.h"

#define ROUNDS 64
#define BURST_EVERY 16
#define BURST 4
#define LOG_BYTES (96u << 20)

enum { FILE_ATOMIC, FILE_CONTROL, FILE_CLONE, FILES };
static const char *const file_names[FILES] = { CRASH_ATOMIC, CRASH_CONTROL,
					       "mnt/clone" };

struct workload {
	int fd[FILES], mark;
	char *buf;
	uint64_t generation;
	uint64_t pending[OATH_UNITS]; /* written, not yet acknowledged */
};

static void mark(struct worker *w, struct workload *l, uint32_t step,
		 uint32_t unit, uint64_t generation)
{
	struct oath_mark m = { step, unit, generation };

	if (write(l->mark, &m, sizeof(m)) != sizeof(m))
		worker_broken(w, "mark in the write log: %s", strerror(errno));
}

static void write_unit(struct worker *w, struct workload *l, int file,
		       unsigned unit, int flags)
{
	uint32_t size = oath_unit_size(w, unit);
	off_t at = (off_t)unit * OATH_STRIDE;
	struct iovec iov = { l->buf, size };
	ssize_t n;

	stamp_fill(l->buf, size,
		   file == FILE_ATOMIC ? CRASH_ATOMIC_ID : CRASH_CONTROL_ID, at,
		   l->generation);
	n = rwflags_pwritev(l->fd[file], &iov, 1, at, flags);
	if (n != (ssize_t)size)
		worker_broken(w, "write of %u bytes below the log: %s", size,
			      n < 0 ? strerror(errno) : "short");
}

static void acknowledge(struct worker *w, struct workload *l)
{
	for (unsigned u = 0; u < OATH_UNITS; u++)
		if (l->pending[u])
			mark(w, l, OATH_ACK, u, l->pending[u]);
	memset(l->pending, 0, sizeof(l->pending));
}

/* What the unit is mapped to decides how the filesystem replaces it. */
static void remap(struct worker *w, struct workload *l, unsigned unit)
{
	off_t at = (off_t)unit * OATH_STRIDE;
	uint32_t size = oath_unit_size(w, unit);
	struct file_clone_range clone = { l->fd[FILE_ATOMIC], at, size, at };

	switch (rng_below(&w->rng, 6)) {
	case 0:
		sys_must(w, ioctl(l->fd[FILE_CLONE], FICLONERANGE, &clone));
		return;
	case 1:
		mark(w, l, OATH_DROP, unit, 0);
		l->pending[unit] = 0;
		sys_must(w,
			 fallocate(l->fd[FILE_ATOMIC],
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   at, size));
		if (rng_below(&w->rng, 2))
			sys_must(w, fallocate(l->fd[FILE_ATOMIC],
					      FALLOC_FL_KEEP_SIZE, at, size));
		return;
	default:
		return;
	}
}

static void one_round(struct worker *w, struct workload *l, unsigned round)
{
	unsigned unit = rng_below(&w->rng, OATH_UNITS),
		 how = rng_below(&w->rng, 4);
	unsigned controls = round % BURST_EVERY ? 1 : BURST;

	l->generation++;
	for (unsigned i = 0; i < controls; i++)
		write_unit(w, l, FILE_CONTROL, (unit + i) % OATH_UNITS, 0);
	remap(w, l, unit);
	mark(w, l, OATH_ISSUE, unit, l->generation);
	write_unit(w, l, FILE_ATOMIC, unit,
		   RWF_ATOMIC | (how == 0 ? RWF_DSYNC : 0));
	if (how == 0)
		mark(w, l, OATH_ACK, unit, l->generation);
	l->pending[unit] = how == 0 ? 0 : l->generation;
	if (how == 1) {
		sys_must(w, fsync(l->fd[FILE_ATOMIC]));
		acknowledge(w, l);
	}
}

static void begin(struct worker *w, struct workload *l)
{
	struct atomic_shared *s = w->shared;

	for (int i = 0; i < FILES; i++) {
		l->fd[i] = crashdisk_open(w, file_names[i],
					  O_RDWR | O_CREAT | O_DIRECT);
		sys_ftruncate(w, l->fd[i], OATH_UNITS * OATH_STRIDE);
	}
	sys_pwrite(w, l->fd[FILE_ATOMIC], l->buf, OATH_STRIDE, 0);
	atomic_probe(l->fd[FILE_ATOMIC], "a loop device", &s->limits);
	if (!s->limits.effective)
		worker_skip(w, "%s", s->limits.why);
	l->generation = 1;
	for (unsigned u = 0; u < OATH_UNITS; u++) {
		write_unit(w, l, FILE_ATOMIC, u, 0);
		write_unit(w, l, FILE_CONTROL, u, 0);
		mark(w, l, OATH_ISSUE, u, 1);
		l->pending[u] = 1;
	}
	sys_must(w, syncfs(l->fd[FILE_ATOMIC]));
	acknowledge(w, l);
	mark(w, l, OATH_BEGIN, 0, 0);
}

static void do_workload(struct worker *w)
{
	_cleanup_free_ char *buf = sys_alloc(w, 4096, OATH_STRIDE);
	struct workload l = { .buf = buf };

	l.mark = crashdisk_open(w, "fuse/" WRITELOG_MARK, O_WRONLY);
	begin(w, &l);
	for (unsigned i = 1; i <= ROUNDS; i++)
		one_round(w, &l, i);
	for (int i = 0; i < FILES; i++)
		close(l.fd[i]);
	close(l.mark);
}

static pid_t serve(struct worker *w, int fuse)
{
	struct writelog log = { .limit = LOG_BYTES };
	_cleanup_close_ int base = crashdisk_open(w, "base", O_RDONLY);
	pid_t pid;
	int e;

	log.disk = crashdisk_open(w, "backing", O_RDWR | O_CREAT);
	log.log = crashdisk_open(w, "log", O_RDWR | O_CREAT);
	log.disk_bytes = lseek(base, 0, SEEK_END);
	e = crashdisk_copy(base, log.disk);
	if (!e)
		e = writelog_start(&log);
	if (e)
		worker_broken(w, "disk under a write log: %s", strerror(-e));
	pid = worker_fork(w);
	if (!pid) {
		e = writelog_serve(&log, fuse);
		if (e)
			worker_broken(w, "fuse server: %s", strerror(-e));
		worker_exit(w);
	}
	close(log.disk);
	close(log.log);
	return pid;
}

/* Only the server may keep /dev/fuse open: its death must abort the mount. */
static pid_t mount_log(struct worker *w)
{
	char dir[CRASHDISK_PATH], options[96];
	int fuse = sys_open(w, "/dev/fuse", O_RDWR, 0), e;
	pid_t pid;

	sys_must(w, mkdir(crashdisk_path(w, "fuse", dir), 0700));
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=%u,group_id=%u", fuse, getuid(),
		 getgid());
	e = worker_mount(w, "strain", dir, "fuse", MS_NOSUID | MS_NODEV,
			 options);
	if (e)
		worker_broken(w, "mount fuse on '%s': %s", dir, strerror(-e));
	pid = serve(w, fuse);
	close(fuse);
	return pid;
}

void atomic_crash_log_setup(struct worker *w)
{
	struct atomic_shared *s = w->shared;
	_cleanup_close_ int base = -1, state = -1;
	char device[32];
	pid_t server;
	int e;

	crashdisk_make(w);
	base = crashdisk_open(w, "base", O_RDONLY);
	state = crashdisk_open(w, "state", O_RDWR | O_CREAT);
	sys_ftruncate(w, state, lseek(base, 0, SEEK_END));
	/* Undone backwards: both devices come off after what is mounted. */
	crashdisk_attach(w, "state", s->device);
	server = mount_log(w);
	crashdisk_attach(w, "fuse/" WRITELOG_DISK, device);
	crashdisk_first_mount(w, device);
	do_workload(w);
	/* In this order: nothing is left that would wait for the server. */
	e = crashdisk_unmount(w);
	if (e)
		worker_broken(w, "unmount above the write log: %s",
			      strerror(-e));
	kill(server, SIGKILL);
	worker_join(w, server, SIGKILL);
}
