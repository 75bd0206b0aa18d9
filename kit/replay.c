/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/replay.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/str.h"
#include "kit/writelog.h"

static int read_at(int fd, void *data, size_t size, uint64_t at)
{
	ssize_t n = pread(fd, data, size, at);

	if (n < 0)
		return -errno;
	return n == (ssize_t)size ? 0 : -EBADMSG;
}

static bool carries_data(uint64_t flags)
{
	return !(flags & (WRITELOG_DISCARD | WRITELOG_IS_MARK));
}

/* Reads the entry at *@at and moves *@at to the next one. */
static int load_entry(struct replay_entry *e, int fd, uint64_t *at)
{
	struct writelog_entry raw;
	int error = read_at(fd, &raw, sizeof(raw), *at);

	if (error)
		return error;
	e->to = le64toh(raw.sector) * WRITELOG_SECTOR;
	e->size = le64toh(raw.sectors) * WRITELOG_SECTOR;
	e->flags = le64toh(raw.flags);
	e->mark_bytes = 0;
	e->from = *at + WRITELOG_SECTOR;
	*at += WRITELOG_SECTOR;
	if (e->flags & WRITELOG_IS_MARK) {
		e->mark_bytes = le64toh(raw.data_bytes);
		e->from = *at - WRITELOG_SECTOR + sizeof(raw);
	} else if (carries_data(e->flags)) {
		*at += e->size;
	}
	return e->mark_bytes > WRITELOG_SECTOR - sizeof(raw) ? -EBADMSG : 0;
}

int replay_load(struct replay *r, int fd)
{
	struct writelog_super super;
	uint64_t at = WRITELOG_SECTOR, n;
	int e = read_at(fd, &super, sizeof(super), 0);

	*r = (struct replay){ 0 };
	if (e)
		return e;
	n = le64toh(super.entries);
	if (le64toh(super.magic) != WRITELOG_MAGIC ||
	    le64toh(super.version) != WRITELOG_VERSION ||
	    le32toh(super.sector_size) != WRITELOG_SECTOR)
		return -EBADMSG;
	/* A count that the file cannot hold must not decide an allocation. */
	if (n > (uint64_t)lseek(fd, 0, SEEK_END) / WRITELOG_SECTOR)
		return -EBADMSG;
	r->entry = xalloc((n + 1) * sizeof(*r->entry));
	for (; r->n < n; r->n++) {
		e = load_entry(&r->entry[r->n], fd, &at);
		if (e) {
			replay_free(r);
			return e;
		}
	}
	return 0;
}

void replay_free(struct replay *r)
{
	free(r->entry);
	*r = (struct replay){ 0 };
}

size_t replay_durable(const struct replay *r, size_t cut)
{
	while (cut > 0 && !(r->entry[cut - 1].flags & WRITELOG_FLUSH))
		cut--;
	/* A write that carries a flush comes after it. */
	return cut ? cut - 1 : 0;
}

size_t replay_worst(const struct replay *r, size_t first)
{
	uint64_t pieces = 0, most = 0;
	size_t worst = r->n;

	for (size_t i = 0; i < r->n; i++) {
		uint64_t flags = r->entry[i].flags;

		if (flags & WRITELOG_FLUSH)
			pieces = 0;
		if (carries_data(flags) && !(flags & WRITELOG_FUA))
			pieces += r->entry[i].size / REPLAY_PIECE;
		if (i >= first && pieces > most) {
			most = pieces;
			worst = i + 1;
		}
	}
	return worst;
}

struct walk {
	struct rng rng;
	int (*step)(void *ctx, const struct replay_step *s);
	void *ctx;
};

static int walk_whole(struct walk *w, const struct replay_entry *e)
{
	struct replay_step s = {
		.to = e->to,
		.size = e->size,
		.from = e->from,
		.discard = e->flags & WRITELOG_DISCARD,
	};

	return w->step(w->ctx, &s);
}

static int walk_pieces(struct walk *w, const struct replay_entry *e)
{
	int result = 0;

	for (uint64_t done = 0, size; done < e->size && !result; done += size) {
		struct replay_step s = { .to = e->to + done,
					 .from = e->from + done };

		size = REPLAY_PIECE - s.to % REPLAY_PIECE;
		if (size > e->size - done)
			size = e->size - done;
		s.size = size;
		if (rng_below(&w->rng, 2))
			result = w->step(w->ctx, &s);
	}
	return result;
}

/* An entry that the disk answered but nobody asked it to keep. */
static int walk_volatile(struct walk *w, const struct replay_entry *e,
			 enum replay_mood mood)
{
	if (e->flags & WRITELOG_DISCARD)
		return rng_below(&w->rng, 2) ? walk_whole(w, e) : 0;
	if (mood == REPLAY_PIECES)
		return walk_pieces(w, e);
	switch (rng_below(&w->rng, 3)) {
	case 0:
		return 0;
	case 1:
		return walk_whole(w, e);
	default:
		return walk_pieces(w, e);
	}
}

/*
 * Tells @step, in order, what reached the disk in the state that @cut, @mood
 * and @seed choose: the same three, the same state. Stops with the first
 * nonzero that @step returns and returns it.
 */
static int replay_walk(const struct replay *r, size_t cut, enum replay_mood mood,
		uint64_t seed,
		int (*step)(void *ctx, const struct replay_step *s), void *ctx)
{
	struct walk w = { .step = step, .ctx = ctx };
	size_t durable = replay_durable(r, cut);
	int result = 0;

	rng_seed(&w.rng, seed);
	for (size_t i = 0; i < cut && !result; i++) {
		const struct replay_entry *e = &r->entry[i];

		if (!e->size || e->flags & WRITELOG_IS_MARK)
			continue;
		if (i < durable || e->flags & WRITELOG_FUA)
			result = walk_whole(&w, e);
		else
			result = walk_volatile(&w, e, mood);
	}
	return result;
}

struct copy {
	int log, image;
	char *buf;
};

#define COPY_BYTES (1u << 20)

static int copy_step(void *ctx, const struct replay_step *s)
{
	struct copy *c = ctx;

	if (s->discard) {
		int e = fallocate(c->image,
				  FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				  s->to, s->size);

		return e < 0 ? -errno : 0;
	}
	for (uint64_t done = 0, size; done < s->size; done += size) {
		int e;

		size = s->size - done;
		if (size > COPY_BYTES)
			size = COPY_BYTES;
		e = read_at(c->log, c->buf, size, s->from + done);
		if (e)
			return e;
		if (pwrite(c->image, c->buf, size, s->to + done) !=
		    (ssize_t)size)
			return -EIO;
	}
	return 0;
}

int replay_image(const struct replay *r, int log, int image, size_t cut,
		 enum replay_mood mood, uint64_t seed)
{
	_cleanup_free_ char *buf = xalloc(COPY_BYTES);
	struct copy c = { .log = log, .image = image, .buf = buf };

	return replay_walk(r, cut, mood, seed, copy_step, &c);
}
