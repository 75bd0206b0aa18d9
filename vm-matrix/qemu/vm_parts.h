/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a machine, for the files of this folder. */
#ifndef STRAIN_VM_MATRIX_QEMU_VM_PARTS_H
#define STRAIN_VM_MATRIX_QEMU_VM_PARTS_H

#include <sys/types.h>

#include "base/str.h"
#include "vm-matrix/frame.h"
#include "vm-matrix/qemu/command.h"
#include "vm-matrix/qemu/qmp.h"
#include "vm-matrix/qemu/vm.h"

#define VM_COMMAND_MS 10000

/* The last bytes of a stream that may be long. */
struct vm_tail {
	struct str kept;
	size_t max;
};

/* A stream to and from QEMU. */
struct vm_stream {
	int fd;           /* -1: closed */
	struct str out;   /* waits to be written, from .written on */
	size_t written;
};

struct vm {
	struct vm_events events;
	struct qmp qmp;
	struct vm_stream port, console;
	struct frame_reader frames;
	bool garbage;           /* told; nothing well-formed came since */
	struct vm_tail seen;    /* on the console */
	int said_fd;            /* QEMU's stdout and stderr */
	struct str said;
	pid_t pid;              /* 0: reaped */
	pid_t last_pid;
	int pid_fd;
	int status;             /* of waitpid(), once reaped */
	uint64_t spent;         /* CPU time, once reaped */
	pid_t unpacker;         /* that feeds a saved state; 0: none */
	pid_t *cpu;             /* threads; found when first asked for */
	size_t n_cpus;
};

/* Makes the machine's processes; 0 or *why. */
int vm_spawn(struct vm *vm, const struct vm_spec *spec, char **why);
/* Reaps QEMU if it has ended; @block: waits for that. */
void vm_reap(struct vm *vm, bool block);
/* Feeds the state at @path through a new process. A descriptor to read, or
 * -errno with *why. */
int vm_state_open(struct vm *vm, const char *path, char **why);
/* Waits until a restored machine is whole. */
int vm_state_wait(struct vm *vm, const char *path, char **why);

#endif
