/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/image/image.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"
#include "vm-matrix/image/parts.h"

int image_fail(char **why, int err, const char *fmt, ...)
{
	struct str s = STR_INIT;
	va_list ap;

	if (!why)
		return err;
	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	free(*why);
	*why = str_take(&s);
	return err;
}

struct image *image_new(void)
{
	struct image *img = xalloc(sizeof(*img));

	img->stage_lock = -1;
	return img;
}

static void clear_entry(struct image_entry *e)
{
	free(e->path);
	free(e->host);
	free(e->data);
	*e = (struct image_entry){ 0 };
}

void image_free(struct image *img)
{
	if (!img)
		return;
	for (size_t i = 0; i < img->n; i++)
		clear_entry(&img->entry[i]);
	free(img->entry);
	image_stage_close(img);
	free(img->modules);
	free(img);
}

static struct image_entry *find(struct image *img, const char *path)
{
	for (size_t i = 0; i < img->n; i++)
		if (!strcmp(img->entry[i].path, path))
			return &img->entry[i];
	return NULL;
}

/* "/a//b/" is "a/b". */
static char *plain(const char *path)
{
	struct words part = { 0 };
	struct str s = STR_INIT;

	words_split(&part, path, "/");
	for (size_t i = 0; i < part.n; i++) {
		if (!strcmp(part.word[i], ".") || !strcmp(part.word[i], ".."))
			bug("path '%s' of an image", path);
		str_addf(&s, "%s%s", i ? "/" : "", part.word[i]);
	}
	if (!part.n)
		bug("path '%s' of an image", path);
	words_free(&part);
	return str_take(&s);
}

/* The entry of a path, empty but for that and its mode. */
static struct image_entry *entry(struct image *img, const char *path, mode_t mode)
{
	char *name = plain(path), *slash = strrchr(name, '/');
	struct image_entry *e;

	if (slash) {
		*slash = '\0';
		e = find(img, name);
		if (!e || !S_ISDIR(e->mode))
			entry(img, name, S_IFDIR | 0755);
		*slash = '/';
	}
	e = find(img, name);
	if (e) {
		clear_entry(e);
	} else {
		img->entry = xrealloc(img->entry,
				      (img->n + 1) * sizeof(*img->entry));
		e = &img->entry[img->n++];
		*e = (struct image_entry){ 0 };
	}
	e->path = name;
	e->mode = mode;
	return e;
}

void image_data(struct image *img, const char *path, const void *data, size_t n,
		mode_t mode)
{
	struct image_entry *e = entry(img, path, S_IFREG | (mode & 07777));

	e->data = xalloc(n + 1);
	if (n)
		memcpy(e->data, data, n);
	e->size = n;
}

void image_dir(struct image *img, const char *path, mode_t mode)
{
	entry(img, path, S_IFDIR | (mode & 07777));
}

void image_link(struct image *img, const char *path, const char *target)
{
	struct image_entry *e = entry(img, path, S_IFLNK | 0777);

	e->data = xstrdup(target);
	e->size = strlen(target);
}

void image_node(struct image *img, const char *path, mode_t mode, unsigned major,
		unsigned minor)
{
	struct image_entry *e = entry(img, path, mode);

	if (!S_ISCHR(mode) && !S_ISBLK(mode))
		bug("'%s' of an image is no device", path);
	e->major = major;
	e->minor = minor;
}

int64_t image_size(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? st.st_size : -EINVAL;
}

int image_file(struct image *img, const char *path, const char *host_path,
	       mode_t mode, char **why)
{
	int64_t size = image_size(host_path);
	struct image_entry *e;

	if (size < 0)
		return image_fail(why, (int)size, "cannot read '%s': %s",
				  host_path, strerror((int)-size));
	e = entry(img, path, S_IFREG | (mode & 07777));
	e->host = xstrdup(host_path);
	e->size = (size_t)size;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct image_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

void image_sort(struct image *img)
{
	if (img->n)
		qsort(img->entry, img->n, sizeof(*img->entry), by_path);
}

int image_digest(struct image *img, char hex[DIGEST_HEX], char **why)
{
	struct digest d;

	image_sort(img);
	digest_start(&d);
	for (size_t i = 0; i < img->n; i++) {
		const struct image_entry *e = &img->entry[i];
		uint32_t number[3] = { htole32(e->mode), htole32(e->major),
				       htole32(e->minor) };
		char content[DIGEST_HEX] = "";
		int err = 0;

		digest_text(&d, e->path);
		digest_add(&d, number, sizeof(number));
		if (e->host)
			err = digest_file(e->host, content);
		else
			digest_bytes(e->data ? e->data : "", e->size, content);
		if (err)
			return image_fail(why, err, "cannot read '%s': %s",
					  e->host, strerror(-err));
		digest_text(&d, content);
	}
	digest_end(&d, hex);
	return 0;
}

static int open_unnamed(const char *path)
{
	_cleanup_free_ char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');

	if (slash)
		slash[slash == dir] = '\0';
	return open(slash ? dir : ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

int image_create(struct image_out *out, const char *path, char **why)
{
	out->path = path;
	out->fd = open_unnamed(path);
	out->unnamed = out->fd >= 0;
	if (out->unnamed) {
		out->temporary = xasprintf("/proc/self/fd/%d", out->fd);
		return 0;
	}
	out->temporary = xasprintf("%s.XXXXXX", path);
	out->fd = mkostemp(out->temporary, O_CLOEXEC);
	if (out->fd >= 0)
		return 0;
	free(out->temporary);
	return image_fail(why, -errno, "cannot create '%s': %s", path,
			  strerror(errno));
}

/* Gives it a name of its own. 0, or -1 with errno. */
static int name_it(struct image_out *out)
{
	char *name;

	if (!out->unnamed)
		return 0;
	name = xasprintf("%s.%d", out->path, (int)getpid());
	unlink(name); /* of one with our number */
	if (linkat(AT_FDCWD, out->temporary, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0) {
		free(name);
		return -1;
	}
	free(out->temporary);
	out->temporary = name;
	out->unnamed = false;
	return 0;
}

int image_commit(struct image_out *out, int err, char **why)
{
	int own = 0;

	if (!err && (fchmod(out->fd, 0644) < 0 || name_it(out) < 0))
		own = -errno;
	if (close(out->fd) < 0 && !err && !own)
		own = -errno;
	if (!err && !own && rename(out->temporary, out->path) < 0)
		own = -errno;
	if ((err || own) && !out->unnamed)
		unlink(out->temporary);
	free(out->temporary);
	return own ? image_fail(why, own, "cannot write '%s': %s", out->path,
				strerror(-own)) : err;
}
