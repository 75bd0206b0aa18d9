/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files, and trees that do not want to be removed. */
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "base/dir.h"
#include "undo_kit.h"

static void make_file(const char *path, const char *text)
{
	put(path, text);
	assert_true(file_exists(path));
}

static void small_files_are_read(void **state)
{
	const char *path = below("file");
	_cleanup_str_ struct str s = STR_INIT;
	char line[8];
	uint64_t n;

	(void)state;
	make_file(path, "0x20 more\nsecond\n");
	str_add(&s, "before ");
	assert_int_equal(file_read(path, &s), 0);
	assert_string_equal(s.buf, "before 0x20 more\nsecond\n");
	assert_int_equal(file_read("/nowhere", &s), -ENOENT);
	assert_int_equal(file_read(top, &s), -EISDIR);
	assert_string_equal(s.buf, "before 0x20 more\nsecond\n");
	assert_int_equal(file_read_line(path, line, sizeof(line)), 0);
	assert_string_equal(line, "0x20 mo");
	assert_int_equal(file_read_u64(path, &n), 0);
	assert_int_equal(n, 32);
	assert_int_equal(file_write(path, "x"), 0);
	assert_int_equal(file_read_u64(path, &n), -EINVAL);
	assert_int_equal(file_read_u64("/nowhere", &n), -ENOENT);
	assert_int_equal(file_read_line("/nowhere", line, sizeof(line)),
			 -ENOENT);
	assert_string_equal(line, "");
	assert_int_equal(file_write("/nowhere/x", "x"), -ENOENT);
}

static void directories_are_made(void **state)
{
	const char *deep = below("a/b//c");
	const char *file = below("file");
	const char *under = below("file/x");

	(void)state;
	assert_int_equal(dir_make(deep, 0700), 0);
	assert_int_equal(dir_make(deep, 0700), 0);
	assert_true(file_exists(deep));
	assert_int_equal(dir_make("/", 0700), 0);
	make_file(file, "x");
	assert_int_equal(dir_make(file, 0700), -ENOTDIR);
	assert_int_equal(dir_make(under, 0700), -ENOTDIR);
	assert_int_equal(dir_make("", 0700), -ENOENT);
}

/* Deeper than a path can say, and than there are descriptors. */
static void deep_tree_is_removed(void **state)
{
	const char *tree = below("tree");
	char name[NAME_MAX + 1];
	int at;

	(void)state;
	memset(name, 'd', NAME_MAX);
	name[NAME_MAX] = '\0';
	assert_int_equal(mkdir(tree, 0700), 0);
	at = open(tree, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 1500; i++) {
		int next;

		assert_int_equal(mkdirat(at, name, 0700), 0);
		assert_int_equal(mkdirat(at, "beside", 0000), 0);
		next = openat(at, name, O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(at);
		at = next;
	}
	close(at);
	assert_int_equal(dir_remove(tree), 0);
	assert_false(file_exists(tree));
	assert_int_equal(dir_remove(tree), 0); /* missing is fine */
}

static void closed_directories_are_removed(void **state)
{
	const char *tree = below("tree");
	const char *inner = below("tree/closed/inner");
	const char *closed = below("tree/closed");
	const char *file = below("tree/closed/inner/file");

	(void)state;
	assert_int_equal(dir_make(inner, 0700), 0);
	make_file(file, "x");
	assert_int_equal(chmod(inner, 0000), 0);
	assert_int_equal(chmod(closed, 0500), 0);
	assert_int_equal(chmod(tree, 0000), 0);
	assert_int_equal(dir_remove(tree), 0);
	assert_false(file_exists(tree));
}

static void links_are_not_followed(void **state)
{
	const char *tree = below("tree");
	const char *other = below("other");
	const char *keep = below("other/keep");
	const char *link = below("tree/link");
	const char *to_tree = below("to-other");

	(void)state;
	assert_int_equal(mkdir(tree, 0700) | mkdir(other, 0700), 0);
	make_file(keep, "x");
	assert_int_equal(symlink(other, link), 0);
	assert_int_equal(symlink(other, to_tree), 0);
	assert_int_equal(dir_remove(tree), 0);
	assert_int_equal(dir_remove(to_tree), 0);
	assert_false(file_exists(to_tree));
	assert_true(file_exists(keep));
}

static bool set_flags(const char *path, int flags)
{
	_cleanup_close_ int fd = open(path, O_RDONLY);

	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static void immutable_entries_are_removed(void **state)
{
	const char *tree = below("tree");
	const char *dir = below("tree/dir");
	const char *file = below("tree/dir/file");

	(void)state;
	assert_int_equal(dir_make(dir, 0700), 0);
	make_file(file, "x");
	if (!set_flags(file, FS_IMMUTABLE_FL))
		skip(); /* no privilege, or a filesystem without flags */
	assert_true(set_flags(dir, FS_APPEND_FL));
	assert_true(set_flags(tree, FS_IMMUTABLE_FL));
	assert_int_equal(dir_remove(tree), 0);
	assert_false(file_exists(tree));
}

static void other_filesystems_are_not_entered(void **state)
{
	const char *tree = below("tree");
	const char *mnt = below("tree/mnt");
	const char *keep = below("tree/mnt/keep");

	(void)state;
	if (undo_private_mounts())
		skip();
	assert_int_equal(dir_make(mnt, 0700), 0);
	assert_int_equal(mount("none", mnt, "tmpfs", 0, NULL), 0);
	make_file(keep, "x");
	assert_int_equal(dir_remove(tree), -EBUSY);
	assert_true(file_exists(keep));
	assert_int_equal(umount(mnt), 0);
	assert_int_equal(dir_remove(tree), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(small_files_are_read),
		TEST(directories_are_made),
		TEST(deep_tree_is_removed),
		TEST(closed_directories_are_removed),
		TEST(links_are_not_followed),
		TEST(immutable_entries_are_removed),
		TEST(other_filesystems_are_not_entered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
