/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/pseudofs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

/*
 * Of the kernel's linux/mount.h, which cannot be included beside the C
 * library's sys/mount.h; glibc has these only since 2.36.
 */
enum { OPEN_CLOEXEC = 1, MOUNT_CLOEXEC = 1, CMD_CREATE = 6 };

/* From the kernel's linux/magic.h. */
static const struct {
	const char *type, *where;
	unsigned long magic;
} usual[] = {
	{ "tracefs", "/sys/kernel/tracing", 0x74726163 },
	{ "tracefs", "/sys/kernel/debug/tracing", 0x74726163 },
	{ "debugfs", "/sys/kernel/debug", 0x64626720 },
};

/* Descriptor of the root where it is mounted already, or -1. */
static int open_mounted(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		struct statfs s;
		int fd;

		if (strcmp(usual[i].type, type))
			continue;
		fd = open(usual[i].where, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!fstatfs(fd, &s) &&
		    (unsigned long)s.f_type == usual[i].magic)
			return fd;
		close(fd);
	}
	return -1;
}

static int open_detached(const char *type)
{
	int fs = syscall(SYS_fsopen, type, OPEN_CLOEXEC), fd = -1;

	if (fs < 0)
		return -errno;
	if (!syscall(SYS_fsconfig, fs, CMD_CREATE, NULL, NULL, 0))
		fd = syscall(SYS_fsmount, fs, MOUNT_CLOEXEC, 0);
	if (fd < 0)
		fd = -errno;
	close(fs);
	return fd;
}

int pseudofs_open(const char *type, const char *path, int flags)
{
	_cleanup_close_ int root = open_mounted(type);
	int fd;

	if (root < 0)
		root = open_detached(type);
	if (root < 0)
		return root;
	fd = openat(root, path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
