/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/memcg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define STOCK 64 /* MEMCG_CHARGE_BATCH of include/linux/memcontrol.h */
#define BATCH 31 /* PAGEVEC_SIZE of include/linux/pagevec.h, 15 before 6.9 */
#define OWN 128  /* page tables and the like, generously */

uint64_t memcg_slack(const struct worker *w)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return ((cpus > 0 ? cpus : 1) * (STOCK + BATCH) + OWN) * w->page_size;
}

uint64_t memcg_limit(const struct worker *w, uint64_t bytes)
{
	uint64_t least = 4 * memcg_slack(w);

	bytes = bytes > least ? bytes : least;
	return bytes - bytes % w->page_size;
}

/* --- groups -------------------------------------------------------------------- */

static int write_value(const char *path, const char *file, const char *value)
{
	_cleanup_free_ char *name = xasprintf("%s/%s", path, file);

	return file_write(name, value);
}

void memcg_set(const struct memcg *g, const char *file, const char *value)
{
	int err = write_value(g->path, file, value);

	if (err)
		worker_broken(g->w, "'%s/%s' does not take '%s': %s", g->path, file, value,
			      strerror(-err));
}

static void make(struct memcg *g, struct worker *w)
{
	g->w = w;
	if (mkdir(g->path, 0755) < 0 && errno != EEXIST)
		worker_broken(w, "cannot make group '%s': %s", g->path, strerror(errno));
}

void memcg_base(struct memcg *g, struct worker *w)
{
	*g = (struct memcg){ .w = w, .max = UINT64_MAX };
	snprintf(g->path, sizeof(g->path), "%s/base", w->cgroup);
}

void memcg_enter(const struct memcg *g)
{
	memcg_set(g, "cgroup.procs", "0");
}

void memcg_require(struct worker *w)
{
	struct memcg base;
	int err;

	if (write_value(w->cgroup, "memory.max", "max"))
		worker_skip(w, "group '%s' has no memory controller of version 2: hand it down in the cgroup.subtree_control above",
			    w->cgroup);
	memcg_base(&base, w);
	make(&base, w);
	memcg_enter(&base); /* the leader, of which all tasks come */
	err = write_value(w->cgroup, "cgroup.subtree_control", "+memory");
	if (err)
		worker_skip(w, "group '%s' hands no memory controller down: %s", w->cgroup,
			    strerror(-err));
}

void memcg_make(struct memcg *g, struct worker *w, const char *name, uint64_t max)
{
	char text[32];

	*g = (struct memcg){ .max = max };
	snprintf(g->path, sizeof(g->path), "%s/%s-%u", w->cgroup, name, w->index);
	make(g, w);
	snprintf(text, sizeof(text), "%" PRIu64, max);
	memcg_set(g, "memory.max", text);
	write_value(g->path, "memory.swap.max", "0"); /* kernels without swap lack it */
}

/* --- what the kernel says ---------------------------------------------------------- */

uint64_t memcg_key(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, n) && line[n] == ' ')
			return strtoull(line + n, NULL, 10);
	}
	return 0;
}

static void read_text(const struct memcg *g, const char *file, struct str *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", g->path, file);
	int err = file_read(path, text);

	if (err)
		worker_broken(g->w, "cannot read '%s': %s", path, strerror(-err));
}

static void count(const struct memcg *g, struct memcg_counts *c)
{
	_cleanup_str_ struct str current = STR_INIT, stat = STR_INIT, events = STR_INIT;

	read_text(g, "memory.current", &current);
	read_text(g, "memory.stat", &stat);
	read_text(g, "memory.events", &events);
	*c = (struct memcg_counts){
		.current = strtoull(current.buf, NULL, 10),
		.anon = memcg_key(stat.buf, "anon"),
		.file = memcg_key(stat.buf, "file"),
		.reached = memcg_key(events.buf, "max"),
		.killed = memcg_key(events.buf, "oom_kill"),
	};
}

void memcg_begin(struct memcg_round *r, const struct memcg *g)
{
	*r = (struct memcg_round){ .group = g, .max = g->max, .slack = memcg_slack(g->w) };
	count(g, &r->before);
	r->now = r->before;
}

void memcg_look(struct memcg_round *r)
{
	count(r->group, &r->now);
}
