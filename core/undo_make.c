/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories, files, modules: making them, noting them, removing them. */
#include "core/undo_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"

#define TRIES 20
#define STEP_MS 50

static void random_name(char *to, size_t n)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	unsigned char bytes[16] = { 0 };

	/* Even if it fails: mkdir() takes only a name that is free. */
	if (getrandom(bytes, sizeof(bytes), GRND_NONBLOCK) < 0)
		snprintf((char *)bytes, sizeof(bytes), "%d", (int)getpid());
	for (size_t i = 0; i < n; i++)
		to[i] = set[bytes[i] % (sizeof(set) - 1)];
}

/* A record, the directory, then what the record needs to know it again. */
static int try_dir(struct undo *u, const char *path)
{
	char field[2][RECORD_ID], id[RECORD_ID];
	struct stat st;
	int err = undo_append(u, RECORD_DIR, (const char *[]){ path }, id);

	if (err)
		return err;
	if (mkdir(path, 0700) < 0) {
		err = -errno;
		undo_mark_undone(u, id);
		return err;
	}
	if (lstat(path, &st) < 0)
		return -errno;
	return undo_amend(u, RECORD_MADE, id,
			  (const char *[]){ undo_number(field[0], st.st_dev),
					    undo_number(field[1], st.st_ino) });
}

int undo_make_dir(struct undo *u, const char *parent, char *path, size_t size)
{
	_cleanup_free_ char *real = realpath(parent, NULL);
	int err = -EEXIST;

	if (!real)
		return -errno;
	for (int i = 0; err == -EEXIST && i < TRIES; i++) {
		char name[7] = { 0 };

		random_name(name, 6);
		if (snprintf(path, size, "%s/strain-%s",
			     strcmp(real, "/") ? real : "", name) >= (int)size)
			return -ENAMETOOLONG;
		err = try_dir(u, path);
	}
	return err;
}

/* Absolute name of something that need not exist, its directory resolved. */
static char *resolve(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = NULL;
	_cleanup_free_ char *real = NULL;

	if (!slash)
		real = realpath(".", NULL);
	else if (slash == path)
		real = xstrdup("");
	else {
		dir = xstrdup(path);
		dir[slash - path] = '\0';
		real = realpath(dir, NULL);
	}
	return real ? xasprintf("%s/%s", real, slash ? slash + 1 : path) : NULL;
}

int undo_note_file(struct undo *u, const char *path)
{
	_cleanup_free_ char *real = resolve(path);
	struct stat st;

	if (!real)
		return -errno;
	if (lstat(real, &st) == 0)
		return -EEXIST;
	return undo_append(u, RECORD_FILE, (const char *[]){ real }, NULL);
}

/* The kernel shows '-' in names as '_'. */
static bool is_loaded(const char *module)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_free_ char *name = xstrdup(module);
	char *rest, *line;

	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
	if (file_read("/proc/modules", &text) || !text.len)
		return false;
	rest = text.buf;
	while ((line = strsep(&rest, "\n")))
		if (!strcmp(strsep(&line, " "), name))
			return true;
	return false;
}

int undo_note_module(struct undo *u, const char *module)
{
	if (is_loaded(module))
		return -EEXIST;
	return undo_append(u, RECORD_MODULE, (const char *[]){ module }, NULL);
}

int undo_note_group(struct undo *u, pid_t leader)
{
	char field[3][RECORD_ID];
	struct process p;

	if (undo_process(leader, &p))
		return -ESRCH;
	return undo_append(u, RECORD_GROUP,
			   (const char *[]){ undo_number(field[0], leader),
					     undo_number(field[1], p.start),
					     undo_number(field[2], p.session) },
			   NULL);
}

static enum undo_result removed(const char *path, int err, struct str *text)
{
	if (err)
		str_addf(text, "could not remove '%s': %s", path,
			 strerror(-err));
	else
		str_addf(text, "removed '%s'", path);
	return err ? UNDO_LEFT : UNDO_DONE;
}

/* Is it the directory that was made? An earlier boot numbered devices anew. */
static bool is_same_dir(const struct undo *u, const struct record *r,
			const struct stat *st)
{
	return S_ISDIR(st->st_mode) &&
	       (!r->made.set ||
		(st->st_ino == r->made.b &&
		 (u->rebooted || st->st_dev == r->made.a)));
}

static enum undo_result undo_dir_made(const struct undo *u,
				      const struct record *r, struct str *text)
{
	const char *path = r->text[0];
	struct stat st;
	int err = -EBUSY;

	if (lstat(path, &st) < 0 && errno == ENOENT)
		return UNDO_NOTHING;
	if (!is_same_dir(u, r, &st)) {
		str_addf(text, "left '%s' alone: it is not what the run made",
			 path);
		return UNDO_FOREIGN;
	}
	/* Not sure to be ours: killed between the record and mkdir(). */
	if (!r->made.set)
		return removed(path, rmdir(path) < 0 ? -errno : 0, text);
	/* Processes that are dying may still add files. */
	for (int i = 0;
	     i < TRIES && (err == -EBUSY || err == -ENOTEMPTY); i++) {
		if (i)
			undo_sleep_ms(STEP_MS);
		err = dir_remove(path);
	}
	return removed(path, err, text);
}

static enum undo_result undo_file(const struct record *r, struct str *text)
{
	const char *path = r->text[0];
	struct stat st;
	int err;

	if (lstat(path, &st) < 0)
		return UNDO_NOTHING;
	if (S_ISDIR(st.st_mode))
		err = rmdir(path) < 0 ? -errno : 0;
	else
		err = dir_remove(path);
	return removed(path, err, text);
}

static enum undo_result undo_module(const struct record *r, struct str *text)
{
	const char *name = r->text[0];
	int err = EAGAIN;

	if (!is_loaded(name))
		return UNDO_NOTHING;
	for (int i = 0; i < TRIES && err == EAGAIN; i++) {
		if (i)
			undo_sleep_ms(STEP_MS);
		err = syscall(SYS_delete_module, name, O_NONBLOCK) < 0 ? errno :
									 0;
	}
	if (err)
		str_addf(text, "could not unload module '%s': %s", name,
			 strerror(err));
	else
		str_addf(text, "unloaded module '%s'", name);
	return err ? UNDO_LEFT : UNDO_DONE;
}

enum undo_result undo_one(struct undo *u, const struct record *r,
			  struct str *text)
{
	switch (r->kind) {
	case RECORD_DIR:
		return undo_dir_made(u, r, text);
	case RECORD_FILE:
		return undo_file(r, text);
	default:
		break;
	}
	if (u->rebooted)
		return UNDO_NOTHING; /* the kernel that knew it is gone */
	switch (r->kind) {
	case RECORD_VALUE:
		return undo_value(r, text);
	case RECORD_HUGEPAGES:
		return undo_pool(u, r, text);
	case RECORD_MOUNT:
		return undo_unmount(r, text);
	case RECORD_LOOP:
		return undo_detach(u, r, text);
	case RECORD_CGROUP:
		return undo_remove_cgroup(r, text);
	case RECORD_MODULE:
		return undo_module(r, text);
	default:
		return UNDO_NOTHING; /* groups are killed before the replay */
	}
}
