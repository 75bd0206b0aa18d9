/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/counter_perf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "core/pseudofs.h"

/* All that the kernel has, a line each; empty when it does not tell. */
static void read_names(struct str *s)
{
	_cleanup_close_ int fd = pseudofs_open("tracefs", "available_events", O_RDONLY);
	char buf[4096];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		str_add_n(s, buf, n);
}

char *counter_tracepoint_unknown(const char *name)
{
	_cleanup_str_ struct str s = STR_INIT;
	_cleanup_words_ struct words all = { 0 };
	struct nearest near = { .wanted = name };

	read_names(&s);
	words_split(&all, s.buf, "\n");
	if (!all.n || words_has(&all, name))
		return NULL;
	for (size_t i = 0; i < all.n; i++)
		nearest_offer(&near, all.word[i]);
	if (near.best)
		return xasprintf("unknown tracepoint '%s', did you mean '%s'?",
				 name, near.best);
	return xasprintf("unknown tracepoint '%s'", name);
}

char *counter_tracepoint_find(struct counter_event *e)
{
	_cleanup_free_ char *path = xasprintf("events/%s/id", e->plain);
	_cleanup_close_ int fd = -1;
	char text[24] = "";
	ssize_t n;

	*strchr(path, ':') = '/';
	fd = pseudofs_open("tracefs", path, O_RDONLY);
	switch (fd < 0 ? -fd : 0) {
	case 0:
		break;
	case ENOENT:
		return xasprintf("no tracepoint '%s' in this kernel", e->plain);
	case ENODEV:
		return xstrdup("kernel built without tracefs");
	case EPERM:
	case EACCES:
		return xstrdup("tracefs is closed to us: needs root");
	default:
		return xasprintf("cannot open tracefs: %s", strerror(-fd));
	}
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return xstrdup("cannot read its number in tracefs");
	e->config = strtoull(text, NULL, 10);
	return NULL;
}
