/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an image has to know of ELF files, of either class and byte order: what
 * a program needs to start, and notes. The files may be anything: every offset
 * is checked, and nothing larger than its stated limit is read.
 */
#ifndef STRAIN_VM_MATRIX_IMAGE_ELF_H
#define STRAIN_VM_MATRIX_IMAGE_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct elf {
	unsigned char class, order; /* EI_CLASS, EI_DATA */
	uint16_t type, machine;
	char *interpreter;   /* NULL: starts without */
	struct words needed; /* DT_NEEDED */
	struct words path;   /* folders of DT_RUNPATH, else of DT_RPATH */
};

/*
 * 0; -ENOEXEC: no ELF file; -EBADMSG: one whose tables lie outside of it or
 * are too large; another -errno. Then @elf is empty.
 */
int elf_read(const char *path, struct elf *elf);
void elf_free(struct elf *elf);
#define _cleanup_elf_ __attribute__((cleanup(elf_free)))

/* Is there a note of that owner and type? As elf_read(), 1 is yes. */
int elf_has_note(const char *path, const char *owner, uint32_t type);

#endif
