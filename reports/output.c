/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rng.h"
#include "base/str.h"
#include "reports/json.h"

#define ATTEMPTS 16

static int refuse(const struct output *o, const char *what, int err, char **why)
{
	*why = err ? xasprintf("cannot %s '%s': %s", what, o->path, strerror(err)) :
		     xasprintf("cannot write '%s': %s", o->path, what);
	return err ? -err : -EINVAL;
}

/* What is at the path now may be replaced? */
static int check_target(struct output *o, char **why)
{
	struct stat st;

	if (fstatat(o->dir, o->name, &st, AT_SYMLINK_NOFOLLOW)) {
		o->fresh = errno == ENOENT;
		return o->fresh ? 0 : refuse(o, "look at", errno, why);
	}
	if (S_ISLNK(st.st_mode))
		return refuse(o, "it is a symbolic link", 0, why);
	if (!S_ISREG(st.st_mode))
		return refuse(o, "it is not a regular file", 0, why);
	return 0;
}

static int open_dir(struct output *o, char **why)
{
	_cleanup_free_ char *dir = NULL;
	const char *slash = strrchr(o->path, '/');

	o->name = slash ? slash + 1 : o->path;
	if (!*o->name)
		return refuse(o, "it names no file", 0, why);
	dir = xstrdup(slash ? o->path : ".");
	if (slash)
		dir[slash == o->path ? 1 : slash - o->path] = '\0';
	o->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->dir < 0)
		return refuse(o, "write", errno, why);
	return check_target(o, why);
}

int output_open(struct output *o, const char *path, char **why)
{
	int err;

	*o = (struct output){ .dir = -1, .path = xstrdup(path) };
	err = open_dir(o, why);
	if (err)
		output_close(o);
	return err;
}

static void make_name(struct output *o)
{
	free(o->temp);
	o->temp = xasprintf(".%.200s.%016" PRIx64, o->name, rng_unknown());
}

static void forget_name(struct output *o)
{
	free(o->temp);
	o->temp = NULL;
}

static int create_named(struct output *o)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		int fd;

		make_name(o);
		fd = openat(o->dir, o->temp,
			    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND |
				    O_CLOEXEC,
			    0600);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			break;
	}
	forget_name(o);
	return -1;
}

/* The mode that any new file gets: this one had to be private until now. */
static int set_mode(int fd)
{
	mode_t mask = umask(077);

	umask(mask);
	return fchmod(fd, 0666 & ~mask);
}

int output_begin(struct output *o, char **why)
{
	int fd = -1;

	output_discard(o);
	if (!o->named)
		fd = openat(o->dir, ".", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0666);
	if (fd >= 0)
		return fd;
	fd = create_named(o);
	if (fd < 0)
		return refuse(o, "write", errno, why);
	if (set_mode(fd)) {
		int err = errno;

		close(fd);
		output_discard(o);
		return refuse(o, "set the mode of", err, why);
	}
	return fd;
}

/* Without /proc: what is in @fd goes to a file with a name, which becomes @fd. */
static int copy_named(struct output *o, int fd)
{
	_cleanup_close_ int copy = create_named(o);
	char buf[4096];
	off_t at = 0;
	ssize_t n;

	if (copy < 0)
		return -1;
	while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
		if (file_write_all(copy, buf, n))
			return -1;
		at += n;
	}
	return n || set_mode(copy) || fdatasync(copy) ||
			       dup3(copy, fd, O_CLOEXEC) < 0 ? -1 : 0;
}

/* Through /proc, since linking by descriptor alone is a privilege. */
static int give_name(struct output *o, int fd)
{
	char self[64];
	int err;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	/* never follows nor replaces what came there meanwhile */
	if (o->fresh && !linkat(AT_FDCWD, self, o->dir, o->name, AT_SYMLINK_FOLLOW))
		return 0;
	for (int i = 0; i < ATTEMPTS; i++) {
		make_name(o);
		if (!linkat(AT_FDCWD, self, o->dir, o->temp, AT_SYMLINK_FOLLOW))
			return 0;
		if (errno != EEXIST)
			break;
	}
	err = errno;
	forget_name(o);
	if (err == ENOENT)
		return copy_named(o, fd);
	errno = err;
	return -1;
}

static int place(struct output *o, int fd, char **why)
{
	if ((!o->temp && give_name(o, fd)) ||
	    (o->temp && renameat(o->dir, o->temp, o->dir, o->name))) {
		int err = errno;

		output_discard(o);
		return refuse(o, "write", err, why);
	}
	forget_name(o);
	o->fresh = false;
	return 0;
}

int output_publish(struct output *o, int fd, char **why)
{
	int err = place(o, fd, why);

	/* not every filesystem can; the file itself is safe without */
	if (!err)
		fsync(o->dir);
	return err;
}

int output_show(struct output *o, int fd, char **why)
{
	int err = place(o, fd, why);

	if (!err && fsync(fd))
		err = refuse(o, "write", errno, why);
	return err;
}

int output_finish(struct output *o, int fd, char **why)
{
	if (o->fresh)
		return output_show(o, fd, why); /* a crash has nothing to take */
	if (fdatasync(fd))
		return refuse(o, "write", errno, why);
	return output_publish(o, fd, why);
}

/* Everything on the disk? 0, or -errno. */
static int flush(FILE *out)
{
	errno = 0;
	if (!fflush(out) && !ferror(out) && !fsync(fileno(out)))
		return 0;
	return errno ? -errno : -EIO;
}

int output_write(struct output *o,
		 int (*print)(const void *what, FILE *out, char **why),
		 const void *what, char **why)
{
	int fd = output_begin(o, why), err;
	FILE *out;

	if (fd < 0)
		return fd;
	out = fdopen(fd, "w");
	if (!out) {
		err = refuse(o, "write", errno, why);
		close(fd);
		return err;
	}
	err = print(what, out, why);
	if (!err) {
		err = flush(out);
		err = err ? refuse(o, "write", -err, why) : output_publish(o, fd, why);
	}
	fclose(out);
	output_discard(o);
	return err;
}

static int print_document(const void *doc, FILE *out, char **why)
{
	(void)why;
	js_print(doc, out);
	return 0;
}

int output_document(const char *path, const json_t *doc, char **why)
{
	struct output o;
	int err = output_open(&o, path, why);

	if (!err)
		err = output_write(&o, print_document, doc, why);
	output_close(&o);
	return err;
}

void output_discard(struct output *o)
{
	if (!o->temp)
		return;
	unlinkat(o->dir, o->temp, 0);
	forget_name(o);
}

void output_close(struct output *o)
{
	output_discard(o);
	file_close(o->dir);
	free(o->path);
	*o = (struct output){ .dir = -1 };
}
