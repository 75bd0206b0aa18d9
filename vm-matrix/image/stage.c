/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules unpacked on disk: depmod, which writes the indexes that libkmod reads
 * in the guest, wants files.
 */
#include "vm-matrix/image/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/kernel/tool.h"

enum { SWEEP_AGE = 60 }; /* seconds; a stage is locked as soon as it is made */

static const char *folder(void)
{
	const char *tmp = getenv("TMPDIR");

	return tmp && *tmp == '/' ? tmp : "/tmp";
}

/* Removes the stages whose owners are gone. */
static void sweep(void)
{
	_cleanup_free_ char *pattern =
		xasprintf("%s/strain-image-*", folder());
	glob_t found;

	if (!glob(pattern, GLOB_NOSORT, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++) {
			_cleanup_close_ int fd =
				open(found.gl_pathv[i], O_RDONLY | O_DIRECTORY |
					     O_NOFOLLOW | O_CLOEXEC);
			struct stat st;

			if (fd >= 0 && !fstat(fd, &st) &&
			    st.st_uid == geteuid() &&
			    time(NULL) - st.st_mtime > SWEEP_AGE &&
			    !flock(fd, LOCK_EX | LOCK_NB))
				dir_remove(found.gl_pathv[i]);
		}
	globfree(&found);
}

/* From the kernel's own folder, where there is such a list. */
static int copy_list(const struct image *img, const char *name, char **why)
{
	_cleanup_free_ char *from = xasprintf("%s/%s", img->modules, name);
	_cleanup_free_ char *to = xasprintf("%s/lib/modules/%s/%s", img->stage,
					    strrchr(img->modules, '/') + 1, name);

	if (!file_exists(from))
		return 0;
	return image_unpack(from, to, 64 << 20, why);
}

static int fill(struct image *img, char **why)
{
	static const char *const lists[] = { "modules.builtin",
					     "modules.builtin.modinfo",
					     "modules.order" };
	_cleanup_free_ char *release =
		xasprintf("%s/lib/modules/%s", img->stage,
			  strrchr(img->modules, '/') + 1);
	_cleanup_free_ char *usr = xasprintf("%s/usr", img->stage);
	int err = dir_make(release, 0755);

	/* Where depmod looks depends on how it was built. */
	if (!err && symlink(".", usr) < 0)
		err = -errno;
	if (err)
		return image_fail(why, err, "cannot create '%s': %s", release,
				  strerror(-err));
	for (size_t i = 0; !err && i < ARRAY_SIZE(lists); i++)
		err = copy_list(img, lists[i], why);
	return err;
}

int image_stage_open(struct image *img, const char *dir, char **why)
{
	_cleanup_free_ char *real = realpath(dir, NULL);
	_cleanup_free_ char *index = NULL;

	if (!real)
		return image_fail(why, -errno, "cannot read modules in '%s': %s",
				  dir, strerror(errno));
	if (img->stage)
		return strcmp(real, img->modules)
			       ? image_fail(why, -EINVAL, "one image cannot have "
					    "modules of '%s' and '%s'",
					    img->modules, real)
			       : 0;
	index = xasprintf("%s/modules.dep.bin", real);
	if (!file_exists(index))
		return image_fail(why, -EINVAL, "modules in '%s' have no index: "
				  "run depmod", dir);
	sweep();
	img->stage = xasprintf("%s/strain-image-XXXXXX", folder());
	if (!mkdtemp(img->stage)) {
		free(img->stage);
		img->stage = NULL;
		return image_fail(why, -errno, "cannot create a folder in '%s': %s",
				  folder(), strerror(errno));
	}
	img->stage_lock = open(img->stage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (img->stage_lock >= 0)
		flock(img->stage_lock, LOCK_EX | LOCK_NB);
	img->modules = realpath(dir, NULL);
	return fill(img, why);
}

void image_stage_close(struct image *img)
{
	if (!img->stage)
		return;
	dir_remove(img->stage);
	file_close(img->stage_lock);
	free(img->stage);
}

/* Runs depmod on the stage; its exit status, or -errno. */
static int depmod(const char *base, const char *release)
{
	_cleanup_free_ char *path = tool_find("depmod");
	const char *argv[] = { path, "-C", "/dev/null", "-b", base, release, NULL };

	return path ? tool_run(argv, NULL, NULL, NULL) : -ENOENT;
}

int image_stage_index(struct image *img, char **why)
{
	static const char *const indexes[] = {
		"modules.dep", "modules.dep.bin", "modules.alias",
		"modules.alias.bin", "modules.symbols.bin", "modules.softdep",
		"modules.builtin", "modules.builtin.bin",
		"modules.builtin.alias.bin",
	};
	const char *release = strrchr(img->modules, '/') + 1;
	int err = depmod(img->stage, release);

	if (err == -ENOENT)
		return image_fail(why, err, "depmod is not here; it comes with "
				  "kmod");
	if (err)
		return image_fail(why, err < 0 ? err : -EIO, "depmod failed on the "
				  "modules of '%s'", img->modules);
	for (size_t i = 0; !err && i < ARRAY_SIZE(indexes); i++) {
		_cleanup_free_ char *from =
			xasprintf("%s/lib/modules/%s/%s", img->stage, release,
				  indexes[i]);
		_cleanup_free_ char *to = xasprintf("/lib/modules/%s/%s", release,
						    indexes[i]);

		if (file_exists(from))
			err = image_file(img, to, from, 0644, why);
	}
	return err;
}
