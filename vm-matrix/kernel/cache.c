/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache as a folder: opening, locks. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/kernel/parts.h"

int kernel_fail(char **why, int code, const char *fmt, ...)
{
	struct str text = STR_INIT;
	va_list ap;

	if (!why || *why)
		return code;
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	*why = str_take(&text);
	return code;
}

void kernel_note(struct kernel_cache *c, const char *fmt, ...)
{
	_cleanup_str_ struct str text = STR_INIT;
	va_list ap;

	if (!c->o.note)
		return;
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	if (words_has(&c->noted, text.buf))
		return; /* many kernels come from the same suites */
	words_add(&c->noted, text.buf);
	c->o.note(c->o.ctx, text.buf);
}

void kernel_progress(const struct kernel_cache *c, const char *what,
		     uint64_t done, uint64_t total)
{
	if (c->o.progress)
		c->o.progress(c->o.ctx, what, done, total);
}

bool kernel_stopped(const struct kernel_cache *c)
{
	return c->o.stop && c->o.stop(c->o.ctx);
}

char *kernel_cache_usual(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && *cache == '/')
		return xasprintf("%s/strain", cache);
	if (home && *home == '/')
		return xasprintf("%s/.cache/strain", home);
	return NULL;
}

static char *absolute(const char *dir)
{
	_cleanup_free_ char *here = NULL;

	if (*dir == '/')
		return xstrdup(dir);
	here = getcwd(NULL, 0);
	return here ? xasprintf("%s/%s", here, dir) : NULL;
}

int kernel_lock(const struct kernel_cache *c, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/locks/%s", c->dir, name);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR || kernel_stopped(c)) {
			int e = errno;

			close(fd);
			return -e;
		}
	return fd;
}

/* Makes the folder and takes the shared lock that keeps prune away. */
static int open_dir(struct kernel_cache *c, char **why)
{
	_cleanup_free_ char *locks = xasprintf("%s/locks", c->dir);
	_cleanup_free_ char *path = xasprintf("%s/locks/cache", c->dir);
	int r = dir_make(locks, 0755);

	if (r < 0)
		return kernel_fail(why, r, "cache '%s': %s", c->dir,
				   strerror(-r));
	c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (c->lock >= 0 && !flock(c->lock, LOCK_SH))
		return 0;
	return kernel_fail(why, -errno, "cache '%s': %s", c->dir,
			   strerror(errno));
}

struct kernel_cache *kernel_cache_open(const struct kernel_cache_options *o,
				       char **why)
{
	struct kernel_cache *c = xalloc(sizeof(*c));
	_cleanup_free_ char *dir = o->dir ? xstrdup(o->dir) : kernel_cache_usual();
	const char *sources = o->sources ? o->sources :
					   getenv("STRAIN_APT_SOURCES");

	c->o = *o;
	c->lock = -1;
	c->sources = sources && *sources ? xstrdup(sources) : NULL;
	c->dir = dir && *dir ? absolute(dir) : NULL;
	if (!c->dir)
		kernel_fail(why, KERNEL_IO, "no place for a cache: HOME is not "
			    "set and no folder is given");
	else if (strpbrk(c->dir, "\"\n;"))
		kernel_fail(why, KERNEL_IO,
			    "cache '%s': apt cannot read such a name", c->dir);
	else if (!open_dir(c, why))
		return c;
	kernel_cache_close(c);
	return NULL;
}

void kernel_cache_close(struct kernel_cache *c)
{
	if (!c)
		return;
	file_close(c->lock);
	words_free(&c->refreshed);
	words_free(&c->noted);
	free(c->sources);
	free(c->dir);
	free(c);
}

const char *kernel_cache_dir(const struct kernel_cache *c)
{
	return c->dir;
}

void kernel_free(struct kernel *k)
{
	char *const owned[] = { k->name,    k->source,	k->release,
				k->arch,    k->package, k->package_version,
				k->suite,   k->digest,	k->image,
				k->config,  k->system_map, k->modules,
				k->vmlinux_debug };

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(owned[i]);
	memset(k, 0, sizeof(*k));
}
