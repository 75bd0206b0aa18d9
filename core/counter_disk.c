/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/diskstats (kernel Documentation/admin-guide/iostats.rst), whole devices. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "core/counter_parts.h"

static const struct {
	unsigned column; /* behind the device's name, from 0 */
	const char *name;
	unsigned unit;
	bool gauge;
} columns[] = {
	{ 0, "reads", 1, false },	 { 2, "read.bytes", 512, false },
	{ 3, "read.ms", 1, false },	 { 4, "writes", 1, false },
	{ 6, "write.bytes", 512, false }, { 7, "write.ms", 1, false },
	{ 8, "in_flight", 1, true },	 { 9, "busy.ms", 1, false },
	{ 11, "discards", 1, false },	 { 15, "flushes", 1, false },
};

struct disks {
	int fd;
	size_t first, n; /* devices, ARRAY_SIZE(columns) counters each */
	struct words device;
};

/* Start of the device's name in a line, and its length. */
static const char *device_of(const char *line, size_t *len)
{
	uint64_t number;

	if (!counter_number(&line, &number) || !counter_number(&line, &number))
		return NULL;
	line += strspn(line, " ");
	*len = strcspn(line, " \n");
	return line;
}

/* Partitions and empty loop devices would only repeat and bloat. */
static bool is_disk(const char *root, const char *device)
{
	_cleanup_free_ char *path =
		xasprintf("%s/sys/block/%s/size", root, device);
	uint64_t sectors;

	return strncmp(device, "ram", 3) && !file_read_u64(path, &sectors) &&
	       sectors;
}

static void *open_disks(struct counter_table *t, const struct counter_job *job)
{
	int fd = counter_open_file(t, job, "disk", "/proc/diskstats",
				   "kernel built without block devices");
	struct disks *s;

	if (fd < 0)
		return NULL;
	s = xalloc(sizeof(*s));
	s->fd = fd;
	s->first = t->n;
	counter_slurp(job->text, fd);
	for (const char *at = job->text->data; at; at = counter_next_line(at)) {
		size_t len = 0;
		const char *name = device_of(at, &len);
		_cleanup_free_ char *device =
			xasprintf("%.*s", (int)len, name ? name : "");

		if (!len || !is_disk(job->root, device))
			continue;
		words_add(&s->device, device);
		for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
			_cleanup_free_ char *full =
				xasprintf("%s.%s", device, columns[i].name);

			counter_table_add(t, "disk", full, columns[i].gauge);
		}
	}
	return s;
}

static void read_device(const struct disks *s, size_t device, const char *at,
			struct counter_table *t)
{
	size_t first = s->first + device * ARRAY_SIZE(columns);
	unsigned column = 0;
	uint64_t value = 0;

	/* older kernels have fewer columns: the rest stays 0 */
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		for (; column <= columns[i].column; column++)
			if (!counter_number(&at, &value))
				return;
		counter_table_set(t, first + i, value * columns[i].unit);
	}
}

static void read_disks(void *state, struct counter_table *t,
		       struct counter_text *text)
{
	struct disks *s = state;

	if (!counter_slurp(text, s->fd))
		return;
	for (const char *at = text->data; at; at = counter_next_line(at)) {
		size_t len = 0;
		const char *name = device_of(at, &len);

		for (size_t i = 0; name && i < s->device.n; i++)
			if (!strncmp(s->device.word[i], name, len) &&
			    !s->device.word[i][len])
				read_device(s, i, name + len, t);
	}
}

static void close_disks(void *state)
{
	struct disks *s = state;

	close(s->fd);
	words_free(&s->device);
	free(s);
}

const struct counter_source counter_disk = {
	.name = "disk",
	.summary = "requests, bytes and busy time of every block device",
	.open = open_disks,
	.read = read_disks,
	.close = close_disks,
};
