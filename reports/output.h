/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that appear whole under their name. What is written goes to a new file
 * in the same directory that has no name (O_TMPFILE), or where the filesystem
 * cannot do that one that nobody can know beforehand (O_EXCL, mode 0600), and
 * is renamed over the path. A symbolic link or anything else that is no regular
 * file is refused, and one that is put there later is replaced, never followed:
 * a run as root in a directory that others write to cannot be made to write
 * elsewhere. The directory is held open, so moving it does not matter.
 */
#ifndef STRAIN_REPORTS_OUTPUT_H
#define STRAIN_REPORTS_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct output {
	int dir;    /* -1: closed */
	char *path; /* as given */
	const char *name; /* last part of .path */
	char *temp; /* name in .dir of the file being written; NULL: it has none */
	bool named; /* do without O_TMPFILE: a test */
	bool fresh; /* nothing was at the path when it was opened */
};

/* Checks @path. 0, or -errno with one line in @why to free (a usage error). */
int output_open(struct output *o, const char *path, char **why);
/* New empty file; its descriptor (to read and append), or -errno with @why.
 * One at a time. */
int output_begin(struct output *o, char **why);
/* Gives the file @fd, whose content is on the disk, its place, durably. 0, or
 * -errno with @why. */
int output_publish(struct output *o, int fd, char **why);
/*
 * The same for a file that more will be added to, before anything happens that
 * it must survive: content and name by one fsync(2), which on the filesystems
 * of Linux also brings a new file's name to the disk.
 */
int output_show(struct output *o, int fd, char **why);
/*
 * Gives the file @fd, which is whole but maybe not on the disk yet, its place:
 * durably, and over what is there only once it is safe. 0, or -errno with @why.
 */
int output_finish(struct output *o, int fd, char **why);
/*
 * All of that at once: what @print says of @what becomes the file. @print may
 * return -errno with *why; then, and on any other error, all stays as it was.
 * 0, or -errno with @why.
 */
int output_write(struct output *o,
		 int (*print)(const void *what, FILE *out, char **why),
		 const void *what, char **why);
/* output_open() and output_write() of a JSON document, as js_print() has it. */
int output_document(const char *path, const json_t *doc, char **why);
/* Removes the file being written, if any. */
void output_discard(struct output *o);
void output_close(struct output *o);

#endif
