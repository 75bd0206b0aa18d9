/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address ranges for huge page work: aligned as asked, and fenced by
 * inaccessible pages, so that the kernel joins a mapping made inside with no
 * neighbour and no larger page than the range fits.
 */
#ifndef STRAIN_KIT_REGION_H
#define STRAIN_KIT_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct region {
	char *start;  /* aligned */
	size_t size;
	void *base;   /* of the whole reservation */
	size_t reserved;
};

/* Reserves; nothing is accessible yet. @align is a power of two. 0 or -errno. */
int region_reserve(struct region *r, size_t size, size_t align);
/*
 * Puts a fresh mapping of @size bytes at the region's start (whatever was
 * there is gone): memory when @fd is -1, else the file from offset 0.
 */
int region_map(const struct region *r, size_t size, int flags, int fd);
/* Takes the mapping away and keeps the reservation. */
int region_clear(const struct region *r);
void region_release(struct region *r);

/*
 * Pages of [@p, @p + @size) that are mapped (anonymous memory) or in the page
 * cache (files): mincore(2). Both arguments are multiples of the page size.
 */
size_t region_resident(const void *p, size_t size);

#endif
