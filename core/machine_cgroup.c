/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where this process sits in the cgroup hierarchies (cgroups(7)): the path in
 * /proc/self/cgroup, put below the mount point that mountinfo names. In a
 * container the mount shows only a part of the hierarchy: its root is cut off
 * the path, and the walk ends at the mount point.
 */
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "core/machine_facts.h"

#define CGROUPS "/sys/fs/cgroup"
/* The directory that a whole hierarchy begins with has this number (kernfs). */
#define ROOT_INODE 1

struct hierarchy {
	bool v2;
	char path[MACHINE_PATH / 2]; /* in the hierarchy */
	char root[MACHINE_PATH / 2]; /* what of it is mounted */
	char mount[MACHINE_PATH / 2];
};

/* Is @word in the comma separated @list of @n bytes? */
static bool in_commas(const char *list, size_t n, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at < list + n; at++) {
		const char *end = memchr(at, ',', list + n - at);
		size_t piece = (end ? end : list + n) - at;

		if (piece == length && !strncmp(at, word, length))
			return true;
		at += piece;
	}
	return false;
}

/* From a line "ID:CONTROLLERS:PATH"; v2 has no controllers and ID 0. */
static bool find_path(const char *lines, const char *controller,
		      struct hierarchy *h)
{
	for (const char *line = lines; *line;) {
		size_t n = strcspn(line, "\n");
		const char *list = memchr(line, ':', n);
		const char *path =
			list ? memchr(list + 1, ':', line + n - list - 1) : NULL;

		if (path && (h->v2 ? path == list + 1 :
				     in_commas(list + 1, path - list - 1,
					       controller))) {
			snprintf(h->path, sizeof(h->path), "%.*s",
				 (int)(line + n - path - 1), path + 1);
			return true;
		}
		line += n + (line[n] == '\n');
	}
	return false;
}

/*
 * "ID PARENT DEV ROOT MOUNT OPTIONS... - TYPE SOURCE SUPER" (proc(5)). Scanning
 * is dear: only the line that it is.
 */
static bool find_mount(const char *lines, const char *controller,
		       struct hierarchy *h)
{
	const char *type = h->v2 ? " - cgroup2 " : " - cgroup ";

	for (const char *line = lines; *line;) {
		const char *end = line + strcspn(line, "\n");
		const char *super = memrchr(line, ' ', end - line);

		if (memmem(line, end - line, type, strlen(type)) && super++ &&
		    (h->v2 || in_commas(super, end - super, controller)) &&
		    sscanf(line, "%*s %*s %*s %255s %255s", h->root,
			   h->mount) == 2)
			return true;
		line = end + (*end == '\n');
	}
	return false;
}

static void cpu_visit(struct cgroup_limits *l, const char *dir, bool v2)
{
	uint64_t quota, period, milli;
	char line[64];

	if (v2) {
		if (machine_read_line(line, sizeof(line), "%s/cpu.max", dir) ||
		    sscanf(line, "%" SCNu64 " %" SCNu64, &quota, &period) != 2)
			return; /* "max 100000": no quota */
	} else {
		if (machine_read_line(line, sizeof(line),
				      "%s/cpu.cfs_quota_us", dir) ||
		    line[0] == '-' || sscanf(line, "%" SCNu64, &quota) != 1 ||
		    machine_read_u64(&period, "%s/cpu.cfs_period_us", dir))
			return;
	}
	milli = period ? (quota * 1000 + period - 1) / period : UINT64_MAX;
	if (milli >= l->cpu_milli)
		return;
	l->cpu_milli = milli;
	snprintf(l->cpu_file, sizeof(l->cpu_file), "%s/%s", dir,
		 v2 ? "cpu.max" : "cpu.cfs_quota_us");
}

/* "max" and the huge number that v1 prints for "no limit" are no limits. */
static void limit_read(uint64_t *least, const char *dir, const char *file)
{
	uint64_t limit;

	if (!machine_read_u64(&limit, "%s/%s", dir, file) &&
	    limit < UINT64_C(1) << 60 && limit < *least)
		*least = limit;
}

/*
 * What the group may still charge. Its page cache that was not used lately is
 * given back to whoever needs memory, so it counts as free, as it does in
 * MemAvailable.
 */
static void memory_visit(struct cgroup_limits *l, const char *dir, bool v2)
{
	_cleanup_str_ struct str stat = STR_INIT;
	uint64_t limit = UINT64_MAX, used = 0, cache = 0, rest;

	limit_read(&limit, dir, v2 ? "memory.max" : "memory.limit_in_bytes");
	if (v2)
		limit_read(&limit, dir, "memory.high");
	if (limit == UINT64_MAX)
		return;
	if (limit < l->memory)
		l->memory = limit;
	machine_read_u64(&used, "%s/%s", dir,
			 v2 ? "memory.current" : "memory.usage_in_bytes");
	if (!machine_read(&stat, "%s/memory.stat", dir))
		machine_named_number(stat.buf,
				     v2 ? "inactive_file" :
					  "total_inactive_file",
				     &cache);
	used = used > cache ? used - cache : 0;
	rest = limit > used ? limit - used : 0;
	if (rest < l->memory_rest)
		l->memory_rest = rest;
}

