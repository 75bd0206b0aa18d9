/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/guest/crash.h"

#include <endian.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"

static const char *text(const json_t *job, const char *key)
{
	const char *value = json_string_value(json_object_get(job, key));

	return value ? value : "";
}

static uint64_t number(const json_t *job, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(job, key));
}

void crash_job_read(struct crash_job *c, const json_t *job)
{
	*c = (struct crash_job){
		.filesystem = text(job, "filesystem"),
		.writer = text(job, "writer"), .run = number(job, "run"),
		.records = number(job, "records"),
		.sync = true,
		.turns = json_is_true(json_object_get(job, "turns")),
		.waits = json_is_true(json_object_get(job, "waits")),
	};
}

/* The serial of a disk: virtio tells it as text, SCSI in page 80h behind a
 * header of four bytes. */
static bool read_serial(const char *block, char *serial, size_t size)
{
	_cleanup_free_ char *plain = xasprintf("%s/serial", block);
	_cleanup_free_ char *page = xasprintf("%s/device/vpd_pg80", block);
	_cleanup_free_ char *nvme = xasprintf("%s/device/serial", block);
	_cleanup_str_ struct str bytes = STR_INIT;

	if (!file_read_line(plain, serial, size) ||
	    !file_read_line(nvme, serial, size)) {
		serial[strcspn(serial, " ")] = '\0';
		return *serial;
	}
	if (file_read(page, &bytes) || bytes.len <= 4)
		return false;
	snprintf(serial, size, "%.*s", (int)(bytes.len - 4), bytes.buf + 4);
	return true;
}

void crash_disks(void (*each)(void *ctx, const char *device, const char *serial),
		 void *ctx)
{
	glob_t found = { 0 };

	glob("/sys/block/*", 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *block = found.gl_pathv[i];
		char serial[64];

		if (read_serial(block, serial, sizeof(serial))) {
			_cleanup_free_ char *device =
				xasprintf("/dev%s", strrchr(block, '/'));

			each(ctx, device, serial);
		}
	}
	globfree(&found);
}

int crash_mount(const char *device, const char *filesystem)
{
	/* the disks are copies of one */
	const char *options = !strcmp(filesystem, "xfs") ? "nouuid" : NULL;

	mkdir(CRASH_MOUNT, 0755);
	return mount(device, CRASH_MOUNT, filesystem, 0, options) < 0 ? -errno : 0;
}

void crash_tell(char letter, const void *data, size_t n)
{
	_cleanup_str_ struct str frame = STR_INIT, payload = STR_INIT;
	int err;

	str_add_n(&payload, &letter, 1);
	str_add_n(&payload, data, n);
	frame_add(&frame, FRAME_DATA, payload.buf, payload.len);
	err = file_write_all(GUEST_FRAMES, frame.buf, frame.len);
	if (err)
		die(EXIT_BROKEN, "telling the host: %s", strerror(-err));
}

/* The first letter of a line of the host; 0: it is gone. */
static char read_order(void)
{
	char first = 0, letter;
	ssize_t n;

	do {
		n = read(STDIN_FILENO, &letter, 1);
		if (n == 1 && !first)
			first = letter;
	} while ((n < 0 && errno == EINTR) || (n == 1 && letter != '\n'));
	return n == 1 ? first : 0;
}

bool crash_ready(struct crash_job *c)
{
	char order;

	if (!c->waits)
		return true;
	crash_tell('r', "", 0);
	order = read_order();
	c->sync = order == 's';
	return order != 0;
}

bool crash_promise(const struct crash_job *c, uint64_t promised)
{
	promised = htole64(promised);
	crash_tell('a', &promised, sizeof(promised));
	return !c->turns || read_order();
}
