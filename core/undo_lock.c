/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/undo_log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MS 10000
#define LOCK_STEP_MS 5

static int lock_fd = -1;
static unsigned lock_depth;

void undo_sleep_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/*
 * The lock is the directory of the logs, opened anew each time: a descriptor
 * that forked processes share would not lock them against each other. Whoever
 * asks has a log in it, so it is not removed meanwhile. Polled, since a holder
 * may be stuck for good.
 */
int undo_lock(void)
{
	const char *dir;
	int fd;

	if (lock_depth) {
		lock_depth++;
		return 0;
	}
	dir = undo_dir();
	if (!dir)
		return -errno;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (unsigned ms = 0; flock(fd, LOCK_EX | LOCK_NB) < 0;
	     ms += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK || ms >= LOCK_WAIT_MS) {
			close(fd);
			return -EBUSY;
		}
		undo_sleep_ms(LOCK_STEP_MS);
	}
	lock_fd = fd;
	lock_depth = 1;
	return 0;
}

void undo_unlock(void)
{
	if (--lock_depth)
		return;
	close(lock_fd);
	lock_fd = -1;
}
