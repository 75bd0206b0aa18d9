/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share; others include kernel.h. */
#ifndef STRAIN_VM_MATRIX_KERNEL_PARTS_H
#define STRAIN_VM_MATRIX_KERNEL_PARTS_H

#include <stdio.h>

#include "vm-matrix/kernel/kernel.h"
#include "vm-matrix/kernel/tool.h"

struct kernel_cache {
	char *dir;
	int lock; /* held shared while open */
	struct kernel_cache_options o; /* .dir and .sources are not used */
	char *sources; /* NULL: the host's */
	struct words refreshed; /* "ARCH-SUITE" that this process fetched */
	struct words noted;
};

/* Sets *@why, where @why and *@why may be NULL and set already. Returns @code. */
int kernel_fail(char **why, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Each text once. */
void kernel_note(struct kernel_cache *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void kernel_progress(const struct kernel_cache *c, const char *what,
		     uint64_t done, uint64_t total);

/* Is what is done here to be ended? */
bool kernel_stopped(const struct kernel_cache *c);

/*
 * An exclusive lock on locks/NAME, waited for; closing the descriptor ends it.
 * -errno when there can be none, -EINTR when that was to be ended.
 */
int kernel_lock(const struct kernel_cache *c, const char *name);

/* Order of versions as dpkg has it (deb-version(7)): <0, 0, >0. */
int deb_version_compare(const char *a, const char *b);

/* --- where the archive is ------------------------------------------------ */

/* One line or paragraph of apt's sources. */
struct apt_source {
	struct words uris, suites, components;
	char *signed_by; /* file, or NULL */
	bool trusted;
};

struct apt_sources {
	struct apt_source *source;
	size_t n;
};

/* "deb [options] uri suite component..." lines, and deb822 paragraphs. Add to
 * @s; disabled ones, sources of source and what is no source are left out. */
void apt_sources_lines(struct apt_sources *s, const char *text);
void apt_sources_paragraphs(struct apt_sources *s, const char *text);
/* Of a file, a directory, or (NULL) the host. 0 or a kernel_error. */
int apt_sources_read(struct apt_sources *s, const char *path, char **why);
void apt_sources_free(struct apt_sources *s);

struct mirror {
	char *uri;
	char *signed_by; /* NULL: none named */
	bool trusted;
};

/* The mirror of a suite of the table. 0, or KERNEL_UNREADABLE. */
int mirror_of(const struct apt_sources *s, const char *suite, struct mirror *m,
	      char **why);
void mirror_free(struct mirror *m);

/* Every suite that may have kernels, oldest release first. */
void suites_all(struct words *out);
bool suite_known(const char *suite);
bool suite_is_security(const char *suite);

/* --- packages ------------------------------------------------------------ */

struct package {
	char *name, *version, *depends, *filename, *sha256;
	char *suite, *mirror; /* of the index it comes from */
	uint64_t size;
};

struct packages {
	struct package *package;
	size_t n;
};

/* Copies the paragraphs of kernel packages from an index to ours. 0, -errno. */
int packages_filter(FILE *in, FILE *out);
/* Reads what packages_filter() wrote (any index does). 0, or -errno. */
int packages_read(struct packages *p, FILE *in, const char *suite,
		  const char *mirror);
const struct package *packages_find(const struct packages *p, const char *name,
				    const char *version, const char *suite);
void packages_free(struct packages *p);

/*
 * The packages of one suite, fetched when older than a day. 0 (a suite that
 * the mirror does not have gives no packages, and *@absent), or a kernel_error.
 */
int archive_index(struct kernel_cache *c, const struct apt_sources *s,
		  const char *arch, const char *suite, struct packages *p,
		  bool *absent, char **why);
/* The packages of all suites; those that cannot be read are noted, none at all is
 * an error. */
int packages_all(struct kernel_cache *c, const char *arch, struct packages *p,
		 char **why);
/* @p to debs/; *@path is to free. 0 or a kernel_error; KERNEL_GONE for a file
 * that the mirror does not have. */
int archive_fetch(struct kernel_cache *c, const struct package *p,
		  const char *arch, char **path, char **why);

/* --- builds -------------------------------------------------------------- */

/* A kernel that the archive offers: one package, or three from 6.19 on. */
struct build {
	char *release, *series;
	const char *flavour; /* of the table */
	const struct package *binary, *modules, *base; /* the last two: or NULL */
};

struct builds {
	struct build *build; /* by series, flavour, newest first */
	size_t n;
};

/* All of @p; its packages are borrowed. */
void builds_of(const struct packages *p, const char *arch, struct builds *b);
void builds_free(struct builds *b);
/* sha256 of what the packages hold. */
void build_digest(const struct build *b, char *hex);
uint64_t build_size(const struct build *b);

/* "cloud" for "cloud-amd64" on amd64; NULL: not a flavour of it. */
const char *flavour_of(const char *arch, const char *suffix);
bool flavour_known(const char *arch, const char *flavour);
/* "plain, cloud, rt", to free; NULL for an unknown architecture. */
char *flavours_text(const char *arch);
/* Digits and one dot. */
bool series_valid(const char *text);
/* "6.12" of "6.12.117-1~deb12u1", into a buffer of SERIES_TEXT. */
#define SERIES_TEXT 24
void series_of(const char *version, char *series);

/* --- unpacked kernels ---------------------------------------------------- */

/* kernels/DIGEST of a build; fetches and unpacks what is missing. */
int build_get(struct kernel_cache *c, const struct build *b, const char *arch,
	      struct kernel *k, char **why);
bool build_cached(const struct kernel_cache *c, const struct build *b);
/* Takes image, config, System.map and modules out of a .deb into @dir. */
int deb_unpack(const char *deb, const char *dir, char **why);
/* depmod in @dir for @release. */
int modules_index(const char *dir, const char *release, char **why);

/* Reads kernels/DIGEST/kernel.json. 0, or KERNEL_GONE without a word. */
int store_read(const struct kernel_cache *c, const char *digest,
	       struct kernel *k);
/* Writes it into @dir, a kernel's folder that is not in place yet. */
int store_write(const char *dir, const struct kernel *k, const char *series,
		const char *flavour);
/* The newest of @series and @flavour, or @package (and @suite if given), that
 * is unpacked. 0, or KERNEL_OFFLINE. */
int store_find(const struct kernel_cache *c, const char *arch,
	       const char *series, const char *flavour, const char *package,
	       struct kernel *k);
/* Fills the paths of @k from what lies in kernels/DIGEST. */
void store_paths(const struct kernel_cache *c, struct kernel *k);

/* --- kernels that are not from the archive ------------------------------- */

int local_resolve(const char *source, const char *arch, struct kernel_cache *c,
		  struct kernel *k, char **why);

#endif
