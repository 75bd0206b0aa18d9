/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/programs.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "vm-matrix/kernel/kernel.h"

/* To free; it need not exist. */
static char *sysroot_of(const struct cell_programs *from)
{
	_cleanup_free_ char *usual = kernel_cache_usual();
	char *place = xasprintf("%s/sysroots/%s", from->cache, from->arch);

	if (!usual || file_exists(place))
		return place;
	free(place);
	return xasprintf("%s/sysroots/%s", usual, from->arch);
}

/* The sysroot's own, or busybox by that name. */
static int add_shell(const struct cell_programs *from, const char *sysroot,
		     struct image *img, char **why)
{
	_cleanup_free_ char *no_shell = NULL, *no_busybox = NULL;
	int err;

	if (!image_program(img, "/bin/sh", "sh", sysroot, &no_shell))
		return 0;
	err = image_program(img, "/bin/busybox", "busybox", sysroot, &no_busybox);
	if (!err)
		image_link(img, "/bin/sh", "busybox");
	else
		*why = xasprintf("no shell for guests of '%s': '%s' has neither sh nor busybox; 'make guests' brings it up to date",
				 from->arch, sysroot);
	return err;
}

int cell_program_add(const struct cell_programs *from, const char *name, struct image *img,
		     char **why)
{
	_cleanup_free_ char *sysroot = NULL;

	if (from->native)
		return image_program(img, NULL, name, NULL, why);
	sysroot = sysroot_of(from);
	if (!file_exists(sysroot)) {
		*why = xasprintf("no program '%s' for guests of '%s': 'make guests' unpacks some to '%s'",
				 name, from->arch, sysroot);
		return -ENOENT;
	}
	if (!strcmp(name, "sh"))
		return add_shell(from, sysroot, img, why);
	return image_program(img, NULL, name, sysroot, why);
}
