/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/hugetlb.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "core/sys.h"
#include "core/worker.h"
#include "kit/region.h"

static int set_bytes(int fd, const char *key, uint64_t bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, bytes);
	return syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, key, text, 0);
}

/* A descriptor, or -errno. */
static int make(uint64_t size, uint64_t pages)
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

static int touch(uint64_t size, uint64_t pages)
{
	_cleanup_close_ int mount = make(size, pages), fd = -1;
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

void hugetlb_require(struct worker *w, uint64_t size, uint64_t pages)
{
	int rc = worker_hugepages(w, size, pages);

	if (!rc)
		rc = touch(size, pages);
	if (rc)
		worker_skip(w, "cannot have %llu huge pages of %llu kB: %s",
			    (unsigned long long)pages,
			    (unsigned long long)size / 1024, strerror(-rc));
}

void hugetlb_open(struct worker *w, struct hugetlb_pool *p, uint64_t size,
		  uint64_t pages, unsigned check)
{
	*p = (struct hugetlb_pool){ make(size, pages), pages, check };
	if (p->mount < 0)
		worker_broken(w, "cannot make a hugetlbfs: %s", strerror(-p->mount));
}

int hugetlb_file(struct worker *w, const struct hugetlb_pool *p)
{
	return sys_openat(w, p->mount, "pages", O_RDWR | O_CREAT, 0600);
}

static bool pool_holds(int64_t pages, int64_t mapped, int64_t free)
{
	return free + mapped == pages;
}

bool hugetlb_recorded(bool mutated)
{
	return pool_holds(8, 3, mutated ? 6 : 5);
}

void hugetlb_check(struct worker *w, const struct hugetlb_pool *p, uint64_t mapped,
		   const char *when)
{
	struct statfs s;
	int64_t free = fstatfs(p->mount, &s) ? -errno : (int64_t)s.f_bfree;

	worker_check(w, p->check, pool_holds((int64_t)p->pages, (int64_t)mapped, free),
		     "%s %llu of %llu pages are mapped and %lld free", when,
		     (unsigned long long)mapped, (unsigned long long)p->pages,
		     (long long)free);
}

void hugetlb_close(struct hugetlb_pool *p)
{
	close(p->mount);
}
