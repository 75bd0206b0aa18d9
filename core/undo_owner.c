/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/undo_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

int undo_process(pid_t pid, struct process *p)
{
	char path[40], stat[1024], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read_line(path, stat, sizeof(stat)))
		return -ESRCH;
	/* The name may hold anything, blanks and parentheses too. */
	at = strrchr(stat, ')');
	if (!at || sscanf(at,
			  ") %c %*s %d %d %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			  "%*s %*s %*s %*s %*s %*s %" SCNu64,
			  &p->state, &p->group, &p->session, &p->start) != 4)
		return -ESRCH;
	return 0;
}

bool undo_process_is_dead(const struct process *p)
{
	return p->state == 'Z' || p->state == 'X';
}

int undo_owner_self(struct owner *owner)
{
	struct process p;
	struct stat st;

	owner->pid = getpid();
	if (stat("/proc/self/ns/pid", &st) < 0)
		return -errno;
	owner->pid_ns = st.st_ino;
	if (file_read_line("/proc/sys/kernel/random/boot_id", owner->boot,
			   sizeof(owner->boot)))
		return -ENOENT;
	if (undo_process(owner->pid, &p))
		return -ESRCH;
	owner->start = p.start;
	return 0;
}

bool undo_owner_alive(const struct owner *owner)
{
	struct owner self;
	struct process p;

	if (undo_owner_self(&self))
		return true; /* without /proc nothing is certain */
	if (strcmp(self.boot, owner->boot))
		return false;
	if (self.pid_ns != owner->pid_ns)
		return true; /* a pid that means nothing to us */
	return !undo_process(owner->pid, &p) && p.start == owner->start &&
	       !undo_process_is_dead(&p);
}

bool undo_same_boot(const struct owner *owner)
{
	struct owner self;

	return undo_owner_self(&self) || !strcmp(self.boot, owner->boot);
}
