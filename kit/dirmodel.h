/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a directory has to hold: names made of a letter, the task that owns them
 * and a number, "f3-17". A listing is compared with the set that is expected:
 * every name once, nothing else.
 */
#ifndef STRAIN_KIT_DIRMODEL_H
#define STRAIN_KIT_DIRMODEL_H

#include "core/stressor.h"

#define DIRMODEL_NAME 32

struct dirmodel {
	char letter;
	unsigned first, stride, end; /* owners: first, first + stride, ... < end */
	unsigned count;              /* names of each, 0 .. count - 1 */
};

/* Writes the name into @buf (DIRMODEL_NAME bytes) and returns it. */
char *dirmodel_name(char *buf, char letter, unsigned owner, unsigned number);

/*
 * Lists the directory open at @dir and compares with @m. Names of other letters
 * are not looked at. @forget: as if the first listed name had not been seen, for
 * a mutation. True when equal; else the first difference in @what.
 */
bool dirmodel_listed(struct worker *w, int dir, const struct dirmodel *m,
		     bool forget, char *what, size_t size);

#endif
