/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of a kernel that lies somewhere else: their digest, and a copy of them.
 * A build tree changes under the hands of who works in it; what was booted is
 * to stay what the digest says.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/kernel/local.h"

void stage_add(struct stage *s, char *from, char *to)
{
	s->file = xrealloc(s->file, (s->n + 1) * sizeof(*s->file));
	s->file[s->n++] = (struct staged){ from, to, false };
}

void stage_free(struct stage *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->file[i].from);
		free(s->file[i].to);
	}
	free(s->file);
	memset(s, 0, sizeof(*s));
}

static int order(const void *a, const void *b)
{
	return strcmp(((const struct staged *)a)->to,
		      ((const struct staged *)b)->to);
}

int stage_digest(struct stage *s, char hex[DIGEST_HEX], char **why)
{
	struct digest d;

	if (s->n)
		qsort(s->file, s->n, sizeof(*s->file), order);
	digest_start(&d);
	digest_text(&d, "files of a kernel, 1");
	for (size_t i = 0; i < s->n; i++) {
		char content[DIGEST_HEX];
		int r = digest_file(s->file[i].from, content);

		if (r < 0)
			return kernel_fail(why, KERNEL_IO, "'%s': %s",
					   s->file[i].from, strerror(-r));
		digest_text(&d, s->file[i].to);
		digest_text(&d, content);
		digest_text(&d, s->file[i].leave ? "elsewhere" : NULL);
	}
	digest_end(&d, hex);
	return 0;
}

static int copy(const char *from, const char *to)
{
	_cleanup_close_ int in = open(from, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out = -1;
	char buf[1 << 16];
	ssize_t n;
	int r;

	if (in < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		return -errno;
	while ((n = read(in, buf, sizeof(buf))) > 0) {
		r = file_write_all(out, buf, n);
		if (r < 0)
			return r;
	}
	return n < 0 ? -errno : 0;
}

int stage_copy(const struct stage *s, const char *dir, char **why)
{
	for (size_t i = 0; i < s->n; i++) {
		_cleanup_free_ char *to =
			xasprintf("%s/%s", dir, s->file[i].to);
		char *slash = strrchr(to, '/');
		int r;

		if (s->file[i].leave)
			continue;
		*slash = '\0';
		r = dir_make(to, 0755);
		*slash = '/';
		r = r < 0 ? r : copy(s->file[i].from, to);
		if (r == -ENOSPC)
			return kernel_fail(why, KERNEL_NO_SPACE,
					   "'%s': no space left for the "
					   "kernel's files", dir);
		if (r < 0)
			return kernel_fail(why, KERNEL_IO, "'%s' to '%s': %s",
					   s->file[i].from, to, strerror(-r));
	}
	return 0;
}

/* Modules, packed or not, and the lists that depmod starts from. */
static bool wanted(const char *name)
{
	static const char *const ends[] = { ".ko", ".ko.xz", ".ko.zst",
					    ".ko.gz" };
	static const char *const lists[] = { "modules.order", "modules.builtin",
					     "modules.builtin.modinfo" };
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t m = strlen(ends[i]);

		if (n > m && !strcmp(name + n - m, ends[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (!strcmp(name, lists[i]))
			return true;
	return false;
}

/* What `make modules_install` and packages leave in it; any other folder would be
 * gone through to its last file. */
static bool has_modules(const char *dir)
{
	static const char *const names[] = { "kernel", "modules.order",
					     "modules.builtin", "modules.dep" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, names[i]);

		if (file_exists(path))
			return true;
	}
	return false;
}

int stage_modules_dir(struct stage *s, const char *dir, const char *release,
		      bool leave)
{
	char *const roots[] = { (char *)dir, NULL };
	FTS *walk = has_modules(dir) ?
			    fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	size_t n = strlen(dir), before = s->n;
	FTSENT *e;

	if (!walk)
		return -ENOENT;
	while ((e = fts_read(walk))) {
		if (e->fts_info != FTS_F || !wanted(e->fts_name))
			continue;
		stage_add(s, xstrdup(e->fts_path),
			  xasprintf("lib/modules/%s%s", release,
				    e->fts_path + n));
		s->file[s->n - 1].leave = leave;
	}
	fts_close(walk);
	return s->n > before ? 0 : -ENOENT;
}

/* A line of modules.order: "kernel/fs/xfs/xfs.ko", "fs/xfs/xfs.o" since 6.2. */
static char *module_of(const char *line)
{
	const char *dot = strrchr(line, '.');
	const char *path = strncmp(line, "kernel/", 7) ? line : line + 7;

	if (!dot || strchr(dot, '/') || strstr(line, ".."))
		return NULL;
	return xasprintf("%.*s.ko", (int)(dot - path), path);
}

static void stage_list(struct stage *s, const char *tree, const char *name,
		       const char *release)
{
	char *from = xasprintf("%s/%s", tree, name);

	if (file_exists(from))
		stage_add(s, from, xasprintf("lib/modules/%s/%s", release, name));
	else
		free(from);
}

int stage_build_tree(struct stage *s, const char *tree, const char *release,
		     char **why)
{
	_cleanup_free_ char *list = xasprintf("%s/modules.order", tree);
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_words_ struct words lines = { 0 };

	if (file_read(list, &text) < 0)
		return 0;
	words_split(&lines, text.buf, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		_cleanup_free_ char *module = module_of(lines.word[i]);
		char *from;

		if (!module)
			continue;
		from = xasprintf("%s/%s", tree, module);
		if (!file_exists(from)) {
			free(from);
			return kernel_fail(why, KERNEL_BAD_SOURCE,
					   "kernel '%s': module '%s' is listed "
					   "but not built", tree, module);
		}
		stage_add(s, from, xasprintf("lib/modules/%s/kernel/%s",
					     release, module));
	}
	stage_list(s, tree, "modules.builtin", release);
	stage_list(s, tree, "modules.builtin.modinfo", release);
	return 0;
}
