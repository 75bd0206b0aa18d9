/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of the undo log with privilege share: what is left on the machine. */
#ifndef STRAIN_TESTS_UNIT_UNDO_ROOT_KIT_H
#define STRAIN_TESTS_UNIT_UNDO_ROOT_KIT_H

#include "tests/unit/undo_kit.h"

#include <sys/file.h>

#include "core/mountinfo.h"

#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB"

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

static bool may_mount;

/* Loop devices that stand on a file below our directory. */
static inline unsigned loops_left(void)
{
	unsigned n = 0;

	for (int i = 0; i < 64; i++) {
		_cleanup_free_ char *path = xasprintf(
			"/sys/block/loop%d/loop/backing_file", i);
		char line[256];

		if (!file_read_line(path, line, sizeof(line)) &&
		    !strncmp(line, top, strlen(top)))
			n++;
	}
	return n;
}

static inline unsigned mounts_left(void)
{
	_cleanup_mountinfo_ struct mount_rows rows;
	unsigned n = 0;

	assert_int_equal(mountinfo_read(&rows), 0);
	for (size_t i = 0; i < rows.n; i++)
		n += !strncmp(rows.row[i].target, top, strlen(top));
	return n;
}

static inline uint64_t pool_size(void)
{
	uint64_t n = 0;

	assert_int_equal(file_read_u64(POOL "/nr_hugepages", &n), 0);
	return n;
}

/* Other runs on this machine may use it too, for a while. */
static inline void pool_returns_to(uint64_t before)
{
	for (int i = 0; i < 200 && pool_size() != before; i++)
		undo_sleep_ms(25);
	assert_int_equal(pool_size(), before);
}

static inline int group_setup(void **state)
{
	int fd = open("/proc/sys/vm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	/* One at a time: logs of their own do not tell who holds a setting.
	 * The lock ends with this process. */
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return -1;
	may_mount = undo_private_mounts() == 0;
	return 0;
}

#endif
