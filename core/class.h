/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Class and job files: one long option a line without its dashes, then its
 * value up to the end of the line; '#' at the start of a line or after a blank
 * begins a comment. The first comment of a class that is no licence tag says
 * what the class is for.
 *
 *	# page faults and mappings
 *	select memory & !hugetlb
 *	timeout 2s
 *
 * `run sequential` and `run parallel` are read as stress-ng's job files mean
 * them. Classes are NAME.job in $XDG_CONFIG_HOME/strain/classes (default
 * ~/.config), the directories of --class-path, /etc/strain/classes, and inside
 * the program; the first one found counts. A tag without such a file is a class
 * that selects the tag.
 */
#ifndef STRAIN_CORE_CLASS_H
#define STRAIN_CORE_CLASS_H

#include <stddef.h>

/* Where every user of a machine finds classes. */
#define CLASS_PLACE "/etc/strain/classes"
#define CLASS_SUFFIX ".job"

struct job_line {
	unsigned number;
	char *option;
	char *value; /* NULL: none */
};

struct job {
	char *name;   /* for messages: "class 'quick'", "job 'my.job'" */
	char *source; /* path, or "built in" */
	char *about;  /* first comment, or "" */
	char *text;   /* of the file; NULL: there is none, .source is no path */
	struct job_line *line;
	size_t n;
};

/* Each fills @job, for job_free(). NULL, or a message to free. */
char *job_read(const char *path, struct job *job);
/* @class_path: directories joined by ',' or NULL. */
char *class_read(const char *name, const char *class_path, struct job *job);
void job_free(struct job *job);

/* Calls @each for every class file, by name; of a name only the one that
 * counts. @name lacks ".job". */
void class_each(const char *class_path,
		void (*each)(void *ctx, const char *name, const struct job *job),
		void *ctx);

#endif
