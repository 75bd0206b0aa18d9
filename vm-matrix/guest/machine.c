/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"
#include "vm-matrix/guest/parts.h"

/* clang-format off */
static const struct {
	const char *type, *target, *options;
	bool must; /* the others are not in every kernel */
} mounts[] = {
	{ "devtmpfs", "/dev", "mode=755", true },
	{ "proc", "/proc", NULL, true },
	{ "sysfs", "/sys", NULL, true },
	{ "tmpfs", "/tmp", "mode=1777", true },
	{ "tmpfs", "/run", "mode=755", true },
	{ "tmpfs", "/dev/shm", "mode=1777", false },
	{ "devpts", "/dev/pts", "ptmxmode=666", false },
	{ "tracefs", "/sys/kernel/tracing", NULL, false },
	{ "debugfs", "/sys/kernel/debug", NULL, false },
	{ "cgroup2", "/sys/fs/cgroup", NULL, false },
};
/* clang-format on */

void guest_mount(void)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		/* programs and device files of stressors lie in /tmp and /dev */
		bool strict = strncmp(mounts[i].target, "/sys", 4) == 0;

		if (mkdir(mounts[i].target, 0755) < 0 && errno != EEXIST &&
		    mounts[i].must)
			error("'%s': %s", mounts[i].target, strerror(errno));
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type,
			  strict ? flags : 0, mounts[i].options) < 0 &&
		    mounts[i].must && errno != EBUSY)
			error("mounting '%s': %s", mounts[i].target, strerror(errno));
	}
	/* an init system of a distribution gives these to all groups below it */
	file_write("/sys/fs/cgroup/cgroup.subtree_control",
		   "+cpu +memory +io +pids");
}

void guest_environment(void)
{
	/* what a session of a distribution has; the kernel's default is 4096 */
	struct rlimit files = { 1024, 524288 };

	setrlimit(RLIMIT_NOFILE, &files);
	if (sethostname("strain", 6) < 0)
		error("naming the machine: %s", strerror(errno));
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/root", 1);
	mkdir("/root", 0700);
	if (chdir("/root") < 0)
		error("'/root': %s", strerror(errno));
}
