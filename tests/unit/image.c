/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images: what is written is what libarchive lists, byte for byte. */
#include "tests/unit/image_kit.h"

#include "base/file.h"
#include "vm-matrix/image/image.h"

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

/* A line an entry: path, mode, device or size, content. */
static char *list(const char *path)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	struct str s = STR_INIT;

	assert_int_equal(archive_read_support_format_cpio(a), ARCHIVE_OK);
	assert_int_equal(archive_read_open_filename(a, path, 4096), ARCHIVE_OK);
	while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
		char buf[64] = "";
		mode_t mode = archive_entry_mode(e);

		str_addf(&s, "%s %o", archive_entry_pathname(e), mode);
		assert_int_equal(archive_entry_uid(e), 0);
		assert_int_equal(archive_entry_mtime(e), 0);
		if (S_ISCHR(mode) || S_ISBLK(mode))
			str_addf(&s, " %u:%u",
				 (unsigned)archive_entry_rdevmajor(e),
				 (unsigned)archive_entry_rdevminor(e));
		else if (S_ISLNK(mode))
			str_addf(&s, " %s", archive_entry_symlink(e));
		else if (S_ISREG(mode)) {
			assert_true(archive_read_data(a, buf, sizeof(buf) - 1) >= 0);
			str_addf(&s, " %d %s", (int)archive_entry_size(e), buf);
		}
		str_add(&s, "\n");
	}
	assert_int_equal(archive_read_free(a), ARCHIVE_OK);
	return str_take(&s);
}

static struct image *sample(bool backwards)
{
	_cleanup_free_ char *file = kit_path("file");
	struct image *img = image_new();

	kit_put("file", "from the host", 13);
	for (int i = 0; i < 5; i++)
		switch (backwards ? 4 - i : i) {
		case 0:
			image_node(img, "/dev/console", S_IFCHR | 0600, 5, 1);
			break;
		case 1:
			assert_int_equal(image_file(img, "/init", file, 0755, NULL),
					 0);
			break;
		case 2:
			image_data(img, "//etc/deep//er/name", "text", 4, 0640);
			break;
		case 3:
			image_link(img, "/bin/sh", "/init");
			break;
		case 4:
			image_dir(img, "/tmp/", 01777);
			break;
		}
	return img;
}

static void round_trip(void **state)
{
	_cleanup_free_ char *path = kit_path("x.cpio"), *text = NULL;
	_cleanup_image_ struct image *img = sample(false);
	struct stat st;

	(void)state;
	assert_int_equal(image_write(img, path, NULL), 0);
	text = list(path);
	assert_string_equal(text, "bin 40755\n"
				  "bin/sh 120777 /init\n"
				  "dev 40755\n"
				  "dev/console 20600 5:1\n"
				  "etc 40755\n"
				  "etc/deep 40755\n"
				  "etc/deep/er 40755\n"
				  "etc/deep/er/name 100640 4 text\n"
				  "init 100755 13 from the host\n"
				  "tmp 41777\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(st.st_size % 4, 0);
}

static void digests(void **state)
{
	_cleanup_image_ struct image *a = sample(false), *b = sample(true);
	_cleanup_free_ char *x = kit_path("x"), *y = kit_path("y");
	char of_a[DIGEST_HEX], of_b[DIGEST_HEX];

	(void)state;
	assert_int_equal(image_digest(a, of_a, NULL), 0);
	assert_int_equal(image_digest(b, of_b, NULL), 0);
	assert_string_equal(of_a, of_b);
	assert_int_equal(image_write(a, x, NULL), 0);
	assert_int_equal(image_write(b, y, NULL), 0);
	assert_int_equal(digest_file(x, of_a), 0);
	assert_int_equal(digest_file(y, of_b), 0);
	assert_string_equal(of_a, of_b);
	/* Content, mode, device and name all count. */
	assert_int_equal(image_digest(b, of_b, NULL), 0);
	image_data(b, "/etc/deep/er/name", "texT", 4, 0640);
	assert_int_equal(image_digest(b, of_a, NULL), 0);
	assert_string_not_equal(of_a, of_b);
	image_data(b, "/etc/deep/er/name", "text", 4, 0600);
	assert_int_equal(image_digest(b, of_a, NULL), 0);
	assert_string_not_equal(of_a, of_b);
	image_data(b, "/etc/deep/er/name", "text", 4, 0640);
	assert_int_equal(image_digest(b, of_a, NULL), 0);
	assert_string_equal(of_a, of_b);
	image_node(b, "/dev/console", S_IFCHR | 0600, 5, 2);
	assert_int_equal(image_digest(b, of_a, NULL), 0);
	assert_string_not_equal(of_a, of_b);
}

/* Nothing is left of an image that could not be written whole. */
static void failures(void **state)
{
	_cleanup_free_ char *path = kit_path("x.cpio"), *file = kit_path("file");
	_cleanup_free_ char *nowhere = kit_path("no/x.cpio"), *why = NULL;
	_cleanup_image_ struct image *img = sample(false);
	char hex[DIGEST_HEX];

	(void)state;
	assert_int_equal(image_file(img, "/x", nowhere, 0644, &why), -ENOENT);
	kit_said(&why, "no/x.cpio': No such file");
	assert_int_equal(image_file(img, "/x", kit_root, 0644, &why), -EISDIR);
	kit_said(&why, "Is a directory");
	assert_int_equal(image_write(img, nowhere, &why), -ENOENT);
	kit_said(&why, "cannot create");
	assert_int_equal(truncate(file, 5), 0);
	assert_int_equal(image_write(img, path, &why), -EIO);
	kit_said(&why, "became shorter");
	assert_false(file_exists(path));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(image_write(img, path, &why), -ENOENT);
	kit_said(&why, "cannot read");
	assert_int_equal(image_digest(img, hex, &why), -ENOENT);
	kit_said(&why, "cannot read");
	assert_int_equal(rmdir(kit_root), 0);
	assert_int_equal(mkdir(kit_root, 0755), 0);
}

static void read_only(void **state)
{
	_cleanup_image_ struct image *img = image_new();
	_cleanup_free_ char *why = NULL;

	(void)state;
	image_data(img, "/init", kit_root, sizeof(kit_root), 0755);
	assert_true(image_write(img, "/proc/nothing-here", &why) < 0);
	kit_said(&why, "cannot create '/proc/nothing-here'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(digests, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(failures, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(read_only, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void says_so(void **state)
{
	_cleanup_image_ struct image *img = image_new();
	_cleanup_free_ char *path = kit_path("x.cpio"), *why = NULL;

	(void)state;
	assert_true(image_write(img, path, &why) < 0);
	kit_said(&why, "libarchive-dev");
	assert_false(file_exists(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_so, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
