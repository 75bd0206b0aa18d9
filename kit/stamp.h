/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stamped data: every 512 bytes say which file and place they belong to and
 * which writing they came from, under a checksum. 512 bytes is the smallest
 * sector, so a crash or a race can mix stamps but never halves of one; a
 * damaged stamp is damage, not a mix.
 *
 * The checksum is a multilinear hash with odd multipliers (D. Lemire,
 * O. Kaser, "Strongly universal string hashing is fast", The Computer Journal
 * 57, 2014): one multiplication for 8 bytes, so that stamping costs little
 * beside the write that is measured.
 */
#ifndef STRAIN_KIT_STAMP_H
#define STRAIN_KIT_STAMP_H

#include <stddef.h>
#include <stdint.h>

#define STAMP_SIZE 512

enum stamp_state {
	STAMP_WHOLE,   /* one generation throughout */
	STAMP_EMPTY,   /* zeros throughout: never written, or a hole */
	STAMP_TORN,    /* more than one generation, or some of it zeros */
	STAMP_FOREIGN, /* sound stamps of another file or place */
	STAMP_DAMAGED, /* bytes that are neither a stamp nor zeros */
};

struct stamp_verdict {
	enum stamp_state state; /* the worst of all blocks */
	uint64_t low, high;     /* generations found; 0 counts as empty */
	uint64_t at;            /* offset of the first bad or differing block */
	uint64_t file, block;   /* FOREIGN: what that block says it is */
};

/*
 * Stamps @size bytes (a multiple of STAMP_SIZE) that will be written to @file
 * at @offset (the same). Generations start at 1. @buf is aligned to 8.
 */
void stamp_fill(void *buf, size_t size, uint64_t file, uint64_t offset,
		uint64_t generation);
/* What @size bytes read from @offset of @file are. */
struct stamp_verdict stamp_judge(const void *buf, size_t size, uint64_t file,
				 uint64_t offset);
/* "torn", ... */
const char *stamp_name(enum stamp_state state);

#endif
