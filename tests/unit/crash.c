/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The crash test without machines: records and units that are whole, torn and
 * lost; logs of writes, also damaged ones; what a replay leaves of a disk.
 */
#include "tests/unit/image_kit.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/rng.h"
#include "vm-matrix/crash/log.h"
#include "vm-matrix/crash/pass.h"
#include "vm-matrix/crash_record.h"

/* --- records and units -------------------------------------------------------- */

static void records(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;
	size_t end[10];
	uint64_t beyond;

	(void)state;
	for (uint64_t i = 0; i < 10; i++) {
		crash_record_add(&s, 77, 32 + i);
		end[i] = s.len;
	}
	assert_int_equal(crash_records(s.buf, s.len, 77, 32, 32, &beyond), 10);
	assert_int_equal(beyond, 0);
	assert_int_equal(crash_records(s.buf, s.len, 78, 32, 32, &beyond), 0);
	assert_int_equal(crash_records(s.buf, s.len, 77, 33, 32, &beyond), 0);
	/* Cut in the middle of the last one, or one byte of any other flipped. */
	assert_int_equal(crash_records(s.buf, s.len - 1, 77, 32, 32, &beyond), 9);
	for (int i = 0; i < 10; i++) {
		s.buf[end[i] - 1] ^= 4;
		assert_int_equal(crash_records(s.buf, s.len, 77, 32, 32, &beyond), i);
		assert_int_equal(beyond, 9 - i);
		s.buf[end[i] - 1] ^= 4;
	}
	assert_int_equal(crash_records("", 0, 77, 0, 32, &beyond), 0);
}

static void units(void **state)
{
	static char a[CRASH_UNIT], b[CRASH_UNIT];
	uint64_t low, high;

	(void)state;
	crash_unit_fill(a, 5, 3, 27);
	crash_unit_fill(b, 5, 3, 51);
	assert_int_equal(crash_unit_read(a, 5, 3, &low, &high), CRASH_UNIT_WHOLE);
	assert_int_equal(low, 27);
	assert_int_equal(crash_unit_read(a, 6, 3, &low, &high), CRASH_UNIT_BAD);
	assert_int_equal(crash_unit_read(a, 5, 4, &low, &high), CRASH_UNIT_BAD);
	for (size_t at = 0; at < CRASH_UNIT; at += 3 * CRASH_SECTOR) {
		memcpy(a + at, b + at, CRASH_SECTOR);
		assert_int_equal(crash_unit_read(a, 5, 3, &low, &high),
				 CRASH_UNIT_TORN);
		assert_int_equal(low, 27);
		assert_int_equal(high, 51);
	}
	/* Half a sector is none of both. */
	memcpy(a + CRASH_SECTOR, b + CRASH_SECTOR, 100);
	assert_int_equal(crash_unit_read(a, 5, 3, &low, &high), CRASH_UNIT_BAD);
}

static void due(void **state)
{
	uint64_t last[CRASH_UNITS] = { 0 };

	(void)state;
	for (uint64_t g = 0; g < 5 * CRASH_UNITS; g++) {
		if (g)
			last[g % CRASH_UNITS] = g;
		for (uint32_t unit = 0; unit < CRASH_UNITS; unit++)
			assert_int_equal(crash_unit_due(unit, g), last[unit]);
	}
}

/* --- logs ----------------------------------------------------------------------- */

struct writing {
	unsigned char bytes[64 * 1024];
	size_t n;
	uint64_t entries;
};

static void put64(struct writing *w, size_t at, uint64_t value)
{
	value = htole64(value);
	memcpy(w->bytes + at, &value, sizeof(value));
}

static void start(struct writing *w)
{
	memset(w, 0, sizeof(*w));
	w->n = CRASH_SECTOR_SIZE;
}

/* Data of an entry is its number in every byte. */
static void put(struct writing *w, uint64_t sector, uint64_t sectors, uint64_t flags)
{
	put64(w, w->n, sector);
	put64(w, w->n + 8, sectors);
	put64(w, w->n + 16, flags);
	w->n += CRASH_SECTOR_SIZE;
	w->entries++;
	if (flags & (CRASH_DISCARD | CRASH_MARK))
		return;
	memset(w->bytes + w->n, (int)w->entries, sectors * CRASH_SECTOR_SIZE);
	w->n += sectors * CRASH_SECTOR_SIZE;
}

