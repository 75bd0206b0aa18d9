/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two jobs of the crash test: before the machine dies, and after it. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* One writer, on its own disk. */
static int write_to(const struct crash_job *c)
{
	struct looking l = { .device = NULL };
	int err;

	snprintf(l.serial, sizeof(l.serial), "writer%u", c->disk);
	crash_disks(find, &l);
	if (!l.device)
		die(EXIT_BROKEN, "there is no disk '%s'", l.serial);
	err = crash_mount(l.device, c->filesystem);
	free(l.device);
	if (err == -ENODEV)
		die(EXIT_ALL_SKIPPED, "this kernel has no %s", c->filesystem);
	if (err)
		die(EXIT_BROKEN, "mounting '%s': %s", l.serial, strerror(-err));
	return !strcmp(c->writer, "atomic") ? crash_write_units(c) :
					      crash_write_journal(c);
}

/* Several at once, each with the place where it mounts for itself. */
int crash_write_run(const struct guest *g, const json_t *job)
{
	int status;
	struct crash_job c;

	(void)g;
	crash_job_read(&c, job);
	if (c.disks <= 1)
		return write_to(&c);
	for (c.disk = 0; c.disk < c.disks; c.disk++) {
		pid_t pid = fork();

		if (pid < 0)
			die(EXIT_BROKEN, "starting a writer: %s", strerror(errno));
		if (pid == 0 && unshare(CLONE_NEWNS) < 0)
			die(EXIT_BROKEN, "unshare: %s", strerror(errno));
		if (pid == 0)
			_exit(write_to(&c));
	}
	/* one that fails ends the job, and with it the others */
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			return WIFEXITED(status) ? WEXITSTATUS(status) :
						   EXIT_BROKEN;
	return EXIT_PASS;
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
