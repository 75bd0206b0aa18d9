/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "vm-matrix/crash/log.h"

static int fail(char **why, int err, const char *what, const char *subject)
{
	free(*why);
	*why = xasprintf("cannot %s '%s': %s", what, subject, strerror(-err));
	return err;
}

/* @n bytes from one file to the other. */
static int move(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t n)
{
	char buf[65536];

	while (n) {
		size_t part = n < sizeof(buf) ? (size_t)n : sizeof(buf);
		ssize_t got = pread(from, buf, part, (off_t)from_at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EBADMSG;
		if (pwrite(to, buf, (size_t)got, (off_t)to_at) != got)
			return errno ? -errno : -EIO;
		from_at += (uint64_t)got;
		to_at += (uint64_t)got;
		n -= (uint64_t)got;
	}
	return 0;
}

static int write_sectors(const struct crash_log *log, int fd,
			 const struct crash_entry *e, uint64_t first, uint64_t n)
{
	uint64_t at = (e->sector + first) * CRASH_SECTOR_SIZE;

	if (!(e->flags & CRASH_DISCARD))
		return move(log->fd, e->data + first * CRASH_SECTOR_SIZE, fd, at,
			    n * CRASH_SECTOR_SIZE);
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
			 (off_t)(n * CRASH_SECTOR_SIZE)) < 0 ? -errno : 0;
}

/* Each sector for itself: on the disk or not. */
static int write_pieces(const struct crash_log *log, int fd,
			const struct crash_entry *e, struct rng *rng)
{
	int err = 0;

	for (uint64_t i = 0; !err && i < e->sectors; i++)
		if (rng_below(rng, 2))
			err = write_sectors(log, fd, e, i, 1);
	return err;
}

static int write_entry(const struct crash_log *log, int fd,
		       const struct crash_entry *e, enum crash_fate fate,
		       struct rng *rng)
{
	bool durable = (e->flags & CRASH_FUA) && fate != CRASH_LIES;

	if (fate == CRASH_WHOLE || durable)
		return write_sectors(log, fd, e, 0, e->sectors);
	if (fate == CRASH_NOTHING)
		return 0;
	switch (rng_below(rng, 3)) {
	case 0:
		return 0;
	case 1:
		return write_sectors(log, fd, e, 0, e->sectors);
	default:
		return e->flags & CRASH_DISCARD ? 0
						: write_pieces(log, fd, e, rng);
	}
}

int crash_replay(const struct crash_log *log, int fd, uint64_t size, size_t from,
		 size_t to, enum crash_fate fate, struct rng *rng, char **why)
{
	uint64_t sectors = size / CRASH_SECTOR_SIZE;

	for (size_t i = from; i < to && i < log->n; i++) {
		const struct crash_entry *e = &log->entry[i];
		int err = 0;

		if (e->flags & CRASH_MARK || !e->sectors)
			continue;
		if (e->sector > sectors || e->sectors > sectors - e->sector)
			err = -EBADMSG;
		else
			err = write_entry(log, fd, e, fate, rng);
		if (err)
			return fail(why, err, "replay", "log of writes");
	}
	return 0;
}

/* What is no hole of @from. */
static int copy_data(int from, int to, off_t size)
{
	off_t at = 0;
	int err = ftruncate(to, size) < 0 ? -errno : 0;

	while (!err && at < size) {
		off_t end;

		at = lseek(from, at, SEEK_DATA);
		if (at < 0)
			return errno == ENXIO ? 0 : -errno;
		end = lseek(from, at, SEEK_HOLE);
		if (end < 0)
			return -errno;
		err = move(from, (uint64_t)at, to, (uint64_t)at,
			   (uint64_t)(end - at));
		at = end;
	}
	return err;
}

int crash_copy(const char *from, const char *to, char **why)
{
	_cleanup_close_ int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	struct stat st;
	int err = 0;

	if (in < 0 || fstat(in, &st) < 0)
		return fail(why, -errno, "read", from);
	out = open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0)
		return fail(why, -errno, "create", to);
	if (ioctl(out, FICLONE, in) < 0)
		err = copy_data(in, out, st.st_size);
	return err ? fail(why, err, "write", to) : 0;
}
