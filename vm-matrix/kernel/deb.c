/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel's package holds and a guest needs, by libarchive: no dpkg is
 * asked, no maintainer script is run. Where files lie differs by release:
 *
 *	boot/{vmlinuz,vmlinux,config,System.map}-RELEASE, lib/modules/RELEASE/
 *	usr/lib/modules/RELEASE/ (6.12 on), with vmlinuz, config and System.map
 *	in it too (6.19 on)
 *
 * and becomes DIR/{vmlinuz,config,System.map,lib/modules/RELEASE/}.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/kernel/parts.h"

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>

static const struct {
	const char *begin, *name;
} tops[] = {
	{ "vmlinuz", "vmlinuz" },
	{ "vmlinux", "vmlinuz" },
	{ "config", "config" },
	{ "System.map", "System.map" },
};

/* "vmlinuz" for "vmlinuz" and "vmlinuz-6.1.0-50-amd64". */
static const char *top_of(const char *name, char end)
{
	for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
		size_t n = strlen(tops[i].begin);

		if (!strncmp(name, tops[i].begin, n) && name[n] == end)
			return tops[i].name;
	}
	return NULL;
}

/* Where @path of the package goes below the kernel's folder; NULL: nowhere. */
static char *destination(const char *path)
{
	const char *file, *rest;

	while (*path == '.' || *path == '/')
		path++;
	if (strstr(path, "/../"))
		return NULL;
	if (!strncmp(path, "boot/", 5)) {
		file = top_of(path + 5, '-');
		return xstrdup_or_null(file);
	}
	path += strncmp(path, "usr/", 4) ? 0 : 4;
	if (strncmp(path, "lib/modules/", 12))
		return NULL;
	rest = strchr(path + 12, '/');
	if (!rest || !rest[1] || rest == path + 12)
		return NULL;
	file = strchr(rest + 1, '/') ? NULL : top_of(rest + 1, '\0');
	return xstrdup(file ? file : path);
}

/* 0, or -errno; libarchive's own errors are damage (-EBADMSG). */
static int copy_data(struct archive *a, int fd)
{
	const void *block;
	la_int64_t offset;
	size_t size;
	int r;

	while ((r = archive_read_data_block(a, &block, &size, &offset)) ==
	       ARCHIVE_OK) {
		int e;

		if (lseek(fd, offset, SEEK_SET) < 0)
			return -errno;
		e = file_write_all(fd, block, size);
		if (e < 0)
			return e;
	}
	return r == ARCHIVE_EOF ? 0 : -EBADMSG;
}

static int write_entry(struct archive *a, const char *dir, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
	_cleanup_close_ int fd = -1;
	char *slash = strrchr(path, '/');
	int r;

	*slash = '\0';
	r = dir_make(path, 0755);
	*slash = '/';
	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		  0644);
	return fd < 0 ? -errno : copy_data(a, fd);
}

/* The package's inner archive, read as a member of the outer one. */
static la_ssize_t read_member(struct archive *inner, void *ctx,
			      const void **block)
{
	struct archive *outer = ctx;
	la_int64_t offset;
	size_t size;
	int r;

	r = archive_read_data_block(outer, block, &size, &offset);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r == ARCHIVE_OK)
		return size;
	archive_set_error(inner, EBADMSG, "%s", archive_error_string(outer));
	return -1;
}

static int unpack_data(struct archive *outer, const char *dir)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int r = 0, s;

	/* Those that dpkg-deb(1) writes. */
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_tar(a);
	s = archive_read_open(a, outer, NULL, read_member, NULL);
	while (!r && s == ARCHIVE_OK &&
	       (s = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
		const char *path = archive_entry_pathname(entry);
		_cleanup_free_ char *name = path ? destination(path) : NULL;

		if (name && archive_entry_filetype(entry) == AE_IFREG)
			r = write_entry(a, dir, name);
	}
	if (!r && s != ARCHIVE_EOF)
		r = -EBADMSG;
	archive_read_free(a);
	return r;
}

int deb_unpack(const char *deb, const char *dir, char **why)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int r = -EBADMSG;

	archive_read_support_format_ar(a);
	if (archive_read_open_filename(a, deb, 1 << 16) == ARCHIVE_OK)
		while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
			const char *name = archive_entry_pathname(entry);

			if (name && !strncmp(name, "data.tar", 8)) {
				r = unpack_data(a, dir);
				break;
			}
		}
	archive_read_free(a);
	if (!r)
		return 0;
	if (r == -ENOSPC)
		return kernel_fail(why, KERNEL_NO_SPACE,
				   "'%s': no space left to unpack it in '%s'",
				   deb, dir);
	if (r == -EBADMSG)
		return kernel_fail(why, KERNEL_BAD_PACKAGE,
				   "'%s' is not a package that can be unpacked",
				   deb);
	return kernel_fail(why, KERNEL_IO, "'%s': unpacking to '%s': %s", deb,
			   dir, strerror(-r));
}

#else

int deb_unpack(const char *deb, const char *dir, char **why)
{
	(void)dir;
	return kernel_fail(why, KERNEL_NO_TOOL,
			   "'%s' cannot be unpacked: built without libarchive",
			   deb);
}

#endif
