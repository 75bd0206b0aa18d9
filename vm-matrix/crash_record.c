/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/crash_record.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "base/rng.h"
#include "vm-matrix/frame.h"

/* Of a record: crc of all that follows it, then what it is. */
struct header {
	uint32_t crc, size;
	uint64_t run, number;
};

static uint64_t seed_of(uint64_t run, uint64_t number)
{
	uint64_t state = run ^ number * 0x9e3779b97f4a7c15ULL;

	return rng_mix(&state);
}

/* Small ones, and some that take several blocks. */
static size_t size_of(uint64_t seed)
{
	size_t room = CRASH_RECORD_MAX - sizeof(struct header);

	return sizeof(struct header) + 8 +
	       (size_t)((seed >> 8) % (seed & 3 ? 600 : room - 8));
}

static void fill(unsigned char *to, size_t n, uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, seed);
	for (size_t i = 0; i < n; i += 8) {
		uint64_t word = htole64(rng_next(&rng));

		memcpy(to + i, &word, n - i < 8 ? n - i : 8);
	}
}

static size_t make(unsigned char *to, uint64_t run, uint64_t number)
{
	uint64_t seed = seed_of(run, number);
	size_t n = size_of(seed);
	struct header h = { .size = htole32((uint32_t)n), .run = htole64(run),
			    .number = htole64(number) };

	memcpy(to, &h, sizeof(h));
	fill(to + sizeof(h), n - sizeof(h), seed);
	h.crc = htole32(frame_crc(0, to + sizeof(h.crc), n - sizeof(h.crc)));
	memcpy(to, &h.crc, sizeof(h.crc));
	return n;
}

void crash_record_add(struct str *s, uint64_t run, uint64_t number)
{
	unsigned char record[CRASH_RECORD_MAX];

	str_add_n(s, (char *)record, make(record, run, number));
}

uint64_t crash_records(const void *data, size_t n, uint64_t run, uint64_t first,
		       uint64_t most, uint64_t *beyond)
{
	unsigned char record[CRASH_RECORD_MAX];
	const unsigned char *at = data;
	uint64_t whole = 0;
	bool gap = false;

	*beyond = 0;
	for (uint64_t i = 0; i < most; i++) {
		size_t size = make(record, run, first + i);
		bool good = size <= n && !memcmp(at, record, size);

		if (!good)
			gap = true;
		else if (gap)
			++*beyond;
		else
			whole++;
		if (size > n)
			break;
		at += size;
		n -= size;
	}
	return whole;
}

/* --- units ------------------------------------------------------------------- */

struct stamp {
	uint64_t run, generation;
	uint32_t unit, sector;
	uint32_t crc; /* of the sector without it */
};

static void make_sector(unsigned char *to, uint64_t run, uint32_t unit,
			uint32_t sector, uint64_t generation)
{
	struct stamp s = { .run = htole64(run), .generation = htole64(generation),
			   .unit = htole32(unit), .sector = htole32(sector) };

	memset(to, (int)(generation * 37 + sector), CRASH_SECTOR);
	memcpy(to, &s, sizeof(s));
	s.crc = htole32(frame_crc(0, to, CRASH_SECTOR));
	memcpy(to + offsetof(struct stamp, crc), &s.crc, sizeof(s.crc));
}

void crash_unit_fill(void *data, uint64_t run, uint32_t unit, uint64_t generation)
{
	unsigned char *at = data;

	for (uint32_t i = 0; i < CRASH_UNIT / CRASH_SECTOR; i++)
		make_sector(at + (size_t)i * CRASH_SECTOR, run, unit, i, generation);
}

enum crash_unit_state crash_unit_read(const void *data, uint64_t run, uint32_t unit,
				      uint64_t *low, uint64_t *high)
{
	unsigned char wanted[CRASH_SECTOR];
	const unsigned char *at = data;

	*low = UINT64_MAX;
	*high = 0;
	for (uint32_t i = 0; i < CRASH_UNIT / CRASH_SECTOR; i++) {
		struct stamp s;
		uint64_t generation;

		memcpy(&s, at, sizeof(s));
		generation = le64toh(s.generation);
		make_sector(wanted, run, unit, i, generation);
		if (memcmp(at, wanted, CRASH_SECTOR))
			return CRASH_UNIT_BAD;
		*low = generation < *low ? generation : *low;
		*high = generation > *high ? generation : *high;
		at += CRASH_SECTOR;
	}
	return *low == *high ? CRASH_UNIT_WHOLE : CRASH_UNIT_TORN;
}

uint64_t crash_unit_due(uint32_t unit, uint64_t generation)
{
	uint64_t back = (generation + CRASH_UNITS - unit) % CRASH_UNITS;

	return generation > back ? generation - back : 0;
}
