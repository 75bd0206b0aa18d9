/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents of shards, or of parts that were run again, to one. */
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "reports/text.h"
#include "vm-matrix/document/parts.h"

struct merge {
	json_t *doc;
	json_t *by_id;  /* cells of .doc, borrowed there too */
	json_t *origin; /* which document each is from */
	json_t *notes;
	const char *folder; /* of the new document, absolute */
};

/* --- paths -------------------------------------------------------------------------- */

/* Absolute folder of @path, which need not be there yet; to free. */
static char *folder_of(const char *path)
{
	_cleanup_free_ char *copy = xstrdup(path);
	char *real = realpath(dirname(copy), NULL);

	return real ? real : xstrdup("/");
}

/* @to as seen from the folder @from, both absolute; to free. */
static char *relative(const char *from, const char *to)
{
	struct str out = STR_INIT;
	size_t common = 0;

	for (size_t i = 0;; i++) {
		bool end_from = !from[i] || from[i] == '/';
		bool end_to = !to[i] || to[i] == '/';

		if (end_from && end_to)
			common = i;
		if (!from[i] || !to[i] || from[i] != to[i])
			break;
	}
	for (const char *p = from + common; *p; p++)
		if (*p == '/' && p[1])
			str_add(&out, "../");
	str_add(&out, to + common + (to[common] == '/'));
	return str_take(&out);
}

static void move_link(const struct merge *m, json_t *cell, const char *key,
		      const char *document)
{
	const char *link = js_get_text(cell, key);
	_cleanup_free_ char *folder = NULL, *full = NULL, *moved = NULL;

	if (!link || *link == '/')
		return;
	folder = folder_of(document);
	full = xasprintf("%s/%s", folder, link);
	moved = relative(m->folder, full);
	js_set_text(cell, key, moved);
}

/* --- cells --------------------------------------------------------------------------- */

static bool did_not_run(const json_t *cell)
{
	return matrix_outcome_of(cell) == MATRIX_INTERRUPTED &&
	       text_is(cell, "reason", MATRIX_DID_NOT_RUN);
}

static char *conflict(const struct merge *m, const json_t *a, const json_t *b,
		      const char *name)
{
	const char *id = text_get(a, "id");
	const char *other = json_string_value(json_object_get(m->origin, id));

	if (matrix_outcome_of(a) == matrix_outcome_of(b))
		return xasprintf("cannot merge: '%s' and '%s' have different results of the cell '%s'",
				 other, name, id);
	return xasprintf("cannot merge: the cell '%s' is '%s' in '%s' and '%s' in '%s'", id,
			 text_get(a, "outcome"), other, text_get(b, "outcome"), name);
}

static char *add_cell(struct merge *m, const json_t *from, const char *name)
{
	json_t *cell = json_deep_copy(from), *had;
	const char *id = text_get(from, "id");
	char *why = NULL;

	move_link(m, cell, "report_file", name);
	move_link(m, cell, "console_file", name);
	had = json_object_get(m->by_id, id);
	if (!had || did_not_run(had)) {
		js_set(m->by_id, id, json_incref(cell));
		js_set(m->origin, id, js_text(name));
	} else if (!did_not_run(cell) && !json_equal(had, cell)) {
		why = conflict(m, had, cell, name);
	}
	json_decref(cell);
	return why;
}

static int by_order(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	double left = js_get_number(*x, "order", 0), right = js_get_number(*y, "order", 0);

	return left < right ? -1 : left > right;
}

/* The cells that were gathered, in the order of the matrix file. */
static json_t *cells_of(const struct merge *m)
{
	size_t n = json_object_size(m->by_id), i = 0;
	json_t **cells = xalloc((n + 1) * sizeof(*cells)), *list = json_array(), *cell;
	const char *id;

	json_object_foreach(m->by_id, id, cell)
		cells[i++] = cell;
	qsort(cells, n, sizeof(*cells), by_order);
	for (i = 0; i < n; i++)
		js_add(list, json_incref(cells[i]));
	free(cells);
	return list;
}

/* --- documents ------------------------------------------------------------------------ */

