/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs with their libraries, from ELF files made by hand; damaged ones. */
#include "tests/unit/image_kit.h"

#include <errno.h>
#include <fcntl.h>

#include "vm-matrix/image/elf.h"
#include "vm-matrix/image/image.h"
#include "vm-matrix/image/parts.h"

/* The paths of an image, links with their targets. */
static char *paths(struct image *img)
{
	struct str s = STR_INIT;

	image_sort(img);
	for (size_t i = 0; i < img->n; i++)
		if (!S_ISDIR(img->entry[i].mode))
			str_addf(&s, "%s%s%s ", img->entry[i].path,
				 img->entry[i].data ? ">" : "",
				 img->entry[i].data ? img->entry[i].data : "");
	return str_take(&s);
}

static void is_image(struct image *img, const char *wanted)
{
	_cleanup_free_ char *text = paths(img);

	assert_string_equal(text, wanted);
}

static void make_root(void)
{
	kit_put_elf("r/usr/sbin/tool", "/lib64/ld.so", "liba.so libc.so", NULL);
	kit_put_elf("r/lib64/ld.so", NULL, NULL, NULL);
	kit_put_elf("r/lib/x-linux-gnu/libc.so", NULL, "ld.so", NULL);
	/* needs one that needs it: no end without a list of what is done */
	kit_put_elf("r/usr/lib/liba.so", NULL, "libb.so", "$ORIGIN/private:/$LIB/x");
	kit_put_elf("r/usr/lib/private/libb.so", NULL, "liba.so libc.so libd.so",
		    NULL);
	kit_put_elf("r/opt/odd/libd.so", NULL, NULL, NULL);
	kit_put("r/etc/ld.so.conf.d/odd.conf", "# comment\n/opt/odd\n", 19);
}

static void libraries(void **state)
{
	_cleanup_image_ struct image *img = image_new();
	_cleanup_free_ char *root = kit_path("r"), *why = NULL;
	struct kit_elf e;

	(void)state;
	make_root();
	/* Another machine's library comes first on the way and is passed by. */
	kit_elf(&e, NULL, NULL, NULL);
	e.head.e_machine = EM_S390;
	kit_put("r/lib64/libc.so", &e, sizeof(e));
	assert_int_equal(image_program(img, NULL, "tool", root, &why), 0);
	is_image(img, "bin/tool lib/libd.so lib/x-linux-gnu/libc.so "
		      "lib64/ld.so lib64/libd.so>/lib/libd.so usr/lib/liba.so "
		      "usr/lib/private/libb.so ");
	assert_int_equal(image_program(img, "/init", "/usr/sbin/tool", root, &why),
			 0);
	assert_int_equal(image_library(img, "liba.so", root, &why), 0);
	assert_null(why);
}

/* Absolute links inside of a sysroot stay inside. */
static void links(void **state)
{
	_cleanup_image_ struct image *img = image_new();
	_cleanup_free_ char *root = kit_path("r"), *why = NULL;
	_cleanup_free_ char *at = kit_path("r/bin/tool");

	(void)state;
	make_root();
	kit_put("r/bin/other", "", 0);
	assert_int_equal(symlink("/usr/sbin/tool", at), 0);
	assert_int_equal(image_program(img, NULL, "/bin/tool", root, &why), 0);
	assert_int_equal(unlink(at), 0);
	assert_int_equal(symlink("../../../../../../../../../bin/sh", at), 0);
	assert_int_equal(image_program(img, NULL, "/bin/tool", root, &why), -ENOENT);
	kit_said(&why, "program '/bin/tool' is not here");
}

static void missing(void **state)
{
	_cleanup_image_ struct image *img = image_new();
	_cleanup_free_ char *root = kit_path("r"), *why = NULL;
	_cleanup_free_ char *libc = kit_path("r/lib/x-linux-gnu/libc.so");
	_cleanup_free_ char *loader = kit_path("r/lib64/ld.so");

	(void)state;
	make_root();
	assert_int_equal(image_program(img, NULL, "nosuch", root, &why), -ENOENT);
	kit_said(&why, "program 'nosuch' is not here");
	assert_int_equal(image_library(img, "nosuch.so", root, &why), -ENOENT);
	kit_said(&why, "library 'nosuch.so' of 'the job' is not here");
	assert_int_equal(unlink(libc), 0);
	assert_int_equal(image_program(img, NULL, "tool", root, &why), -ENOENT);
	kit_said(&why, "library 'libc.so' of '/bin/tool' is not here");
	assert_int_equal(unlink(loader), 0);
	assert_int_equal(image_program(img, NULL, "tool", root, &why), -ENOENT);
	kit_said(&why, "interpreter '/lib64/ld.so' of '/bin/tool' is not here");
	kit_put("r/usr/sbin/script", "#!/bin/sh\n", 10);
	assert_int_equal(image_program(img, NULL, "script", root, &why), -ENOEXEC);
	kit_said(&why, "cannot take program 'script'");
}

