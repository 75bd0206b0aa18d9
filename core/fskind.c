/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/fskind.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/need.h"

#define MIB (1024ULL * 1024)

/*
 * ext4: without tables to initialise later, a kernel thread would write during
 * the trial; blocks and inodes stated, since mke2fs takes others below 512M.
 * XFS: mkfs.xfs refuses less than 300M. bigalloc: an empty directory takes a
 * cluster.
 */
#define EXT4 "mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0"

/* clang-format off */
const struct fskind fskinds[] = {
	{ "scratch", NULL, NULL, NULL, 0,
	  "directory of --temp-path, on whatever that is" },
	{ "tmpfs", "tmpfs", NULL, NULL, 256 * MIB,
	  "tmpfs" },
	{ "tmpfs-huge", "tmpfs", NULL, "huge=always", 256 * MIB,
	  "tmpfs with huge pages wherever they fit" },
	{ "ext2", "ext2", "mkfs.ext2 -q -F -b 4096 -i 4096", NULL, 256 * MIB,
	  "ext2, without a journal" },
	{ "ext4", "ext4", EXT4 " -b 4096 -i 4096", NULL, 256 * MIB,
	  "ext4 with blocks of 4K" },
	{ "ext4-1k", "ext4", EXT4 " -b 1024 -i 4096", NULL, 256 * MIB,
	  "ext4 with blocks of 1K, smaller than a page" },
	{ "ext4-bigalloc", "ext4", EXT4 " -b 4096 -i 16384 -O bigalloc -C 65536",
	  NULL, 512 * MIB, "ext4 that allocates clusters of 64K" },
	{ "xfs", "xfs", "mkfs.xfs -q -f -m reflink=1", NULL, 320 * MIB,
	  "XFS with reflink" },
	{ "btrfs", "btrfs", "mkfs.btrfs -q -f", NULL, 256 * MIB,
	  "Btrfs" },
	{ NULL, NULL, NULL, NULL, 0, NULL }
};
/* clang-format on */

const struct fskind *fskind_find(const char *name)
{
	for (const struct fskind *k = fskinds; k->name; k++)
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}

/* We start it by its path there too, so PATH need not name the directory. */
static bool is_in_sbin(const char *program)
{
	static const char *const dirs[] = { "/usr/sbin", "/sbin" };
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[i], program);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

void fskind_needs(const struct fskind *kind, struct need_list *list)
{
	struct needs needs = { .caps = "sys_admin", .filesystems = kind->type };
	char program[32] = "";

	if (!kind->type)
		return;
	if (kind->mkfs) {
		snprintf(program, sizeof(program), "%.*s",
			 (int)strcspn(kind->mkfs, " "), kind->mkfs);
		needs.files = "/dev/loop-control";
		if (!is_in_sbin(program))
			needs.commands = program;
	}
	need_check(&needs, list);
}
