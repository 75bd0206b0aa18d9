/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void too_large(int number)
{
	(void)number;
}

void file_prepare(void)
{
	struct pollfd p[] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	signal(SIGXFSZ, too_large);
	if (poll(p, ARRAY_SIZE(p), 0) <= 0)
		return;
	/* a new one gets the lowest number that is free: its own */
	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		if (p[i].revents & POLLNVAL &&
		    open("/dev/null", i ? O_RDONLY : O_WRONLY) < 0)
			return;
}

static struct {
	unsigned depth, n;
	int fd[64];
} held;

void file_hold_closes(void)
{
	held.depth++;
}

/* In order: they nearly always come so. */
static void hold(int fd)
{
	unsigned at = held.n++;

	for (; at && held.fd[at - 1] > fd; at--)
		held.fd[at] = held.fd[at - 1];
	held.fd[at] = fd;
}

void file_close(int fd)
{
	if (fd < 0)
		return;
	if (held.depth && held.n < ARRAY_SIZE(held.fd))
		hold(fd);
	else
		close(fd);
}

static void close_row(const int *fd, unsigned n)
{
	if (n > 1 && !syscall(SYS_close_range, fd[0], fd[n - 1], 0))
		return;
	for (unsigned i = 0; i < n; i++)
		close(fd[i]);
}

void file_close_held(void)
{
	unsigned from = 0;

	if (--held.depth)
		return;
	for (unsigned i = 1; i <= held.n; i++)
		if (i == held.n || held.fd[i] != held.fd[i - 1] + 1) {
			close_row(held.fd + from, i - from);
			from = i;
		}
	held.n = 0;
}

static int read_to(const char *path, struct str *s, bool record)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t before = s->len;
	char buf[4096];

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n == 0)
			return 0;
		if (n > 0) {
			str_add_n(s, buf, n);
			if (record && (size_t)n < sizeof(buf))
				return 0;
		} else if (errno != EINTR) {
			int err = -errno;

			s->len = before;
			if (s->size)
				s->buf[before] = '\0';
			return err;
		}
	}
}

int file_read(const char *path, struct str *s)
{
	return read_to(path, s, false);
}

int file_read_record(const char *path, struct str *s)
{
	return read_to(path, s, true);
}

int file_read_line(const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (!size)
		return -EINVAL;
	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	do
		n = read(fd, buf, size - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		int err = -errno;

		buf[0] = '\0';
		return err;
	}
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int file_read_u64(const char *path, uint64_t *value)
{
	char text[64], *end;
	int err = file_read_line(path, text, sizeof(text));

	if (err)
		return err;
	errno = 0;
	*value = strtoull(text, &end, 0);
	if (end == text)
		return -EINVAL;
	return -errno;
}

int file_write(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t size = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, text, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

char *file_program(const char *name, const char *path)
{
	_cleanup_words_ struct words dirs = { 0 };

	path = path ? path : getenv("PATH");
	words_split(&dirs, path ? path : "/usr/bin:/bin", ":");
	for (size_t i = 0; i < dirs.n; i++) {
		char *file = xasprintf("%s/%s", dirs.word[i], name);

		if (!access(file, X_OK))
			return file;
		free(file);
	}
	return NULL;
}

int file_write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (n == 0)
			return -EIO;
		at += n;
		size -= n;
	}
	return 0;
}
