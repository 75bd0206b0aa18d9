/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nobody used for long, or what is too much, leaves the cache. */
#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "vm-matrix/kernel/parts.h"

/* Folders whose entries are each made again when they are needed. */
static const char *const parts[] = { "kernels", "debs",	"vmlinux", "initrds",
				     "states",	"cells", "accel",   "apt" };

struct entry {
	char *path;
	time_t used;
	uint64_t bytes;
};

struct entries {
	struct entry *entry;
	size_t n;
};

/* Sizes on disk, and the newest time that any file was written or, for a
 * kernel, looked up. */
static void measure(struct entry *e)
{
	char *const roots[] = { e->path, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	_cleanup_free_ char *used = xasprintf("%s/used", e->path);
	struct stat st;
	FTSENT *f;

	while (walk && (f = fts_read(walk))) {
		if (f->fts_info == FTS_DP || f->fts_info == FTS_NS)
			continue;
		e->bytes += (uint64_t)f->fts_statp->st_blocks * 512;
		if (f->fts_statp->st_mtime > e->used)
			e->used = f->fts_statp->st_mtime;
	}
	if (walk)
		fts_close(walk);
	if (!stat(used, &st)) /* times of unpacked files are of today too */
		e->used = st.st_mtime;
}

static void gather(struct entries *all, const char *root, const char *part)
{
	_cleanup_free_ char *dir = xasprintf("%s/%s", root, part);
	DIR *d = opendir(dir);
	struct dirent *x;

	while (d && (x = readdir(d))) {
		struct entry *e;

		if (!strcmp(x->d_name, ".") || !strcmp(x->d_name, ".."))
			continue;
		all->entry = xrealloc(all->entry,
				      (all->n + 1) * sizeof(*all->entry));
		e = &all->entry[all->n++];
		*e = (struct entry){
			.path = xasprintf("%s/%s", dir, x->d_name),
		};
		measure(e);
	}
	if (d)
		closedir(d);
}

static int oldest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->used > y->used) - (x->used < y->used);
}

static int remove_old(struct entries *all, time_t max_age, uint64_t max_bytes,
		      struct kernel_pruned *out, char **why)
{
	time_t now = time(NULL);

	for (size_t i = 0; i < all->n; i++)
		out->kept_bytes += all->entry[i].bytes;
	for (size_t i = 0; i < all->n; i++) {
		struct entry *e = &all->entry[i];
		int r;

		if (now - e->used <= max_age &&
		    (!max_bytes || out->kept_bytes <= max_bytes)) {
			out->kept++;
			continue;
		}
		r = dir_remove(e->path);
		if (r < 0)
			return kernel_fail(why, KERNEL_IO, "'%s': %s", e->path,
					   strerror(-r));
		out->removed++;
		out->removed_bytes += e->bytes;
		out->kept_bytes -= e->bytes;
	}
	return 0;
}

int kernel_cache_prune(struct kernel_cache *c, time_t max_age,
		       uint64_t max_bytes, struct kernel_pruned *out,
		       char **why)
{
	struct entries all = { 0 };
	int r;

	memset(out, 0, sizeof(*out));
	if (flock(c->lock, LOCK_EX | LOCK_NB) < 0) {
		flock(c->lock, LOCK_SH);
		return kernel_fail(why, KERNEL_IO,
				   "cache '%s' is in use by another strain",
				   c->dir);
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		gather(&all, c->dir, parts[i]);
	if (all.n)
		qsort(all.entry, all.n, sizeof(*all.entry), oldest_first);
	r = remove_old(&all, max_age, max_bytes, out, why);
	for (size_t i = 0; i < all.n; i++)
		free(all.entry[i].path);
	free(all.entry);
	flock(c->lock, LOCK_SH);
	return r;
}
