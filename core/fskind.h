/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of filesystem that scratch space can be put on (--fs). "scratch"
 * is the directory of --temp-path as it is; the others are mounted by us, on a
 * loop device over an image in --temp-path, privately to the run.
 */
#ifndef STRAIN_CORE_FSKIND_H
#define STRAIN_CORE_FSKIND_H

#include <stdbool.h>
#include <stdint.h>

struct undo;
struct need_list;

struct fskind {
	const char *name;    /* "ext4-bigalloc" */
	const char *type;    /* for mount(2); NULL: "scratch" */
	const char *mkfs;    /* command without the device; NULL: no image */
	const char *options; /* for mount(2), or NULL */
	uint64_t bytes;      /* smallest image that works */
	const char *summary;
};

extern const struct fskind fskinds[]; /* name NULL ends */
const struct fskind *fskind_find(const char *name);
/* What the machine misses for it (mkfs program, kernel support, root). */
void fskind_needs(const struct fskind *kind, struct need_list *list);

/* A scratch directory, mounted where the kind asks for it. */
struct scratch {
	char dir[256];    /* the work directory */
	char device[32];  /* "" for none */
	char mkfs[256];   /* command line it was made with, for the report */
	char mount[128];  /* mount options as /proc/self/mountinfo shows them */
	char type[32];    /* filesystem type below dir */
};

/*
 * Makes it, an image below @temp_path, or on @device (NULL: none), whose content
 * is lost then. 0, or -errno with a message to free in @why. Everything else is
 * in @u.
 */
int scratch_make(struct undo *u, const struct fskind *kind, const char *temp_path,
		 const char *device, uint64_t bytes, struct scratch *s, char **why);

#endif
