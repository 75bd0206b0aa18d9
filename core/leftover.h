/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that a trial leaves behind: whoever called fork(2) by other means
 * than worker_fork(), and left its session and parent. They come to the
 * nearest subreaper, which is the leader, and when it was killed the monitor.
 */
#ifndef STRAIN_CORE_LEFTOVER_H
#define STRAIN_CORE_LEFTOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Children that are none of the trial's. */
struct leftover {
	pid_t *keep;
	size_t n;
};

/* Adds the children that are there; a program may be started with some. */
void leftover_keep_all(struct leftover *l);
void leftover_keep(struct leftover *l, pid_t pid);
void leftover_free(struct leftover *l);
/*
 * Sends SIGKILL to every child of this process but those of @l; with @reap takes
 * away those that ended. Returns how many there were.
 */
unsigned leftover_kill(const struct leftover *l, bool reap);
/* Does that until none is left, or @patience ns are over. */
void leftover_end(const struct leftover *l, uint64_t patience);

#endif
