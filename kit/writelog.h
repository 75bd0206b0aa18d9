/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log of everything that a block device was told, in the format of the
 * kernel's dm-log-writes target (Documentation/admin-guide/device-mapper/
 * log-writes.rst), written without device-mapper: a FUSE server exports one
 * file, a loop device sits on it, and what reaches the file is what a disk
 * would have seen. Writes, flushes and discards are logged in the order in
 * which the server answers them, one at a time; a write that was answered
 * before a flush arrived is therefore before it in the log.
 *
 * The mount has two files: WRITELOG_DISK to put the loop device on and
 * WRITELOG_MARK: each write(2) to it becomes a mark in the log.
 */
#ifndef STRAIN_KIT_WRITELOG_H
#define STRAIN_KIT_WRITELOG_H

#include <stdint.h>
#include <sys/types.h>

#define WRITELOG_SECTOR 512
#define WRITELOG_DISK "disk"
#define WRITELOG_MARK "mark"
#define WRITELOG_MARK_MAX 128 /* bytes of a mark */

/* Flags of an entry, as in drivers/md/dm-log-writes.c. */
enum {
	WRITELOG_FLUSH = 1,   /* what was answered before is durable */
	WRITELOG_FUA = 2,     /* this write is durable when answered */
	WRITELOG_DISCARD = 4, /* no data */
	WRITELOG_IS_MARK = 8, /* data inside the entry's sector */
};

#define WRITELOG_MAGIC 0x6a736677736872ULL
#define WRITELOG_VERSION 1

/* Both fill a sector of the log; little endian on disk. */
struct writelog_super {
	uint64_t magic, version, entries;
	uint32_t sector_size;
};

struct writelog_entry {
	uint64_t sector, sectors; /* on the device */
	uint64_t flags;
	uint64_t data_bytes;      /* of a mark */
};

/* In shared memory: the server appends, whoever runs the workload restarts. */
struct writelog {
	int disk;                  /* file that holds what the exported file does */
	int log;                   /* file of the log */
	uint64_t disk_bytes;
	uint64_t limit;            /* bytes of log; then writes fail with ENOSPC */
	volatile uint64_t entries, bytes;
};

/* Begins an empty log. Nobody may be writing. 0, or -errno. */
int writelog_start(struct writelog *l);
/*
 * Appends an entry with its data (@sectors of it, or @mark_bytes of a mark, or
 * none). 0, or -errno.
 */
int writelog_add(struct writelog *l, uint64_t sector, uint64_t sectors,
		 uint64_t flags, const void *data, size_t mark_bytes);

/*
 * Serves @fuse_fd (an open /dev/fuse that is mounted already) until it is
 * unmounted or aborted. To be called in a process of its own that alone holds
 * @fuse_fd: when it dies the kernel aborts the connection and nothing hangs.
 * 0, or -errno; -ENOSYS when built without libfuse3.
 */
int writelog_serve(struct writelog *l, int fuse_fd);

#endif
