/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The undo log with privilege: mounts, loop devices, cgroups, huge pages. */
#include "tests/unit/undo_root_kit.h"

#include <sys/statvfs.h>

#include "core/need.h"

static bool is_missing(const struct fskind *kind)
{
	struct need_list list = { 0 };
	bool missing;

	fskind_needs(kind, &list);
	missing = list.n > 0;
	for (size_t i = 0; i < list.n; i++)
		print_message("# %s: %s (%s)\n", kind->name,
			      list.miss[i].reason, list.miss[i].remedy);
	need_free(&list);
	return missing;
}

static void try_kind(const struct fskind *kind)
{
	struct undo *u = undo_open();
	struct scratch s;
	struct statvfs fs;
	char path[sizeof(s.dir) + 8];
	char *why = NULL;

	assert_non_null(u);
	if (scratch_make(u, kind, top, NULL, 0, &s, &why))
		fail_msg("%s: %s", kind->name, why);
	if (kind->type)
		assert_string_equal(s.type, kind->type);
	assert_true(strlen(s.mount) > 1);
	assert_int_equal(!!kind->mkfs, !!s.device[0]);
	assert_int_equal(!!kind->mkfs, !!s.mkfs[0]);
	assert_int_equal(statvfs(s.dir, &fs), 0);
	if (kind->type) {
		assert_true(fs.f_flag & ST_NODEV);
		assert_true(fs.f_flag & ST_NOSUID);
		assert_true((uint64_t)fs.f_blocks * fs.f_frsize >=
			    kind->bytes * 3 / 4);
	}
	if (kind->type) { /* it is empty */
		assert_int_equal(rmdir(s.dir), 0);
		assert_int_equal(mkdir(s.dir, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/file", s.dir);
	put(path, "x\n");
	close_clean(u);
	assert_false(file_exists(s.dir));
}

static void every_filesystem_comes_and_goes(void **state)
{
	unsigned tried = 0;

	(void)state;
	for (const struct fskind *k = fskinds; k->name; k++) {
		assert_ptr_equal(fskind_find(k->name), k);
		if (k->type && (!may_mount || is_missing(k)))
			continue;
		try_kind(k);
		assert_int_equal(loops_left(), 0);
		assert_int_equal(mounts_left(), 0);
		assert_false(logs_left());
		tried++;
	}
	assert_true(tried > 0);
	assert_null(fskind_find("ext5"));
}

static void mkfs_says_why(void **state)
{
	struct fskind bad = { "bad", "ext4", "mkfs.ext4 -q -b 3", NULL,
			      1 << 20, "" };
	struct undo *u;
	struct scratch s;
	char *why = NULL;

	(void)state;
	if (!may_mount || is_missing(fskind_find("ext4")))
		skip();
	u = undo_open();
	assert_int_equal(scratch_make(u, &bad, top, NULL, 0, &s, &why), -EIO);
	assert_non_null(strstr(why, "invalid block size"));
	free(why);
	bad.mkfs = "no-such-mkfs";
	assert_int_equal(scratch_make(u, &bad, top, NULL, 0, &s, &why), -EIO);
	assert_non_null(strstr(why, "No such file"));
	free(why);
	bad.bytes = 1ULL << 60;
	assert_int_equal(scratch_make(u, &bad, top, NULL, 0, &s, &why), -ENOSPC);
	free(why);
	assert_int_equal(scratch_make(u, &bad, "/nowhere", NULL, 0, &s, &why),
			 -ENOENT);
	free(why);
	close_clean(u);
	assert_int_equal(loops_left(), 0);
}

static void on_a_device(void **state)
{
	const struct fskind *kind = fskind_find("ext4");
	struct undo *u, *second;
	struct scratch s, other;
	char image[300], device[32], *why = NULL;
	int fd;

	(void)state;
	if (!may_mount || is_missing(kind))
		skip();
	u = undo_open();
	assert_int_equal(undo_make_dir(u, top, image, sizeof(image) - 8), 0);
	strcat(image, "/disk");
	fd = open(image, O_RDWR | O_CREAT, 0600);
	assert_int_equal(ftruncate(fd, 256 << 20), 0);
	close(fd);
	assert_int_equal(undo_loop(u, image, false, device), 0);
	second = undo_open();
	if (scratch_make(second, kind, top, device, 0, &s, &why))
		fail_msg("%s", why);
	assert_string_equal(s.device, device);
	assert_string_equal(s.type, "ext4");
	/* it is in use now */
	assert_int_equal(scratch_make(second, kind, top, device, 0, &other, &why), -EBUSY);
	assert_non_null(strstr(why, "cannot take device"));
	free(why);
	assert_int_equal(scratch_make(second, kind, top, "/dev/null", 0, &other, &why), -ENOTBLK);
	free(why);
	assert_int_equal(scratch_make(second, kind, top, "/dev/none", 0, &other, &why), -ENOENT);
	free(why);
	/* kinds without a device take none */
	assert_int_equal(scratch_make(second, fskind_find("tmpfs"), top, "/dev/none", 0, &other,
				      &why), 0);
	close_clean(second);
	close_clean(u);
	assert_int_equal(loops_left(), 0);
	assert_int_equal(mounts_left(), 0);
}

static void busy_mount_is_detached(void **state)
{
	_cleanup_close_ int inside = -1;
	struct told told = { 0, STR_INIT };
	struct undo *u;
	struct scratch s;
	char *why;

	(void)state;
	if (!may_mount)
		skip();
	u = undo_open();
	assert_int_equal(scratch_make(u, fskind_find("tmpfs"), top, NULL, 0, &s,
				      &why),
			 0);
	inside = open(s.dir, O_RDONLY | O_DIRECTORY);
	assert_true(inside >= 0);
	assert_int_equal(undo_close(u, on_note, &told), 0);
	assert_non_null(strstr(told.text.buf, "still in use"));
	str_free(&told.text);
	assert_int_equal(mounts_left(), 0);
	assert_false(file_exists(s.dir));
}

static void loop_device_of_others_stays(void **state)
{
	const char *image;
	struct told told = { 0, STR_INIT };
	struct undo *u;
	char device[32];
	int fd;

	(void)state;
	if (!may_mount || access("/dev/loop-control", R_OK | W_OK))
		skip();
	u = undo_open();
	image = below("image");
	fd = open(image, O_CREAT | O_RDWR, 0600);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	close(fd);
	assert_int_equal(undo_loop(u, image, false, device), 0);
	assert_int_equal(loops_left(), 1);
	/* Not the file of the record: another has the device now. */
	{
		struct record r = { .kind = RECORD_LOOP,
				    .text = { device, image },
				    .number = { 0, 0, 1, 1 } };
		struct undo other = { .fd = -1 };

		assert_int_equal(undo_detach(&other, &r, &told.text),
				 UNDO_NOTHING);
	}
	assert_int_equal(loops_left(), 1);
	close_clean(u);
	assert_int_equal(loops_left(), 0);
}

static void cgroup_is_emptied_and_removed(void **state)
{
	struct undo *u = undo_open();
	char path[PATH_MAX], nested[PATH_MAX + 8];
	pid_t pid;
	int err = undo_make_cgroup(u, path, sizeof(path));

	(void)state;
	if (err) {
		print_message("# no cgroup: %s\n", strerror(-err));
		close_clean(u);
		skip();
	}
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	snprintf(nested, sizeof(nested), "%s/nested", path);
	assert_int_equal(mkdir(nested, 0755), 0);
	assert_int_equal(undo_enter_cgroup(path, pid), 0);
	snprintf(nested, sizeof(nested), "/proc/%d/cgroup", pid);
	{
		_cleanup_str_ struct str text = STR_INIT;

		assert_int_equal(file_read(nested, &text), 0);
		assert_non_null(strstr(text.buf, strrchr(path, '/')));
	}
	close_clean(u);
	assert_int_equal(WTERMSIG(reap(pid)), SIGKILL);
	assert_false(file_exists(path));
}

/* On a machine where v1 has the controllers, this part is else not met. */
static void group_of_v2_is_killed_at_once(void **state)
{
	_cleanup_mountinfo_ struct mount_rows rows = { 0 };
	struct record r = { .kind = RECORD_CGROUP };
	struct str text = STR_INIT;
	char path[PATH_MAX] = "";
	pid_t pid;

	(void)state;
	assert_int_equal(mountinfo_read(&rows), 0);
	for (size_t i = 0; i < rows.n; i++)
		if (!strcmp(rows.row[i].type, "cgroup2"))
			snprintf(path, sizeof(path), "%s/strain-test-%d",
				 rows.row[i].target, (int)getpid());
	mountinfo_free(&rows);
	if (!*path || mkdir(path, 0755) < 0)
		skip();
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	assert_int_equal(undo_enter_cgroup(path, pid), 0);
	r.text[0] = path;
	assert_int_equal(undo_remove_cgroup(&r, &text), UNDO_DONE);
	str_free(&text);
	assert_int_equal(WTERMSIG(reap(pid)), SIGKILL);
	assert_false(file_exists(path));
	assert_int_equal(undo_remove_cgroup(&r, &text), UNDO_NOTHING);
}

static void two_runs_share_a_pool(void **state)
{
	struct undo *a = undo_open(), *b = undo_open();
	uint64_t before;

	(void)state;
	if (access(POOL "/nr_hugepages", W_OK)) {
		close_clean(a);
		close_clean(b);
		skip();
	}
	before = pool_size();
	assert_int_equal(undo_hugepages(a, 2 << 20, 2), 0);
	assert_int_equal(undo_hugepages(b, 2 << 20, 1), 0);
	assert_true(pool_size() >= 3);
	close_clean(a);
	assert_true(pool_size() >= 1);
	close_clean(b);
	pool_returns_to(before);
	a = undo_open();
	assert_int_equal(undo_hugepages(a, 2 << 20, 1ULL << 40), -ENOMEM);
	assert_int_equal(undo_hugepages(a, 3 << 20, 1), -EOPNOTSUPP);
	close_clean(a);
	pool_returns_to(before);
}

static void pool_is_not_lowered_twice(void **state)
{
	struct undo *u = undo_open();
	uint64_t before;

	(void)state;
	if (access(POOL "/nr_hugepages", W_OK)) {
		close_clean(u);
		skip();
	}
	before = pool_size();
	assert_int_equal(undo_hugepages(u, 2 << 20, 2), 0);
	if (pool_size() > before) {
		struct record_list list = { 0 };
		struct str text = STR_INIT;

		/* A replay that is killed before it could note its success. */
		assert_int_equal(undo_load(u->fd, u->start, &list), 0);
		assert_int_equal(list.n, 1);
		assert_int_equal(undo_pool(u, &list.r[0], &text), UNDO_DONE);
		records_free(&list);
		str_free(&text);
	}
	pool_returns_to(before);
	close_clean(u);
	pool_returns_to(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_filesystem_comes_and_goes),
		TEST(mkfs_says_why),
		TEST(on_a_device),
		TEST(busy_mount_is_detached),
		TEST(loop_device_of_others_stays),
		TEST(cgroup_is_emptied_and_removed),
		TEST(group_of_v2_is_killed_at_once),
		TEST(two_runs_share_a_pool),
		TEST(pool_is_not_lowered_twice),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
