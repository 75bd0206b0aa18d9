/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a matrix document. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/output.h"
#include "reports/text.h"
#include "vm-matrix/document/parts.h"
#include "vm-matrix/plan/read.h"

#define LARGEST (256U << 20) /* bytes; a cell has about 45 KiB */
#define MEMORY (1U << 30)

/* Everything on the disk? 0, or an errno. */
static int finish(FILE *out)
{
	errno = 0;
	if (!fflush(out) && !ferror(out) && !fsync(fileno(out)))
		return 0;
	return errno ? errno : EIO;
}

static bool write_to(struct output *o, const json_t *doc, int fd, char **why)
{
	FILE *out = fdopen(fd, "w");
	int err;

	if (!out) {
		*why = xasprintf("cannot write '%s': %s", o->path, strerror(errno));
		close(fd);
		return false;
	}
	js_print_open(doc, out);
	fputs("\n}\n", out);
	err = finish(out);
	if (err)
		*why = xasprintf("cannot write '%s': %s", o->path, strerror(err));
	else
		err = output_publish(o, fd, why);
	fclose(out);
	return !err;
}

bool matrix_write(const json_t *doc, const char *path, char **why)
{
	struct output o;
	bool ok = false;
	int fd;

	if (output_open(&o, path, why))
		return false;
	fd = output_begin(&o, why);
	if (fd >= 0)
		ok = write_to(&o, doc, fd, why);
	output_close(&o);
	return ok;
}

char *matrix_path(const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return xasprintf("%s/matrix.json", path);
	return xstrdup(path);
}

static json_t *read_document(const char *path, char **fault)
{
	_cleanup_str_ struct str text = STR_INIT;
	json_t *doc;

	*fault = read_file(path, LARGEST, &text);
	if (*fault)
		return NULL;
	doc = read_json(text.buf, text.len, MEMORY, fault);
	if (doc)
		*fault = matrix_check(doc);
	if (!*fault)
		return doc;
	json_decref(doc);
	return NULL;
}

json_t *matrix_load(const char *path, char **why)
{
	_cleanup_free_ char *file = matrix_path(path);
	_cleanup_free_ char *fault = NULL;
	json_t *doc = read_document(file, &fault);

	if (!doc) {
		_cleanup_free_ char *clean = text_clean(fault);

		*why = xasprintf("cannot read '%s': %s", file, clean);
	}
	return doc;
}
