/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of an undo log: one record a line, fields separated by tabs, bytes
 * below space and '%' written as %XX. A header line names the owner. A record
 * has a kind, an id (unique in its log) and the fields of its kind; lines that
 * amend a record ("undone", "made", ...) carry its id. Pure: no system calls.
 */
#ifndef STRAIN_CORE_UNDO_RECORD_H
#define STRAIN_CORE_UNDO_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

enum record_kind {
	RECORD_VALUE,     /* path, old text, new text */
	RECORD_HUGEPAGES, /* pool directory, pages claimed, pool before, wanted */
	RECORD_DIR,       /* path */
	RECORD_FILE,      /* path */
	RECORD_MOUNT,     /* target, type */
	RECORD_LOOP,      /* device, image, the image's st_dev and st_ino */
	RECORD_CGROUP,    /* path */
	RECORD_MODULE,    /* name */
	RECORD_GROUP,     /* process group, start time of its leader, session */
	/* These amend a record. */
	RECORD_MADE,      /* directory: its st_dev and st_ino */
	RECORD_GOT,       /* huge pages: by how much the pool really grew */
	RECORD_LOWERING,  /* huge pages: pool before and after the undo at work */
	RECORD_UNDONE,
	RECORD_KINDS
};

#define RECORD_FIELDS 4
#define RECORD_ID 40 /* bytes of an id */

struct amendment {
	bool set;
	uint64_t a, b;
};

struct record {
	enum record_kind kind;
	char *line;     /* owned; all text points into it */
	const char *id;
	const char *text[RECORD_FIELDS];
	uint64_t number[RECORD_FIELDS]; /* of fields that are numbers */
	struct amendment made; /* "made", "got" */
	struct amendment lowering;
	bool undone;
};

struct record_list {
	struct record *r;
	size_t n;
	unsigned strange; /* whole lines that nobody can make sense of */
};

/* Who writes a log. A pid is only unique with the rest. */
struct owner {
	pid_t pid;
	uint64_t start;   /* field 22 of /proc/PID/stat, in clock ticks */
	uint64_t pid_ns;  /* inode of /proc/self/ns/pid */
	char boot[40];    /* /proc/sys/kernel/random/boot_id */
};

const char *record_kind_name(enum record_kind kind);
/* Adds the line of a record with the fields its kind has. */
void record_add(struct str *s, enum record_kind kind, const char *id,
		const char *const *field);
void record_add_header(struct str *s, const struct owner *owner);
/* Reads the header at the start of a log. Its length, or -EINVAL. */
ssize_t record_header(const char *text, size_t size, struct owner *owner);
/* Adds the records in @text (no header) to @list. A last line without newline
 * is none: its change was not made, for the write did not end. */
void records_parse(struct record_list *list, const char *text, size_t size);
void records_free(struct record_list *list);

#endif