/* A program that was built anew while it runs is still known by its descriptor. */
static void removed(void **state)
{
	_cleanup_image_ struct image *img = image_new();
	_cleanup_free_ char *at = kit_path("static"), *why = NULL, *link = NULL;
	int fd;

	(void)state;
	kit_put_elf("static", NULL, NULL, NULL);
	fd = open(at, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(unlink(at), 0);
	link = xasprintf("/proc/self/fd/%d", fd);
	assert_int_equal(image_program(img, "/bin/strain", link, NULL, &why), 0);
	is_image(img, "bin/strain ");
	close(fd);
}

/* Names that would lead out of the image. */
static void ways_out(void **state)
{
	static const char *const bad[] = { "../../etc/passwd", "/etc/passwd", "..",
					   "a/b", "" };
	_cleanup_free_ char *root = kit_path("r"), *why = NULL;

	(void)state;
	make_root();
	for (size_t i = 0; i + 1 < ARRAY_SIZE(bad); i++) {
		_cleanup_image_ struct image *img = image_new();

		kit_put_elf("r/bin/bad", NULL, bad[i], NULL);
		assert_int_equal(image_program(img, NULL, "/bin/bad", root, &why),
				 -ENOENT);
		kit_said(&why, "of '/bin/bad'");
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_image_ struct image *img = image_new();

		kit_put_elf("r/bin/bad", bad[i], NULL, NULL);
		if (!strcmp(bad[i], "/etc/passwd"))
			continue;
		assert_int_equal(image_program(img, NULL, "/bin/bad", root, &why),
				 -ENOENT);
		kit_said(&why, "interpreter");
	}
}

static int read_as(const void *data, size_t n)
{
	_cleanup_free_ char *path = kit_path("elf");
	_cleanup_elf_ struct elf elf = { 0 };
	int err;

	kit_put("elf", data, n);
	err = elf_read(path, &elf);
	elf_has_note(path, "Xen", 18);
	return err;
}

/* Cut anywhere, and with any field wild: an answer, never a crash. */
static void damaged(void **state)
{
	static const uint64_t wild[] = { UINT64_MAX, INT64_MAX, 1ULL << 32,
					 0xfffffff0, 0x400000, 1 };
	struct kit_elf e;
	unsigned errors = 0;

	(void)state;
	kit_elf(&e, "/lib64/ld.so", "liba.so libb.so", "/x:/y");
	assert_int_equal(read_as(&e, sizeof(e)), 0);
	for (size_t n = 0; n < sizeof(e); n += 7)
		errors += read_as(&e, n) < 0;
	assert_true(errors > 60);
	assert_int_equal(read_as(&e, 0), -ENOEXEC);
	for (size_t at = 16; at + 8 <= offsetof(struct kit_elf, text); at += 4)
		for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
			struct kit_elf bad = e;

			memcpy((char *)&bad + at, &wild[i], sizeof(wild[i]));
			errors += read_as(&bad, sizeof(bad)) < 0;
		}
	assert_true(errors > 200);
	e.dynamic[0].d_un.d_val = sizeof(e.text);
	assert_int_equal(read_as(&e, sizeof(e)), -EBADMSG);
}

static void notes(void **state)
{
	_cleanup_free_ char *path = kit_path("elf");
	struct kit_elf e;

	(void)state;
	kit_elf(&e, NULL, NULL, NULL);
	kit_put("elf", &e, sizeof(e));
	assert_int_equal(elf_has_note(path, "Xen", 18), 1);
	assert_int_equal(elf_has_note(path, "Xen", 17), 0);
	assert_int_equal(elf_has_note(path, "GNU", 18), 0);
	e.note.head.n_namesz = UINT32_MAX;
	kit_put("elf", &e, sizeof(e));
	assert_int_equal(elf_has_note(path, "Xen", 18), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(libraries, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(links, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(missing, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(removed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(ways_out, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(damaged, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(notes, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
