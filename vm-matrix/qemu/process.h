/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child that dies with us and inherits only what it is given. */
#ifndef STRAIN_VM_MATRIX_QEMU_PROCESS_H
#define STRAIN_VM_MATRIX_QEMU_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

struct process_spec {
	char *const *argv;  /* argv[0] is looked up in PATH */
	int std[3];         /* descriptors; -1: /dev/null */
	const int *keep;    /* descriptors that it inherits, same numbers */
	size_t n_keep;
	unsigned pin;       /* 1 + the CPU to run on; 0: any */
};

/*
 * In a process group of its own (a Ctrl-C at the terminal is ours to handle),
 * with default signals, killed when the calling thread ends. The pid; or -errno,
 * that of exec too.
 */
pid_t process_start(const struct process_spec *spec);
/* Becomes readable when the child ends; close on exec. -errno. */
int process_fd(pid_t pid);

#endif
