/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the needs know of the world: names and where to get things. */
#ifndef STRAIN_CORE_NEED_TABLE_H
#define STRAIN_CORE_NEED_TABLE_H

/* By number (linux/capability.h), lower case without "cap_"; NULL ends. */
extern const char *const need_capabilities[];
/* The Debian package with the program, or NULL. */
const char *need_package(const char *program);
/* The kernel config symbol of a filesystem type, or NULL. */
const char *need_filesystem_symbol(const char *type);
/* The one that makes a file of /dev, /proc or /sys appear, or NULL. */
const char *need_file_symbol(const char *path);
/* What a fragment has to say to get @symbol; NULL: no fragment can set it. */
const char *need_settable_symbol(const char *symbol);
/* How a file that is not there comes to be. Never NULL. */
const char *need_file_remedy(const char *path);

#endif
