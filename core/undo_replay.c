/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/undo_log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#define GROUP_MS 2000       /* for killed processes to be gone */
#define GUARDIAN_MS 20000   /* for a guardian at work on the same log */
#define GUARDIAN_STEP_MS 20
#define NEWBORN_MS 50       /* between the file of a log and its header */

static void tell(struct undo_tally *tally, enum undo_result result,
		 const char *text)
{
	if (result == UNDO_NOTHING || !tally)
		return;
	if (result == UNDO_DONE || result == UNDO_REMARK)
		tally->done++;
	else
		tally->left++;
	if (tally->step)
		tally->step(tally->ctx, result, text);
}

/* What still runs could change again what the replay puts back. */
static void kill_groups(const struct record_list *list, unsigned ms)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->r[i].kind == RECORD_GROUP && !list->r[i].undone)
			undo_kill_group(&list->r[i], ms);
}

static void undo_and_tell(struct undo *u, const struct record *r,
			  struct undo_tally *tally, bool *left)
{
	_cleanup_str_ struct str text = STR_INIT;
	enum undo_result result = undo_one(u, r, &text);

	if (result == UNDO_LEFT)
		*left = true;
	else
		undo_mark_undone(u, r->id);
	tell(tally, result, text.buf);
}

/* Backwards through what is live after @from. True: nothing is left. */
static bool replay(struct undo *u, size_t from, unsigned group_ms,
		   struct undo_tally *tally)
{
	struct record_list list = { 0 };
	bool left = false;
	int err = undo_load(u->fd, from, &list);

	if (err || list.strange) {
		_cleanup_free_ char *text = xasprintf(
			err ? "could not read undo log '%s': %s" :
			      "undo log '%s' has lines that make no sense%s",
			u->path, err ? strerror(-err) : "");

		tell(tally, UNDO_LEFT, text);
		left = true;
	}
	if (!u->rebooted)
		kill_groups(&list, group_ms);
	for (size_t i = list.n; i--;)
		if (!list.r[i].undone)
			undo_and_tell(u, &list.r[i], tally, &left);
	records_free(&list);
	return !left;
}

void undo_by_id(struct undo *u, const char *id)
{
	struct record_list list = { 0 };
	bool left;

	if (!undo_load(u->fd, u->start, &list))
		for (size_t i = list.n; i--;)
			if (!strcmp(list.r[i].id, id))
				undo_and_tell(u, &list.r[i], NULL, &left);
	records_free(&list);
}

struct note {
	void (*call)(void *ctx, const char *text);
	void *ctx;
};

static void note_trouble(void *ctx, enum undo_result result, const char *text)
{
	const struct note *n = ctx;

	if (result != UNDO_DONE && n->call)
		n->call(n->ctx, text);
}

unsigned undo_replay(struct undo *u, size_t mark,
		     void (*note)(void *ctx, const char *text), void *ctx)
{
	struct note n = { note, ctx };
	struct undo_tally tally = { .step = note_trouble, .ctx = &n };

	if (u->fd < 0)
		return 0;
	if (mark < u->start)
		mark = u->start;
	/* All of it undone: a run of days shall not read it again and again. */
	if (replay(u, mark, 0, &tally) && getpid() == u->owner &&
	    ftruncate(u->fd, mark) < 0)
		return tally.left;
	return tally.left;
}

static void end_guardian(struct undo *u)
{
	if (!u->guardian)
		return;
	kill(u->guardian, SIGKILL);
	while (waitpid(u->guardian, NULL, 0) < 0 && errno == EINTR)
		;
}

unsigned undo_close(struct undo *u,
		    void (*note)(void *ctx, const char *text), void *ctx)
{
	unsigned left = 0;

	if (u->fd >= 0 && getpid() == u->owner) {
		struct stat st;

		left = undo_replay(u, 0, note, ctx);
		/* Truncated: nothing is left to restore. */
		if (fstat(u->fd, &st) == 0 && (size_t)st.st_size <= u->start)
			undo_remove_log(u->path);
		end_guardian(u);
	}
	for (size_t i = 0; i < u->n_held; i++)
		close(u->held[i].fd);
	free(u->held);
	file_closep(&u->fd);
	free(u);
	return left;
}

