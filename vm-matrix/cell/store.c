/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "reports/output.h"

static const char *const files[] = { "report.json", "console.log", "job.log", "guest.txt",
				     "cell.json" };

static char *path_of(const char *folder, const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

/* Would it end otherwise another time? Not for what was wrong with the host. */
static bool is_final(const json_t *cell)
{
	switch (matrix_outcome_of(cell)) {
	case MATRIX_PASS:
	case MATRIX_FAIL:
	case MATRIX_PANIC:
	case MATRIX_OOPS:
	case MATRIX_HANG:
	case MATRIX_NO_BOOT:
	case MATRIX_TRUNCATED:
	case MATRIX_TIMEOUT:
	case MATRIX_SKIPPED:
		return true;
	default:
		return false;
	}
}

/* And for any other user of the cache, on a host that may be busier? */
static bool is_lasting(const json_t *cell)
{
	switch (matrix_outcome_of(cell)) {
	case MATRIX_PASS:
	case MATRIX_FAIL:
	case MATRIX_PANIC:
	case MATRIX_OOPS:
		return true;
	default:
		return false;
	}
}

json_t *cell_store_read(const char *folder)
{
	_cleanup_free_ char *path = path_of(folder, "cell.json");
	json_t *cell = json_load_file(path, 0, NULL);

	if (!js_get_text(cell, "outcome")) {
		json_decref(cell);
		return NULL;
	}
	return cell;
}

json_t *cell_store_find(const char *folder, const char *key)
{
	json_t *cell = cell_store_read(folder);
	const char *digest = js_get_text(cell, "digest");

	if (cell && is_final(cell) && str_same(digest, key))
		return cell;
	json_decref(cell);
	return NULL;
}

bool cell_store_put(const char *folder, const json_t *cell, char **why)
{
	_cleanup_free_ char *path = path_of(folder, "cell.json");
	int err = dir_make(folder, 0755);

	if (err)
		*why = xasprintf("cannot make '%s': %s", folder, strerror(-err));
	return !err && !output_document(path, cell, why);
}

void cell_store_clear(const char *folder)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = path_of(folder, files[i]);

		unlink(path);
	}
}

/* 0, or -errno; a file that is not there is none to copy. */
static int copy_file(const char *from, const char *to)
{
	_cleanup_close_ int in = open(from, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out = -1;
	ssize_t n;

	if (in < 0)
		return errno == ENOENT ? 0 : -errno;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		return -errno;
	while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	return n < 0 ? -errno : 0;
}

static int copy_folder(const char *from, const char *to)
{
	int err = dir_make(to, 0755);

	for (size_t i = 0; i < ARRAY_SIZE(files) && !err; i++) {
		_cleanup_free_ char *a = path_of(from, files[i]);
		_cleanup_free_ char *b = path_of(to, files[i]);

		err = copy_file(a, b);
	}
	return err;
}

void cell_cache_put(const char *cache, const char *key, const char *folder)
{
	_cleanup_json_ json_t *cell = cell_store_read(folder);
	_cleanup_free_ char *to = xasprintf("%s/cells/%s", cache, key);
	_cleanup_free_ char *temp = xasprintf("%s.%d", to, (int)getpid());

	if (!cell || !is_lasting(cell))
		return;
	if (copy_folder(folder, temp) || (dir_remove(to), rename(temp, to) < 0))
		dir_remove(temp);
}

json_t *cell_cache_get(const char *cache, const char *key, const char *folder)
{
	_cleanup_free_ char *from = xasprintf("%s/cells/%s", cache, key);
	json_t *cell = cell_store_find(from, key);

	if (!cell)
		return NULL;
	cell_store_clear(folder);
	if (!copy_folder(from, folder))
		return cell;
	cell_store_clear(folder);
	json_decref(cell);
	return NULL;
}

/* The files were copied to the cell's own folder. */
static void rename_file(json_t *cell, const struct cell_plan *plan, const char *key,
			const char *file)
{
	_cleanup_free_ char *folder = plan_folder(plan);
	_cleanup_free_ char *path = xasprintf("cells/%s/%s", folder, file);

	if (json_object_get(cell, key))
		js_set(cell, key, js_text(path));
}

/* A kernel, machine and job may go by other names there. */
json_t *cell_store_adopt(const struct cell_plan *plan, const json_t *stored, bool from_cache)
{
	static const char *const of_kernel[] = { "release", "package", "version", "digest" };
	json_t *cell = plan_cell_json(plan), *value;
	json_t *kernel = json_object_get(cell, "kernel");
	const char *key;

	for (size_t i = 0; i < ARRAY_SIZE(of_kernel); i++)
		js_copy(kernel, json_object_get(stored, "kernel"), of_kernel[i]);
	json_object_foreach((json_t *)stored, key, value)
		if (!json_object_get(cell, key))
			js_set(cell, key, json_incref(value));
	rename_file(cell, plan, "report_file", "report.json");
	rename_file(cell, plan, "console_file", "console.log");
	if (from_cache)
		js_set(cell, "from_cache", json_true());
	return cell;
}
