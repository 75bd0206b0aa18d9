/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/undo_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define LOG_PREFIX "log-"

const char *undo_number(char *buf, uint64_t value)
{
	snprintf(buf, RECORD_ID, "%" PRIu64, value);
	return buf;
}

uid_t undo_user(void)
{
	return (uid_t)getauxval(AT_EUID);
}

static bool is_private(const struct stat *st)
{
	return st->st_uid == undo_user() && !(st->st_mode & 022);
}

bool undo_dir_is_private(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return false;
	errno = S_ISDIR(st.st_mode) ? EPERM : ENOTDIR;
	return S_ISDIR(st.st_mode) && is_private(&st);
}

/* Where there is no better place; goes with the last log in it. */
static void fallback_dir(char *dir, size_t size)
{
	snprintf(dir, size, "/tmp/strain-%u", (unsigned)undo_user());
}

const char *undo_lasting_dir(void)
{
	const char *dir = undo_dir_name();
	char fallback[64];

	fallback_dir(fallback, sizeof(fallback));
	return strcmp(dir, fallback) ? dir : NULL;
}

const char *undo_dir_name(void)
{
	static char dir[PATH_MAX - 64];
	const char *own = getenv("STRAIN_UNDO_DIR");
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (own && *own)
		snprintf(dir, sizeof(dir), "%s", own);
	else if (undo_user() == 0)
		snprintf(dir, sizeof(dir), "/run/strain");
	else if (run && *run == '/' && !stat(run, &st) && is_private(&st))
		snprintf(dir, sizeof(dir), "%s/strain", run);
	else
		fallback_dir(dir, sizeof(dir));
	return dir;
}

const char *undo_dir_error(int err)
{
	return err == -EPERM ? "others can write it" : strerror(-err);
}

const char *undo_dir(void)
{
	const char *dir = undo_dir_name();

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return NULL;
	return undo_dir_is_private(dir) ? dir : NULL;
}

void undo_remove_log(const char *path)
{
	unlink(path);
	rmdir(undo_dir_name()); /* not while it holds another log */
}

int undo_each_log(int (*each)(void *ctx, const char *path), void *ctx)
{
	const char *dir = undo_dir();
	_cleanup_words_ struct words names = { 0 };
	struct dirent *d;
	DIR *logs;
	int err = 0;

	logs = dir ? opendir(dir) : NULL;
	if (!logs)
		return -errno;
	while ((d = readdir(logs))) {
		_cleanup_free_ char *path = NULL;

		if (strncmp(d->d_name, LOG_PREFIX, strlen(LOG_PREFIX)))
			continue;
		path = xasprintf("%s/%s", dir, d->d_name);
		words_add(&names, path);
	}
	closedir(logs);
	for (size_t i = 0; i < names.n && err >= 0; i++)
		err = each(ctx, names.word[i]);
	return err < 0 ? err : 0;
}

int undo_open_log(const char *path, struct owner *owner, size_t *start)
{
	int fd = open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
				    O_CLOEXEC);
	ssize_t n = -EPERM;
	struct stat st;
	char head[256];

	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_private(&st)) {
		n = pread(fd, head, sizeof(head), 0);
		n = n < 0 ? -errno : record_header(head, n, owner);
	}
	if (n < 0) {
		close(fd);
		return n;
	}
	*start = n;
	return fd;
}

int undo_load(int fd, size_t from, struct record_list *list)
{
	_cleanup_str_ struct str text = STR_INIT;
	char buf[4096];
	ssize_t n;

	while ((n = pread(fd, buf, sizeof(buf), from + text.len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		str_add_n(&text, buf, n);
	}
	records_parse(list, text.buf, text.len);
	return 0;
}

/* All of a line or nothing of it, in one write: other writers append too. */
static int append_line(int fd, const struct str *line)
{
	ssize_t n = write(fd, line->buf, line->len);
	struct stat st;
	int err = n < 0 ? -errno : -ENOSPC;

	if (n == (ssize_t)line->len)
		return 0;
	if (n > 0 && (fstat(fd, &st) < 0 || ftruncate(fd, st.st_size - n) < 0))
		return -EIO;
	return err;
}

int undo_append(struct undo *u, enum record_kind kind, const char *const *field,
		char *id)
{
	_cleanup_str_ struct str line = STR_INIT;
	char own[RECORD_ID];
	int err = u->fd < 0 ? undo_arm(u) : 0;

	if (err)
		return err;
	/* Not twice: a pid comes again, but not in the same nanosecond. */
	id = id ? id : own;
	snprintf(id, RECORD_ID, "%d.%" PRIu64, (int)getpid(), clock_now());
	record_add(&line, kind, id, field);
	return append_line(u->fd, &line);
}

int undo_amend(struct undo *u, enum record_kind kind, const char *id,
	       const char *const *field)
{
	_cleanup_str_ struct str line = STR_INIT;

	record_add(&line, kind, id, field);
	return append_line(u->fd, &line);
}

int undo_mark_undone(struct undo *u, const char *id)
{
	return undo_amend(u, RECORD_UNDONE, id, NULL);
}

struct undo *undo_open(void)
{
	struct undo *u;

	if (!undo_dir())
		return NULL;
	u = xalloc(sizeof(*u));
	u->fd = -1;
	u->owner = getpid();
	return u;
}

static int create_log(struct undo *u, const struct owner *owner)
{
	const char *dir = undo_dir();

	if (!dir)
		return -errno;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(u->path, sizeof(u->path),
			 "%s/" LOG_PREFIX "%d-%" PRIu64 "-%u", dir,
			 (int)owner->pid, owner->start, i);
		u->fd = open(u->path,
			     O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
			     0600);
		if (u->fd >= 0 || (errno != EEXIST && errno != ENOENT))
			break;
		/* A run that ends removes the directory when it is empty. */
		if (errno == ENOENT && !undo_dir())
			break;
	}
	return u->fd < 0 ? -errno : 0;
}

int undo_arm(struct undo *u)
{
	_cleanup_str_ struct str head = STR_INIT;
	struct owner owner;
	int err;

	if (u->fd >= 0)
		return 0;
	if (getpid() != u->owner)
		return -EINVAL;
	err = undo_owner_self(&owner);
	if (!err)
		err = create_log(u, &owner);
	if (err)
		return err;
	record_add_header(&head, &owner);
	u->start = head.len;
	err = append_line(u->fd, &head);
	if (!err)
		err = undo_guard(u);
	if (err) {
		undo_remove_log(u->path);
		close(u->fd);
		u->fd = -1;
	}
	return err;
}

pid_t undo_guardian_pid(const struct undo *u)
{
	return u->guardian;
}

size_t undo_mark(struct undo *u)
{
	struct stat st;

	if (u->fd < 0 || fstat(u->fd, &st) < 0)
		return 0;
	return st.st_size;
}
