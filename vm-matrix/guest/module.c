/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules without a library: the host has resolved what depends on what, and
 * unpacked them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "vm-matrix/guest/parts.h"

/* Is the file NAME.ko, where '-' and '_' are the same? */
static bool is_module(const char *file, size_t n, const char *name)
{
	for (; *name && n; name++, file++, n--)
		if (*file != *name && !(strchr("-_", *file) && strchr("-_", *name)))
			return false;
	return !*name && n >= 3 && !strncmp(file, ".ko", 3);
}

char *module_path(const char *dep, const char *name)
{
	for (const char *line = dep; *line;) {
		size_t n = strcspn(line, "\n:"), at = n;

		while (at && line[at - 1] != '/')
			at--;
		if (is_module(line + at, n - at, name))
			return xasprintf("%.*s", (int)n, line);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return NULL;
}

static char *find(const char *name)
{
	_cleanup_free_ char *list = NULL, *path = NULL;
	_cleanup_str_ struct str dep = STR_INIT;
	struct utsname u;

	uname(&u);
	list = xasprintf("/lib/modules/%s/modules.dep", u.release);
	if (file_read(list, &dep))
		return NULL;
	path = module_path(dep.buf, name);
	return path ? xasprintf("/lib/modules/%s/%s", u.release, path) : NULL;
}

char *guest_module(const char *line)
{
	size_t n = strcspn(line, " \t");
	_cleanup_free_ char *name = xasprintf("%.*s", (int)n, line);
	_cleanup_free_ char *path = find(name);
	const char *parameters = line + n + strspn(line + n, " \t");
	int fd;

	if (!path)
		return xasprintf("module '%s' is not in this image", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return xasprintf("'%s': %s", path, strerror(errno));
	if (syscall(SYS_finit_module, fd, parameters, 0) < 0 && errno != EEXIST) {
		int err = errno;

		close(fd);
		return xasprintf("loading module '%s': %s", line, strerror(err));
	}
	close(fd);
	return NULL;
}

char *guest_modules(const char *path)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_words_ struct words lines = { 0 };
	char *why = NULL;

	if (file_read(path, &text))
		return NULL;
	words_split(&lines, text.buf, "\n");
	for (size_t i = 0; i < lines.n && !why; i++)
		why = guest_module(lines.word[i]);
	return why;
}
