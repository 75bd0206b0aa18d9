/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

int dir_make(const char *path, mode_t mode)
{
	_cleanup_free_ char *copy = xstrdup(path);
	struct stat st;

	for (char *at = copy + 1; copy[0]; at++) {
		bool last = *at == '\0';

		if (*at != '/' && !last)
			continue;
		*at = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST) {
			int err = -errno;

			if (stat(copy, &st) < 0 || !S_ISDIR(st.st_mode))
				return err;
		}
		if (last)
			break;
		*at = '/';
	}
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

char *dir_state(const char *name)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && *state == '/')
		return xasprintf("%s/strain/%s", state, name);
	if (home && *home == '/')
		return xasprintf("%s/.local/state/strain/%s", home, name);
	return NULL;
}

int dir_make_state(const char *path, mode_t mode)
{
	const char *home = getenv("HOME");
	size_t n = home ? strlen(home) : 0;

	if (n && !strncmp(path, home, n) && access(home, F_OK))
		return -errno;
	return dir_make(path, mode);
}

/* Immutable and append-only entries can be neither removed nor emptied. */
static void clear_flags(int dir, const char *name, int open_flags)
{
	_cleanup_close_ int fd = openat(dir, name,
					open_flags | O_RDONLY | O_NOFOLLOW |
						O_NONBLOCK | O_CLOEXEC);
	int flags;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 ||
	    !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return;
	flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static void clear_own_flags(int fd)
{
	clear_flags(fd, ".", O_DIRECTORY);
}

/* Opens a directory for removal, making it ours to change when it is not. */
static int open_dir(int parent, const char *name, dev_t dev)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);
	struct stat st;

	if (fd < 0 && errno == EACCES &&
	    fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode) && st.st_dev == dev &&
	    fchmodat(parent, name, 0700, 0) == 0)
		fd = openat(parent, name, flags);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || st.st_dev != dev) {
		close(fd);
		return -EXDEV;
	}
	if ((st.st_mode & 0700) != 0700 && fchmod(fd, 0700) < 0 &&
	    errno == EPERM) {
		clear_own_flags(fd);
		fchmod(fd, 0700);
	}
	return fd;
}

static int unlink_entry(int dir, const char *name, int flags)
{
	if (unlinkat(dir, name, flags) == 0 || errno == ENOENT)
		return 0;
	if (errno != EPERM && errno != EACCES)
		return -errno;
	clear_own_flags(dir);
	/* Opening a device node could touch the device: regular files only. */
	if (!(flags & AT_REMOVEDIR)) {
		struct stat st;

		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			clear_flags(dir, name, 0);
	} else {
		clear_flags(dir, name, O_DIRECTORY);
	}
	if (unlinkat(dir, name, flags) == 0 || errno == ENOENT)
		return 0;
	return -errno;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static bool entry_is_dir(int dir, const struct dirent *d)
{
	struct stat st;

	if (d->d_type != DT_UNKNOWN)
		return d->d_type == DT_DIR;
	return fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/*
 * Removes what is in the directory except directories that are not empty; the
 * first of those gets into @child. Reading starts again after a pass that
 * removed something, because unlinking may shift what readdir returns.
 * 1: there is a child, 0: empty, or -errno.
 */
static int empty_pass(int fd, char child[NAME_MAX + 1])
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	bool removed = true;
	int err = 0;

	if (!dir) {
		err = -errno;
		if (copy >= 0)
			close(copy);
		return err;
	}
	child[0] = '\0';
	while (removed && !child[0] && !err) {
		struct dirent *d;

		removed = false;
		rewinddir(dir);
		while (!err && !child[0] && (d = readdir(dir))) {
			int flags = entry_is_dir(fd, d) ? AT_REMOVEDIR : 0;
			int r;

			if (is_dots(d->d_name))
				continue;
			r = unlink_entry(fd, d->d_name, flags);
			if (flags && (r == -ENOTEMPTY || r == -EEXIST))
				snprintf(child, NAME_MAX + 1, "%s", d->d_name);
			else if (r < 0)
				err = r;
			else
				removed = true;
		}
	}
	closedir(dir);
	return err ? err : child[0] != '\0';
}

/* One directory on the way down: its parent, and its name there. */
struct level {
	ino_t parent;
	char *name;
};

struct way {
	struct level *level;
	size_t n;
};

static int way_down(struct way *way, int at, const char *child, dev_t dev)
{
	struct stat st;
	int next = open_dir(at, child, dev);

	if (next < 0)
		return next;
	if (fstat(at, &st) < 0) {
		close(next);
		return -EIO;
	}
	way->level = xrealloc(way->level, (way->n + 1) * sizeof(*way->level));
	way->level[way->n].parent = st.st_ino;
	way->level[way->n++].name = xstrdup(child);
	return next;
}

/* Back to the parent, unless somebody moved us elsewhere meanwhile. */
static int way_up(struct way *way, int at, dev_t dev)
{
	int up = openat(at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	struct level *last = &way->level[--way->n];
	_cleanup_free_ char *name = last->name;
	struct stat st;

	if (up < 0)
		return -errno;
	if (fstat(up, &st) < 0 || st.st_dev != dev || st.st_ino != last->parent)
		err = -ESTALE;
	else
		err = unlink_entry(up, name, AT_REMOVEDIR);
	if (!err)
		return up;
	close(up);
	return err;
}

/*
 * Goes down to a directory and, once it is empty, up again through "..", so
 * that depth costs neither descriptors nor stack.
 */
static int remove_below(int fd, dev_t dev)
{
	struct way way = { 0 };
	char child[NAME_MAX + 1];
	int at = fcntl(fd, F_DUPFD_CLOEXEC, 0), err = at < 0 ? -errno : 0;

	while (at >= 0) {
		int next = -1, r = empty_pass(at, child);

		if (r > 0)
			next = r = way_down(&way, at, child, dev);
		else if (r == 0 && way.n)
			next = r = way_up(&way, at, dev);
		if (r < 0)
			err = r;
		close(at);
		at = next;
	}
	while (way.n)
		free(way.level[--way.n].name);
	free(way.level);
	return err;
}

int dir_remove(const char *path)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int err;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(st.st_mode))
		return unlink_entry(AT_FDCWD, path, 0);
	fd = open_dir(AT_FDCWD, path, st.st_dev);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = remove_below(fd, st.st_dev);
	if (err)
		return err;
	return unlink_entry(AT_FDCWD, path, AT_REMOVEDIR);
}
