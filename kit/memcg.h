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
 *		memcg_look(&r);
 *		worker_check(w, C_LIMIT, memcg_limit_holds(&r), ...);
 */
#ifndef STRAIN_KIT_MEMCG_H
#define STRAIN_KIT_MEMCG_H

#include <stdbool.h>
#include <stdint.h>

struct worker;

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

/*
 * Two processes in the group, one of which uses twice what it may have; @latency is
 * the metric of how long it takes that one to die. How many the kernel killed.
 */
unsigned memcg_let_die(struct worker *w, const struct memcg *g, unsigned latency);

/* What holds of a round while the kernel keeps its promises. */
bool memcg_limit_holds(const struct memcg_round *r);     /* within memory.max */
bool memcg_charged_holds(const struct memcg_round *r);   /* what was touched is charged */
bool memcg_stat_holds(const struct memcg_round *r);      /* parts are not more than all */
bool memcg_uncharged_holds(const struct memcg_round *r); /* as before */
bool memcg_reached_holds(const struct memcg_round *r);   /* at the limit, nobody killed */
bool memcg_group_holds(const struct memcg_round *r);     /* both were killed */
bool memcg_only_holds(const struct memcg_round *r);      /* nobody was */
bool memcg_counted_holds(const struct memcg_round *r);   /* each death is counted */
/* A word of a page; one that was given up may be zero. */
bool memcg_content_holds(uint64_t found, uint64_t wanted, bool given_up);

/* The same of what a 6.12 kernel said; mutated, they have to be false. */
bool memcg_limit_recorded(bool mutated);
bool memcg_charged_recorded(bool mutated);
bool memcg_stat_recorded(bool mutated);
bool memcg_uncharged_recorded(bool mutated);
bool memcg_reached_recorded(bool mutated);
bool memcg_group_recorded(bool mutated);
bool memcg_only_recorded(bool mutated);
bool memcg_counted_recorded(bool mutated);
bool memcg_content_recorded(bool mutated);

#endif
