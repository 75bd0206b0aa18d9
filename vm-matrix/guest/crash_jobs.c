/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two jobs of the crash test: before the machine dies, and after it. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "base/msg.h"
#include "vm-matrix/guest/crash.h"

struct looking {
	const struct crash_job *job;
	char *device;
};

static void find(void *ctx, const char *device, const char *serial)
{
	struct looking *l = ctx;

	if (!l->device && !strcmp(serial, l->job->disk))
		l->device = xstrdup(device);
}

int crash_write_run(const struct guest *g, const json_t *job)
{
	struct crash_job c;
	struct looking l = { .job = &c };
	int err, status;

	(void)g;
	crash_job_read(&c, job);
	crash_disks(find, &l);
	if (!l.device)
		die(EXIT_BROKEN, "there is no disk '%s'", c.disk);
	err = crash_mount(l.device, c.filesystem);
	if (err == -ENODEV)
		die(EXIT_ALL_SKIPPED, "this kernel has no %s", c.filesystem);
	if (err)
		die(EXIT_BROKEN, "mounting '%s': %s", c.disk, strerror(-err));
	if (!strcmp(c.writer, "atomic"))
		status = crash_write_units(&c);
	else
		status = crash_write_journal(&c);
	free(l.device);
	return status;
}

static void verify(void *ctx, const char *device, const char *serial)
{
	const struct crash_job *c = ctx;
	_cleanup_free_ char *text = NULL;
	json_t *out;
	int err;

	if (strncmp(serial, "cut", 3))
		return;
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
