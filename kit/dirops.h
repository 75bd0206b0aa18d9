/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One directory operation each, as a row: system call form and io_uring form. */
#ifndef STRAIN_KIT_DIROPS_H
#define STRAIN_KIT_DIROPS_H

#include "core/stressor.h"

enum {
	DIROP_CREATE,
	DIROP_MKDIR,
	DIROP_UNLINK,
	DIROP_RMDIR,
	DIROP_RENAME,
	DIROP_LINK,
	DIROP_SYMLINK,
	DIROP_OPEN,
	DIROP_CREATE_UNLINK,
	DIROP_URING_MKDIR,
	DIROP_URING_UNLINK,
	DIROP_URING_RENAME,
};

struct dirop {
	int (*prepare)(int dir, const char *name); /* makes what act needs */
	int (*act)(int dir, const char *name);     /* 0, or -1 with errno */
	int (*clean)(int dir, const char *name);   /* takes away what act left */
	char after;        /* letter of the names that are there after act; 0: none */
	mode_t type;       /* what they are, or what is removed: S_IFREG, ... */
	int loser;         /* errno of whoever comes second to the same name */
	unsigned batched;  /* IORING_OP_*; 0: act is a system call */
	int flags;         /* of the io_uring form */
};

extern const struct dirop dirops[];

/* Creates an empty file exclusively. 0, or -1 with errno. */
int dirop_make_file(int dir, const char *name);

/* Operations in batches through io_uring. NULL when built without liburing. */
struct dirbatch;

struct dirbatch *dirbatch_open(struct worker *w);
/*
 * Acts on the names "fOWNER-0".. of @names. Results 0 are added to @done; returns
 * how many were neither 0 nor -@loser.
 */
unsigned dirbatch_run(struct dirbatch *b, const struct dirop *op, int dir,
		      unsigned owner, unsigned names, int loser,
		      volatile uint32_t *done);
void dirbatch_close(struct dirbatch *b);

#endif
