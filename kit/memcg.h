/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory cgroups of version 2, made below the one that the engine gives a
 * stressor (.uses.cgroup) and gone with it. A group with processes in it hands no
 * controller down, so the tasks of a trial are moved to a group "base" first:
 *
 *	setup:	memcg_require(w);
 *	run:	memcg_make(&g, w, "worker", memcg_limit(w, 8 << 20));
 *		memcg_enter(&g);
 *		memcg_begin(&r, &g);
 *		... charge .touched bytes ...
 *		memcg_check_used(&r);
 *		memcg_check_charged(&r);
 */
#ifndef STRAIN_KIT_MEMCG_H
#define STRAIN_KIT_MEMCG_H

#include "core/stressor.h"

/* The metrics and checks of the stressor. */
enum memcg_metric { MEMCG_ROUNDS, MEMCG_PAGES, MEMCG_CPU, MEMCG_LATENCY };
enum memcg_check {
	MEMCG_LIMIT, MEMCG_CHARGED, MEMCG_STAT, MEMCG_UNCHARGED, MEMCG_REACHED,
	MEMCG_CONTENT, MEMCG_GROUP, MEMCG_ONLY, MEMCG_COUNTED,
};
extern const struct check memcg_checks[];

struct memcg {
	struct worker *w;
	char path[320];
	uint64_t max; /* memory.max, bytes; UINT64_MAX: none */
};

/* Bytes, and how often. */
struct memcg_counts {
	uint64_t current;         /* memory.current */
	uint64_t anon, file;      /* of memory.stat */
	uint64_t reached, killed; /* max and oom_kill of memory.events */
};

/* What was done in a group, and what the kernel says of it. */
struct memcg_round {
	const struct memcg *group;
	struct memcg_counts before, now;
	uint64_t max;     /* bytes that the group may have */
	uint64_t slack;   /* bytes that counts may be off by: memcg_slack() */
	uint64_t touched; /* bytes that were charged, and are still */
	unsigned dead;    /* processes of the group that were killed */
};

/* Setup: skips where the memory controller is not to be had. */
void memcg_require(struct worker *w);
/*
 * Each CPU holds charges of 64 pages in stock and a batch of pages on their way to
 * a list; a few more are the kernel's own for the task.
 */
uint64_t memcg_slack(const struct worker *w);
/* At least @bytes, and so much that the slack does not matter. */
uint64_t memcg_limit(const struct worker *w, uint64_t bytes);

/* The worker's own group NAME-INDEX, without swap; as it is when it is there. */
void memcg_make(struct memcg *g, struct worker *w, const char *name, uint64_t max);
/* The group that holds all tasks which entered none. */
void memcg_base(struct memcg *g, struct worker *w);
void memcg_set(const struct memcg *g, const char *file, const char *value);
/* Moves the calling process. */
void memcg_enter(const struct memcg *g);

void memcg_begin(struct memcg_round *r, const struct memcg *g);
void memcg_look(struct memcg_round *r);
/* The number behind @key of a file of "key number" lines; 0: it is not there. */
uint64_t memcg_key(const char *text, const char *key);

/* Processes in a group that is killed as one. */
enum { MEMCG_DEATHS = 2 };
/* So many in the group, one of which uses twice what it may have: MEMCG_LATENCY is
 * how long it takes that one to die. How many the kernel killed. */
unsigned memcg_let_die(struct worker *w, const struct memcg *g);

/* Pages of the worker's own, each begun with a word that is never 0. */
char *memcg_map(struct worker *w, uint64_t pages);
void memcg_touch(struct worker *w, char *p, uint64_t page);
uint64_t memcg_word(unsigned worker, uint64_t page);
uint64_t *memcg_word_at(const struct worker *w, char *p, uint64_t page);
/* A file of such pages in the scratch directory: in setup, and opened. */
void memcg_file_make(struct worker *w, unsigned worker, uint64_t pages);
int memcg_file(struct worker *w, unsigned worker, int flags);

/* Of a round: while its memory is there; when it is gone; each looks anew. */
void memcg_check_used(struct memcg_round *r);    /* MEMCG_LIMIT, MEMCG_STAT */
void memcg_check_gone(struct memcg_round *r);    /* MEMCG_UNCHARGED */
void memcg_check_only(struct memcg_round *others);
/* After one of these. */
void memcg_check_charged(struct memcg_round *r);
void memcg_check_reached(struct memcg_round *r);
void memcg_check_deaths(struct memcg_round *r);  /* MEMCG_GROUP, MEMCG_COUNTED */
/* The word that a page was found to begin with; one given up may be zero. */
void memcg_check_content(struct worker *w, uint64_t page, uint64_t found, bool given_up);

#endif
