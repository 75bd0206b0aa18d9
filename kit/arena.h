/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that one thread joins, splits or moves while others read and write
 * it. All its pages have known words; even pages must show them at any time,
 * odd ones may be taken away and put back. One word of each even page is the
 * writer's, who notices when a write of his is lost.
 *
 * Made in setup, it is a mapping that each worker inherits for itself; the
 * threads of a worker share it.
 */
#ifndef STRAIN_KIT_ARENA_H
#define STRAIN_KIT_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/pages.h"
#include "kit/region.h"

struct worker;

struct arena {
	struct region region;
	struct pages pages;
	size_t size, blocks;  /* of a block (a huge page), and how many */
	size_t slot;          /* the writer's word of a page */
	volatile bool ready;
};

/* In setup: @blocks blocks of @size bytes, mapped and not yet touched. */
struct arena *arena_make(struct worker *w, size_t size, size_t blocks);
/* By the thread that works on it: fills it and lets the others begin. */
void arena_begin(struct arena *a);
/* Start of block @b. */
char *arena_block(const struct arena *a, size_t b);
/* Blocks that smaps calls huge; ends the task as broken when it cannot say. */
uint64_t arena_huge(struct worker *w, const struct arena *a);
/*
 * Has huge pages mapped as small ones: a mapping that differs for a moment in
 * the middle of a block cuts its PMD. Nothing is unmapped.
 */
void arena_cut(struct worker *w, const struct arena *a);
/*
 * Unmaps page @at: MADV_DONTNEED, or with @replace by a new mapping over it. It
 * is zero until arena_put_back() writes what it must hold.
 */
void arena_take(struct worker *w, const struct arena *a, size_t at, bool replace);
void arena_put_back(const struct arena *a, size_t at);
/* Evaluates @check over all pages, which nobody may be changing. */
void arena_judge(struct worker *w, const struct arena *a, unsigned check);
/* Run functions of the other threads: evaluate @check at random even pages. */
void arena_read(struct worker *w, const struct arena *a, unsigned check);
void arena_write(struct worker *w, const struct arena *a, unsigned check);

#endif
