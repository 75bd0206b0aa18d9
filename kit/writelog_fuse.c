/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The FUSE server of kit/writelog.h. One thread: its order is the log's. */
#include "kit/writelog.h"

#include <errno.h>

#ifdef HAVE_LIBFUSE3

#define FUSE_USE_VERSION 35
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INODE_ROOT = FUSE_ROOT_ID, INODE_DISK, INODE_MARK };

#define FOREVER 1e9 /* seconds that the kernel may remember names and sizes */

static struct writelog *log_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static void attributes(struct writelog *l, fuse_ino_t inode, struct stat *st)
{
	*st = (struct stat){ .st_ino = inode, .st_nlink = 1 };
	st->st_mode = inode == INODE_ROOT ? S_IFDIR | 0700 : S_IFREG | 0600;
	if (inode == INODE_DISK)
		st->st_size = l->disk_bytes;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = { .attr_timeout = FOREVER,
				      .entry_timeout = FOREVER };

	if (parent == INODE_ROOT && !strcmp(name, WRITELOG_DISK))
		e.ino = INODE_DISK;
	else if (parent == INODE_ROOT && !strcmp(name, WRITELOG_MARK))
		e.ino = INODE_MARK;
	if (!e.ino) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	attributes(log_of(req), e.ino, &e.attr);
	fuse_reply_entry(req, &e);
}

static void on_getattr(fuse_req_t req, fuse_ino_t inode,
		       struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	attributes(log_of(req), inode, &st);
	fuse_reply_attr(req, &st, FOREVER);
}

/* Past the page cache: each request of the loop device arrives as it is. */
static void on_open(fuse_req_t req, fuse_ino_t inode, struct fuse_file_info *fi)
{
	(void)inode;
	fi->direct_io = 1;
	fuse_reply_open(req, fi);
}

static void on_read(fuse_req_t req, fuse_ino_t inode, size_t size, off_t offset,
		    struct fuse_file_info *fi)
{
	struct fuse_bufvec buf = FUSE_BUFVEC_INIT(size);

	(void)fi;
	if (inode != INODE_DISK) {
		fuse_reply_buf(req, NULL, 0);
		return;
	}
	buf.buf[0].flags =
		FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK | FUSE_BUF_FD_RETRY;
	buf.buf[0].fd = log_of(req)->disk;
	buf.buf[0].pos = offset;
	fuse_reply_data(req, &buf, 0);
}

static int disk_write(struct writelog *l, const char *data, size_t size,
		      off_t offset)
{
	if ((size | offset) % WRITELOG_SECTOR)
		return -EINVAL;
	if (pwrite(l->disk, data, size, offset) != (ssize_t)size)
		return -EIO;
	return writelog_add(l, offset / WRITELOG_SECTOR, size / WRITELOG_SECTOR,
			    0, data, 0);
}

static void on_write(fuse_req_t req, fuse_ino_t inode, const char *data,
		     size_t size, off_t offset, struct fuse_file_info *fi)
{
	struct writelog *l = log_of(req);
	int e;

	(void)fi;
	if (inode == INODE_MARK)
		e = writelog_add(l, 0, 0, WRITELOG_IS_MARK, data, size);
	else
		e = disk_write(l, data, size, offset);
	if (e)
		fuse_reply_err(req, -e);
	else
		fuse_reply_write(req, size);
}

static void on_fsync(fuse_req_t req, fuse_ino_t inode, int datasync,
		     struct fuse_file_info *fi)
{
	int e = 0;

	(void)datasync;
	(void)fi;
	if (inode == INODE_DISK)
		e = writelog_add(log_of(req), 0, 0, WRITELOG_FLUSH, NULL, 0);
	fuse_reply_err(req, -e);
}

/* Only a discard; without zero-range the kernel writes its zeros itself. */
static void on_fallocate(fuse_req_t req, fuse_ino_t inode, int mode,
			 off_t offset, off_t length, struct fuse_file_info *fi)
{
	struct writelog *l = log_of(req);
	int e = 0;

	(void)fi;
	if (inode != INODE_DISK ||
	    mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		e = -EOPNOTSUPP;
	else if (fallocate(l->disk, mode, offset, length) < 0)
		e = -errno;
	else
		e = writelog_add(l, offset / WRITELOG_SECTOR,
				 length / WRITELOG_SECTOR, WRITELOG_DISCARD,
				 NULL, 0);
	fuse_reply_err(req, -e);
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = on_lookup,
	.getattr = on_getattr,
	.open = on_open,
	.read = on_read,
	.write = on_write,
	.fsync = on_fsync,
	.fallocate = on_fallocate,
};

int writelog_serve(struct writelog *l, int fuse_fd)
{
	char name[] = "strain", place[32];
	char *argv[] = { name, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	struct fuse_session *s;
	int e;

	s = fuse_session_new(&args, &operations, sizeof(operations), l);
	if (!s)
		return -ENOMEM;
	snprintf(place, sizeof(place), "/dev/fd/%d", fuse_fd);
	e = fuse_session_mount(s, place);
	if (!e)
		e = fuse_session_loop(s);
	fuse_session_destroy(s);
	fuse_opt_free_args(&args);
	return e < 0 ? e : 0;
}

#else

int writelog_serve(struct writelog *l, int fuse_fd)
{
	(void)l;
	(void)fuse_fd;
	return -ENOSYS;
}

#endif
