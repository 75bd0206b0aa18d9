/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of vm-matrix/image share; for nobody else. */
#ifndef STRAIN_VM_MATRIX_IMAGE_PARTS_H
#define STRAIN_VM_MATRIX_IMAGE_PARTS_H

#include <stdint.h>
#include <sys/types.h>

#include "vm-matrix/image/image.h"

struct image_entry {
	char *path;  /* without the first slash */
	mode_t mode; /* with its type */
	char *host;  /* of a file: where its content is; NULL: in .data */
	char *data;  /* content of a file, target of a link */
	size_t size;
	unsigned major, minor;
};

struct image {
	struct image_entry *entry;
	size_t n;
	/* Modules: where they come from, and where they lie unpacked. */
	char *modules, *stage;
	int stage_lock;
};

/* Sets *why, if there is one, and returns @err. */
int image_fail(char **why, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Brings the entries into the order of their paths. */
void image_sort(struct image *img);
/* The size of a regular file, or -errno. */
int64_t image_size(const char *path);

/*
 * A file beside @path that takes its name when all went well: 0 and a
 * descriptor, then image_commit() with what came of it, which returns @err or
 * its own failure and leaves nothing behind in that case. Where the filesystem
 * can, it has no name until then: killed, we leave none behind.
 */
struct image_out {
	const char *path;
	char *temporary; /* to read it by */
	int fd;
	bool unnamed;
};

int image_create(struct image_out *out, const char *path, char **why);
int image_commit(struct image_out *out, int err, char **why);

/* Bytes @at to @at + @size of a file, as a source to unpack from. */
struct image_piece {
	const char *name; /* for messages */
	int fd;
	uint64_t at, size;
};

/* Unpacks a piece to a descriptor; *made gets the size. As image_unpack(). */
int image_unpack_piece(const struct image_piece *from, int to, uint64_t max,
		       uint64_t *made, char **why);

/*
 * The folder on disk where modules of @dir lie unpacked; it goes with the
 * image, and that of a process that was killed with the next image anybody
 * makes. Then the indexes of what is in it, put into the image.
 */
int image_stage_open(struct image *img, const char *dir, char **why);
int image_stage_index(struct image *img, char **why);
void image_stage_close(struct image *img);

#endif
