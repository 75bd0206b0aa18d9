/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacked kernels: kernels/DIGEST/{kernel.json,vmlinuz,config,System.map,
 * lib/modules/RELEASE}. A folder is put together under another name and moved
 * into place, so that whatever has this name is whole.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "vm-matrix/kernel/parts.h"

/* Those of the packages since 6.12 say only where the real one is. */
#define SYSTEM_MAP_STUB 4096

static char *in_store(const struct kernel_cache *c, const char *digest,
		      const char *name)
{
	return xasprintf("%s/kernels/%s/%s", c->dir, digest, name);
}

/* NULL unless it is a file of at least @least bytes. */
static char *file_of(const struct kernel_cache *c, const char *digest,
		     const char *name, off_t least)
{
	char *path = in_store(c, digest, name);
	struct stat st;

	if (!stat(path, &st) && S_ISREG(st.st_mode) && st.st_size >= least)
		return path;
	free(path);
	return NULL;
}

void store_paths(const struct kernel_cache *c, struct kernel *k)
{
	_cleanup_free_ char *modules =
		xasprintf("%s/kernels/%s/lib/modules/%s", c->dir, k->digest,
			  k->release);
	_cleanup_free_ char *dep = xasprintf("%s/modules.dep", modules);
	_cleanup_free_ char *used = in_store(c, k->digest, "used");
	int fd = open(used, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd >= 0) { /* what kernel_cache_prune() goes by */
		futimens(fd, NULL);
		close(fd);
	}
	if (!k->image)
		k->image = file_of(c, k->digest, "vmlinuz", 1);
	if (!k->config)
		k->config = file_of(c, k->digest, "config", 1);
	if (!k->system_map)
		k->system_map =
			file_of(c, k->digest, "System.map", SYSTEM_MAP_STUB);
	if (!k->modules && file_exists(dep))
		k->modules = xstrdup(modules);
}

static char *text_of(const json_t *doc, const char *name)
{
	const char *text = json_string_value(json_object_get(doc, name));

	return xstrdup_or_null(text);
}

static json_t *load(const struct kernel_cache *c, const char *digest)
{
	_cleanup_free_ char *path = in_store(c, digest, "kernel.json");

	return json_load_file(path, 0, NULL);
}

static void fill(const struct kernel_cache *c, const char *digest,
		 const json_t *doc, struct kernel *k)
{
	k->release = text_of(doc, "release");
	k->arch = text_of(doc, "arch");
	k->package = text_of(doc, "package");
	k->package_version = text_of(doc, "version");
	k->suite = text_of(doc, "suite");
	k->digest = xstrdup(digest);
	if (k->release)
		store_paths(c, k);
}

int store_read(const struct kernel_cache *c, const char *digest,
	       struct kernel *k)
{
	json_t *doc = load(c, digest);

	if (!doc)
		return KERNEL_GONE;
	memset(k, 0, sizeof(*k));
	fill(c, digest, doc, k);
	json_decref(doc);
	if (k->release && k->arch && k->image)
		return 0;
	kernel_free(k);
	return KERNEL_GONE;
}

int store_write(const char *dir, const struct kernel *k, const char *series,
		const char *flavour)
{
	_cleanup_free_ char *path = xasprintf("%s/kernel.json", dir);
	json_t *doc = json_pack("{ss ss ss* ss* ss* ss* ss*}", "release",
				k->release, "arch", k->arch, "package",
				k->package, "version", k->package_version,
				"suite", k->suite, "series", series, "flavour",
				flavour);
	int r = json_dump_file(doc, path, JSON_INDENT(1)) ? -EIO : 0;

	json_decref(doc);
	return r;
}

static bool is(const json_t *doc, const char *name, const char *value)
{
	const char *text = json_string_value(json_object_get(doc, name));

	return !value || (text && !strcmp(text, value));
}

/* Is @doc newer than @best (may be NULL)? */
static bool newer(const json_t *doc, const json_t *best)
{
	const char *a = json_string_value(json_object_get(doc, "version"));
	const char *b = json_string_value(json_object_get(best, "version"));

	return a && (!b || deb_version_compare(a, b) > 0);
}

int store_find(const struct kernel_cache *c, const char *arch,
	       const char *series, const char *flavour, const char *package,
	       struct kernel *k)
{
	_cleanup_free_ char *root = xasprintf("%s/kernels", c->dir);
	_cleanup_free_ char *digest = NULL;
	json_t *best = NULL;
	DIR *dir = opendir(root);
	struct dirent *e;
	int r;

	while (dir && (e = readdir(dir))) {
		json_t *doc = *e->d_name == '.' ? NULL : load(c, e->d_name);

		if (doc && is(doc, "arch", arch) && is(doc, "series", series) &&
		    is(doc, "flavour", flavour) &&
		    is(doc, "package", package) && newer(doc, best)) {
			json_decref(best);
			best = json_incref(doc);
			free(digest);
			digest = xstrdup(e->d_name);
		}
		json_decref(doc);
	}
	if (dir)
		closedir(dir);
	json_decref(best);
	r = digest ? store_read(c, digest, k) : KERNEL_OFFLINE;
	return r < 0 ? KERNEL_OFFLINE : 0;
}
