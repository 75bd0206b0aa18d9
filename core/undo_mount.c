/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts, in a namespace of our own, and loop devices. */
#include "core/undo_log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "core/mountinfo.h"

#define WAIT_MS 2000
#define STEP_MS 25

int undo_private_mounts(void)
{
	static bool done;

	if (done)
		return 0;
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	/*
	 * Nothing of ours goes out. What the machine unmounts still comes in,
	 * else a run of days would keep its disks busy.
	 */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -errno;
	done = true;
	return 0;
}

int undo_mount(struct undo *u, const char *source, const char *target,
	       const char *type, unsigned long flags, const char *data)
{
	_cleanup_free_ char *real = realpath(target, NULL);
	char id[RECORD_ID];
	int err;

	if (!real)
		return -errno;
	err = undo_append(u, RECORD_MOUNT, (const char *[]){ real, type }, id);
	if (err)
		return err;
	if (mount(source, real, type, flags, data) == 0)
		return 0;
	err = -errno;
	undo_mark_undone(u, id);
	return err;
}

static bool is_mounted(const char *target, const char *type)
{
	_cleanup_mountinfo_ struct mount_rows rows;
	const struct mount_row *row;

	if (mountinfo_read(&rows))
		return true; /* unmounting will tell */
	row = mountinfo_find(&rows, target);
	return row && !strcmp(row->type, type);
}

enum undo_result undo_unmount(const struct record *r, struct str *text)
{
	const char *target = r->text[0];
	int err = 0;

	if (!is_mounted(target, r->text[1]))
		return UNDO_NOTHING;
	for (unsigned ms = 0; ms < WAIT_MS; ms += STEP_MS) {
		if (umount2(target, UMOUNT_NOFOLLOW) == 0) {
			str_addf(text, "unmounted '%s'", target);
			return UNDO_DONE;
		}
		err = errno;
		if (err != EBUSY)
			break;
		undo_sleep_ms(STEP_MS);
	}
	if (err == EBUSY &&
	    umount2(target, UMOUNT_NOFOLLOW | MNT_DETACH) == 0) {
		str_addf(text, "detached '%s', which was still in use", target);
		return UNDO_REMARK;
	}
	if (err == EINVAL || err == ENOENT)
		return UNDO_NOTHING;
	str_addf(text, "could not unmount '%s': %s", target, strerror(err));
	return UNDO_LEFT;
}

static void hold(struct undo *u, int fd, const char *device)
{
	struct held_loop *h;

	u->held = xrealloc(u->held, (u->n_held + 1) * sizeof(*u->held));
	h = &u->held[u->n_held++];
	h->fd = fd;
	snprintf(h->device, sizeof(h->device), "%s", device);
}

static void release(struct undo *u, const char *device)
{
	for (size_t i = u->n_held; i--;) {
		if (strcmp(u->held[i].device, device))
			continue;
		close(u->held[i].fd);
		u->held[i] = u->held[--u->n_held];
	}
}

/* One attempt at a free device. -EBUSY: somebody was faster. */
static int attach(struct undo *u, const char *image, struct loop_config *config,
		  const struct stat *st, int number, char *device)
{
	char field[2][RECORD_ID], id[RECORD_ID];
	int fd, err;

	snprintf(device, 32, "/dev/loop%d", number);
	fd = open(device, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = undo_append(u, RECORD_LOOP,
			  (const char *[]){ device, image,
					    undo_number(field[0], st->st_dev),
					    undo_number(field[1], st->st_ino) },
			  id);
	if (!err && ioctl(fd, LOOP_CONFIGURE, config) < 0) {
		err = -errno;
		undo_mark_undone(u, id);
	}
	if (err) {
		close(fd);
		return err;
	}
	/* It would clear itself the moment that nobody has it open. */
	hold(u, fd, device);
	return 0;
}

int undo_loop(struct undo *u, const char *image, bool direct_io,
	      char device[32])
{
	_cleanup_free_ char *real = realpath(image, NULL);
	_cleanup_close_ int control = -1, fd = -1;
	struct loop_config config = { 0 };
	struct stat st;
	int err = -EBUSY;

	if (!real)
		return -errno;
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	fd = control < 0 ? -1 : open(real, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	config.fd = fd;
	config.info.lo_flags = LO_FLAGS_AUTOCLEAR |
			       (direct_io ? LO_FLAGS_DIRECT_IO : 0);
	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%.*s",
		 LO_NAME_SIZE - 1, real);
	for (unsigned i = 0; err == -EBUSY && i < 64; i++) {
		int n = ioctl(control, LOOP_CTL_GET_FREE);

		if (n < 0)
			return -errno;
		err = attach(u, real, &config, &st, n, device);
	}
	return err;
}

void undo_loops(struct undo *u, size_t mark, struct words *names)
{
	struct record_list list = { 0 };

	if (u->fd < 0)
		return;
	undo_load(u->fd, mark < u->start ? u->start : mark, &list);
	for (size_t i = 0; i < list.n; i++)
		if (list.r[i].kind == RECORD_LOOP && !list.r[i].undone)
			words_add(names, list.r[i].text[0] + strlen("/dev/"));
	records_free(&list);
}

/* Does the device still stand on the file that the record names? */
static bool is_attached(int fd, const struct record *r)
{
	struct loop_info64 info;

	return ioctl(fd, LOOP_GET_STATUS64, &info) == 0 &&
	       info.lo_device == r->number[2] && info.lo_inode == r->number[3];
}

static bool device_is_attached(const struct record *r)
{
	_cleanup_close_ int fd = open(r->text[0], O_RDONLY | O_CLOEXEC);

	return fd >= 0 && is_attached(fd, r);
}

enum undo_result undo_detach(struct undo *u, const struct record *r,
			     struct str *text)
{
	const char *device = r->text[0];
	int fd;

	release(u, device);
	fd = open(device, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !is_attached(fd, r)) {
		file_closep(&fd);
		return UNDO_NOTHING;
	}
	ioctl(fd, LOOP_CLR_FD, 0); /* in use: then when its last user closes */
	close(fd);
	for (unsigned ms = 0; ms < WAIT_MS; ms += STEP_MS) {
		if (!device_is_attached(r)) {
			str_addf(text, "detached '%s' from '%s'", device,
				 r->text[1]);
			return UNDO_DONE;
		}
		undo_sleep_ms(STEP_MS);
	}
	str_addf(text, "could not detach '%s' from '%s': still in use", device,
		 r->text[1]);
	return UNDO_LEFT;
}
