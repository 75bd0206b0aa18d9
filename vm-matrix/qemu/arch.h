/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU and the kernel want to be told for each architecture. */
#ifndef STRAIN_VM_MATRIX_QEMU_ARCH_H
#define STRAIN_VM_MATRIX_QEMU_ARCH_H

#include <stdbool.h>

struct vm_arch {
	const char *name;      /* Debian's: amd64 */
	const char *uname;     /* what the guest's uname says: x86_64 */
	const char *binary;    /* qemu-system-x86_64 */
	const char *package;   /* that has the binary, in Debian */
	const char *machine;   /* of -machine, with its properties */
	const char *cpu;       /* under TCG; NULL: QEMU's own choice */
	const char *exact_cpu; /* in exact mode; NULL: the same */
	const char *console;   /* console= on the kernel's command line */
	const char *cmdline;   /* more words for the kernel; NULL: none */
	unsigned cmdline_room; /* bytes that kernels have for all of them, with the
				* 0 at the end: COMMAND_LINE_SIZE of asm/setup.h.
				* They cut off what is longer, and do not say so. */
	bool vmlinux;          /* boots the unpacked image (PVH): faster, and
				* without a random layout */
	bool sclp;             /* the console is a device of its own */
	bool numa, hmat, pmem, pvpanic;
	unsigned restores_from; /* QEMU's major version whose restored machines
				 * go on as they were; 0: all */
};

/* NULL: there is none. By Debian's name. */
const struct vm_arch *vm_arch(const char *name);
/* The @i-th of all, NULL at the end. */
const struct vm_arch *vm_arch_at(unsigned i);
/* Debian's name of the machine we run on; NULL: not among ours. */
const char *vm_arch_native(void);

#endif
