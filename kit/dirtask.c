/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/dirtask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "kit/dirmodel.h"

static char *dir_name(const struct worker *w, unsigned dir, char *buf)
{
	snprintf(buf, DIRMODEL_NAME, "v%u-%u", w->variant, dir);
	return buf;
}

int dirtask_open_dir(struct worker *w, unsigned dir)
{
	char name[DIRMODEL_NAME];

	return sys_openat(w, w->scratch_fd, dir_name(w, dir, name),
			  O_RDONLY | O_DIRECTORY, 0);
}

int dirtask_make_dir(struct worker *w, unsigned dir)
{
	char name[DIRMODEL_NAME];

	sys_must(w, mkdirat(w->scratch_fd, dir_name(w, dir, name), 0700));
	return dirtask_open_dir(w, dir);
}

/* The task whose names this one uses. */
static unsigned owner(const struct dirtask *t)
{
	return t->equal ? t->w->index % t->dirs : t->w->index;
}

/* Does this task prepare and clean up the names it uses? */
static bool is_owner(const struct dirtask *t)
{
	return owner(t) == t->w->index;
}

/* On a slow machine the rest of a round takes long: it is not worth waiting for. */
static bool is_over(const struct dirtask *t)
{
	return t->rounds && worker_stopped(t->w);
}

/* Does @call with each of this task's own names. */
static bool each_name(struct dirtask *t, char letter,
		      int (*call)(int dir, const char *name))
{
	char name[DIRMODEL_NAME];

	for (unsigned i = 0; call && is_owner(t) && i < t->names; i++) {
		if (is_over(t))
			return false;
		sys_must(t->w, call(t->dir, dirmodel_name(name, letter,
							  t->w->index, i)));
	}
	return true;
}

bool dirtask_prepare(struct dirtask *t)
{
	return each_name(t, 'f', t->op->prepare);
}

bool dirtask_clean(struct dirtask *t)
{
	if (!each_name(t, t->op->after, t->op->clean))
		return false;
	t->rounds++;
	return true;
}

static bool act_each(struct dirtask *t)
{
	struct worker *w = t->w;
	char name[DIRMODEL_NAME];
	unsigned done = 0;

	for (unsigned i = 0; i < t->names; i++) {
		int error;

		if (is_over(t))
			return false;
		dirmodel_name(name, 'f', owner(t), i);
		worker_time_begin(w);
		error = t->op->act(t->dir, name) ? errno : 0;
		worker_time_end(w, t->ids->latency);
		done += !error;
		if (error && (!t->equal || error != t->op->loser)) {
			t->error = error;
			t->wrong++;
		}
	}
	t->shared->done[w->task] = done;
	return true;
}

static void act_batch(struct dirtask *t)
{
	struct worker *w = t->w;
	uint64_t from = clock_now();

	t->shared->done[w->task] = 0;
	t->wrong = dirbatch_run(t->batch, t->op, t->dir, owner(t), t->names,
				t->equal ? t->op->loser : 0,
				&t->shared->done[w->task]);
	worker_latency(w, t->ids->latency, (clock_now() - from) / t->names);
}

bool dirtask_act(struct dirtask *t)
{
	t->wrong = 0;
	t->error = 0;
	if (!t->batch)
		return act_each(t);
	act_batch(t);
	return true;
}

static void check_result(struct dirtask *t)
{
	if (worker_mutated(t->w, t->ids->result)) {
		t->error = EIO;
		t->wrong = 1;
	}
	worker_check(t->w, t->ids->result, !t->wrong, "%u of %u operations failed%s%s",
		     t->wrong, t->names, t->error ? ": " : "",
		     t->error ? strerror(t->error) : "");
}

/* The first task of a directory compares its listing with the model. */
static void check_listing(const struct dirtask *t)
{
	struct worker *w = t->w;
	struct dirmodel m = { .letter = t->op->after, .first = w->index,
			      .stride = t->dirs, .count = t->names,
			      .end = t->equal ? w->index + 1 : w->workers };
	struct dirmodel gone = { .letter = t->op->after == 'f' ? 'g' : 'f',
				 .stride = 1 };
	char what[120] = "";
	bool same;

	if (!m.letter) /* all names are gone */
		m = (struct dirmodel){ .letter = 'f', .stride = 1 };
	same = dirmodel_listed(w, t->dir, &m, worker_mutated(w, t->ids->listing),
			       what, sizeof(what)) &&
	       dirmodel_listed(w, t->dir, &gone, false, what, sizeof(what));
	worker_check(w, t->ids->listing, same, "%s", what);
}

static void check_lookup(const struct dirtask *t)
{
	const struct dirop *op = t->op;
	char name[DIRMODEL_NAME], old[DIRMODEL_NAME];
	unsigned i = (unsigned)rng_below(&t->w->rng, t->names);
	bool there = op->after != 0, moved = op->after == 'g';
	struct stat st = { 0 };
	bool found;

	dirmodel_name(name, there ? op->after : 'f', owner(t), i);
	dirmodel_name(old, 'f', owner(t), i);
	found = !fstatat(t->dir, name, &st, AT_SYMLINK_NOFOLLOW);
	if (worker_mutated(t->w, t->ids->lookup))
		found = !found;
	worker_check(t->w, t->ids->lookup,
		     found == there && (!found || (st.st_mode & S_IFMT) == op->type) &&
			     (!moved || faccessat(t->dir, old, F_OK, 0)),
		     "looking up '%s' %s, mode %o", name,
		     found ? "finds it" : "fails", st.st_mode);
}

/* Subdirectories, or hard links of the target, that the model says there are. */
static void check_links(const struct dirtask *t)
{
	struct worker *w = t->w;
	const bool dirs = t->op->type == S_IFDIR;
	const char *name = dirs ? "." : "target";
	unsigned long links = dirs ? 2 : 1;
	struct stat st;

	for (unsigned i = w->index; t->op->after && i < w->workers; i += t->dirs)
		links += t->shared->done[i];
	sys_must(w, fstatat(t->dir, name, &st, 0));
	/* btrfs and overlayfs count 1 for every directory: "not known". */
	if (dirs && st.st_nlink == 1)
		links = 1;
	links += worker_mutated(w, t->ids->links);
	worker_check(w, t->ids->links, st.st_nlink == links,
		     "'%s' has %lu links instead of %lu", name,
		     (unsigned long)st.st_nlink, links);
}

void dirtask_check(struct dirtask *t, bool links)
{
	const bool first = t->w->index < t->dirs; /* of its directory */

	check_result(t);
	if (first)
		check_listing(t);
	check_lookup(t);
	if (first && links)
		check_links(t);
}

bool dirtask_race(struct dirtask *t)
{
	volatile uint32_t *won = t->shared->won;
	struct worker *w = t->w;
	_cleanup_close_ int dir = dirtask_open_dir(w, 0);
	char name[DIRMODEL_NAME];

	for (unsigned i = 0; i < DIRTASK_RACES; i++)
		if (!dirop_make_file(dir, dirmodel_name(name, 'r', 0, i)))
			__atomic_add_fetch(&won[i], 1, __ATOMIC_RELAXED);
	if (!worker_barrier(w))
		return false;
	for (unsigned i = 0; !w->task && i < DIRTASK_RACES; i++) {
		won[i] += worker_mutated(w, t->ids->winner);
		worker_check(w, t->ids->winner, won[i] == 1,
			     "%u tasks won the exclusive create of one name", won[i]);
		won[i] = 0;
		sys_must(w, unlinkat(dir, dirmodel_name(name, 'r', 0, i), 0));
	}
	return true;
}