/* Waits for a guardian that replays the same log. False: it takes too long. */
static bool take_log(int fd)
{
	for (unsigned ms = 0; flock(fd, LOCK_EX | LOCK_NB) < 0;
	     ms += GUARDIAN_STEP_MS) {
		if (ms >= GUARDIAN_MS)
			return false;
		undo_sleep_ms(GUARDIAN_STEP_MS);
	}
	return true;
}

int undo_replay_dead(const char *path, struct undo_tally *tally)
{
	struct undo u = { .fd = -1 };
	struct owner owner;
	struct stat st;

	u.fd = undo_open_log(path, &owner, &u.start);
	if (u.fd < 0)
		return u.fd;
	snprintf(u.path, sizeof(u.path), "%s", path);
	if (undo_owner_alive(&owner) || !take_log(u.fd)) {
		close(u.fd);
		return -EBUSY;
	}
	u.rebooted = !undo_same_boot(&owner);
	if (fstat(u.fd, &st) == 0 && st.st_nlink &&
	    replay(&u, u.start, GROUP_MS, tally))
		undo_remove_log(path);
	close(u.fd);
	return 0;
}

static void step_restored(void *ctx, enum undo_result result, const char *text)
{
	struct undo_steps *s = ctx;
	bool done = result == UNDO_DONE || result == UNDO_REMARK;

	if (s->step)
		s->step(s->ctx, done ? UNDO_STEP_DONE : UNDO_STEP_LEFT, text);
}

static void describe(const struct record *r, struct str *text)
{
	const char *kind = record_kind_name(r->kind);

	if (r->kind == RECORD_VALUE)
		str_addf(text, "set '%s' from '%s' back to '%s'", r->text[0],
			 r->text[2], r->text[1]);
	else if (r->kind == RECORD_GROUP)
		str_addf(text, "kill process group %d", (int)r->number[0]);
	else
		str_addf(text, "undo %s '%s'", kind, r->text[0]);
}

static int list_dead(struct undo_steps *s, const char *path)
{
	struct record_list list = { 0 };
	struct owner owner;
	size_t start;
	_cleanup_close_ int fd = undo_open_log(path, &owner, &start);

	if (fd < 0)
		return fd;
	if (undo_owner_alive(&owner) || undo_load(fd, start, &list))
		return -EBUSY;
	for (size_t i = list.n; i--;) {
		_cleanup_str_ struct str text = STR_INIT;

		if (list.r[i].undone)
			continue;
		s->pending++;
		describe(&list.r[i], &text);
		if (s->step)
			s->step(s->ctx, UNDO_STEP_PENDING, text.buf);
	}
	records_free(&list);
	return 0;
}

/* A file without header: its owner may be about to write it, or died then. */
static bool is_stillborn(const char *path)
{
	struct stat st;

	undo_sleep_ms(NEWBORN_MS);
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && !st.st_size;
}

static int restore_log(void *ctx, const char *path)
{
	struct undo_steps *s = ctx;
	struct undo_tally tally = { .step = step_restored, .ctx = s };
	_cleanup_free_ char *text = NULL;
	int err;

	err = s->dry_run ? list_dead(s, path) : undo_replay_dead(path, &tally);
	s->done += tally.done;
	s->left += tally.left;
	if (!err || err == -EBUSY || err == -ENOENT)
		return 0;
	if (err == -EINVAL && is_stillborn(path)) {
		if (!s->dry_run)
			undo_remove_log(path);
		return 0;
	}
	s->left++;
	text = xasprintf("could not trust undo log '%s': %s", path,
			 err == -EPERM ? "others can write it" :
			 err == -EINVAL ? "it has no header" : strerror(-err));
	if (s->step)
		s->step(s->ctx, UNDO_STEP_LEFT, text);
	return 0;
}

int undo_restore(struct undo_steps *steps)
{
	int err = undo_each_log(restore_log, steps);

	if (!err)
		rmdir(undo_dir_name()); /* not while it holds a log */
	return err;
}
