/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single files that are packed: modules, the kernel inside a bzImage. */
#include "vm-matrix/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "vm-matrix/image/parts.h"

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>

const char *image_lacks(void)
{
	return NULL;
}

struct reading {
	const struct image_piece *from;
	uint64_t at;
	int err;
	char buf[65536];
};

static ssize_t read_piece(struct archive *a, void *data, const void **buf)
{
	struct reading *r = data;
	uint64_t left = r->from->size - r->at;
	ssize_t n;

	*buf = r->buf;
	if (!left)
		return 0;
	do
		n = pread(r->from->fd, r->buf,
			  left < sizeof(r->buf) ? left : sizeof(r->buf),
			  (off_t)(r->from->at + r->at));
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		r->err = -errno;
		archive_set_error(a, errno, "read");
		return -1;
	}
	r->at += (uint64_t)n;
	return n;
}

/* What libarchive says of contents, on one line. */
static int damaged(struct archive *a, const struct reading *r, char **why)
{
	const char *text = archive_error_string(a);

	if (r->err)
		return image_fail(why, r->err, "cannot read '%s': %s",
				  r->from->name, strerror(-r->err));
	return image_fail(why, -EBADMSG, "'%s' is damaged: %.*s", r->from->name,
			  (int)strcspn(text ? text : "no end", "\n"),
			  text ? text : "no end");
}

static int unpack_data(struct archive *a, const struct reading *r, int to,
		       uint64_t max, uint64_t *made, char **why)
{
	char buf[65536];

	for (;;) {
		ssize_t n = archive_read_data(a, buf, sizeof(buf));
		int err;

		if (n < 0)
			return damaged(a, r, why);
		if (n == 0)
			return 0;
		*made += (uint64_t)n;
		if (*made > max)
			return image_fail(why, -EFBIG,
					  "'%s' unpacks to more than %" PRIu64
					  " bytes", r->from->name, max);
		err = file_write_all(to, buf, (size_t)n);
		if (err)
			return image_fail(why, err, "cannot unpack '%s': %s",
					  r->from->name, strerror(-err));
	}
}

/* Only the filters that kernels use: each more is code that reads bad input. */
static bool prepare(struct archive *a, struct reading *r)
{
	return archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
	       archive_read_support_filter_xz(a) == ARCHIVE_OK &&
	       archive_read_support_filter_zstd(a) == ARCHIVE_OK &&
	       archive_read_support_filter_lz4(a) == ARCHIVE_OK &&
	       archive_read_support_filter_lzma(a) == ARCHIVE_OK &&
	       archive_read_support_filter_bzip2(a) == ARCHIVE_OK &&
	       archive_read_support_format_raw(a) == ARCHIVE_OK &&
	       archive_read_support_format_empty(a) == ARCHIVE_OK &&
	       archive_read_open(a, r, NULL, read_piece, NULL) == ARCHIVE_OK;
}

int image_unpack_piece(const struct image_piece *from, int to, uint64_t max,
		       uint64_t *made, char **why)
{
	struct archive *a = archive_read_new();
	struct reading r = { .from = from };
	struct archive_entry *e;
	int err, first;

	*made = 0;
	if (!a)
		return image_fail(why, -ENOMEM, "cannot unpack '%s': %s",
				  from->name, strerror(ENOMEM));
	first = prepare(a, &r) ? archive_read_next_header(a, &e) : ARCHIVE_FATAL;
	if (first == ARCHIVE_EOF && !from->size)
		err = 0;
	else if (first != ARCHIVE_OK)
		err = damaged(a, &r, why);
	else
		err = unpack_data(a, &r, to, max, made, why);
	archive_read_free(a);
	return err;
}
#else
const char *image_lacks(void)
{
	return "this program was built without libarchive: install "
	       "libarchive-dev and configure again";
}

int image_unpack_piece(const struct image_piece *from, int to, uint64_t max,
		       uint64_t *made, char **why)
{
	(void)from;
	(void)to;
	(void)max;
	*made = 0;
	return image_fail(why, -ENOSYS, "%s", image_lacks());
}
#endif

int image_unpack(const char *packed, const char *path, uint64_t max, char **why)
{
	_cleanup_close_ int fd = open(packed, O_RDONLY | O_CLOEXEC);
	struct image_piece from = { .name = packed, .fd = fd };
	struct image_out out;
	struct stat st;
	uint64_t made;
	int err;

	if (fd < 0 || fstat(fd, &st) < 0)
		return image_fail(why, -errno, "cannot read '%s': %s", packed,
				  strerror(errno));
	from.size = (uint64_t)st.st_size;
	err = image_create(&out, path, why);
	if (err)
		return err;
	err = image_unpack_piece(&from, out.fd, max, &made, why);
	return image_commit(&out, err, why);
}
