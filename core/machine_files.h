/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the machine module looks at /proc, /sys, /boot and /lib: always below
 * one prefix, which is "" except in unit tests that bring a tree of their own.
 * For core/machine*.c, core/need.c and their tests only.
 */
#ifndef STRAIN_CORE_MACHINE_FILES_H
#define STRAIN_CORE_MACHINE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define MACHINE_PATH 512 /* bytes of a path with its prefix */

/* Tests only. @root is borrowed; "" is the real machine. */
void machine_set_root(const char *root);
/* Counts calls of machine_set_root(): what was cached under another is stale. */
unsigned machine_root_version(void);

/* The path with the prefix, in @buf of MACHINE_PATH bytes; returns @buf. */
const char *machine_path(char *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* As file_read(), file_read_record(), file_read_line(), file_read_u64(), file_exists(). */
int machine_read(struct str *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int machine_read_record(struct str *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int machine_read_line(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int machine_read_u64(uint64_t *value, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool machine_exists(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Value of the line "@name: N kB" or "@name N" of @text; false: not there. */
bool machine_named_number(const char *text, const char *name, uint64_t *value);

/* How many numbers the list "0-3,8,10-11" names. */
unsigned machine_list_count(const char *list);

/* Goes on with a 64-bit FNV-1a (Fowler, Noll, Vo) over @n bytes. */
#define MACHINE_DIGEST_START UINT64_C(0xcbf29ce484222325)
/* A file that is read again and again stays open. */
struct machine_kept {
	int fd;
	unsigned version; /* of the root that it is below */
};

#define MACHINE_KEPT { -1, -1U }

/* Its beginning, as text; false when it cannot be read. */
bool machine_read_kept(struct machine_kept *k, const char *path, char *buf,
		       size_t size);
uint64_t machine_digest(const void *data, size_t n, uint64_t digest);

/* Value of CONFIG_@symbol as written in the kernel config ("y", "250", text
 * without its quotes); false when it is off or there is no config. */
bool machine_kconfig_value(const char *symbol, char *buf, size_t size);
/* machine_digest() of the lines of the kernel config that set something; 0: none. */
uint64_t machine_kconfig_digest(void);
/* The same of a config that is not this kernel's. */
uint64_t machine_kconfig_digest_of(const char *text);

/* Is the module loaded, built in, or in the module tree? '-' and '_' are equal. */
bool machine_module(const char *name);
/* Can the kernel mount @type, at once or after loading a module? */
bool machine_filesystem(const char *type);

#endif
