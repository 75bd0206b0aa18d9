/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Units of several blocks that are overwritten in place, as a database does with
 * its pages: those of "atomic" by RWF_ATOMIC, which promises all or nothing,
 * those of "plain" by ordinary direct writes, which promise nothing of the kind
 * and so are the control. Each generation is promised once fdatasync returned.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"
#include "vm-matrix/crash_record.h"
#include "vm-matrix/guest/crash.h"

#ifndef RWF_ATOMIC
#define RWF_ATOMIC 0x00000040 /* include/uapi/linux/fs.h, since Linux 6.11 */
#endif

#define ATOMIC_FILE CRASH_MOUNT "/atomic"
#define PLAIN_FILE CRASH_MOUNT "/plain"

static void *unit_buffer(void)
{
	void *data;

	if (posix_memalign(&data, CRASH_UNIT, CRASH_UNIT))
		die(EXIT_BROKEN, "no memory for a unit");
	return data;
}

static void write_unit(int fd, uint64_t run, uint64_t generation, uint32_t unit,
		       int flags)
{
	static void *data;
	struct iovec iov;
	ssize_t n;

	if (!data)
		data = unit_buffer();
	crash_unit_fill(data, run, unit, generation);
	iov = (struct iovec){ data, CRASH_UNIT };
	n = pwritev2(fd, &iov, 1, (off_t)unit * CRASH_UNIT, flags);
	if (n < 0 && flags && (errno == EOPNOTSUPP || errno == EINVAL))
		die(EXIT_ALL_SKIPPED, "this kernel does not write units of %u bytes "
		    "atomically here: %s", CRASH_UNIT, strerror(errno));
	if (n != CRASH_UNIT)
		die(EXIT_BROKEN, "writing a unit: %s",
		    n < 0 ? strerror(errno) : "not all of it");
}

static int make_file(const struct crash_job *c, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);

	if (fd < 0)
		die(EXIT_BROKEN, "'%s': %s", path, strerror(errno));
	if (fallocate(fd, 0, 0, (off_t)CRASH_UNITS * CRASH_UNIT) < 0)
		die(EXIT_BROKEN, "room for '%s': %s", path, strerror(errno));
	for (uint32_t unit = 0; unit < CRASH_UNITS; unit++)
		write_unit(fd, c->run, 0, unit, 0);
	return fd;
}

int crash_write_units(struct crash_job *c)
{
	int atomic = make_file(c, ATOMIC_FILE), plain = make_file(c, PLAIN_FILE);

	sync();
	if (!crash_ready(c))
		return EXIT_PASS;
	for (uint64_t g = 1; g <= c->records; g++) {
		uint32_t unit = (uint32_t)(g % CRASH_UNITS);

		write_unit(plain, c->run, g, unit, 0);
		write_unit(atomic, c->run, g, unit, RWF_ATOMIC);
		if (c->sync && (fdatasync(atomic) < 0 || fdatasync(plain) < 0))
			die(EXIT_BROKEN, "fdatasync: %s", strerror(errno));
		if (!crash_promise(c, g))
			break;
	}
	close(atomic);
	close(plain);
	return EXIT_PASS;
}

/* Generations of the units of a file: one number, or the two of a torn one. */
static json_t *read_file(const struct crash_job *c, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data = unit_buffer();
	json_t *units = json_array();

	for (uint32_t unit = 0; fd >= 0 && unit < CRASH_UNITS; unit++) {
		uint64_t low, high;
		enum crash_unit_state state = CRASH_UNIT_BAD;

		if (pread(fd, data, CRASH_UNIT, (off_t)unit * CRASH_UNIT) ==
		    CRASH_UNIT)
			state = crash_unit_read(data, c->run, unit, &low, &high);
		if (state == CRASH_UNIT_BAD)
			json_array_append_new(units, json_null());
		else if (state == CRASH_UNIT_TORN)
			json_array_append_new(units,
					      json_pack("[II]", (json_int_t)low,
							(json_int_t)high));
		else
			json_array_append_new(units, json_integer((json_int_t)low));
	}
	free(data);
	return units;
}

void crash_read_units(const struct crash_job *c, json_t *out)
{
	json_object_set_new(out, "atomic", read_file(c, ATOMIC_FILE));
	json_object_set_new(out, "plain", read_file(c, PLAIN_FILE));
}
