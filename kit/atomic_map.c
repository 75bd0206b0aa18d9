/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atomic writes over every state that the blocks below them can be in. The
 * unit is the third of four equal pieces of a small file, so that both
 * neighbours show when a write reaches too far.
 */
#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/str.h"
#include "core/compat.h"
#include "core/sys.h"
#include "kit/atomic.h"

struct map {
	int fd, buffered, other; /* other: takes clones, and splits extents */
	uint64_t id;
	uint32_t min, size;
	char *buf; /* 4 * largest size */
	uint64_t generation;
	uint32_t told; /* mappings that cannot be made here, by their row */
};

static void stamped_write(struct worker *w, struct map *m, int fd, off_t from,
			  size_t n, uint64_t generation)
{
	stamp_fill(m->buf, n, m->id, from, generation);
	sys_pwrite(w, fd, m->buf, n, from);
}

/* Everything but the unit. */
static void write_neighbours(struct worker *w, struct map *m)
{
	stamped_write(w, m, m->fd, 0, 2 * m->size, m->generation);
	stamped_write(w, m, m->fd, 3 * m->size, m->size, m->generation);
}

static bool written(struct worker *w, struct map *m)
{
	stamped_write(w, m, m->fd, 0, 4 * m->size, m->generation);
	return true;
}

static bool hole(struct worker *w, struct map *m)
{
	write_neighbours(w, m);
	return true;
}

static bool unwritten(struct worker *w, struct map *m)
{
	write_neighbours(w, m);
	return fallocate(m->fd, 0, 2 * m->size, m->size) == 0;
}

static bool mixed(struct worker *w, struct map *m)
{
	write_neighbours(w, m);
	if (fallocate(m->fd, 0, 2 * m->size, m->size / 2) < 0)
		return false;
	for (uint32_t at = 0; at < m->size; at += 2 * m->min)
		stamped_write(w, m, m->fd, 2 * m->size + at, m->min,
			      m->generation);
	return true;
}

static bool reflinked(struct worker *w, struct map *m)
{
	written(w, m);
	return ioctl(m->other, FICLONE, m->fd) == 0;
}

/* Blocks laid down backwards, each beside one of the other file. */
static bool fragmented(struct worker *w, struct map *m)
{
	uint32_t step = m->size / 64 > m->min ? m->size / 64 : m->min;

	for (off_t at = 4 * m->size; at > 0; at -= step) {
		stamped_write(w, m, m->other, at - step, step, m->generation);
		stamped_write(w, m, m->fd, at - step, step, m->generation);
	}
	return true;
}

static bool append(struct worker *w, struct map *m)
{
	stamped_write(w, m, m->fd, 0, 2 * m->size, m->generation);
	return true;
}

static bool past_end(struct worker *w, struct map *m)
{
	stamped_write(w, m, m->fd, 0, m->size, m->generation);
	return true;
}

static const struct mapping {
	const char *what;
	bool (*make)(struct worker *w, struct map *m); /* false: not here */
	unsigned left, right; /* pieces before and after the unit with data */
} mappings[] = {
	{ "over written blocks", written, 2, 1 },
	{ "over a hole", hole, 2, 1 },
	{ "over unwritten blocks", unwritten, 2, 1 },
	{ "over mixed blocks", mixed, 2, 1 },
	{ "over reflinked blocks", reflinked, 2, 1 },
	{ "over fragmented blocks", fragmented, 2, 1 },
	{ "appended", append, 2, 0 },
	{ "past the end", past_end, 1, 0 },
};

static void judge(struct worker *w, struct map *m, int fd, off_t from, size_t n,
		  uint64_t generation, const char *what)
{
	if (!n)
		return;
	sys_pread(w, fd, m->buf, n, from);
	atomic_judge_read(w, m->buf, n, m->id, from, generation, what);
}

/* What a crash-free reader must see, through and past the page cache. */
static void judge_all(struct worker *w, struct map *m, const struct mapping *k)
{
	uint32_t size = m->size;
	uint64_t old = m->generation, now = old + 1;

	judge(w, m, m->fd, 2 * size, size, now, k->what);
	judge(w, m, m->buffered, 2 * size, size, now, k->what);
	judge(w, m, m->fd, 0, k->left * size, old, "left of an atomic write");
	judge(w, m, m->fd, 3 * size, k->right * size, old,
	      "right of an atomic write");
	if (k->make == reflinked)
		judge(w, m, m->other, 0, 4 * size, old,
		      "of a clone of what was written atomically");
}

/* Not every filesystem has every mapping; said once. */
static void cannot_make(struct worker *w, struct map *m,
			const struct mapping *k)
{
	uint32_t bit = 1u << (k - mappings);

	if (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOTTY)
		worker_broken(w, "blocks to write atomically %s: %s", k->what,
			      strerror(errno));
	if (!(m->told & bit))
		worker_note(w, "no atomic writes %s: %s", k->what,
			    strerror(errno));
	m->told |= bit;
}

static void map_one(struct worker *w, struct map *m, const struct mapping *k)
{
	uint64_t now = m->generation + 1;
	off_t at = 2 * m->size;
	struct iovec iov;
	long result;

	sys_ftruncate(w, m->fd, 0);
	sys_ftruncate(w, m->other, 0);
	if (!k->make(w, m)) {
		cannot_make(w, m, k);
		return;
	}
	iov = (struct iovec){ m->buf, m->size };
	stamp_fill(m->buf, m->size, m->id, at, now);
	if (worker_mutated(w, ATOMIC_ACCEPTED))
		at += STAMP_SIZE;
	result = rwflags_pwritev(m->fd, &iov, 1, at, RWF_ATOMIC);
	if (atomic_judge_answer(w, result < 0 ? -errno : result, m->size,
				k->what))
		judge_all(w, m, k);
	m->generation = now;
	worker_count(w, ATOMIC_OPS, 1);
}

void atomic_mappings(struct worker *w)
{
	const struct atomic_limits *l =
		&((struct atomic_shared *)w->shared)->limits;
	struct map m = { .id = 1 + w->index, .min = l->min, .generation = 1 };
	char path[512], other[520];
	unsigned turn = 0;

	if (((const struct atomic_opts *)w->opts)->device)
		worker_skip(w, "mappings are a file's, not a device's");
	snprintf(path, sizeof(path), "%s/mapped-%u", w->scratch, w->index);
	snprintf(other, sizeof(other), "%s-other", path);
	m.fd = sys_open(w, path, O_RDWR | O_CREAT | O_DIRECT, 0600);
	m.buffered = sys_open(w, path, O_RDONLY, 0);
	m.other = sys_open(w, other, O_RDWR | O_CREAT | O_DIRECT, 0600);
	m.buf = sys_alloc(w, 4096, 4ULL * l->max);
	m.size = l->min;
	while (worker_running(w)) {
		map_one(w, &m, &mappings[turn++ % ARRAY_SIZE(mappings)]);
		if (turn % ARRAY_SIZE(mappings) == 0)
			m.size = m.size < l->max ? 2 * m.size : l->min;
	}
	close(m.fd);
	close(m.buffered);
	close(m.other);
	free(m.buf);
}
