/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules and programs for a guest, from what stressors declare. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/value.h"
#include "vm-matrix/cell/needs.h"
#include "vm-matrix/frame.h"

static const struct needs all = {
	.module = "dm_mod scsi_debug", .filesystems = "xfs fuse",
	.files = "/dev/fuse /proc/self /dev/loop-control", .commands = "xfs_repair mkfs.xfs",
	.caps = "sys_admin",
};
static const struct needs loads = { .caps = "sys_admin sys_module" };
static const struct method methods[] = {
	{ .name = "plain", .summary = "x" },
	{ .name = "all", .summary = "x", .needs = &all },
	{ 0 },
};
static const struct stressor plain = { .summary = "x", .methods = methods };
static const struct stressor loader = { .summary = "x", .needs = &loads };
static const struct entry entries[] = {
	{ "plain", "memory", &plain },
	{ "loader", "kernel", &loader },
};

static void check(struct run_case *cases, size_t n, const char *modules,
		  const char *programs, bool libkmod)
{
	struct plan plan = { .cases = cases, .n_cases = n, .n_trials = n };
	struct run_settings settings = { .timeout = 3 * NSEC_PER_SEC };
	struct cell_needs needs = { 0 };
	struct str have = STR_INIT;

	cell_needs_add(&needs, &plan, &settings);
	for (size_t i = 0; i < needs.modules.n; i++)
		str_addf(&have, "%s%s", i ? " " : "", needs.modules.word[i]);
	assert_string_equal(have.buf, modules);
	str_free(&have);
	for (size_t i = 0; i < needs.programs.n; i++)
		str_addf(&have, "%s%s", i ? " " : "", needs.programs.word[i]);
	assert_string_equal(have.buf, programs);
	str_free(&have);
	assert_int_equal(needs.libkmod, libkmod);
	assert_int_equal(needs.seconds, n * 3 * NSEC_PER_SEC);
	cell_needs_free(&needs);
}

static void derived(void **state)
{
	struct run_case cases[] = {
		{ .entry = &entries[0], .method = &methods[0] },
		{ .entry = &entries[0], .method = &methods[0], .fs = fskind_find("scratch") },
		{ .entry = &entries[0], .method = &methods[1],
		  .skip = (char *)"not on this host" },
		{ .entry = &entries[0], .method = &methods[0], .fs = fskind_find("ext4-1k") },
		{ .entry = &entries[0], .method = &methods[1], .fs = fskind_find("xfs") },
		{ .entry = &entries[1], .fs = fskind_find("tmpfs") },
	};

	(void)state;
	check(cases, 2, "", "", false);
	check(cases, 3, "dm_mod scsi_debug fs-xfs fs-fuse devname:fuse devname:loop-control",
	      "xfs_repair mkfs.xfs", false);
	check(cases + 3, 1, "fs-ext4 loop", "mkfs.ext4", false);
	check(cases + 4, 2,
	      "dm_mod scsi_debug fs-xfs fs-fuse devname:fuse devname:loop-control loop fs-tmpfs",
	      "xfs_repair mkfs.xfs", true);
}

static void guests_need_of_a_kernel(void **state)
{
	struct str config = STR_INIT;
	_cleanup_words_ struct words symbols = { 0 };
	char *lacks;

	(void)state;
	words_split(&symbols, FRAME_KCONFIG, " ");
	for (size_t i = 0; i < symbols.n; i++) {
		_cleanup_free_ char *wanted = xasprintf("CONFIG_%s", symbols.word[i]);

		/* of the same beginning, or told to be off */
		str_addf(&config, "CONFIG_%s_X=y\n# CONFIG_%s is not set\nX%s=y\n",
			 symbols.word[i], symbols.word[i], wanted);
		lacks = cell_kernel_lacks(config.buf);
		assert_string_equal(lacks, wanted);
		free(lacks);
		str_addf(&config, "%s=%c\n", wanted, i % 2 ? 'y' : 'm');
	}
	assert_null(cell_kernel_lacks(config.buf));
	str_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derived),
		cmocka_unit_test(guests_need_of_a_kernel),
	};

	return cmocka_run_group_tests_name("cell_needs", tests, NULL, NULL);
}
