/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of atomic-write that need no filesystem: oaths, ways, programs. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/str.h"
#include "kit/atomic.h"
#include "kit/crashdisk.h"
#include "kit/oath.h"
#include "kit/program.h"
#include "kit/rwflags.h"

static void take(struct oath *oath, uint32_t step, uint32_t unit,
		 uint64_t generation)
{
	struct oath_mark m = { step, unit, generation };

	oath_take(oath, &m);
}

static bool kept(const struct oath *o, uint64_t low, uint64_t high)
{
	struct stamp_verdict v = { .low = low, .high = high };

	return oath_kept(&v, o);
}

static void what_was_acknowledged_is_owed(void **state)
{
	struct oath oath[OATH_UNITS] = { 0 };

	(void)state;
	take(oath, OATH_ISSUE, 3, 7);
	assert_true(kept(&oath[3], 0, 0));
	assert_true(kept(&oath[3], 7, 7));
	assert_false(kept(&oath[3], 8, 8));
	take(oath, OATH_ACK, 3, 7);
	assert_false(kept(&oath[3], 6, 6));
	assert_false(kept(&oath[3], 0, 0));
	take(oath, OATH_ISSUE, 3, 9);
	assert_true(kept(&oath[3], 7, 7));
	assert_true(kept(&oath[3], 9, 9));
	take(oath, OATH_DROP, 3, 0);
	assert_true(kept(&oath[3], 0, 0));
	assert_false(kept(&oath[2], 1, 1));
}

static void units_stay_within_the_limits(void **state)
{
	(void)state;
	assert_int_equal(oath_size(0, 4096, 1 << 20), 16384);
	assert_int_equal(oath_size(1, 4096, 1 << 20), 65536);
	assert_int_equal(oath_size(2, 4096, 1 << 20), OATH_STRIDE);
	assert_int_equal(oath_size(2, 4096, 4096), 4096);
	assert_int_equal(oath_size(0, 65536, 1 << 20), 65536);
}

static void recorded_observations_tell_good_from_bad(void **state)
{
	bool (*const recorded[])(bool) = {
		atomic_recorded_accepted, atomic_recorded_length,
		atomic_recorded_readback, atomic_recorded_own,
		atomic_recorded_mounts,	  atomic_recorded_untorn,
		atomic_recorded_acked,	  atomic_recorded_fsck,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
		assert_true(recorded[i](false));
		assert_false(recorded[i](true));
	}
}

/* Two requests at once, one of them impossible, by each way that is built in.
 */
static void every_way_answers_each_request(void **state)
{
	char a[] = "first", b[] = "second", back[12] = "";
	struct iovec iov[] = { { a, 5 }, { b, 6 } };

	(void)state;
	for (int way = 0; way < RWFLAGS_WAYS; way++) {
		int fd = memfd_create("ways", MFD_CLOEXEC);
		struct rwflags *r = rwflags_open(way, 2);
		struct rwflags_io io[] = {
			{ .fd = fd, .iov = iov, .n_iov = 2 },
			{ .fd = -1, .iov = iov, .n_iov = 1 },
		};

		if (!r && (rwflags_missing(way) || errno == EPERM ||
			   errno == ENOSYS)) {
			close(fd);
			continue;
		}
		assert_non_null(r);
		assert_int_equal(rwflags_run(r, io, 2), 0);
		assert_int_equal(io[0].result, 11);
		assert_int_equal(io[1].result, -EBADF);
		assert_int_equal(pread(fd, back, 11, 0), 11);
		assert_string_equal(back, "firstsecond");
		io[0].flags = 0x40000000;
		assert_int_equal(rwflags_run(r, io, 1), 0);
		assert_int_equal(io[0].result, -EOPNOTSUPP);
		io[0] = (struct rwflags_io){ .fd = fd,
					     .iov = iov,
					     .n_iov = 1,
					     .offset = 5,
					     .read = true };
		assert_int_equal(rwflags_run(r, io, 1), 0);
		assert_int_equal(io[0].result, 5);
		assert_string_equal(a, "secon");
		memcpy(a, "first", 5);
		assert_int_equal(rwflags_run(r, io, 3), -E2BIG);
		rwflags_close(r);
		close(fd);
	}
}

static void offsets_may_be_beyond_four_gigabytes(void **state)
{
	const off_t far = (5ULL << 30) + 7;
	int fd = memfd_create("far", MFD_CLOEXEC);
	char c = 'x', back = 0;
	struct iovec iov = { &c, 1 }, into = { &back, 1 };

	(void)state;
	assert_int_equal(rwflags_pwritev(fd, &iov, 1, far, 0), 1);
	assert_true(lseek(fd, 0, SEEK_END) == far + 1);
	assert_int_equal(rwflags_preadv(fd, &into, 1, far, 0), 1);
	assert_int_equal(back, 'x');
	close(fd);
}

static int program(const char *script, char *said, size_t size)
{
	char sh[] = "sh", c[] = "-c", *text = strdup(script);
	char *argv[] = { sh, c, text, NULL };
	int status = program_run(argv, said, size);

	free(text);
	return status;
}

static void programs_tell_their_end_and_last_line(void **state)
{
	char said[16], none[] = "/does/not/exist", *argv[] = { none, NULL };

	(void)state;
	assert_int_equal(program("echo one; echo two >&2", said, 16), 0);
	assert_string_equal(said, "two");
	assert_int_equal(program("exit 3", said, 16), 3);
	assert_string_equal(said, "");
	assert_int_equal(program("kill -9 $$", said, 16), 128 + 9);
	assert_int_equal(program("echo 0123456789abcdefgh", said, 16), 0);
	assert_string_equal(said, "0123456789abcde");
	assert_int_equal(program_run(argv, said, 16), -ENOENT);
}

static void a_copy_is_equal_and_sparse(void **state)
{
	int from = memfd_create("from", MFD_CLOEXEC);
	int to = memfd_create("to", MFD_CLOEXEC);
	static char zeros[1 << 20], a[4096], b[4096];
	struct stat st;

	(void)state;
	memset(a, 'x', sizeof(a));
	assert_int_equal(ftruncate(from, 8 << 20), 0);
	assert_int_equal(pwrite(from, zeros, sizeof(zeros), 0), sizeof(zeros));
	assert_int_equal(pwrite(from, a, 4096, 5 << 20), 4096);
	assert_int_equal(pwrite(to, a, 4096, 0), 4096);
	assert_int_equal(crashdisk_copy(from, to), 0);
	assert_int_equal(fstat(to, &st), 0);
	assert_int_equal(st.st_size, 8 << 20);
	assert_true(st.st_blocks <= 4096 / 512);
	assert_int_equal(pread(to, b, 4096, 5 << 20), 4096);
	assert_memory_equal(a, b, 4096);
	assert_int_equal(pread(to, b, 4096, 0), 4096);
	assert_memory_equal(zeros, b, 4096);
	close(from);
	close(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_acknowledged_is_owed),
		cmocka_unit_test(units_stay_within_the_limits),
		cmocka_unit_test(recorded_observations_tell_good_from_bad),
		cmocka_unit_test(every_way_answers_each_request),
		cmocka_unit_test(offsets_may_be_beyond_four_gigabytes),
		cmocka_unit_test(programs_tell_their_end_and_last_line),
		cmocka_unit_test(a_copy_is_equal_and_sparse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
