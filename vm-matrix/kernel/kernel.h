/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels to boot: from the distribution's archive, from a file, from a build
 * tree. Sources as typed and as in a matrix file:
 *
 *	deb:PACKAGE[@SUITE]       a package by its name, or a metapackage
 *	series:6.12[-FLAVOUR]     the newest build of a series that any suite of
 *	                          the archive offers (cloud, rt, 16k, 64k, ...)
 *	PATH[,modules=DIR]        an image; DIR is lib/modules/RELEASE
 *	DIR                       a kernel build tree
 *
 * apt does the fetching, with a state directory of ours: neither the host's
 * configuration nor its lists are touched, and no privilege is needed. What was
 * fetched and unpacked stays in the cache under the digest of its content.
 *
 * Architectures have Debian's names: amd64, arm64, armhf, i386, riscv64,
 * ppc64el, s390x.
 */
#ifndef STRAIN_VM_MATRIX_KERNEL_KERNEL_H
#define STRAIN_VM_MATRIX_KERNEL_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/str.h"

/* What kernel_resolve() and others return; 0 is success. */
enum kernel_error {
	/* The archive does not have it (any more): the cell is skipped. */
	KERNEL_GONE = -ENOENT,
	KERNEL_BAD_SOURCE = -EINVAL,       /* no such form, flavour, suite, package */
	KERNEL_UNREADABLE = -EHOSTUNREACH, /* no index, or no download */
	/* Offline, and not in the cache: the cell is skipped too. */
	KERNEL_OFFLINE = -ENETDOWN,
	KERNEL_TRUNCATED = -EMSGSIZE,      /* the download is too short */
	KERNEL_WRONG_DIGEST = -EBADMSG,    /* not what the index promises */
	KERNEL_BAD_PACKAGE = -ENOEXEC,     /* no kernel in it, or damaged */
	KERNEL_NO_SPACE = -ENOSPC,
	KERNEL_NO_TOOL = -ENOPKG,          /* no apt, depmod or libarchive here */
	KERNEL_IO = -EIO,
	KERNEL_INTERRUPTED = -EINTR,       /* .stop said so */
};

/* Is it one for which a cell is skipped, and not broken? */
static inline bool kernel_is_skip(int error)
{
	return error == KERNEL_GONE || error == KERNEL_OFFLINE;
}

/* Every string is owned, and freed by kernel_free(). */
struct kernel {
	char *name;    /* short and for people: "6.12-cloud" */
	char *source;  /* as given */
	char *release; /* uname -r */
	char *arch;
	char *package, *package_version, *suite; /* NULL: not from the archive */
	char *digest;  /* sha256, hex, of what is booted and of the modules */
	char *image;   /* the file that boots: vmlinuz, Image, vmlinux */
	char *config;      /* NULL: none came with it */
	char *system_map;  /* NULL: none */
	char *modules;     /* .../lib/modules/RELEASE, depmod done; NULL: none */
	char *vmlinux_debug; /* vmlinux with symbols; NULL: none */
};

void kernel_free(struct kernel *k);
/* Can @source be meant for @arch, wherever it is from? 0, or KERNEL_BAD_SOURCE with
 * one line in *@why, to free. Looks at neither files nor the archive. */
int kernel_source_check(const char *source, const char *arch, char **why);
/* Short, for tables and ids: "6.12-cloud", "7.3-rc7-rt". To free. */
char *kernel_source_name(const char *source);

/*
 * The cache: DIR/{debs,kernels,apt,...}. As long as it is open nobody prunes
 * it; any number of processes may have it open.
 */
struct kernel_cache;

struct kernel_cache_options {
	const char *dir;     /* NULL: ${XDG_CACHE_HOME:-~/.cache}/strain */
	const char *sources; /* apt sources (file or directory) to take the mirror
			      * from; NULL: $STRAIN_APT_SOURCES, else the host's */
	bool offline;        /* fetch nothing: what is in the cache, or an error */
	bool refresh;        /* lists are fetched even if less than a day old */
	/* Called now and then while something is done; @total 0: not known.
	 * @done == @total ends it. NULL: nobody wants to know. */
	void (*progress)(void *ctx, const char *what, uint64_t done,
			 uint64_t total);
	/* Asked as often: is it to be ended? NULL: it is not. */
	bool (*stop)(void *ctx);
	/* A remark, one line: a suite that could not be read. NULL: none. */
	void (*note)(void *ctx, const char *text);
	void *ctx;
};

/* NULL with one line in *@why, to free. */
struct kernel_cache *kernel_cache_open(const struct kernel_cache_options *o,
				       char **why);
void kernel_cache_close(struct kernel_cache *c);
/* The root, absolute. */
const char *kernel_cache_dir(const struct kernel_cache *c);
/* That of a cache for which none is named, to free; NULL: HOME is not set. */
char *kernel_cache_usual(void);

/*
 * Finds, fetches and unpacks. 0 with @out filled, or a kernel_error with one
 * line in *@why, to free, and @out all NULL.
 */
int kernel_resolve(const char *source, const char *arch, struct kernel_cache *c,
		   struct kernel *out, char **why);

/* What the archive offers for an architecture. */
struct kernel_offer {
	char *series, *flavour; /* "6.12", "cloud" ("" is the plain one) */
	char *package, *version, *suite, *release;
	uint64_t size;    /* bytes to download, all parts */
	bool has_modules; /* false: the archive lost the package with them */
	bool cached;      /* unpacked already */
};

struct kernel_offers {
	struct kernel_offer *offer; /* by series, flavour, newest version first */
	size_t n;
};

/* As kernel_resolve(); all builds of all suites. */
int kernel_list(const char *arch, struct kernel_cache *c,
		struct kernel_offers *out, char **why);
void kernel_offers_free(struct kernel_offers *o);
/* Adds the series that have a stable build of @flavour, older ones first. */
void kernel_offers_series(const struct kernel_offers *o, const char *flavour,
			  struct words *out);
/* Has @arch kernels of @flavour ("" is the plain one)? 0 or KERNEL_BAD_SOURCE. */
int kernel_flavour_check(const char *arch, const char *flavour, char **why);

/*
 * Takes out of the cache what was not used for @max_age, then the least
 * recently used until what is left is at most @max_bytes (0: any size).
 * KERNEL_IO with one line in *@why when somebody else has the cache open.
 */
struct kernel_pruned {
	unsigned removed, kept;
	uint64_t removed_bytes, kept_bytes;
};

int kernel_cache_prune(struct kernel_cache *c, time_t max_age,
		       uint64_t max_bytes, struct kernel_pruned *out,
		       char **why);

#endif
