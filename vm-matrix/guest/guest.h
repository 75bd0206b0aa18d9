/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest: this program as process 1 of a virtual machine whose root is an
 * initramfs. It makes ready what a run needs, tells the host so, carries out
 * one job after another, and powers off by order or when the host is gone.
 */
#ifndef STRAIN_VM_MATRIX_GUEST_GUEST_H
#define STRAIN_VM_MATRIX_GUEST_GUEST_H

/* A command line of this program; returns its exit code. */
typedef int guest_program(int argc, char **argv);

/* Is this process what the kernel of a virtual machine started as /init, with
 * nothing mounted yet? */
int guest_is_init(const char *program);
void guest_init(guest_program *program) __attribute__((noreturn));
/*
 * The jobs alone, for tests: the descriptor @port stands for the virtio port;
 * nothing is mounted, no module loaded, no setting written, nothing powered
 * off. Returns when the host says so or is gone.
 */
void guest_serve(int port, guest_program *program);

#endif
