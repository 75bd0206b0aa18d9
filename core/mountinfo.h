/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of /proc/self/mountinfo. */
#ifndef STRAIN_CORE_MOUNTINFO_H
#define STRAIN_CORE_MOUNTINFO_H

#include <stdbool.h>

#include "base/str.h"

struct mount_row {
	char *root;    /* directory of the filesystem that is mounted */
	char *target;
	char *options; /* of the mount: "rw,nosuid" */
	char *type, *source;
	char *super;   /* of the filesystem: "rw,errors=continue" */
	char *line;    /* owned; the rest points into it */
};

struct mount_rows {
	struct mount_row *row;
	size_t n;
};

/* What is mounted in our namespace, oldest first. 0 or -errno. */
int mountinfo_read(struct mount_rows *rows);
void mountinfo_free(struct mount_rows *rows);
/* Parses one line (without newline) into @row, which owns a copy; tests. */
bool mountinfo_parse(const char *line, struct mount_row *row);
/* The uppermost mount at @target, or NULL. */
const struct mount_row *mountinfo_find(const struct mount_rows *rows,
				       const char *target);

#define _cleanup_mountinfo_ __attribute__((cleanup(mountinfo_free)))

#endif
