/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of all that was written to a disk, in the format of dm-log-writes (the
 * kernel's Documentation/admin-guide/device-mapper/log-writes.rst), as QEMU's
 * blklogwrites makes it: a superblock, then entries in the order in which the
 * disk was done with them, each a header and its data, padded to sectors.
 *
 * And what such a disk may hold after it lost its volatile cache: every write
 * before the last flush, and of those after it each none, whole or in pieces.
 */
#ifndef STRAIN_VM_MATRIX_CRASH_LOG_H
#define STRAIN_VM_MATRIX_CRASH_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

#define CRASH_SECTOR_SIZE 512U /* of a log; other sizes are refused */

enum crash_flag {
	CRASH_FLUSH = 1,   /* all before it is durable */
	CRASH_FUA = 2,     /* this write is */
	CRASH_DISCARD = 4, /* no data: reads as zeroes then */
	CRASH_MARK = 8,    /* a remark; no data on the disk */
};

struct crash_entry {
	uint64_t sector, sectors; /* of the disk */
	uint64_t flags;
	uint64_t data; /* where in the log */
};

struct crash_log {
	int fd;
	struct crash_entry *entry;
	size_t n;
	uint64_t next; /* offset of the entry to come */
};

/* The log may not have been made yet, or be empty. 0, or -errno with *why. */
int crash_log_open(struct crash_log *log, const char *path, char **why);
/* Reads the entries that came since. 0; -EBADMSG: damaged; -errno; *why. */
int crash_log_more(struct crash_log *log, char **why);
/* When its writer has ended: is all there that the superblock says? */
int crash_log_whole(struct crash_log *log, char **why);
void crash_log_free(struct crash_log *log);

/* How many of the first @kept entries are durable: to the last flush. */
size_t crash_durable(const struct crash_log *log, size_t kept);

enum crash_fate {
	CRASH_WHOLE,    /* every entry */
	CRASH_LOSES,    /* each none, whole, or each sector for itself; FUA whole */
	CRASH_LIES,     /* the same, and FUA is ignored */
	CRASH_NOTHING,  /* none but FUA */
};

/*
 * Writes the entries from @from to before @to into the disk image @fd, of @size
 * bytes. 0, -EBADMSG (beyond the end of the disk) or -errno, with *why.
 */
int crash_replay(const struct crash_log *log, int fd, uint64_t size, size_t from,
		 size_t to, enum crash_fate fate, struct rng *rng, char **why);

/* A new file with the content of another, holes stay holes. 0, or -errno. */
int crash_copy(const char *from, const char *to, char **why);

#endif
