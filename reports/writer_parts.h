/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to reports/writer.c and sink_json.c. */
#ifndef STRAIN_REPORTS_WRITER_PARTS_H
#define STRAIN_REPORTS_WRITER_PARTS_H

#include <sys/types.h>

#include "reports/build.h"
#include "reports/output.h"
#include "reports/writer.h"

struct report_writer {
	struct output output; /* .path NULL: in memory only */
	int fd;               /* of the lines; stays open when they are replaced */
	off_t good;           /* bytes that are whole lines */
	bool unsynced;        /* lines that may not be on the disk yet */
	struct str lines;     /* all of them, as long as they are few */
	struct build *build;  /* what they amount to so far; NULL: read .lines */
	bool forgotten;       /* they became too many for .lines */
	json_t *doc;          /* what they amount to; NULL: not known yet */
	uint64_t bulk_left, lines_left;
	uint64_t unrecorded;
	bool held;     /* nothing is in the file yet: all lines are in .lines */
	bool headless; /* without its first line the rest is worth nothing */
	bool failed;
};


/* Appends @line, which it takes, to @s as text; bulk data is not built upon. */
void writer_add(struct report_writer *w, struct str *s, json_t *line);
void writer_add_bulk(struct str *s, json_t *line);
/* Whole lines or nothing: what follows must be readable. */
void writer_put(struct report_writer *w, const struct str *s);
/* Lines are on the disk when it returns; a failure is told, see report_failed(). */
void writer_sync(struct report_writer *w);
/* The path holds the report from here on. */
void writer_publish(struct report_writer *w);
/* So it does if lines were held back (.held), and has them. */
void writer_show(struct report_writer *w);
/* Bytes of a limit that are left after @used. */
uint64_t writer_left(uint64_t left, size_t used);

#endif
