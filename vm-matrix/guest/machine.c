/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"
#include "vm-matrix/guest/parts.h"

/* clang-format off */
struct place {
	const char *type, *target, *options;
	bool must; /* the others are not in every kernel */
};

/* As few as a run needs: what the kernel does for the first time is dear under
 * emulation. */
static const struct place places[] = {
	{ "devtmpfs", "/dev", "mode=755", true },
	{ "proc", "/proc", NULL, true },
	{ "sysfs", "/sys", NULL, true },
	{ "tmpfs", "/tmp", "mode=1777", true },
	{ "tmpfs", "/run", "mode=755", true },
	{ "tmpfs", "/dev/shm", "mode=1777", false },
	{ "securityfs", "/sys/kernel/security", NULL, false },
	{ "debugfs", "/sys/kernel/debug", NULL, false },
	{ "cgroup2", "/sys/fs/cgroup", NULL, false },
	{ 0 }
};

/* For a person. */
static const struct place more_places[] = {
	{ "devpts", "/dev/pts", "ptmxmode=666", false },
	{ "tracefs", "/sys/kernel/tracing", NULL, false },
	{ 0 }
};
/* clang-format on */

static void mount_all(const struct place *p)
{
	for (; p->type; p++) {
		/* programs and device files of stressors lie elsewhere */
		bool strict = strncmp(p->target, "/sys", 4) == 0;

		if (mkdir(p->target, 0755) < 0 && errno != EEXIST && p->must)
			error("'%s': %s", p->target, strerror(errno));
		if (mount(p->type, p->target, p->type,
			  strict ? MS_NOSUID | MS_NODEV | MS_NOEXEC : 0, p->options) < 0 &&
		    p->must && errno != EBUSY)
			error("mounting '%s': %s", p->target, strerror(errno));
	}
}

void guest_mount(void)
{
	mount_all(places);
}

void guest_mount_more(void)
{
	mount_all(more_places);
}

void guest_environment(void)
{
	static char path[] = "PATH=/bin:/sbin:/usr/bin:/usr/sbin", home[] = "HOME=/root";
	static char *words[] = { path, home, NULL };
	/* what a session of a distribution has; the kernel's default is 4096 */
	struct rlimit files = { 1024, 524288 };

	setrlimit(RLIMIT_NOFILE, &files);
	if (sethostname("strain", 6) < 0)
		error("naming the machine: %s", strerror(errno));
	environ = words;
	mkdir("/root", 0700);
	if (chdir("/root") < 0)
		error("'/root': %s", strerror(errno));
}
