/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the program is that runs as PID 1 of guests. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "vm-matrix/cell/ready.h"
#include "vm-matrix/qemu/arch.h"

/* The folder of this program, or NULL. */
static char *own_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return xstrdup(path);
}

/* DIR/ARCH/strain, if it is a program. */
static char *in_folder(const char *dir, const char *arch)
{
	_cleanup_free_ char *path = xasprintf("%s/%s/strain", dir, arch);

	return access(path, X_OK) == 0 ? xstrdup(path) : NULL;
}

static char *beside(const char *own, const char *folder, const char *arch)
{
	_cleanup_free_ char *dir = xasprintf("%s/%s", own, folder);

	return in_folder(dir, arch);
}

char *cell_guest_find(const struct cell_host *host, const char *arch, char **why)
{
	/* in a build tree; where it is installed */
	static const char *const folders[] = { "guests", "../lib/strain/guests" };
	const char *dir = host->guests ? host->guests : getenv("STRAIN_GUESTS");
	_cleanup_free_ char *own = own_folder();
	const char *native = vm_arch_native();
	char *path = dir && *dir ? in_folder(dir, arch) : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !path && own; i++)
		path = beside(own, folders[i], arch);
	/* this program can be a guest too; with more in it than a guest needs */
	if (!path && native && !strcmp(native, arch))
		path = xstrdup("/proc/self/exe");
	if (!path)
		*why = xasprintf("no program for guests of '%s': 'make guests' builds it", arch);
	return path;
}
