/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/counter_perf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "core/pseudofs.h"

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
