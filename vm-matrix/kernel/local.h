/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels that lie on this machine. */
#ifndef STRAIN_VM_MATRIX_KERNEL_LOCAL_H
#define STRAIN_VM_MATRIX_KERNEL_LOCAL_H

#include "vm-matrix/digest.h"
#include "vm-matrix/kernel/parts.h"

struct image_facts {
	const char *arch; /* Debian's name, or "x86"; NULL: it does not say */
	char *release;    /* to free; NULL: it does not say */
};

/* 0, or -errno (-ENOEXEC: no kernel; -EBADMSG: a part of one). */
int image_inspect(const char *path, struct image_facts *facts);
bool image_fits(const struct image_facts *facts, const char *arch);

/* A file to take over, and where it goes. */
struct staged {
	char *from, *to; /* @to is below the kernel's folder */
	bool leave;      /* it stays where it is, and is part of the digest */
};

struct stage {
	struct staged *file;
	size_t n;
};

/* Both names are taken over. */
void stage_add(struct stage *s, char *from, char *to);
/* All modules and lists of a lib/modules/RELEASE. 0, or -errno. */
int stage_modules_dir(struct stage *s, const char *dir, const char *release,
		      bool leave);
/* As `make modules_install` would; a build without modules gives none. */
int stage_build_tree(struct stage *s, const char *tree, const char *release,
		     char **why);
/* The digest of names and contents. */
int stage_digest(struct stage *s, char hex[DIGEST_HEX], char **why);
/* Copies all of it below @dir. */
int stage_copy(const struct stage *s, const char *dir, char **why);
void stage_free(struct stage *s);

#endif
