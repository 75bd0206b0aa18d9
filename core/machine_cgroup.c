/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where this process sits in the cgroup hierarchies (cgroups(7)): the path in
 * /proc/self/cgroup, put below the mount point that mountinfo names. In a
 * container the mount shows only a part of the hierarchy: its root is cut off
 * the path, and the walk ends at the mount point.
 */
#include <stdio.h>
#include <string.h>

#include "core/machine_files.h"

struct hierarchy {
	bool v2;
	char path[MACHINE_PATH / 2]; /* in the hierarchy */
	char root[MACHINE_PATH / 2]; /* what of it is mounted */
	char mount[MACHINE_PATH / 2];
};

/* Is @word in the comma separated @list of @n bytes? */
static bool in_commas(const char *list, size_t n, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at < list + n; at++) {
		const char *end = memchr(at, ',', list + n - at);
		size_t piece = (end ? end : list + n) - at;

		if (piece == length && !strncmp(at, word, length))
			return true;
		at += piece;
	}
	return false;
}

/* From a line "ID:CONTROLLERS:PATH"; v2 has no controllers and ID 0. */
static bool find_path(const char *lines, const char *controller,
		      struct hierarchy *h)
{
	for (const char *line = lines; *line;) {
		size_t n = strcspn(line, "\n");
		const char *list = memchr(line, ':', n);
		const char *path =
			list ? memchr(list + 1, ':', line + n - list - 1) : NULL;

		if (path && (h->v2 ? path == list + 1 :
				     in_commas(list + 1, path - list - 1,
					       controller))) {
			snprintf(h->path, sizeof(h->path), "%.*s",
				 (int)(line + n - path - 1), path + 1);
			return true;
		}
		line += n + (line[n] == '\n');
	}
	return false;
}

/* "ID PARENT DEV ROOT MOUNT OPTIONS... - TYPE SOURCE SUPER" (proc(5)). */
static bool find_mount(const char *lines, const char *controller,
		       struct hierarchy *h)
{
	for (const char *line = lines; *line;) {
		char copy[1024], type[32], super[256];
		const char *rest;

		snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "\n"),
			 line);
		rest = strstr(copy, " - ");
		if (rest &&
		    sscanf(copy, "%*s %*s %*s %255s %255s", h->root,
			   h->mount) == 2 &&
		    sscanf(rest, " - %31s %*s %255s", type, super) == 2 &&
		    !strcmp(type, h->v2 ? "cgroup2" : "cgroup") &&
		    (h->v2 || in_commas(super, strlen(super), controller)))
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

static void walk(const struct hierarchy *h,
		 void (*visit)(void *ctx, const char *dir, bool v2), void *ctx)
{
	char dir[MACHINE_PATH];
	size_t root = strcmp(h->root, "/") ? strlen(h->root) : 0;
	size_t floor = strlen(h->mount);
	const char *path = h->path;

	if (root && strncmp(path, h->root, root))
		path = ""; /* mounted elsewhere: all we see is the mount point */
	else
		path += root;
	if (!strncmp(path, "/..", 3))
		path = ""; /* above the root of our cgroup namespace */
	snprintf(dir, sizeof(dir), "%s%s", h->mount, path);
	while (strlen(dir) > floor) {
		if (dir[strlen(dir) - 1] != '/')
			visit(ctx, dir, h->v2);
		*strrchr(dir, '/') = '\0';
	}
	visit(ctx, h->mount, h->v2);
}

void machine_cgroups(const char *controller,
		     void (*visit)(void *ctx, const char *dir, bool v2),
		     void *ctx)
{
	_cleanup_str_ struct str cgroup = STR_INIT;
	_cleanup_str_ struct str mounts = STR_INIT;

	if (machine_read(&cgroup, "/proc/self/cgroup") ||
	    machine_read(&mounts, "/proc/self/mountinfo"))
		return;
	for (int v2 = 0; v2 < 2; v2++) {
		struct hierarchy h = { .v2 = v2 };

		if (find_path(cgroup.buf, controller, &h) &&
		    find_mount(mounts.buf, controller, &h))
			walk(&h, visit, ctx);
	}
}