/* The directory of our group, as far as it can be seen. */
static void group_dir(const struct hierarchy *h, char dir[MACHINE_PATH])
{
	size_t root = strcmp(h->root, "/") ? strlen(h->root) : 0;
	const char *path = h->path;

	if (root && strncmp(path, h->root, root))
		path = ""; /* mounted elsewhere: all we see is the mount point */
	else
		path += root;
	if (!strncmp(path, "/..", 3))
		path = ""; /* above the root of our cgroup namespace */
	if (!strcmp(path, "/"))
		path = "";
	snprintf(dir, MACHINE_PATH, "%s%s", h->mount, path);
}

/* It and each above it up to the mount point. */
static void walk(const struct hierarchy *h, struct cgroup_limits *l,
		 void (*visit)(struct cgroup_limits *l, const char *dir, bool v2))
{
	char dir[MACHINE_PATH];
	size_t floor = strlen(h->mount);

	group_dir(h, dir);
	while (strlen(dir) > floor) {
		if (dir[strlen(dir) - 1] != '/')
			visit(l, dir, h->v2);
		*strrchr(dir, '/') = '\0';
	}
	visit(l, h->mount, h->v2);
}

static const struct {
	const char *name;
	enum cgroup_ask ask;
	void (*visit)(struct cgroup_limits *l, const char *dir, bool v2);
} controllers[] = {
	{ "cpu", CGROUP_CPU, cpu_visit },
	{ "memory", CGROUP_MEMORY, memory_visit },
};

/* Of /proc/self/mountinfo, which is dear: read when it is needed. */
struct mounts {
	struct str text;
	bool whole; /* not only the first part */
};

static bool usual_place(struct hierarchy *h, const char *place, const char *controller)
{
	char real[MACHINE_PATH];
	struct statfs fs;
	struct stat st;

	snprintf(h->mount, sizeof(h->mount), "%s%s", place, controller);
	machine_path(real, "%s", h->mount);
	if (statfs(real, &fs) ||
	    fs.f_type != (h->v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC))
		return false;
	snprintf(h->root, sizeof(h->root), "/");
	/* what is mounted is all of it, or we are where that begins */
	return !strcmp(h->path, "/") || (!stat(real, &st) && st.st_ino == ROOT_INODE);
}

/* Where every distribution has them. */
static bool usual_mount(const char *controller, struct hierarchy *h)
{
	if (!h->v2)
		return usual_place(h, CGROUPS "/", controller);
	return usual_place(h, CGROUPS, "") || usual_place(h, CGROUPS "/unified", "");
}

/* The list comes in parts, and those of cgroups are nearly always in the first. */
static bool mounted(struct mounts *m, const char *controller, struct hierarchy *h)
{
	const char *path = "/proc/self/mountinfo";

	if (usual_mount(controller, h))
		return true;
	if (!m->text.len && machine_read_record(&m->text, "%s", path))
		return false;
	if (find_mount(m->text.buf, controller, h))
		return true;
	if (m->whole)
		return false;
	str_free(&m->text);
	m->whole = true;
	return !machine_read(&m->text, "%s", path) &&
	       find_mount(m->text.buf, controller, h);
}

static char v2_dir[MACHINE_PATH]; /* "": none, or the root */
static unsigned v2_version = -1U; /* of the root of the tree it is from */

static void note_v2(const char *cgroup, struct mounts *m)
{
	struct hierarchy h = { .v2 = true };

	v2_dir[0] = '\0';
	v2_version = machine_root_version();
	if (!find_path(cgroup, "", &h) || !strcmp(h.path, "/") || !mounted(m, "", &h))
		return;
	group_dir(&h, v2_dir);
	if (!strcmp(v2_dir, h.mount))
		v2_dir[0] = '\0';
}

const char *machine_cgroup_v2(void)
{
	struct cgroup_limits l;

	if (v2_version != machine_root_version())
		machine_cgroup_limits(&l, 0);
	return v2_dir[0] ? v2_dir : NULL;
}

void machine_cgroup_limits(struct cgroup_limits *l, unsigned ask)
{
	_cleanup_str_ struct str cgroup = STR_INIT;
	struct mounts mounts = { STR_INIT, false };

	*l = (struct cgroup_limits){ .cpu_milli = UINT64_MAX,
				     .memory = UINT64_MAX,
				     .memory_rest = UINT64_MAX };
	if (machine_read_record(&cgroup, "/proc/self/cgroup"))
		return;
	note_v2(cgroup.buf, &mounts);
	/* the true root, which has no limits */
	if (machine_is_guest() && !strcmp(cgroup.buf, "0::/\n")) {
		l->version[1] = true;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
		for (int v2 = 0; v2 < 2; v2++) {
			struct hierarchy h = { .v2 = v2 };
			bool asked = ask & controllers[i].ask;

			if (!find_path(cgroup.buf, controllers[i].name, &h))
				continue;
			if (!asked && l->version[v2])
				break; /* it would say nothing new */
			if (!mounted(&mounts, controllers[i].name, &h))
				continue;
			l->version[v2] = true;
			if (asked)
				walk(&h, l, controllers[i].visit);
			break; /* a controller is in one hierarchy only */
		}
	str_free(&mounts.text);
}
