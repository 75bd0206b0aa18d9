/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One task that writes units of its file by one of three ways: with RWF_ATOMIC
 * in the variant ATOMIC_ATOMIC, plainly in the other. Each write is judged:
 * whether it was accepted, and its length. A plain one that fails breaks the
 * task, since nothing can be compared with it.
 */
#ifndef STRAIN_KIT_ATOMIC_WRITER_H
#define STRAIN_KIT_ATOMIC_WRITER_H

#include "kit/atomic.h"

#define ATOMIC_DEPTH_MAX 64

struct atomic_writer {
	struct atomic_place place;
	const struct atomic_limits *limits; /* of the file */
	enum rwflags_way how;
	struct rwflags *way;
	char *buf;      /* writes under way, side by side */
	size_t room;    /* bytes of it */
	unsigned depth; /* writes under way, at most */
	struct iovec iov[ATOMIC_DEPTH_MAX];
	struct rwflags_io io[ATOMIC_DEPTH_MAX];
	uint64_t generation; /* of the stamps written last */
	int flags;
};

/*
 * After atomic_setup(): this worker's file, for @depth writes at once. Skips
 * where the kernel refuses that way. Says how large units are (two gauges).
 */
void atomic_writer_open(struct worker *w, struct atomic_writer *d, enum rwflags_way how,
			unsigned depth);
void atomic_writer_close(struct atomic_writer *d);
/* How many writes of @size may be under way: the depth, where there is room. */
unsigned atomic_writer_depth(const struct atomic_writer *d, uint32_t size);
/*
 * So many of @size at different random places, counted and timed; the time of
 * all is added to *@ns. False when one was not accepted.
 */
bool atomic_writer_write(struct worker *w, struct atomic_writer *d, uint32_t size,
			 unsigned n, uint64_t *ns);
/* One that carries stamps, read again and judged. */
void atomic_writer_read_back(struct worker *w, struct atomic_writer *d, uint32_t size);

#endif
