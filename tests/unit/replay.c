/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The write log and the disk with a volatile cache that is made from it. */
#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "kit/replay.h"
#include "kit/writelog.h"

#define PIECES 64
#define DISK (PIECES * REPLAY_PIECE)

static struct writelog l;
static struct replay r;
static char data[DISK];

static int begin(void **state)
{
	(void)state;
	l = (struct writelog){ .disk = -1, .limit = 4 * DISK };
	l.log = memfd_create("log", MFD_CLOEXEC);
	return l.log < 0 || writelog_start(&l);
}

static int end(void **state)
{
	(void)state;
	replay_free(&r);
	return close(l.log);
}

/* Logs a write of @n pieces full of @byte at piece @at. */
static void log_write(unsigned at, unsigned n, char byte, uint64_t flags)
{
	const unsigned sectors = REPLAY_PIECE / WRITELOG_SECTOR;

	memset(data, byte, n * REPLAY_PIECE);
	assert_int_equal(
		writelog_add(&l, at * sectors, n * sectors, flags, data, 0), 0);
}

static void log_flush(void)
{
	assert_int_equal(writelog_add(&l, 0, 0, WRITELOG_FLUSH, NULL, 0), 0);
}

static void load(void)
{
	replay_free(&r);
	assert_int_equal(replay_load(&r, l.log), 0);
}

/* The first byte of every piece of the disk after replay, '.' for untouched. */
static void disk(size_t cut, enum replay_mood mood, uint64_t seed, char *out)
{
	int image = memfd_create("image", MFD_CLOEXEC);

	assert_true(image >= 0);
	assert_int_equal(ftruncate(image, DISK), 0);
	assert_int_equal(replay_image(&r, l.log, image, cut, mood, seed), 0);
	for (unsigned i = 0; i < PIECES; i++) {
		assert_int_equal(pread(image, &out[i], 1, i * REPLAY_PIECE), 1);
		if (!out[i])
			out[i] = '.';
	}
	close(image);
}

static void entries_come_back(void **state)
{
	char text[6] = "";

	(void)state;
	log_write(3, 2, 'a', WRITELOG_FUA);
	assert_int_equal(writelog_add(&l, 0, 0, WRITELOG_IS_MARK, "acked", 5),
			 0);
	assert_int_equal(writelog_add(&l, 8, 16, WRITELOG_DISCARD, NULL, 0), 0);
	load();
	assert_int_equal(r.n, 3);
	assert_int_equal(r.entry[0].to, 3 * REPLAY_PIECE);
	assert_int_equal(r.entry[0].size, 2 * REPLAY_PIECE);
	assert_int_equal(r.entry[0].flags, WRITELOG_FUA);
	assert_int_equal(r.entry[1].mark_bytes, 5);
	assert_int_equal(pread(l.log, text, 5, r.entry[1].from), 5);
	assert_string_equal(text, "acked");
	assert_int_equal(r.entry[2].flags, WRITELOG_DISCARD);
	assert_int_equal(r.entry[2].size, 16 * WRITELOG_SECTOR);
}

static void a_full_log_says_so(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		log_write(0, PIECES, 'a', 0);
	assert_int_equal(
		writelog_add(&l, 0, DISK / WRITELOG_SECTOR, 0, data, 0),
		-ENOSPC);
	assert_int_equal(writelog_add(&l, 0, 0, WRITELOG_IS_MARK, data,
				      WRITELOG_MARK_MAX + 1),
			 -E2BIG);
	load();
	assert_int_equal(r.n, 3);
}

static void damaged_logs_are_refused(void **state)
{
	uint64_t many = htole64(1u << 30);

	(void)state;
	log_write(0, 1, 'a', 0);
	assert_int_equal(pwrite(l.log, &many, 8, 16), 8);
	assert_int_equal(replay_load(&r, l.log), -EBADMSG);
	assert_int_equal(writelog_start(&l), 0);
	assert_int_equal(pwrite(l.log, "x", 1, 0), 1);
	assert_int_equal(replay_load(&r, l.log), -EBADMSG);
	assert_int_equal(ftruncate(l.log, 7), 0);
	assert_int_equal(replay_load(&r, l.log), -EBADMSG);
}

static void flushed_writes_are_always_there(void **state)
{
	char out[PIECES];

	(void)state;
	log_write(0, 8, 'a', 0);
	log_flush();
	log_write(0, 8, 'b', 0);
	load();
	assert_int_equal(replay_durable(&r, 1), 0);
	assert_int_equal(replay_durable(&r, 2), 1);
	assert_int_equal(replay_durable(&r, 3), 1);
	for (uint64_t seed = 0; seed < 50; seed++) {
		disk(2, REPLAY_PIECES, seed, out);
		for (int i = 0; i < 8; i++)
			assert_int_equal(out[i], 'a');
		disk(3, REPLAY_MIXED, seed, out);
		for (int i = 0; i < 8; i++)
			assert_true(out[i] == 'a' || out[i] == 'b');
	}
}

