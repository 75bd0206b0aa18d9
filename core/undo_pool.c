/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools of huge pages. Several runs may raise the same pool, so what is undone
 * is the difference, not the old size. Free pages that another run asked for
 * but has not mapped yet are not ours to use: each record states a claim.
 */
#include "core/undo_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/machine.h"

struct pool {
	uint64_t size; /* pages without surplus: what nr_hugepages sets */
	uint64_t free; /* not reserved either */
};

static int read_file(const char *dir, const char *name, uint64_t *value)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);

	return file_read_u64(path, value);
}

static int read_pool(const char *dir, struct pool *p)
{
	uint64_t n, surplus, unused, reserved;

	if (read_file(dir, "nr_hugepages", &n) ||
	    read_file(dir, "surplus_hugepages", &surplus) ||
	    read_file(dir, "free_hugepages", &unused) ||
	    read_file(dir, "resv_hugepages", &reserved))
		return -EOPNOTSUPP;
	p->size = n > surplus ? n - surplus : 0;
	p->free = unused > reserved ? unused - reserved : 0;
	return 0;
}

static int resize(const char *dir, uint64_t pages, struct pool *p)
{
	_cleanup_free_ char *path = xasprintf("%s/nr_hugepages", dir);
	char text[RECORD_ID];
	int err = file_write(path, undo_number(text, pages));

	return err ? err : read_pool(dir, p);
}

struct claims {
	const char *dir;
	uint64_t pages;
};

static int add_claims(void *ctx, const char *path)
{
	struct claims *c = ctx;
	struct record_list list = { 0 };
	struct owner owner;
	size_t start;
	_cleanup_close_ int fd = undo_open_log(path, &owner, &start);
	uint64_t pages = 0;

	if (fd < 0 || undo_load(fd, start, &list))
		return 0;
	for (size_t i = 0; i < list.n; i++)
		if (list.r[i].kind == RECORD_HUGEPAGES && !list.r[i].undone &&
		    !strcmp(list.r[i].text[0], c->dir))
			pages += list.r[i].number[1];
	records_free(&list);
	if (pages && !undo_owner_alive(&owner))
		undo_replay_dead(path, NULL);
	else
		c->pages += pages;
	return 0;
}

static int raise_pool(struct undo *u, const char *dir, const char *id,
		      uint64_t from, uint64_t to)
{
	char got[RECORD_ID];
	struct pool now;
	int err = resize(dir, to, &now);

	if (!err && now.size < to) {
		/* Fragmented memory: best effort, refused without privilege. */
		file_write("/proc/sys/vm/compact_memory", "1");
		err = resize(dir, to, &now);
	}
	if (!err)
		err = undo_amend(u, RECORD_GOT, id,
				 (const char *[]){ undo_number(
					 got, now.size > from ?
						      now.size - from : 0) });
	return err ? err : now.size < to ? -ENOMEM : 0;
}

static int claim_locked(struct undo *u, const char *dir, uint64_t page,
			uint64_t count)
{
	struct claims c = { dir, 0 };
	char field[3][RECORD_ID], id[RECORD_ID];
	uint64_t spare, missing;
	struct pool p;
	int err = undo_each_log(add_claims, &c);

	if (!err)
		err = read_pool(dir, &p);
	if (err)
		return err;
	spare = p.free > c.pages ? p.free - c.pages : 0;
	missing = count > spare ? count - spare : 0;
	/* The kernel would reclaim everything before it gives up. */
	if (missing > machine_memory() / page)
		return -ENOMEM;
	err = undo_append(u, RECORD_HUGEPAGES,
			  (const char *[]){ dir, undo_number(field[0], count),
					    undo_number(field[1], p.size),
					    undo_number(field[2],
							p.size + missing) },
			  id);
	if (err || !missing)
		return err;
	err = raise_pool(u, dir, id, p.size, p.size + missing);
	if (err)
		undo_by_id(u, id);
	return err;
}

int undo_hugepages(struct undo *u, uint64_t size, uint64_t count)
{
	char dir[96];
	int err;

	if (size < 1024 || !count)
		return -EINVAL;
	snprintf(dir, sizeof(dir),
		 "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB",
		 size / 1024);
	if (!file_exists(dir))
		return -EOPNOTSUPP;
	err = undo_arm(u);
	if (!err)
		err = undo_lock();
	if (err)
		return err;
	err = claim_locked(u, dir, size, count);
	undo_unlock();
	return err;
}

/* By how much the record's change raised the pool. */
static uint64_t raised_by(const struct record *r, const struct pool *now)
{
	uint64_t from = r->number[2], to = r->number[3];

	if (r->made.set)
		return r->made.a;
	/* Killed between the change and the note of what it gave. */
	if (now->size < to)
		to = now->size;
	return to > from ? to - from : 0;
}

static enum undo_result lower(struct undo *u, const struct record *r,
			      struct str *text)
{
	const char *dir = r->text[0];
	char was[RECORD_ID], will[RECORD_ID];
	uint64_t by, target;
	struct pool p;
	int err = read_pool(dir, &p);

	by = err ? 0 : raised_by(r, &p);
	/* A replay that was killed may have lowered it already. */
	if (!by || (r->lowering.set && p.size <= r->lowering.b))
		return UNDO_NOTHING;
	target = p.size > by ? p.size - by : 0;
	err = undo_amend(u, RECORD_LOWERING, r->id,
			 (const char *[]){ undo_number(was, p.size),
					   undo_number(will, target) });
	if (!err)
		err = resize(dir, target, &p);
	if (!err && p.size > target)
		err = -EBUSY;
	str_addf(text,
		 err ? "could not lower '%s' to %" PRIu64 " pages: %s" :
		       "lowered '%s' to %" PRIu64 " pages%s",
		 dir, target, err ? strerror(-err) : "");
	return err ? UNDO_LEFT : UNDO_DONE;
}

enum undo_result undo_pool(struct undo *u, const struct record *r,
			   struct str *text)
{
	enum undo_result result;

	if (undo_lock()) {
		str_addf(text, "could not lower '%s': another run holds the lock",
			 r->text[0]);
		return UNDO_LEFT;
	}
	result = lower(u, r, text);
	undo_unlock();
	return result;
}
