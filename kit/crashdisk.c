/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/crashdisk.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "core/sys.h"
#include "kit/program.h"

#define DISK_BYTES (304ULL << 20) /* mkfs.xfs wants 300 MiB */
#define ROOM_OPTIONS "size=384m,mode=0700"
#define COPY_BYTES (256u << 10)
#define COPY_UNIT 4096

const char *crashdisk_path(const struct worker *w, const char *name, char *path)
{
	snprintf(path, CRASHDISK_PATH, "%s/room/%s", w->scratch, name);
	return path;
}

int crashdisk_open(struct worker *w, const char *name, int flags)
{
	char path[CRASHDISK_PATH];

	return sys_open(w, crashdisk_path(w, name, path), flags, 0600);
}

static void make_dir(struct worker *w, const char *name)
{
	char path[CRASHDISK_PATH];

	sys_must(w, mkdir(crashdisk_path(w, name, path), 0700));
}

static bool all_zero(const char *p, size_t n)
{
	return !*p && !memcmp(p, p + 1, n - 1);
}

static int copy_chunk(int to, const char *buf, size_t n, off_t at)
{
	for (size_t i = 0; i < n; i += COPY_UNIT) {
		size_t m = n - i < COPY_UNIT ? n - i : COPY_UNIT;

		if (!all_zero(buf + i, m) &&
		    pwrite(to, buf + i, m, at + i) != (ssize_t)m)
			return -EIO;
	}
	return 0;
}

static int copy_stretch(int from, int to, char *buf, off_t at, off_t end)
{
	for (ssize_t n; at < end; at += n) {
		size_t want = end - at < COPY_BYTES ? end - at : COPY_BYTES;
		int e;

		n = pread(from, buf, want, at);
		if (n <= 0)
			return n ? -errno : -EIO;
		e = copy_chunk(to, buf, n, at);
		if (e)
			return e;
	}
	return 0;
}

int crashdisk_copy(int from, int to)
{
	_cleanup_free_ char *buf = xalloc(COPY_BYTES);
	off_t end = lseek(from, 0, SEEK_END), at = 0;
	int e = 0;

	if (end < 0 || ftruncate(to, 0) < 0 || ftruncate(to, end) < 0)
		return -errno;
	while (!e && (at = lseek(from, at, SEEK_DATA)) >= 0) {
		off_t hole = lseek(from, at, SEEK_HOLE);

		e = copy_stretch(from, to, buf, at, hole);
		at = hole;
	}
	return e ? e : errno == ENXIO ? 0 : -errno;
}

static void format(struct worker *w, const char *path)
{
	char said[WORKER_REASON], copy[CRASHDISK_PATH];
	char program[] = "mkfs.xfs", quiet[] = "-q", force[] = "-f";
	char *argv[] = { program, quiet, force, copy, NULL };
	int e;

	snprintf(copy, sizeof(copy), "%s", path);
	e = program_run(argv, said, sizeof(said));
	if (e == -ENOENT)
		worker_skip(w, "needs mkfs.xfs (package xfsprogs)");
	if (e)
		worker_broken(w, "mkfs.xfs: %s", e < 0 ? strerror(-e) : said);
}

void crashdisk_make(struct worker *w)
{
	_cleanup_close_ int fresh = -1, base = -1;
	char room[CRASHDISK_PATH], path[CRASHDISK_PATH];
	int e;

	snprintf(room, sizeof(room), "%s/room", w->scratch);
	sys_must(w, mkdir(room, 0700));
	e = worker_mount(w, "strain", room, "tmpfs", MS_NOSUID | MS_NODEV,
			 ROOM_OPTIONS);
	if (e)
		worker_broken(w, "mount tmpfs on '%s': %s", room, strerror(-e));
	make_dir(w, "mnt");
	fresh = crashdisk_open(w, "fresh", O_RDWR | O_CREAT);
	sys_ftruncate(w, fresh, DISK_BYTES);
	format(w, crashdisk_path(w, "fresh", path));
	/* mkfs writes out its whole log as zeros: most of the memory it took.
	 */
	base = crashdisk_open(w, "base", O_RDWR | O_CREAT);
	e = crashdisk_copy(fresh, base);
	if (e)
		worker_broken(w, "copy of an image: %s", strerror(-e));
	sys_must(w, unlink(path));
}

void crashdisk_attach(struct worker *w, const char *name, char *device)
{
	char path[CRASHDISK_PATH];
	int e = worker_loop(w, crashdisk_path(w, name, path), false, device);

	if (e)
		worker_broken(w, "loop device on '%s': %s", path, strerror(-e));
}

void crashdisk_first_mount(struct worker *w, const char *device)
{
	char path[CRASHDISK_PATH];
	int e = worker_mount(w, device, crashdisk_path(w, "mnt", path), "xfs",
			     0, "nouuid");

	if (e)
		worker_broken(w, "mount '%s' on '%s': %s", device, path,
			      strerror(-e));
}

int crashdisk_mount(struct worker *w, const char *device)
{
	_cleanup_close_ int fd = open(device, O_RDWR | O_CLOEXEC);
	char path[CRASHDISK_PATH];

	/* What the device's own cache holds is of the state before. */
	if (fd < 0 || ioctl(fd, BLKFLSBUF, 0) < 0)
		return -errno;
	if (mount(device, crashdisk_path(w, "mnt", path), "xfs", 0, "nouuid") <
	    0)
		return -errno;
	return 0;
}

static void pause_ms(unsigned ms)
{
	struct timespec t = { 0, ms * 1000000L };

	nanosleep(&t, NULL);
}

int crashdisk_unmount(struct worker *w)
{
	char path[CRASHDISK_PATH];

	crashdisk_path(w, "mnt", path);
	for (unsigned i = 0; umount2(path, UMOUNT_NOFOLLOW) < 0; i++) {
		if ((errno != EBUSY && errno != EINTR) || i == 200)
			return -errno;
		pause_ms(5);
	}
	return 0;
}

int crashdisk_turn(struct worker *w)
{
	int fd = crashdisk_open(w, "turn", O_RDWR | O_CREAT);

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			worker_broken(w, "flock: %s", strerror(errno));
		if (!worker_running(w)) {
			close(fd);
			return -1;
		}
		pause_ms(2);
	}
	return fd;
}
