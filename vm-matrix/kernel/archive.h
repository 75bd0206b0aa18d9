/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fetching indices and packages share. */
#ifndef STRAIN_VM_MATRIX_KERNEL_ARCHIVE_H
#define STRAIN_VM_MATRIX_KERNEL_ARCHIVE_H

#include "vm-matrix/kernel/parts.h"

/* apt's own tool for single files; the same path wherever apt is. */
#define APT_HELPER "/usr/lib/apt/apt-helper"

struct update {
	const struct kernel_cache *cache;
	const char *what;
};

/* The line of apt's that says what is wrong, without its "E: ". To free. */
char *apt_complaint(const char *said);

#endif
