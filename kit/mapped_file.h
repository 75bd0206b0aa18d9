/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file behind the pages of kit/touch.h. Writes to a shared mapping of it are
 * seen by read(2) and by other mappings; writes to a private one never are.
 */
#ifndef STRAIN_KIT_MAPPED_FILE_H
#define STRAIN_KIT_MAPPED_FILE_H

#include "kit/touch.h"

struct mapped_file {
	int fd;        /* the caller's to open and close */
	off_t offset;  /* of the pages in it */
	bool shared;   /* how it is mapped */
	int check;     /* the stressor's: writes are in the file, or are not */
	bool synced;
};

/* In setup: a file in the scratch directory with @copies of what @s with @seed
 * holds untouched, one after the other. */
void mapped_file_make(struct worker *w, const char *name, const struct pages *s,
		      uint64_t seed, unsigned copies);
/* Maps it as .shared says, or the other way round for the mutation of .check. */
void mapped_file_begin(const struct mapped_file *f, struct touch *t);
/*
 * Evaluates .check at some of the touched pages. Of a shared mapping also after
 * an msync(2): once only, since writing back in every cycle would measure the
 * disk, but always with --verify.
 */
void mapped_file_check(struct mapped_file *f, const struct touch *t);

#endif
