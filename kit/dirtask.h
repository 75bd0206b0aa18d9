/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One task's part in a round of directory operations, in a directory that it
 * may share with others, and the checks of what the round left there. Task i
 * of n works in directory i modulo .dirs on the names "f0-0", "f0-1", ... of its
 * own number or, when names are equal, of the directory's first task.
 *
 *	dirtask_prepare()  barrier  dirtask_act()  barrier  dirtask_check()
 *	barrier  dirtask_clean()  barrier
 */
#ifndef STRAIN_KIT_DIRTASK_H
#define STRAIN_KIT_DIRTASK_H

#include "kit/dirops.h"

#define DIRTASK_TASKS 4096
#define DIRTASK_RACES 4 /* names that all tasks fight for in a race */

/* What the tasks tell each other; in shared memory. */
struct dirtask_shared {
	volatile uint32_t done[DIRTASK_TASKS]; /* operations that succeeded */
	volatile uint32_t won[DIRTASK_RACES];
};

/* The stressor's numbers. */
struct dirtask_ids {
	unsigned latency; /* metric: of one operation */
	int result;       /* every operation succeeds, or loses as documented */
	int listing;      /* the directory lists what the model has */
	int lookup;       /* looking a name up agrees with the model */
	int links;        /* link counts too; evaluated where they mean something */
	int winner;       /* one task wins an exclusive create */
};

/* Makes directory @dir of this variant and opens it. What is to be linked there
 * is a file "target", which is the caller's to make. */
int dirtask_make_dir(struct worker *w, unsigned dir);
int dirtask_open_dir(struct worker *w, unsigned dir);

struct dirtask {
	struct worker *w;
	const struct dirtask_ids *ids;
	const struct dirop *op;
	struct dirtask_shared *shared;
	int dir;              /* where this task works; the caller's to open */
	unsigned dirs;        /* how many directories the tasks are spread over */
	unsigned names;       /* of each task in this round */
	bool equal;           /* all tasks of a directory use the same names */
	struct dirbatch *batch; /* of .op->batched */
	unsigned rounds;      /* whole ones so far */
	unsigned wrong;       /* operations of this round with another result ... */
	int error;            /* ... and one of these; 0: not known */
};

/*
 * These three are false when the run ended in the middle: leave it too. The
 * first round is always done whole, so that there is something to report.
 */
bool dirtask_prepare(struct dirtask *t);
bool dirtask_act(struct dirtask *t);
bool dirtask_clean(struct dirtask *t);
/* After all have acted: result, listing, lookup and, with @links, links. */
void dirtask_check(struct dirtask *t, bool links);
/*
 * All tasks at once create the same few names in the first directory: one has
 * to win each. False when the run is over.
 */
bool dirtask_race(struct dirtask *t);

#endif
