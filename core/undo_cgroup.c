/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/undo_log.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rng.h"
#include "core/machine.h"
#include "core/mountinfo.h"

#define WAIT_MS 3000
#define STEP_MS 20

/* Path of our group in the v1 hierarchy of @controller, or v2 for "". */
static char *own_group(const char *controller)
{
	_cleanup_str_ struct str text = STR_INIT;
	char *rest, *line;

	if (file_read("/proc/self/cgroup", &text) || !text.len)
		return NULL;
	rest = text.buf;
	while ((line = strsep(&rest, "\n"))) {
		_cleanup_words_ struct words names = { 0 };
		char *number = strsep(&line, ":"), *list = strsep(&line, ":");

		if (!number || !line)
			continue;
		words_split(&names, list, ",");
		if (*controller ? words_has(&names, controller) : !*list)
			return xstrdup(line);
	}
	return NULL;
}

static bool is_hierarchy(const struct mount_row *row, const char *controller)
{
	_cleanup_words_ struct words names = { 0 };

	if (!*controller)
		return !strcmp(row->type, "cgroup2");
	words_split(&names, row->super, ",");
	return !strcmp(row->type, "cgroup") && words_has(&names, controller);
}

/*
 * Directory of our own group in a hierarchy, NULL when that is not mounted.
 * The mount may show only a part of the hierarchy, as it does in containers;
 * @top is the length of the mount point, above which there is nothing.
 */
static char *own_dir(const char *controller, size_t *top)
{
	_cleanup_free_ char *group = own_group(controller);
	_cleanup_mountinfo_ struct mount_rows rows = { 0 };

	if (!group || mountinfo_read(&rows))
		return NULL;
	for (size_t i = rows.n; i--;) {
		const struct mount_row *row = &rows.row[i];
		size_t root = strcmp(row->root, "/") ? strlen(row->root) : 0;
		const char *below = group + root;

		if (!is_hierarchy(row, controller) ||
		    strncmp(group, row->root, root) ||
		    (*below && *below != '/'))
			continue;
		*top = strlen(row->target);
		return xasprintf("%s%s", row->target,
				 strcmp(below, "/") ? below : "");
	}
	return NULL;
}

static int make_group(struct undo *u, const char *parent, const char *name,
		      char *path, size_t size)
{
	char id[RECORD_ID];
	int err;

	if (snprintf(path, size, "%s/%s", parent, name) >= (int)size)
		return -ENAMETOOLONG;
	err = undo_append(u, RECORD_CGROUP, (const char *[]){ path }, id);
	if (!err && mkdir(path, 0755) < 0) {
		err = -errno;
		undo_mark_undone(u, id);
	}
	return err;
}

static bool gives_memory(const char *dir)
{
	_cleanup_free_ char *path =
		xasprintf("%s/cgroup.subtree_control", dir);
	char names[256];

	return !file_read_line(path, names, sizeof(names)) &&
	       word_in(names, "memory");
}

/* In a guest nobody else has made the root ready for groups below it. */
static bool give_memory(const char *dir)
{
	_cleanup_free_ char *path =
		xasprintf("%s/cgroup.subtree_control", dir);

	return machine_is_guest() && !file_write(path, "+memory +cpu +io +pids") &&
	       gives_memory(dir);
}

/*
 * A group with processes in it gives no controllers to children, so ours may
 * have to hang under an ancestor: the nearest that does.
 */
static int make_v2(struct undo *u, const char *name, char *path, size_t size)
{
	size_t top = 0;
	_cleanup_free_ char *dir = own_dir("", &top);
	int err = -EOPNOTSUPP;

	while (dir && strlen(dir) >= top) {
		char *slash = strrchr(dir, '/');

		if (gives_memory(dir) || give_memory(dir)) {
			err = make_group(u, dir, name, path, size);
			if (!err)
				return 0;
		}
		if (!slash)
			break;
		*slash = '\0';
	}
	return err;
}

static int make_v1(struct undo *u, const char *name, char *path, size_t size)
{
	size_t top;
	_cleanup_free_ char *memory = own_dir("memory", &top);
	_cleanup_free_ char *pids = own_dir("pids", &top);
	char other[PATH_MAX];
	int err;

	if (!memory)
		return -EOPNOTSUPP;
	err = make_group(u, memory, name, path, size);
	if (!err && pids) /* without it only the limit of processes is missing */
		make_group(u, pids, name, other, sizeof(other));
	return err;
}

int undo_make_cgroup(struct undo *u, char *path, size_t size)
{
	uint64_t seed = clock_now() ^ (uint64_t)getpid() << 40;
	char name[64];
	int err;

	snprintf(name, sizeof(name), "strain-%d-%08x", (int)getpid(),
		 (unsigned)rng_mix(&seed));
	err = make_v2(u, name, path, size);
	return err == -EOPNOTSUPP ? make_v1(u, name, path, size) : err;
}

static int enter(const char *dir, pid_t pid)
{
	_cleanup_free_ char *path = xasprintf("%s/cgroup.procs", dir);
	char text[RECORD_ID];

	return file_write(path, undo_number(text, pid));
}

int undo_enter_cgroup(const char *path, pid_t pid)
{
	const char *name = strrchr(path, '/');
	_cleanup_free_ char *pids = NULL;
	_cleanup_free_ char *sibling = NULL;
	size_t top, n;
	int err = enter(path, pid);

	if (err || !name)
		return err;
	pids = own_dir("pids", &top);
	if (!pids)
		return 0;
	/* Is the caller in it already? */
	n = strlen(pids);
	sibling = n >= strlen(name) && !strcmp(pids + n - strlen(name), name) ?
			  xstrdup(pids) :
			  xasprintf("%s%s", pids, name);
	return file_exists(sibling) ? enter(sibling, pid) : 0;
}

static void kill_members(const char *dir)
{
	_cleanup_free_ char *kill_path = xasprintf("%s/cgroup.kill", dir);
	_cleanup_free_ char *procs = xasprintf("%s/cgroup.procs", dir);
	_cleanup_str_ struct str text = STR_INIT;
	char *rest, *line;

	if (file_write(kill_path, "1") == 0 || file_read(procs, &text) ||
	    !text.len)
		return;
	rest = text.buf;
	while ((line = strsep(&rest, "\n"))) {
		pid_t pid = atoi(line);

		if (pid > 1 && pid != getpid())
			kill(pid, SIGKILL);
	}
}

/* Kills and removes, children first. 0 or -errno of the last rmdir. */
static int remove_group(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	kill_members(dir);
	while ((e = readdir(d))) {
		_cleanup_free_ char *child = NULL;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		child = xasprintf("%s/%s", dir, e->d_name);
		remove_group(child);
	}
	closedir(d);
	return rmdir(dir) == 0 || errno == ENOENT ? 0 : -errno;
}

enum undo_result undo_remove_cgroup(const struct record *r, struct str *text)
{
	const char *path = r->text[0];
	int err;

	if (!file_exists(path))
		return UNDO_NOTHING;
	err = remove_group(path);
	for (unsigned ms = 0; err == -EBUSY && ms < WAIT_MS; ms += STEP_MS) {
		undo_sleep_ms(STEP_MS);
		err = remove_group(path);
	}
	if (err) {
		str_addf(text, "could not remove cgroup '%s': %s", path,
			 strerror(-err));
		return UNDO_LEFT;
	}
	str_addf(text, "removed cgroup '%s'", path);
	return UNDO_DONE;
}
