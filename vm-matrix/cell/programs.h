/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that a guest runs beside strain: those of the host, or for another
 * architecture those of its sysroot (tools/sysroot), which is in the cache at
 * hand or else in the one that is used when none is named.
 */
#ifndef STRAIN_VM_MATRIX_CELL_PROGRAMS_H
#define STRAIN_VM_MATRIX_CELL_PROGRAMS_H

#include "vm-matrix/image/image.h"

struct cell_programs {
	const char *arch;  /* by Debian's name */
	const char *cache; /* folder of the cache */
	bool native;       /* the host's own */
};

/*
 * 0: program @name, with what it loads, is at /bin of the image. "sh" of another
 * architecture may be busybox, which has most of what a person types as well. Else
 * -errno, and one line in *@why, to free.
 */
int cell_program_add(const struct cell_programs *from, const char *name, struct image *img,
		     char **why);

#endif
