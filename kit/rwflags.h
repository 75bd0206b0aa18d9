/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One vectored read or write with RWF_ flags, three ways to ask for it: the
 * system call, io_uring and Linux AIO. A result is what the kernel said of
 * that request, whether it said so at submission or at completion.
 */
#ifndef STRAIN_KIT_RWFLAGS_H
#define STRAIN_KIT_RWFLAGS_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

/* pwritev2(2) and preadv2(2), which not every C library has. -1 with errno. */
ssize_t rwflags_pwritev(int fd, const struct iovec *iov, int n, off_t offset,
			int flags);
ssize_t rwflags_preadv(int fd, const struct iovec *iov, int n, off_t offset,
		       int flags);

enum rwflags_way { RWFLAGS_SYSCALL, RWFLAGS_URING, RWFLAGS_AIO, RWFLAGS_WAYS };

struct rwflags_io {
	int fd;
	bool read;
	const struct iovec *iov;
	unsigned n_iov;
	off_t offset;
	int flags;   /* RWF_* */
	long result; /* bytes, or -errno */
};

struct rwflags;

/* NULL, or why this binary cannot go that way. */
const char *rwflags_missing(enum rwflags_way way);
/* For up to @depth requests at a time. NULL with errno. */
struct rwflags *rwflags_open(enum rwflags_way way, unsigned depth);
void rwflags_close(struct rwflags *r);
/*
 * Submits @n requests (at most the depth) together and waits for all; the
 * system call does them one after the other. 0, or -errno when the ring
 * itself failed and results mean nothing.
 */
int rwflags_run(struct rwflags *r, struct rwflags_io *io, unsigned n);
/* "pwritev2", ... */
const char *rwflags_name(enum rwflags_way way);

#endif
