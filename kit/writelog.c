/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/writelog.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static int write_at(int fd, const void *data, size_t size, uint64_t at)
{
	while (size) {
		ssize_t n = pwrite(fd, data, size, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		data = (const char *)data + n;
		size -= n;
		at += n;
	}
	return 0;
}

static int write_super(struct writelog *l)
{
	char sector[WRITELOG_SECTOR] = "";
	struct writelog_super super = {
		.magic = htole64(WRITELOG_MAGIC),
		.version = htole64(WRITELOG_VERSION),
		.entries = htole64(l->entries),
		.sector_size = htole32(WRITELOG_SECTOR),
	};

	memcpy(sector, &super, sizeof(super));
	return write_at(l->log, sector, sizeof(sector), 0);
}

int writelog_start(struct writelog *l)
{
	l->entries = 0;
	l->bytes = WRITELOG_SECTOR;
	if (ftruncate(l->log, 0) < 0)
		return -errno;
	return write_super(l);
}

int writelog_add(struct writelog *l, uint64_t sector, uint64_t sectors,
		 uint64_t flags, const void *data, size_t mark_bytes)
{
	char head[WRITELOG_SECTOR] = "";
	struct writelog_entry entry = {
		.sector = htole64(sector),
		.sectors = htole64(sectors),
		.flags = htole64(flags),
		.data_bytes = htole64(mark_bytes),
	};
	size_t size = flags & (WRITELOG_DISCARD | WRITELOG_IS_MARK)
			      ? 0
			      : sectors * WRITELOG_SECTOR;
	int e;

	if (mark_bytes > WRITELOG_MARK_MAX)
		return -E2BIG;
	if (l->bytes + sizeof(head) + size > l->limit)
		return -ENOSPC;
	memcpy(head, &entry, sizeof(entry));
	if (mark_bytes)
		memcpy(head + sizeof(entry), data, mark_bytes);
	e = write_at(l->log, head, sizeof(head), l->bytes);
	if (!e && size)
		e = write_at(l->log, data, size, l->bytes + sizeof(head));
	if (e)
		return e;
	l->bytes += sizeof(head) + size;
	l->entries++;
	return write_super(l);
}
