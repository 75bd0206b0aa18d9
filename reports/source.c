/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define BUFFER (64 * 1024)

/* For stdio; the descriptor does not block, so a pipe is waited for here. */
static ssize_t read_some(void *cookie, char *buf, size_t size)
{
	struct source *s = cookie;
	struct pollfd wait = { .fd = s->fd, .events = POLLIN };
	ssize_t n;

	if (s->left <= 0) {
		errno = EFBIG;
		return -1;
	}
	if ((off_t)size > s->left)
		size = s->left;
	do {
		n = read(s->fd, buf, size);
	} while (n < 0 && (errno == EINTR ||
			   (errno == EAGAIN && s->size < 0 && poll(&wait, 1, -1) >= 0)));
	if (n > 0)
		s->left -= n;
	return n;
}

static const char *what_it_is(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "it is a directory";
	case S_IFCHR:
	case S_IFBLK:
		return "it is a device";
	default:
		return "it is not a file";
	}
}

static int refuse(char **why, const char *reason)
{
	*why = xstrdup(reason);
	return -1;
}

int source_open(struct source *s, const char *path, char **why)
{
	struct stat st;

	*s = (struct source){ .left = SOURCE_LARGEST, .size = -1, .fd = -1 };
	/* looked at first: opening alone sets some devices off */
	if (stat(path, &st))
		return refuse(why, strerror(errno));
	if (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))
		s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	else
		return refuse(why, what_it_is(st.st_mode));
	if (s->fd < 0 || fstat(s->fd, &st))
		return refuse(why, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return refuse(why, what_it_is(st.st_mode));
	s->size = S_ISREG(st.st_mode) ? st.st_size : -1;
	if (s->size > SOURCE_LARGEST)
		return refuse(why, "it is too large for a report");
	s->in = fopencookie(s, "r", (cookie_io_functions_t){ .read = read_some });
	if (!s->in)
		return refuse(why, strerror(errno));
	setvbuf(s->in, NULL, _IOFBF, BUFFER);
	return 0;
}

int source_open_text(struct source *s, const char *text, size_t n, char **why)
{
	*s = (struct source){ .fd = -1, .text = text, .size = (off_t)n };
	s->in = fmemopen((void *)(uintptr_t)text, n, "r");
	return s->in ? 0 : refuse(why, n ? strerror(errno) : "it is empty");
}

bool source_ends_with(const struct source *s, const char *bytes, size_t n)
{
	char last[32];
	struct stat st;

	if (s->text)
		return s->size >= (off_t)n &&
		       !memcmp(s->text + s->size - n, bytes, n);
	return s->size >= 0 && n <= sizeof(last) && !fstat(s->fd, &st) &&
	       st.st_size >= (off_t)n &&
	       pread(s->fd, last, n, st.st_size - n) == (ssize_t)n &&
	       !memcmp(last, bytes, n);
}

void source_close(struct source *s)
{
	if (s->in)
		fclose(s->in);
	if (s->fd >= 0)
		close(s->fd);
}
