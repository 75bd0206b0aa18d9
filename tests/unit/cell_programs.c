/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of a foreign guest: from which sysroot, and what is its shell. */
#include "tests/unit/image_kit.h"

#include <errno.h>

#include "vm-matrix/cell/programs.h"
#include "vm-matrix/image/parts.h"

/* What the image has, links with their targets. */
static void is_image(struct image *img, const char *wanted)
{
	_cleanup_str_ struct str s = STR_INIT;

	image_sort(img);
	for (size_t i = 0; i < img->n; i++)
		if (!S_ISDIR(img->entry[i].mode))
			str_addf(&s, "%s%s%s ", img->entry[i].path,
				 img->entry[i].data ? ">" : "",
				 img->entry[i].data ? img->entry[i].data : "");
	assert_string_equal(s.buf, wanted);
}

static int add(struct image *img, const char *name, char **why)
{
	_cleanup_free_ char *cache = kit_path("cache"), *usual = kit_path("usual");
	const struct cell_programs from = { .arch = "s390x", .cache = cache };

	assert_int_equal(setenv("XDG_CACHE_HOME", usual, 1), 0);
	return cell_program_add(&from, name, img, why);
}

static void shell(void **state)
{
	_cleanup_image_ struct image *own = image_new(), *busybox = image_new();
	_cleanup_free_ char *why = NULL;

	(void)state;
	kit_put_elf("cache/sysroots/s390x/usr/bin/busybox", NULL, NULL, NULL);
	assert_int_equal(add(busybox, "sh", &why), 0);
	assert_null(why);
	is_image(busybox, "bin/busybox bin/sh>busybox ");
	kit_put_elf("cache/sysroots/s390x/usr/bin/sh", NULL, NULL, NULL);
	assert_int_equal(add(own, "sh", &why), 0);
	assert_null(why);
	is_image(own, "bin/sh ");
}

static void no_shell(void **state)
{
	_cleanup_image_ struct image *img = image_new();
	_cleanup_free_ char *why = NULL;

	(void)state;
	kit_put_elf("cache/sysroots/s390x/usr/bin/tool", NULL, NULL, NULL);
	assert_int_equal(add(img, "sh", &why), -ENOENT);
	kit_said(&why, "no shell for guests of 's390x': ");
	assert_int_equal(add(img, "tool", &why), 0);
	is_image(img, "bin/tool ");
	assert_int_equal(add(img, "ls", &why), -ENOENT);
	kit_said(&why, "program 'ls' is not here");
}

/* A cache of a test or a CI job has none: 'make guests' asks nobody where. */
static void usual_place(void **state)
{
	_cleanup_image_ struct image *img = image_new();
	_cleanup_free_ char *why = NULL;

	(void)state;
	assert_int_equal(add(img, "tool", &why), -ENOENT);
	kit_said(&why, "/usual/strain/sysroots/s390x'");
	kit_put_elf("usual/strain/sysroots/s390x/usr/bin/tool", NULL, NULL, NULL);
	assert_int_equal(add(img, "tool", &why), 0);
	is_image(img, "bin/tool ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shell, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(no_shell, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(usual_place, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
