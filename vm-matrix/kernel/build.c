/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A build of the archive into the store: fetched, unpacked, depmod'ed. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/digest.h"
#include "vm-matrix/kernel/parts.h"

int modules_index(const char *dir, const char *release, char **why)
{
	_cleanup_free_ char *depmod = tool_find("depmod");
	_cleanup_free_ char *modules =
		xasprintf("%s/lib/modules/%s", dir, release);
	_cleanup_str_ struct str said = STR_INIT;
	const char *argv[] = { depmod, "-b", dir, release, NULL };
	struct stat st;
	int status;

	if (stat(dir, &st) < 0)
		return kernel_fail(why, KERNEL_IO, "'%s': %s", dir,
				   strerror(errno));
	if (!file_exists(modules))
		return 0;
	if (!depmod)
		return kernel_fail(why, KERNEL_NO_TOOL,
				   "no depmod on this machine (package kmod)");
	status = tool_run(argv, &said, NULL, NULL);
	if (!status)
		return 0;
	if (strstr(said.buf, strerror(ENOSPC)))
		return kernel_fail(why, KERNEL_NO_SPACE,
				   "depmod of '%s': no space left in '%s'",
				   release, dir);
	said.buf[strcspn(said.buf, "\n")] = '\0';
	return kernel_fail(why, KERNEL_BAD_PACKAGE, "depmod of '%s': %s",
			   release, said.buf);
}

bool build_cached(const struct kernel_cache *c, const struct build *b)
{
	char digest[DIGEST_HEX];
	_cleanup_free_ char *path = NULL;

	build_digest(b, digest);
	path = xasprintf("%s/kernels/%s/kernel.json", c->dir, digest);
	return file_exists(path);
}

/* Fetches one package and unpacks it; the package goes. */
static int add_package(struct kernel_cache *c, const struct package *p,
		       const char *arch, const char *dir, char **why)
{
	_cleanup_free_ char *deb = NULL;
	int r;

	if (!p)
		return 0;
	r = archive_fetch(c, p, arch, &deb, why);
	if (r < 0)
		return r;
	r = deb_unpack(deb, dir, why);
	unlink(deb);
	return r;
}

static int fill(struct kernel_cache *c, const struct build *b, const char *arch,
		const char *dir, char **why)
{
	_cleanup_free_ char *image = xasprintf("%s/vmlinuz", dir);
	struct kernel k = {
		.release = b->release,
		.arch = (char *)arch,
		.package = b->binary->name,
		.package_version = b->binary->version,
		.suite = b->binary->suite,
	};
	int r = dir_make(dir, 0755);

	if (r < 0)
		return kernel_fail(why, r == -ENOSPC ? KERNEL_NO_SPACE : KERNEL_IO,
				   "'%s': %s", dir, strerror(-r));
	r = add_package(c, b->binary, arch, dir, why);
	r = r < 0 ? r : add_package(c, b->modules, arch, dir, why);
	r = r < 0 ? r : add_package(c, b->base, arch, dir, why);
	if (r < 0)
		return r;
	if (!file_exists(image))
		return kernel_fail(why, KERNEL_BAD_PACKAGE,
				   "package '%s' has no kernel in it",
				   b->binary->name);
	r = modules_index(dir, b->release, why);
	if (r < 0)
		return r;
	r = store_write(dir, &k, b->series, b->flavour);
	return r < 0 ? kernel_fail(why, KERNEL_NO_SPACE,
				   "'%s/kernel.json' cannot be written", dir) : 0;
}

int build_get(struct kernel_cache *c, const struct build *b, const char *arch,
	      struct kernel *k, char **why)
{
	char digest[DIGEST_HEX];
	_cleanup_free_ char *lock_name = NULL, *dir = NULL, *new = NULL;
	_cleanup_close_ int lock = -1;
	int r;

	build_digest(b, digest);
	if (!store_read(c, digest, k))
		return 0;
	lock_name = xasprintf("kernel-%.16s", digest);
	dir = xasprintf("%s/kernels/%s", c->dir, digest);
	new = xasprintf("%s/kernels/.%s", c->dir, digest);
	lock = kernel_lock(c, lock_name);
	if (lock < 0)
		return kernel_fail(why, KERNEL_IO, "lock of '%s': %s", dir,
				   strerror(-lock));
	if (!store_read(c, digest, k)) /* another process did it meanwhile */
		return 0;
	dir_remove(new); /* of a process that was killed */
	dir_remove(dir);
	r = fill(c, b, arch, new, why);
	if (!r && rename(new, dir) < 0)
		r = kernel_fail(why, KERNEL_IO, "'%s': %s", dir,
				strerror(errno));
	if (r < 0) {
		dir_remove(new);
		return r;
	}
	r = store_read(c, digest, k);
	return r < 0 ? kernel_fail(why, KERNEL_IO, "'%s' cannot be read", dir) :
		       0;
}
