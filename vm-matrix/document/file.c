/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a matrix document. */
#include <sys/stat.h>

#include "reports/output.h"
#include "reports/text.h"
#include "vm-matrix/document/parts.h"
#include "vm-matrix/plan/read.h"

#define LARGEST (256U << 20) /* bytes; a cell has about 45 KiB */
#define MEMORY (1U << 30)

struct printing {
	const json_t *doc;
	void (*print)(const json_t *doc, FILE *out);
};

static int print(const void *what, FILE *out, char **why)
{
	const struct printing *p = what;

	(void)why;
	p->print(p->doc, out);
	return 0;
}

int matrix_write(struct output *o, const json_t *doc,
		 void (*print_as)(const json_t *doc, FILE *out), char **why)
{
	return output_write(o, print, &(struct printing){ doc, print_as }, why);
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
