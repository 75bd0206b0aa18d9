/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/hugetlb.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "kit/region.h"

static int set_bytes(int fd, const char *key, uint64_t bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, bytes);
	return syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, key, text, 0);
}

int hugetlb_open(uint64_t size, uint64_t pages)
{
	_cleanup_close_ int fs = syscall(SYS_fsopen, "hugetlbfs", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0 || set_bytes(fs, "pagesize", size) ||
	    set_bytes(fs, "size", size * pages) ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	fd = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

int64_t hugetlb_free(int fd)
{
	struct statfs s;

	return fstatfs(fd, &s) ? -errno : (int64_t)s.f_bfree;
}

int hugetlb_touch(uint64_t size, uint64_t pages)
{
	_cleanup_close_ int mount = hugetlb_open(size, pages), fd = -1;
	struct region r;
	int rc;

	if (mount < 0)
		return mount;
	fd = openat(mount, "pages", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = region_reserve(&r, size * pages, size);
	if (rc)
		return rc;
	rc = region_map(&r, size * pages, MAP_PRIVATE, fd);
	for (uint64_t i = 0; !rc && i < pages; i++)
		((volatile char *)r.start)[i * size] = 1;
	region_release(&r);
	return rc;
}
