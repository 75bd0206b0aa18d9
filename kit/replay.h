/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a disk with a volatile write cache may hold after a power cut, from a
 * write log (kit/writelog.h).
 *
 * The model: the disk has answered the first @cut entries of the log. All that
 * was answered before the last flush among them is there, and so is every
 * write with FUA. Of each later write the disk kept nothing, all, or any set
 * of its aligned 4 KiB pieces; of a later discard nothing or all. Disks do not
 * write single sectors apart from a page in practice, and a model that tears
 * below the logical block size would blame filesystems for what no disk does.
 */
#ifndef STRAIN_KIT_REPLAY_H
#define STRAIN_KIT_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_PIECE 4096

struct replay_entry {
	uint64_t to, size; /* bytes on the device */
	uint64_t flags;    /* WRITELOG_* */
	uint64_t from;     /* offset of the data in the log, or of a mark's text */
	uint64_t mark_bytes;
};

struct replay {
	struct replay_entry *entry; /* owned */
	size_t n;
};

/* Reads the table of the log in @fd. 0, or -errno (-EBADMSG: not a log). */
int replay_load(struct replay *r, int fd);
void replay_free(struct replay *r);

/* Entries before this one are durable at @cut; later ones only with FUA. */
size_t replay_durable(const struct replay *r, size_t cut);
/* The cut, from entry @first on, that leaves the most pieces to chance. */
size_t replay_worst(const struct replay *r, size_t first);

enum replay_mood {
	REPLAY_MIXED,  /* nothing, all or pieces, a third each */
	REPLAY_PIECES, /* every write that may be cut up is */
};

/* One stretch that the disk holds; !@discard: from the log at @from. */
struct replay_step {
	uint64_t to, size, from;
	bool discard;
};

/* The same into @image, which holds the disk as it was when the log began. */
int replay_image(const struct replay *r, int log, int image, size_t cut,
		 enum replay_mood mood, uint64_t seed);

#endif