static void a_flush_does_not_cover_its_own_data(void **state)
{
	char out[PIECES];
	unsigned lost = 0;

	(void)state;
	log_write(0, 1, 'a', WRITELOG_FLUSH);
	log_write(1, 1, 'b', WRITELOG_FLUSH | WRITELOG_FUA);
	load();
	for (uint64_t seed = 0; seed < 50; seed++) {
		disk(1, REPLAY_MIXED, seed, out);
		lost += out[0] == '.';
		disk(2, REPLAY_MIXED, seed, out);
		assert_int_equal(out[0], 'a');
		assert_int_equal(out[1], 'b');
	}
	assert_in_range(lost, 1, 49);
}

static void unflushed_writes_meet_every_fate(void **state)
{
	unsigned none = 0, all = 0, torn = 0;
	char out[PIECES];

	(void)state;
	log_write(0, 16, 'a', 0);
	load();
	for (uint64_t seed = 0; seed < 200; seed++) {
		unsigned n = 0;

		disk(1, REPLAY_MIXED, seed, out);
		for (int i = 0; i < 16; i++)
			n += out[i] == 'a';
		none += n == 0;
		all += n == 16;
		torn += n > 0 && n < 16;
	}
	/* A third each: 200/3 = 67, six standard deviations are 40. */
	assert_in_range(none, 27, 107);
	assert_in_range(all, 27, 107);
	assert_in_range(torn, 27, 107);
}

static void an_older_write_never_covers_a_newer_one(void **state)
{
	char out[PIECES];

	(void)state;
	log_write(0, 4, 'a', 0);
	log_write(0, 4, 'b', WRITELOG_FUA);
	load();
	for (uint64_t seed = 0; seed < 50; seed++) {
		disk(2, REPLAY_MIXED, seed, out);
		for (int i = 0; i < 4; i++)
			assert_int_equal(out[i], 'b');
	}
}

static void nothing_after_the_cut(void **state)
{
	char out[PIECES];

	(void)state;
	log_write(0, 1, 'a', WRITELOG_FUA);
	log_write(1, 1, 'b', WRITELOG_FUA);
	load();
	disk(1, REPLAY_MIXED, 1, out);
	assert_int_equal(out[0], 'a');
	assert_int_equal(out[1], '.');
	disk(0, REPLAY_MIXED, 1, out);
	assert_int_equal(out[0], '.');
}

static void pieces_end_at_page_borders(void **state)
{
	char out[PIECES];
	bool torn = false;

	(void)state;
	/* One sector off: 512 bytes of piece 0 are not part of the write. */
	memset(data, 'a', 2 * REPLAY_PIECE);
	assert_int_equal(writelog_add(&l, 1, 16, 0, data, 0), 0);
	load();
	for (uint64_t seed = 0; seed < 50 && !torn; seed++) {
		disk(1, REPLAY_PIECES, seed, out);
		assert_int_equal(out[0], '.');
		torn = out[1] != out[2];
	}
	assert_true(torn);
}

static void discards_are_undone_or_not(void **state)
{
	char out[PIECES];
	unsigned gone = 0;

	(void)state;
	log_write(0, 4, 'a', 0);
	log_flush();
	assert_int_equal(writelog_add(&l, 0, 32, WRITELOG_DISCARD, NULL, 0), 0);
	load();
	for (uint64_t seed = 0; seed < 50; seed++) {
		disk(3, REPLAY_PIECES, seed, out);
		assert_int_equal(out[0], out[3]);
		gone += out[0] == '.';
	}
	assert_in_range(gone, 1, 49);
}

static void the_same_seed_makes_the_same_disk(void **state)
{
	char a[PIECES], b[PIECES];

	(void)state;
	log_write(0, PIECES, 'a', 0);
	load();
	disk(1, REPLAY_PIECES, 9, a);
	disk(1, REPLAY_PIECES, 9, b);
	assert_memory_equal(a, b, PIECES);
	disk(1, REPLAY_PIECES, 10, b);
	assert_memory_not_equal(a, b, PIECES);
}

static void the_worst_cut_has_the_most_in_the_cache(void **state)
{
	(void)state;
	log_write(0, 2, 'a', 0);
	log_flush();
	log_write(0, 3, 'a', 0);
	log_write(0, 9, 'a', WRITELOG_FUA);
	log_write(8, 3, 'b', 0);
	log_flush();
	log_write(0, 4, 'a', 0);
	load();
	assert_int_equal(replay_worst(&r, 0), 5);
	assert_int_equal(replay_worst(&r, 5), 7);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(entries_come_back),
		TEST(a_full_log_says_so),
		TEST(damaged_logs_are_refused),
		TEST(flushed_writes_are_always_there),
		TEST(a_flush_does_not_cover_its_own_data),
		TEST(unflushed_writes_meet_every_fate),
		TEST(an_older_write_never_covers_a_newer_one),
		TEST(nothing_after_the_cut),
		TEST(pieces_end_at_page_borders),
		TEST(discards_are_undone_or_not),
		TEST(the_same_seed_makes_the_same_disk),
		TEST(the_worst_cut_has_the_most_in_the_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
