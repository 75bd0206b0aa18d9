/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/stamp.h"

#include <stdbool.h>

#include "base/rng.h"

#define WORDS (STAMP_SIZE / 8)
#define BODY (WORDS - 5)
#define MAGIC 0x706d617473207473

struct stamp {
	uint64_t magic, file, block, generation;
	uint64_t body[BODY];
	uint64_t sum; /* of all before it */
};

_Static_assert(sizeof(struct stamp) == STAMP_SIZE, "one sector");

static uint64_t sum(const struct stamp *s)
{
	const uint64_t *word = (const uint64_t *)s;
	uint64_t h = 0, k = 0x9e3779b97f4a7c15;

	for (unsigned i = 0; i < WORDS - 1; i++, k += 0x3c6ef372fe94f82a)
		h += word[i] * k;
	return h;
}

void stamp_fill(void *buf, size_t size, uint64_t file, uint64_t offset,
		uint64_t generation)
{
	struct stamp *s = buf;

	for (size_t i = 0; i < size / STAMP_SIZE; i++, s++) {
		uint64_t seed = file ^ (generation << 20);

		s->magic = MAGIC;
		s->file = file;
		s->block = offset / STAMP_SIZE + i;
		s->generation = generation;
		seed = rng_mix(&seed) + s->block;
		for (unsigned j = 0; j < BODY; j++)
			s->body[j] = seed ^ ((uint64_t)j << 56);
		s->sum = sum(s);
	}
}

static bool empty(const struct stamp *s)
{
	const uint64_t *word = (const uint64_t *)s;
	uint64_t bits = 0;

	for (unsigned i = 0; i < WORDS; i++)
		bits |= word[i];
	return !bits;
}

static enum stamp_state judge_one(const struct stamp *s, uint64_t file,
				  uint64_t block)
{
	if (s->magic != MAGIC)
		return empty(s) ? STAMP_EMPTY : STAMP_DAMAGED;
	if (s->sum != sum(s) || !s->generation)
		return STAMP_DAMAGED;
	if (s->file != file || s->block != block)
		return STAMP_FOREIGN;
	return STAMP_WHOLE;
}

struct stamp_verdict stamp_judge(const void *buf, size_t size, uint64_t file,
				 uint64_t offset)
{
	const struct stamp *s = buf;
	struct stamp_verdict v = { .low = UINT64_MAX };

	for (size_t i = 0; i < size / STAMP_SIZE; i++, s++) {
		uint64_t block = offset / STAMP_SIZE + i;
		enum stamp_state state = judge_one(s, file, block);

		if (state >= STAMP_FOREIGN) {
			v.at = i * STAMP_SIZE;
			v.state = state;
			v.file = s->file;
			v.block = s->block;
			return v;
		}
		if (!v.at && i && s->generation != v.high)
			v.at = i * STAMP_SIZE;
		if (s->generation < v.low)
			v.low = s->generation;
		if (s->generation > v.high)
			v.high = s->generation;
	}
	v.state = v.low != v.high ? STAMP_TORN
		  : v.high	  ? STAMP_WHOLE
				  : STAMP_EMPTY;
	return v;
}

const char *stamp_name(enum stamp_state state)
{
	static const char *const names[] = {
		[STAMP_WHOLE] = "whole",     [STAMP_EMPTY] = "empty",
		[STAMP_TORN] = "torn",	     [STAMP_FOREIGN] = "foreign",
		[STAMP_DAMAGED] = "damaged",
	};

	return names[state];
}