static void seal(struct writing *w)
{
	put64(w, 0, 0x6a736677736872ULL);
	put64(w, 8, 1);
	put64(w, 16, w->entries);
	put64(w, 24, CRASH_SECTOR_SIZE);
}

/* Two durable writes, a discard, then four in flight of which one is FUA. */
static void sample(struct writing *w)
{
	start(w);
	put(w, 0, 8, 0);
	put(w, 8, 8, 0);
	put(w, 2, 2, CRASH_DISCARD);
	put(w, 0, 0, CRASH_FLUSH);
	put(w, 16, 8, 0);
	put(w, 4, 8, 0);
	put(w, 24, 1, CRASH_FUA);
	put(w, 25, 1, 0);
	put(w, 0, 0, CRASH_MARK);
	seal(w);
}

static int read_log(const struct writing *w, struct crash_log *log, char **why)
{
	_cleanup_free_ char *path = kit_path("log");
	int err;

	kit_put("log", w->bytes, w->n);
	err = crash_log_open(log, path, why);
	return err ? err : crash_log_whole(log, why);
}

static void logs(void **state)
{
	_cleanup_free_ char *why = NULL;
	struct crash_log log;
	struct writing w;

	(void)state;
	sample(&w);
	assert_int_equal(read_log(&w, &log, &why), 0);
	assert_int_equal(log.n, 9);
	assert_int_equal(log.entry[5].sector, 4);
	assert_int_equal(log.entry[5].flags, 0);
	assert_int_equal(log.entry[6].flags, CRASH_FUA);
	assert_int_equal(crash_durable(&log, 9), 4);
	assert_int_equal(crash_durable(&log, 4), 4);
	assert_int_equal(crash_durable(&log, 3), 0);
	crash_log_free(&log);
}

/* A log that grows is read up to what is whole. */
static void growing(void **state)
{
	_cleanup_free_ char *path = kit_path("log"), *why = NULL;
	struct crash_log log;
	struct writing w;
	size_t last = 0;

	(void)state;
	sample(&w);
	kit_put("log", w.bytes, 0);
	assert_int_equal(crash_log_open(&log, path, &why), 0);
	for (size_t n = 0; n < w.n; n += 300) {
		kit_put("log", w.bytes, n);
		assert_int_equal(crash_log_more(&log, &why), 0);
		assert_true(log.n >= last && log.next <= n + CRASH_SECTOR_SIZE);
		last = log.n;
	}
	kit_put("log", w.bytes, w.n);
	assert_int_equal(crash_log_more(&log, &why), 0);
	assert_int_equal(log.n, 9);
	crash_log_free(&log);
}

static void bad_log(struct writing *w, const char *said)
{
	_cleanup_free_ char *why = NULL;
	struct crash_log log;

	assert_int_equal(read_log(w, &log, &why), -EBADMSG);
	kit_said(&why, said);
	crash_log_free(&log);
}

static void bad_logs(void **state)
{
	struct writing w;

	(void)state;
	sample(&w);
	put64(&w, 0, 1);
	bad_log(&w, "no superblock");
	sample(&w);
	put64(&w, 24, 4096);
	bad_log(&w, "sectors are not of 512 bytes");
	sample(&w);
	w.n -= CRASH_SECTOR_SIZE;
	bad_log(&w, "entries are missing");
	sample(&w);
	put64(&w, CRASH_SECTOR_SIZE + 16, 1ULL << 40);
	bad_log(&w, "an entry is none");
	sample(&w);
	put64(&w, CRASH_SECTOR_SIZE + 8, UINT64_MAX);
	bad_log(&w, "an entry is none");
	sample(&w);
	put64(&w, CRASH_SECTOR_SIZE + 8, 1 << 22);
	bad_log(&w, "an entry is too large");
	w.n = 0;
	bad_log(&w, "no superblock");
}

/* --- replay --------------------------------------------------------------------- */

enum { DISK_SECTORS = 64 };

/* Sectors of the disk after a replay, a letter each: '.' is zero, '1' the data
 * of the first entry, '?' anything else. */
