/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two jobs of the crash test: before the machine dies, and after it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"
#include "vm-matrix/guest/crash.h"

struct looking {
	char serial[16];
	char *device;
};

static void find(void *ctx, const char *device, const char *serial)
{
	struct looking *l = ctx;

	if (!l->device && !strcmp(serial, l->serial))
		l->device = xstrdup(device);
}

/*
 * A unit of several blocks in a request is in a disk's cache all at once or not at
 * all, nearly: in requests of a page each it is torn where a write promises
 * nothing.
 */
static void small_requests(const char *device)
{
	_cleanup_free_ char *path = xasprintf("/sys/block/%s/queue/max_sectors_kb",
					      strrchr(device, '/') + 1);
	_cleanup_free_ char *kb = xasprintf("%ld", sysconf(_SC_PAGESIZE) / 1024);
	int err = file_write(path, kb);

	if (err)
		die(EXIT_BROKEN, "'%s': %s", path, strerror(-err));
}

int crash_write_run(const struct guest *g, const json_t *job)
{
	struct looking l = { .serial = "writer" };
	struct crash_job c;
	bool atomic;
	int err;

	(void)g;
	crash_job_read(&c, job);
	atomic = !strcmp(c.writer, "atomic");
	crash_disks(find, &l);
	if (!l.device)
		die(EXIT_BROKEN, "there is no disk '%s'", l.serial);
	if (atomic)
		small_requests(l.device);
	err = crash_mount(l.device, c.filesystem);
	free(l.device);
	if (err == -ENODEV)
		die(EXIT_ALL_SKIPPED, "this kernel has no %s", c.filesystem);
	if (err)
		die(EXIT_BROKEN, "mounting '%s': %s", l.serial, strerror(-err));
	return atomic ? crash_write_units(&c) : crash_write_journal(&c);
}

static void verify(void *ctx, const char *device, const char *serial)
{
	const struct crash_job *c = ctx;
	_cleanup_free_ char *text = NULL;
	json_t *out;
	int err;

	if (strncmp(serial, "cut", 3))
		return;
	crash_tell('l', serial, strlen(serial));
	err = crash_mount(device, c->filesystem);
	out = json_pack("{s:s, s:b}", "disk", serial, "mounted", err == 0);
	if (err) {
		json_object_set_new(out, "error",
				    json_sprintf("mount: %s", strerror(-err)));
	} else {
		if (!strcmp(c->writer, "atomic"))
			crash_read_units(c, out);
		else
			crash_read_journal(c, out);
		if (umount(CRASH_MOUNT) < 0)
			json_object_set_new(out, "error",
					    json_sprintf("umount: %s",
							 strerror(errno)));
	}
	text = json_dumps(out, JSON_COMPACT);
	crash_tell('v', text, strlen(text));
	json_decref(out);
}

int crash_verify_run(const struct guest *g, const json_t *job)
{
	struct crash_job c;

	(void)g;
	crash_job_read(&c, job);
	crash_disks(verify, &c);
	return EXIT_PASS;
}
