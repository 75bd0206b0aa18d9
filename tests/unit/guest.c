/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Process 1 of a virtual machine, as far as it needs none: which file a module is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "vm-matrix/guest/parts.h"

static const char dep[] =
	"kernel/fs/xfs/xfs.ko: kernel/lib/libcrc32c.ko kernel/fs/jbd2/jbd2.ko\n"
	"kernel/lib/libcrc32c.ko:\n"
	"kernel/drivers/block/null_blk/null_blk.ko:\n"
	"kernel/drivers/scsi/scsi_debug.ko.xz: kernel/drivers/scsi/scsi_mod.ko.xz\n"
	"loop.ko:";

static void path_is(const char *name, const char *path)
{
	_cleanup_free_ char *found = module_path(dep, name);

	if (path)
		assert_string_equal(found ? found : "none", path);
	else
		assert_null(found);
}

static void modules_are_found(void **state)
{
	(void)state;
	path_is("xfs", "kernel/fs/xfs/xfs.ko");
	path_is("libcrc32c", "kernel/lib/libcrc32c.ko");
	path_is("null_blk", "kernel/drivers/block/null_blk/null_blk.ko");
	path_is("null-blk", "kernel/drivers/block/null_blk/null_blk.ko");
	path_is("scsi_debug", "kernel/drivers/scsi/scsi_debug.ko.xz");
	path_is("loop", "loop.ko");
	path_is("jbd2", NULL); /* only something that another one needs */
	path_is("xf", NULL);
	path_is("xfs2", NULL);
	path_is("null", NULL);
	path_is("", NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_are_found),
	};

	return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
