/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes an image as the cpio that kernels unpack ("newc"), uncompressed. */
#include "vm-matrix/image/parts.h"

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "vm-matrix/image/image.h"

static int write_failed(struct archive *a, const char *path, char **why)
{
	int err = archive_errno(a);

	return image_fail(why, err > 0 ? -err : -EIO, "cannot write '%s': %s", path,
			  strerror(err > 0 ? err : EIO));
}

static int add_header(struct archive *a, const struct image_entry *e, size_t at)
{
	struct archive_entry *header = archive_entry_new();
	int r;

	if (!header)
		return ARCHIVE_FATAL;
	archive_entry_set_pathname(header, e->path);
	archive_entry_set_mode(header, e->mode);
	archive_entry_set_nlink(header, S_ISDIR(e->mode) ? 2 : 1);
	archive_entry_set_ino(header, (int64_t)at + 1);
	archive_entry_set_uid(header, 0);
	archive_entry_set_gid(header, 0);
	archive_entry_set_mtime(header, 0, 0);
	archive_entry_set_size(header, S_ISREG(e->mode) ? (int64_t)e->size : 0);
	if (S_ISLNK(e->mode))
		archive_entry_set_symlink(header, e->data);
	if (S_ISCHR(e->mode) || S_ISBLK(e->mode)) {
		archive_entry_set_rdevmajor(header, e->major);
		archive_entry_set_rdevminor(header, e->minor);
	}
	r = archive_write_header(a, header);
	archive_entry_free(header);
	return r;
}

/* A file of the host, which must be as large as it was when it was added. */
static int copy(struct archive *a, const struct image_entry *e,
		const char *path, char **why)
{
	_cleanup_close_ int fd = open(e->host, O_RDONLY | O_CLOEXEC);
	char buf[65536];
	size_t left = e->size;
	ssize_t n = 0;

	while (fd >= 0 && left) {
		n = read(fd, buf, left < sizeof(buf) ? left : sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (archive_write_data(a, buf, (size_t)n) != n)
			return write_failed(a, path, why);
		left -= (size_t)n;
	}
	if (fd < 0 || n < 0)
		return image_fail(why, -errno, "cannot read '%s': %s", e->host,
				  strerror(errno));
	if (left)
		return image_fail(why, -EIO, "'%s' became shorter", e->host);
	return 0;
}

static int write_entries(struct image *img, struct archive *a, const char *path,
			 char **why)
{
	for (size_t i = 0; i < img->n; i++) {
		const struct image_entry *e = &img->entry[i];
		int err = 0;

		if (add_header(a, e, i) != ARCHIVE_OK)
			return write_failed(a, path, why);
		if (e->host)
			err = copy(a, e, path, why);
		else if (S_ISREG(e->mode) && e->size &&
			 archive_write_data(a, e->data, e->size) !=
				 (ssize_t)e->size)
			err = write_failed(a, path, why);
		if (err)
			return err;
	}
	return 0;
}

int image_write(struct image *img, const char *path, char **why)
{
	struct archive *a = archive_write_new();
	struct image_out out;
	int err = image_create(&out, path, why);

	if (err || !a) {
		archive_write_free(a);
		return err ? err : image_commit(&out, -ENOMEM, why);
	}
	image_sort(img);
	if (archive_write_set_format_cpio_newc(a) != ARCHIVE_OK ||
	    archive_write_add_filter_none(a) != ARCHIVE_OK ||
	    archive_write_open_fd(a, out.fd) != ARCHIVE_OK)
		err = write_failed(a, path, why);
	if (!err)
		err = write_entries(img, a, path, why);
	if (!err && archive_write_close(a) != ARCHIVE_OK)
		err = write_failed(a, path, why);
	archive_write_free(a);
	return image_commit(&out, err, why);
}
#else
#include <errno.h>

int image_write(struct image *img, const char *path, char **why)
{
	(void)img;
	(void)path;
	return image_fail(why, -ENOSYS, "%s", image_lacks());
}
#endif
