/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is compared with what: a kernel and a command line for it, ready to
 * boot. Any number of sides share one cache and one guest.
 */
#ifndef STRAIN_VM_MATRIX_PAIR_SIDE_H
#define STRAIN_VM_MATRIX_PAIR_SIDE_H

#include "vm-matrix/kernel/kernel.h"

#define PAIR_SIDES 16

struct pair_side {
	const char *source;  /* of the kernel, as typed */
	const char *cmdline; /* words after the default ones; NULL: none */
	char *label;         /* tells it from the others */
	struct kernel kernel;
	char *vmlinux;       /* that boots fast and always at one place, or NULL */
	char *initrd;
};

struct pair_sides {
	struct pair_side side[PAIR_SIDES];
	size_t n;
};

/* What is to be in every guest beside its program. */
struct pair_content {
	const char *arch;    /* Debian's name */
	const char *guest;   /* the static program for it */
	const struct words *modules; /* names and parameters; before the job */
	const struct words *programs;
};

/*
 * Gets kernels and makes images. 0, or what kernel_resolve() returns, with
 * one line in *why, to free.
 */
int pair_sides_open(struct pair_sides *s, const struct pair_content *content,
		    struct kernel_cache *cache, char **why);
void pair_sides_close(struct pair_sides *s);

/* Labels out of names and command lines: the shortest that differ. Pure. */
void pair_labels(struct pair_sides *s);

#endif