static void disk(char text[DISK_SECTORS + 1], size_t from, size_t to,
		 enum crash_fate fate, uint64_t seed)
{
	_cleanup_free_ char *path = kit_path("disk"), *why = NULL;
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
				      0600);
	uint64_t size = DISK_SECTORS * CRASH_SECTOR_SIZE;
	struct crash_log log;
	struct writing w;
	struct rng rng;

	sample(&w);
	rng_seed(&rng, seed);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(read_log(&w, &log, &why), 0);
	assert_int_equal(crash_replay(&log, fd, size, 0, from, CRASH_WHOLE, &rng,
				      &why), 0);
	assert_int_equal(crash_replay(&log, fd, size, from, to, fate, &rng, &why), 0);
	for (int i = 0; i < DISK_SECTORS; i++) {
		unsigned char sector[CRASH_SECTOR_SIZE];

		assert_int_equal(pread(fd, sector, sizeof(sector),
				       i * (off_t)sizeof(sector)), sizeof(sector));
		text[i] = sector[0] ? (char)('0' + sector[0]) : '.';
		for (size_t k = 1; k < sizeof(sector); k++)
			if (sector[k] != sector[0])
				text[i] = '?';
	}
	text[DISK_SECTORS] = '\0';
	crash_log_free(&log);
}

static void replay(void **state)
{
	char text[DISK_SECTORS + 1];

	(void)state;
	disk(text, 9, 9, CRASH_WHOLE, 1);
	assert_memory_equal(text, "11..666666662222555555557" "8......", 32);
	disk(text, 4, 9, CRASH_NOTHING, 1);
	assert_memory_equal(text, "11..111122222222........7.......", 32);
	disk(text, 4, 6, CRASH_NOTHING, 1);
	assert_memory_equal(text, "11..111122222222........" "........", 32);
	disk(text, 2, 2, CRASH_WHOLE, 1);
	assert_memory_equal(text, "1111111122222222........" "........", 32);
}

/* Over many seeds each write in flight is seen whole, gone and in pieces; what
 * is durable is always there. */
static void fates(void **state)
{
	unsigned whole = 0, none = 0, pieces = 0, lies = 0;
	char text[DISK_SECTORS + 1], again[DISK_SECTORS + 1];

	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		unsigned there = 0;

		disk(text, 4, 9, CRASH_LOSES, seed);
		disk(again, 4, 9, CRASH_LOSES, seed);
		assert_string_equal(text, again);
		for (int i = 16; i < 24; i++) {
			assert_true(text[i] == '5' || text[i] == '.');
			there += text[i] == '5';
		}
		whole += there == 8;
		none += there == 0;
		pieces += there > 0 && there < 8;
		assert_memory_equal(text, "11..", 4);
		assert_int_equal(text[24], '7');
		assert_null(strchr(text, '?'));
		disk(text, 0, 9, CRASH_LIES, seed);
		lies += text[24] != '7' || memcmp(text, "11..", 4);
	}
	assert_true(whole >= 10 && none >= 10 && pieces >= 10);
	assert_true(lies >= 30);
}

static void beyond_the_end(void **state)
{
	_cleanup_free_ char *path = kit_path("disk"), *why = NULL;
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct crash_log log;
	struct writing w;

	(void)state;
	start(&w);
	put(&w, UINT64_MAX - 3, 8, 0);
	seal(&w);
	assert_int_equal(read_log(&w, &log, &why), 0);
	assert_int_equal(crash_replay(&log, fd, 1 << 20, 0, 1, CRASH_WHOLE, NULL,
				      &why), -EBADMSG);
	kit_said(&why, "cannot replay");
	assert_int_equal(crash_replay(&log, fd, 0, 0, 1, CRASH_WHOLE, NULL, &why),
			 -EBADMSG);
	crash_log_free(&log);
}

static void copies(void **state)
{
	_cleanup_free_ char *from = kit_path("from"), *to = kit_path("to");
	_cleanup_str_ struct str a = STR_INIT, b = STR_INIT;
	_cleanup_free_ char *gone = kit_path("gone"), *why = NULL;
	int fd = open(from, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	(void)state;
	assert_int_equal(pwrite(fd, "begin", 5, 0), 5);
	assert_int_equal(pwrite(fd, "middle", 6, 3 << 20), 6);
	assert_int_equal(ftruncate(fd, 8 << 20), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(crash_copy(from, to, &why), 0);
	assert_int_equal(file_read(from, &a), 0);
	assert_int_equal(file_read(to, &b), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.buf, b.buf, a.len);
	assert_int_equal(stat(to, &st), 0);
	assert_int_equal(crash_copy(gone, to, &why), -ENOENT);
	kit_said(&why, "cannot read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(units),
		cmocka_unit_test(due),
		cmocka_unit_test_setup_teardown(logs, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(growing, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(bad_logs, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(replay, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(fates, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(beyond_the_end, kit_setup,
						kit_teardown),
		cmocka_unit_test_setup_teardown(copies, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
