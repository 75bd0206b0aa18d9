/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/crash/log.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

/* drivers/md/dm-log-writes.c; little endian. */
#define LOG_MAGIC 0x6a736677736872ULL
#define LOG_VERSION 1
#define MAX_SECTORS (1U << 20) /* of one write: 512 MiB */

struct super {
	uint64_t magic, version, entries;
	uint32_t sector_size;
};

struct header {
	uint64_t sector, sectors, flags, data;
};

static int fail(char **why, int err, const char *what)
{
	free(*why);
	*why = xasprintf("log of writes: %s", what);
	return err;
}

/* Bytes read at @at, up to @n. */
static ssize_t get(int fd, void *buf, size_t n, uint64_t at)
{
	ssize_t got;

	do
		got = pread(fd, buf, n, (off_t)at);
	while (got < 0 && errno == EINTR);
	return got;
}

int crash_log_open(struct crash_log *log, const char *path, char **why)
{
	*log = (struct crash_log){ .next = CRASH_SECTOR_SIZE };
	log->fd = open(path, O_RDONLY | O_CLOEXEC);
	return log->fd < 0 ? fail(why, -errno, strerror(errno)) : 0;
}

static bool is_empty(const struct header *h)
{
	return !h->sector && !h->sectors && !h->flags && !h->data;
}

static void add(struct crash_log *log, const struct crash_entry *e)
{
	if (!(log->n & (log->n + 1)))
		log->entry = xrealloc(log->entry,
				      2 * (log->n + 1) * sizeof(*log->entry));
	log->entry[log->n++] = *e;
}

int crash_log_more(struct crash_log *log, char **why)
{
	struct stat st;

	if (fstat(log->fd, &st) < 0)
		return fail(why, -errno, strerror(errno));
	for (;;) {
		struct header h;
		struct crash_entry e;
		uint64_t size = 0;

		if (get(log->fd, &h, sizeof(h), log->next) != sizeof(h) ||
		    is_empty(&h))
			return 0;
		e = (struct crash_entry){ le64toh(h.sector), le64toh(h.sectors),
					  le64toh(h.flags),
					  log->next + CRASH_SECTOR_SIZE };
		if (e.flags > 15 || e.sectors > MAX_SECTORS * 64ULL)
			return fail(why, -EBADMSG, "an entry is none");
		if (e.flags & CRASH_MARK)
			size = (le64toh(h.data) + CRASH_SECTOR_SIZE - 1) /
			       CRASH_SECTOR_SIZE;
		else if (!(e.flags & CRASH_DISCARD))
			size = e.sectors;
		if (size > MAX_SECTORS)
			return fail(why, -EBADMSG, "an entry is too large");
		size = e.data + size * CRASH_SECTOR_SIZE;
		if (size > (uint64_t)st.st_size && size > e.data)
			return 0;
		add(log, &e);
		log->next = size;
	}
}

int crash_log_whole(struct crash_log *log, char **why)
{
	struct super s;
	int err = crash_log_more(log, why);

	if (err)
		return err;
	if (get(log->fd, &s, sizeof(s), 0) != sizeof(s) ||
	    le64toh(s.magic) != LOG_MAGIC || le64toh(s.version) != LOG_VERSION)
		return fail(why, -EBADMSG, "no superblock");
	if (le32toh(s.sector_size) != CRASH_SECTOR_SIZE)
		return fail(why, -EBADMSG, "sectors are not of 512 bytes");
	if (log->n < le64toh(s.entries))
		return fail(why, -EBADMSG, "entries are missing");
	return 0;
}

void crash_log_free(struct crash_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	free(log->entry);
}

size_t crash_durable(const struct crash_log *log, size_t kept)
{
	while (kept && !(log->entry[kept - 1].flags & CRASH_FLUSH))
		kept--;
	return kept;
}
