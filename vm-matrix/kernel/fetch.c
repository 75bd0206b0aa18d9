/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One package from the mirror to debs/. It goes by another name until its size
 * and digest are those of the signed index.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/digest.h"
#include "vm-matrix/kernel/archive.h"

struct download {
	const struct kernel_cache *cache;
	const struct package *package;
	const char *part;
};

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : (uint64_t)st.st_size;
}

static bool tick(void *ctx)
{
	const struct download *d = ctx;
	uint64_t done = size_of(d->part), total = d->package->size;

	/* The end is told once, when it is checked. */
	kernel_progress(d->cache, d->package->name,
			done < total ? done : total - 1, total);
	return !kernel_stopped(d->cache);
}

/* Why a download that ended with @status is of no use. */
static int refuse(const struct download *d, int status, const char *said,
		  char **why)
{
	const char *name = strrchr(d->package->filename, '/') + 1;
	uint64_t size = size_of(d->part);
	_cleanup_free_ char *line = apt_complaint(said);

	if (strstr(said, strerror(ENOSPC))) {
		unlink(d->part);
		return kernel_fail(why, KERNEL_NO_SPACE,
				   "'%s': no space left for its %" PRIu64
				   " bytes in '%s/debs'", name,
				   d->package->size, d->cache->dir);
	}
	if (status && (strstr(said, "404") || strstr(said, strerror(ENOENT))))
		return kernel_fail(why, KERNEL_GONE,
				   "'%s' is in the index, but the mirror has it "
				   "no more", name);
	if (!status || (size && size < d->package->size))
		return kernel_fail(why, KERNEL_TRUNCATED,
				   "'%s' was cut short: %" PRIu64 " of %" PRIu64
				   " bytes", name, size, d->package->size);
	return kernel_fail(why, KERNEL_UNREADABLE, "'%s': %s", name, line);
}

static int check(const struct download *d, char **why)
{
	const char *name = strrchr(d->package->filename, '/') + 1;
	uint64_t size = size_of(d->part);
	char hex[DIGEST_HEX];
	int r;

	if (size < d->package->size)
		return refuse(d, 0, "", why);
	r = digest_file(d->part, hex);
	if (r < 0)
		return kernel_fail(why, KERNEL_IO, "'%s': %s", d->part,
				   strerror(-r));
	if (size == d->package->size && !strcmp(hex, d->package->sha256))
		return 0;
	unlink(d->part); /* nothing to go on from */
	return kernel_fail(why, KERNEL_WRONG_DIGEST,
			   "'%s' has another digest than the index promises "
			   "(%.12s, not %.12s)", name, hex,
			   d->package->sha256);
}

/* "file:" would only link to what may change: it is copied. */
static char *address(const struct package *p)
{
	const char *uri = p->mirror;

	if (!strncmp(uri, "file:", 5))
		return xasprintf("copy:%s/%s", uri + 5, p->filename);
	return xasprintf("%s/%s", uri, p->filename);
}

static int download(const struct download *d, const char *arch, char **why)
{
	_cleanup_free_ char *conf = xasprintf("%s/apt/%s-%s/apt.conf",
					      d->cache->dir, arch,
					      d->package->suite);
	_cleanup_free_ char *uri = address(d->package);
	_cleanup_str_ struct str said = STR_INIT;
	const char *argv[] = { APT_HELPER, "-c", conf, "-q", "download-file",
			 uri, d->part, NULL };
	int status;

	if (access(APT_HELPER, X_OK))
		return kernel_fail(why, KERNEL_NO_TOOL,
				   "no '%s' on this machine", APT_HELPER);
	status = tool_run(argv, &said, tick, (void *)d);
	if (kernel_stopped(d->cache))
		return kernel_fail(why, KERNEL_INTERRUPTED, "interrupted");
	if (status < 0)
		return kernel_fail(why, KERNEL_IO, "'%s': %s", APT_HELPER,
				   strerror(-status));
	return status ? refuse(d, status, said.buf, why) : check(d, why);
}

int archive_fetch(struct kernel_cache *c, const struct package *p,
		  const char *arch, char **path, char **why)
{
	_cleanup_free_ char *dir = xasprintf("%s/debs", c->dir);
	_cleanup_free_ char *whole =
		xasprintf("%s/%.16s-%s", dir, p->sha256,
			  strrchr(p->filename, '/') + 1);
	_cleanup_free_ char *part = xasprintf("%s.part", whole);
	struct download d = { c, p, part };
	int r = dir_make(dir, 0755);

	if (r < 0)
		return kernel_fail(why, r == -ENOSPC ? KERNEL_NO_SPACE : KERNEL_IO,
				   "'%s': %s", dir, strerror(-r));
	if (!file_exists(whole)) {
		r = download(&d, arch, why);
		kernel_progress(c, p->name, 1, 1);
		if (r < 0)
			return r;
		if (rename(part, whole) < 0)
			return kernel_fail(why, KERNEL_IO, "'%s': %s", whole,
					   strerror(errno));
	}
	*path = xstrdup(whole);
	return 0;
}
