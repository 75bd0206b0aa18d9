/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of QEMU, from nothing but the spec and the host's counter. */
#ifndef STRAIN_VM_MATRIX_QEMU_COMMAND_H
#define STRAIN_VM_MATRIX_QEMU_COMMAND_H

#include "base/str.h"
#include "vm-matrix/qemu/vm.h"

#define COMMAND_DISKS 16
#define COMMAND_NODES 8
#define COMMAND_MEMORY (512ULL << 20)

/* Descriptors that QEMU inherits; -1: not there. */
struct command_wires {
	int qmp, port, console;
	int state;               /* what a saved state is read from */
	int disk[COMMAND_DISKS]; /* of those without a path */
};

/* Adds the words, the program first. 0, or -EINVAL with *why: a machine that
 * cannot be. */
int command_build(struct words *argv, const char *binary,
		  const struct vm_spec *spec, const struct command_wires *wires,
		  char **why);
/* Is the clock that of the instructions? */
static inline bool command_counts(const struct vm_spec *spec)
{
	return spec->exact || spec->paced;
}
/* What the kernel is told; to free. */
char *command_append(const struct vm_spec *spec);
/* MHz of this machine's time stamp counter; 0: it has none. */
unsigned command_tsc_mhz(void);

/* The parts of it: CPUs and memory; disks. */
int command_memory(struct words *argv, const struct vm_spec *spec, char **why);
int command_disks(struct words *argv, const struct vm_spec *spec,
		  const struct command_wires *wires, char **why);

/* Two words, the second as by printf. */
void command_option(struct words *argv, const char *option, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
