/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a stressor or method must find on the machine. The parent evaluates
 * needs before anything is forked; every miss is a named skip that says how to
 * get what is missing. Lists are space separated and mean "all of them" unless
 * the field says otherwise.
 */
#ifndef STRAIN_CORE_NEED_H
#define STRAIN_CORE_NEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct needs {
	const char *kernel;      /* at least this release: "5.14" */
	const char *kconfig;     /* symbols that are y or m, without CONFIG_ */
	const char *caps;        /* effective capabilities: "sys_admin sys_nice" */
	const char *arch;        /* any of: "x86_64 i386" (uname -m words) */
	const char *module;      /* loaded, built in or loadable */
	const char *files;       /* paths that exist, devices that open; '*' allowed */
	const char *writable;    /* paths that this process may write */
	const char *commands;    /* programs in PATH */
	const char *filesystems; /* kernel can mount them (/proc/filesystems, modules) */
	uint64_t memory;         /* bytes available to us */
	unsigned cpus;           /* usable CPUs (affinity mask) */
	unsigned nodes;          /* NUMA nodes with memory */
	const char *kernel_note; /* what came with .kernel; shown in the skip */
};

/* One miss; all text owned by the caller's need_list. */
struct need_miss {
	const char *field; /* "kernel", "caps", ...: a name of struct needs */
	char *reason;      /* "kernel 5.10 is older than 5.14 (MADV_POPULATE_READ)" */
	char *remedy;      /* "run as root", "apt install xfsprogs", ... */
};

struct need_list {
	struct need_miss *miss;
	size_t n;
};

/* Adds what @needs misses here to @list. NULL @needs: nothing. */
void need_check(const struct needs *needs, struct need_list *list);
void need_free(struct need_list *list);

/* The kernel config symbols that a set of needs asks for, with who asks. */
struct need_symbol {
	char *name;         /* without CONFIG_ */
	struct words users; /* each once, as they came */
};

struct need_kconfig {
	struct need_symbol *symbol; /* in the order of their names */
	size_t n;
};

/* Adds the symbols of @needs (NULL: none), those of .filesystems and .files
 * too, for @user. What a fragment cannot set is left out. */
void need_kconfig(struct need_kconfig *k, const struct needs *needs,
		  const char *user);
/* A fragment for scripts/kconfig/merge_config.sh: "# fault, mshare" and
 * "CONFIG_X=y" for each symbol that these want. To free. */
char *need_kconfig_text(const struct need_kconfig *k);
void need_kconfig_free(struct need_kconfig *k);

#endif
