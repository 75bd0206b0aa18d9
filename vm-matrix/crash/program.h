/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filesystems in image files, by their own programs on the host. */
#ifndef STRAIN_VM_MATRIX_CRASH_PROGRAM_H
#define STRAIN_VM_MATRIX_CRASH_PROGRAM_H

#include <stdint.h>

/* A new image file with an empty filesystem, "ext4" or "xfs". 0, or -errno and
 * *why (-ENOENT: its mkfs is not here). */
int crash_make(const char *filesystem, const char *path, uint64_t size, char **why);
/* Is the filesystem, as it lies there, without fault? 0; 1: no, and *why is what
 * its checker said first; -errno. */
int crash_check(const char *filesystem, const char *path, char **why);

#endif
