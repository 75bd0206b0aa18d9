/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 (FIPS 180-4), by which kernels, images, guests and results of cells
 * are known. Own code: libmd is there only where libbsd is, and the guest and
 * foreign builds are to need no library for it.
 */
#ifndef STRAIN_VM_MATRIX_DIGEST_H
#define STRAIN_VM_MATRIX_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* 64 digits in lower case and a NUL. */
#define DIGEST_HEX 65

struct digest {
	uint32_t state[8];
	uint64_t size; /* bytes so far */
	unsigned char block[64];
};

void digest_start(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t n);
/* A text with its NUL, so that "ab" "c" is not "a" "bc"; NULL is its own. */
void digest_text(struct digest *d, const char *text);
/* The digest so far; @d may be added to no more. */
void digest_end(struct digest *d, char hex[DIGEST_HEX]);

/* All at once. */
void digest_bytes(const void *data, size_t n, char hex[DIGEST_HEX]);
/* The content of a file. 0, or -errno with @hex empty. */
int digest_file(const char *path, char hex[DIGEST_HEX]);

#endif
