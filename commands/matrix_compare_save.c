/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder that `strain matrix compare --output` leaves. */
#include <ctype.h>
#include <string.h>

#include "base/dir.h"
#include "commands/matrix_compare.h"
#include "reports/output.h"

char *matrix_compare_name(const char *label)
{
	char *name = xstrdup(label);

	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(".-_+=,", *p))
			*p = '_';
	if (*name == '.')
		*name = '_';
	return name;
}

static void make_dir(const char *path)
{
	int err = dir_make(path, 0777);

	if (err)
		die(EXIT_BROKEN, "cannot make '%s': %s", path, strerror(-err));
}

static void write_document(const json_t *doc, const char *path)
{
	_cleanup_free_ char *why = NULL;

	if (output_document(path, doc, &why))
		die(EXIT_BROKEN, "%s", why);
}

void matrix_compare_save_boot(const char *dir, const struct pair_boot *b)
{
	_cleanup_free_ char *name = matrix_compare_name(b->side->label);
	_cleanup_free_ char *folder = xasprintf("%s/%s", dir, name);
	_cleanup_free_ char *path = xasprintf("%s/boot-%u.json", folder, b->number + 1);

	if (!dir || !b->report)
		return;
	make_dir(folder);
	write_document(b->report, path);
}

void matrix_compare_save(const char *dir, const struct pair_run *r, json_t *const *docs)
{
	if (!dir)
		return;
	make_dir(dir);
	for (size_t i = 1; i < r->sides->n; i++) {
		_cleanup_free_ char *name = matrix_compare_name(r->sides->side[i].label);
		_cleanup_free_ char *path = xasprintf("%s/comparison-%s.json", dir, name);

		if (docs[i - 1])
			write_document(docs[i - 1], path);
	}
}