static char *check_same(const json_t *first, const json_t *doc, const char *const *names,
			size_t i)
{
	const json_t *a = json_object_get(first, "matrix");
	const json_t *b = json_object_get(doc, "matrix");

	if (!strcmp(text_get(a, "digest"), text_get(b, "digest")))
		return NULL;
	if (strcmp(text_get(a, "name"), text_get(b, "name")))
		return xasprintf("cannot merge: '%s' is of the matrix '%s', '%s' of '%s'",
				 names[0], text_get(a, "name"), names[i],
				 text_get(b, "name"));
	return xasprintf("cannot merge: '%s' and '%s' are of different versions of the matrix '%s'",
			 names[0], names[i], text_get(a, "name"));
}

/* Once, whichever documents say so. */
static void add_note(struct merge *m, json_t *note)
{
	json_t *had;
	size_t i;

	json_array_foreach(m->notes, i, had) {
		if (json_equal(had, note))
			return;
	}
	js_add(m->notes, json_incref(note));
}

static void note_tool(struct merge *m, const json_t *first, const json_t *doc,
		      const char *name)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_json_ json_t *note = NULL;

	if (json_equal(json_object_get(first, "tool"), json_object_get(doc, "tool")))
		return;
	text = xasprintf("'%s' is of another build of strain than the first document", name);
	note = js_text(text);
	add_note(m, note);
}

static char *merge_one(struct merge *m, const json_t *doc, const char *name)
{
	double start = js_get_number(m->doc, "started", 0);
	double end = start + js_get_number(m->doc, "seconds", 0);
	double own = js_get_number(doc, "started", start);
	double own_end = own + js_get_number(doc, "seconds", 0);
	json_t *matrix = json_object_get(m->doc, "matrix"), *cell, *note;
	char *why = NULL;
	size_t i;

	json_array_foreach(json_object_get(doc, "notes"), i, note)
		add_note(m, note);
	/* what the selection of each was tells nothing of all */
	if (!text_is(json_object_get(doc, "matrix"), "only", text_get(matrix, "only")))
		json_object_del(matrix, "only");
	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		why = add_cell(m, cell, name);
		if (why)
			return why;
	}
	start = own < start ? own : start;
	end = own_end > end ? own_end : end;
	js_set(m->doc, "started", js_number(start));
	js_set(m->doc, "seconds", js_seconds(end - start));
	if (!js_get_true(doc, "sealed"))
		js_set(m->doc, "sealed", json_false());
	return NULL;
}

/* What all of them share: the first one without its cells. */
static json_t *begin(const json_t *first)
{
	static const char *const keys[] = {
		"schema", "sealed", "outcome", "exit_code", "counts", "tool",
		"command", "matrix", "started", "seconds", "host",
	};
	json_t *doc = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		js_copy(doc, first, keys[i]);
	js_set(doc, "matrix", json_copy(json_object_get(first, "matrix")));
	json_object_del(json_object_get(doc, "matrix"), "shard");
	return doc;
}

json_t *matrix_merge(json_t *const *docs, const char *const *names, size_t n,
		     const char *path, char **why)
{
	_cleanup_free_ char *folder = folder_of(path);
	struct merge m = {
		.doc = begin(docs[0]),
		.by_id = json_object(),
		.origin = json_object(),
		.notes = json_array(),
		.folder = folder,
	};
	char *fault = NULL;

	for (size_t i = 0; i < n && !fault; i++) {
		fault = check_same(docs[0], docs[i], names, i);
		if (!fault) {
			note_tool(&m, docs[0], docs[i], names[i]);
			fault = merge_one(&m, docs[i], names[i]);
		}
	}
	if (json_array_size(m.notes))
		js_set(m.doc, "notes", json_incref(m.notes));
	js_set(m.doc, "cells", cells_of(&m));
	matrix_count(m.doc);
	json_decref(m.by_id);
	json_decref(m.origin);
	json_decref(m.notes);
	if (!fault)
		return m.doc;
	*why = text_clean(fault);
	free(fault);
	json_decref(m.doc);
	return NULL;
}
