/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two ways to cut a writer short. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rng.h"
#include "base/value.h"
#include "vm-matrix/crash/log.h"
#include "vm-matrix/crash/parts.h"

/* --- killed machines ------------------------------------------------------------ */

struct killing {
	uint64_t after, promised;
};

static enum crash_answer kill_at_promise(void *ctx, uint64_t number)
{
	struct killing *k = ctx;

	k->promised = number;
	return number >= k->after ? CRASH_KILL : CRASH_GO_ON;
}

/*
 * A boot takes longer than all else of a cut, so one machine boots, sets up and is
 * saved while the writer waits; its disk as it is then is what all begin with.
 * Where QEMU cannot save such a machine each cut boots.
 */
static int save_machine(struct passing *p)
{
	_cleanup_free_ char *image = pass_image(p, "writer");
	struct vm_spec spec = p->ready->vm;
	struct crash_hooks hooks = { .order = "sync" };
	int err;

	/* of the disk vm_can_restore() cannot know that it will be as it was */
	spec.n_disks = 0;
	if (p->plan->disk == VM_DISK_NVME || !vm_can_restore(&spec, NULL))
		return 0;
	p->state = xasprintf("%s/writer.state", p->plan->dir);
	hooks.save = p->state;
	pass_say(p, "setting up");
	err = crash_copy(p->base, image, p->why);
	if (!err)
		err = pass_write(p, image, NULL, &hooks);
	if (!err && rename(image, p->base))
		err = -errno;
	unlink(image);
	return err;
}

/* One machine, killed once. */
static int kill_one(struct passing *p, bool control)
{
	struct killing k = { .after = 1 + rng_below(&p->rng, p->plan->records) };
	/* a promise takes 5 to 50 ms: anywhere in one of the next */
	struct crash_hooks hooks = {
		.ctx = &k, .promise = kill_at_promise,
		.kill_after = rng_below(&p->rng, 60 * NSEC_PER_MSEC),
		.state = p->state, .order = control ? "lie" : "sync",
	};
	size_t at = p->out->n;
	_cleanup_free_ char *image = pass_image(p, pass_cut(p, control)->serial);
	int err = crash_copy(p->base, image, p->why);

	if (!err)
		err = pass_write(p, image, NULL, &hooks);
	p->out->cut[at].promised = k.promised;
	p->out->promises += k.promised;
	if (err)
		unlink(image);
	return err;
}

static int kill_many(struct passing *p, unsigned n, bool control)
{
	int err = 0;

	for (unsigned i = 0; !err && i < n;) {
		size_t from = p->out->n;

		for (; !err && i < n && p->out->n - from < CRASH_DISKS; i++) {
			pass_say(p, "%s %u of %u", control ? "control" : "kill", i + 1,
				 n);
			err = kill_one(p, control);
		}
		if (!err)
			err = pass_verify(p, from);
	}
	return err;
}

int pass_kill(struct passing *p)
{
	int err = save_machine(p);

	if (!err)
		err = kill_many(p, p->plan->cuts, false);
	return err ? err : kill_many(p, p->plan->controls, true);
}

/* --- disks that lose their cache ------------------------------------------------- */

struct logging {
	struct passing *p;
	struct crash_log *log;
	const char *path;
	size_t *at;      /* entries in the log when a promise was made, from 1 on */
	uint64_t n;
	int err;
};

static enum crash_answer note_place(void *ctx, uint64_t number)
{
	struct logging *l = ctx;

	if (l->log->fd < 0)
		l->err = crash_log_open(l->log, l->path, l->p->why);
	if (!l->err)
		l->err = crash_log_more(l->log, l->p->why);
	if (l->err || number != l->n + 1)
		return CRASH_QUIT;
	if (!(number & (number - 1)))
		l->at = xrealloc(l->at, 2 * number * sizeof(*l->at));
	l->at[number - 1] = l->log->n;
	l->n = number;
	if (number % 50 == 0)
		pass_say(l->p, "%u records promised", (unsigned)number);
	return number >= l->p->plan->records ? CRASH_QUIT : CRASH_GO_ON;
}

static uint64_t promised_at(const struct logging *l, size_t kept)
{
	uint64_t n = 0;

	while (n < l->n && l->at[n] <= kept)
		n++;
	return n;
}

/* Where something is in flight, if a few tries find such a place. Controls have
 * enough to lose. */
static size_t choose_place(struct passing *p, const struct logging *l, bool control)
{
	size_t first = l->at[control ? l->n / 2 : 0], kept = first;

	for (int i = 0; i < 6; i++) {
		kept = first + (size_t)rng_below(&p->rng, l->log->n - first + 1);
		if (kept - crash_durable(l->log, kept) > 1)
			break;
	}
	return kept;
}

static int replay_one(struct passing *p, const struct logging *l, bool control)
{
	struct crash_cut *cut = pass_cut(p, control);
	_cleanup_free_ char *image = pass_image(p, cut->serial);
	_cleanup_close_ int fd = -1;
	enum crash_fate fate = control ? CRASH_LIES :
			       p->out->n % 4 ? CRASH_LOSES : CRASH_NOTHING;
	struct rng rng;
	int err = crash_copy(p->base, image, p->why);

	rng_seed(&rng, cut->seed);
	cut->kept = choose_place(p, l, control);
	cut->durable = control ? 0 : crash_durable(l->log, cut->kept);
	cut->promised = promised_at(l, cut->kept);
	if (err)
		return err;
	fd = open(image, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = crash_replay(l->log, fd, p->size, 0, cut->durable, CRASH_WHOLE, &rng,
			   p->why);
	return err ? err : crash_replay(l->log, fd, p->size, cut->durable, cut->kept,
					fate, &rng, p->why);
}

static int replay_many(struct passing *p, const struct logging *l, unsigned n,
		       bool control)
{
	int err = 0;

	for (unsigned i = 0; !err && i < n;) {
		size_t from = p->out->n;

		pass_say(p, "%s from %u of %u", control ? "controls" : "cuts", i + 1,
			 n);
		for (; !err && i < n && p->out->n - from < CRASH_DISKS; i++)
			err = replay_one(p, l, control);
		if (!err)
			err = pass_verify(p, from);
	}
	return err;
}

static int write_log(struct passing *p, struct logging *l)
{
	_cleanup_free_ char *image = pass_image(p, "writer");
	_cleanup_close_ int fd = open(l->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
				      0600);
	struct crash_hooks hooks = { .ctx = l, .promise = note_place };
	int err = fd < 0 ? -errno : crash_copy(p->base, image, p->why);

	pass_say(p, "writing");
	if (!err)
		err = pass_write(p, image, l->path, &hooks);
	unlink(image);
	err = err ? err : l->err;
	if (!err)
		err = crash_log_whole(l->log, p->why);
	p->out->promises = l->n;
	p->out->entries = l->log->n;
	if (!err && l->n < p->plan->records) {
		*p->why = xasprintf("the writer ended after %u promises",
				    (unsigned)l->n);
		err = -EIO;
	}
	return err;
}

int pass_cache(struct passing *p)
{
	_cleanup_free_ char *path = pass_image(p, "log");
	struct crash_log log = { .fd = -1 };
	struct logging l = { .p = p, .log = &log, .path = path };
	int err = write_log(p, &l);

	if (!err)
		err = replay_many(p, &l, p->plan->cuts, false);
	if (!err)
		err = replay_many(p, &l, p->plan->controls, true);
	unlink(path);
	crash_log_free(&log);
	free(l.at);
	return err;
}
