/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads objects of a matrix file into structs, by tables: a member that no row
 * names is refused, unlike in documents, where it may be of a later version.
 * Texts are borrowed from the values that they are read from.
 */
#ifndef STRAIN_VM_MATRIX_PLAN_READ_H
#define STRAIN_VM_MATRIX_PLAN_READ_H

#include "reports/json.h"

#define READ_PLACE 160

enum field_kind {
	FIELD_NAME,  /* const char *: PLAN_NAME letters that may be in an id */
	FIELD_TEXT,  /* const char * */
	FIELD_WORD,  /* const char *, one of .words */
	FIELD_COUNT, /* unsigned, .min to .max */
	FIELD_SIZE,  /* uint64_t bytes: "64M" or a number; .min to .max */
	FIELD_SPAN,  /* uint64_t ns: "5m" or seconds; .min to .max */
	FIELD_TRUTH, /* bool */
	FIELD_TEXTS, /* struct words: a list of texts */
	FIELD_OTHER, /* const json_t *, a value that the caller reads */
};

struct field {
	const char *key; /* NULL ends a table */
	enum field_kind kind;
	size_t offset;
	bool required;
	uint64_t min, max; /* FIELD_TEXTS: how many */
	const char *words;
};

/* @place: "kernels[2]", "" for the document. NULL, or what is wrong, to free. */
char *read_object(const json_t *o, const char *place, const struct field *fields,
		  void *into);
/* "kernels[2].disks[0]" into @buf of READ_PLACE bytes. */
const char *read_place(char *buf, const char *place, const char *key, size_t index);
/* All of a file or pipe of at most @largest bytes. NULL, or what is wrong. */
char *read_file(const char *path, size_t largest, struct str *text);
/* The object in @text, its values in @memory; NULL: *fault, "line 3, ...". */
json_t *read_json(const char *text, size_t n, size_t memory, char **fault);
/* NULL, or what is wrong with @name as a part of an id. */
const char *read_name(const char *name);

#endif
