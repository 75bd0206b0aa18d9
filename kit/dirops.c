/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/dirops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kit/dirmodel.h"
#include "kit/uring.h"

#ifdef HAVE_LIBURING
#define OP_MKDIR IORING_OP_MKDIRAT
#define OP_UNLINK IORING_OP_UNLINKAT
#define OP_RENAME IORING_OP_RENAMEAT
#else
#define OP_MKDIR 0
#define OP_UNLINK 0
#define OP_RENAME 0
#endif

#define BATCH 32

static int open_with(int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : close(fd);
}

int dirop_make_file(int dir, const char *name)
{
	return open_with(dir, name, O_EXCL);
}

static int open_file(int dir, const char *name)
{
	return open_with(dir, name, 0);
}

static int make_dir(int dir, const char *name)
{
	return mkdirat(dir, name, 0700);
}

static int remove_file(int dir, const char *name)
{
	return unlinkat(dir, name, 0);
}

static int remove_dir(int dir, const char *name)
{
	return unlinkat(dir, name, AT_REMOVEDIR);
}

/* Of two that make the same name one loses, and only the other one removes it. */
static int make_and_remove(int dir, const char *name)
{
	return dirop_make_file(dir, name) ? -1 : remove_file(dir, name);
}

/* "f1-2" becomes "g1-2". */
static int rename_file(int dir, const char *name)
{
	char to[DIRMODEL_NAME];

	to[0] = 'g';
	memccpy(to + 1, name + 1, '\0', sizeof(to) - 1);
	return renameat(dir, name, dir, to);
}

static int link_target(int dir, const char *name)
{
	return linkat(dir, "target", dir, name, 0);
}

static int link_symbolic(int dir, const char *name)
{
	return symlinkat("target", dir, name);
}

const struct dirop dirops[] = {
	[DIROP_CREATE] = { NULL, dirop_make_file, remove_file, 'f', S_IFREG, EEXIST },
	[DIROP_MKDIR] = { NULL, make_dir, remove_dir, 'f', S_IFDIR, EEXIST },
	[DIROP_UNLINK] = { dirop_make_file, remove_file, NULL, 0, S_IFREG, ENOENT },
	[DIROP_RMDIR] = { make_dir, remove_dir, NULL, 0, S_IFDIR, ENOENT },
	[DIROP_RENAME] = { dirop_make_file, rename_file, remove_file, 'g', S_IFREG, ENOENT },
	[DIROP_LINK] = { NULL, link_target, remove_file, 'f', S_IFREG, EEXIST },
	[DIROP_SYMLINK] = { NULL, link_symbolic, remove_file, 'f', S_IFLNK, EEXIST },
	[DIROP_OPEN] = { dirop_make_file, open_file, remove_file, 'f', S_IFREG, 0 },
	[DIROP_CREATE_UNLINK] = { NULL, make_and_remove, NULL, 0, S_IFREG, EEXIST },
	[DIROP_URING_MKDIR] = { NULL, NULL, remove_dir, 'f', S_IFDIR, EEXIST, OP_MKDIR },
	[DIROP_URING_UNLINK] = { dirop_make_file, NULL, NULL, 0, S_IFREG, ENOENT, OP_UNLINK },
	[DIROP_URING_RENAME] = { dirop_make_file, NULL, remove_file, 'g', S_IFREG, ENOENT,
				 OP_RENAME },
};

#ifdef HAVE_LIBURING

struct dirbatch {
	struct io_uring ring;
	struct worker *w;
	char name[BATCH][DIRMODEL_NAME], to[BATCH][DIRMODEL_NAME];
};

struct dirbatch *dirbatch_open(struct worker *w)
{
	struct dirbatch *b = xalloc(sizeof(*b));

	uring_open(w, &b->ring, BATCH);
	b->w = w;
	return b;
}

static void fill(struct dirbatch *b, const struct dirop *op, int dir, unsigned slot)
{
	struct io_uring_sqe *e = uring_entry(b->w, &b->ring);

	if (op->batched == OP_MKDIR)
		io_uring_prep_mkdirat(e, dir, b->name[slot], 0700);
	else if (op->batched == OP_UNLINK)
		io_uring_prep_unlinkat(e, dir, b->name[slot], op->flags);
	else
		io_uring_prep_renameat(e, dir, b->name[slot], dir, b->to[slot], 0);
}

static unsigned reap(struct dirbatch *b, unsigned n, int loser,
		     volatile uint32_t *done)
{
	unsigned wrong = 0;
	int error;

	do
		error = io_uring_submit_and_wait(&b->ring, n);
	while (error == -EINTR);
	while (n--) {
		int result = uring_wait(b->w, &b->ring, NULL);

		*done += !result;
		wrong += result && (!loser || result != -loser);
	}
	return wrong;
}

unsigned dirbatch_run(struct dirbatch *b, const struct dirop *op, int dir,
		      unsigned owner, unsigned names, int loser,
		      volatile uint32_t *done)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < names;) {
		unsigned n = 0;

		for (; n < BATCH && i < names; n++, i++) {
			dirmodel_name(b->name[n], 'f', owner, i);
			dirmodel_name(b->to[n], 'g', owner, i);
			fill(b, op, dir, n);
		}
		wrong += reap(b, n, loser, done);
	}
	return wrong;
}

void dirbatch_close(struct dirbatch *b)
{
	if (!b)
		return;
	io_uring_queue_exit(&b->ring);
	free(b);
}

#else

struct dirbatch *dirbatch_open(struct worker *w)
{
	worker_broken(w, "built without liburing");
}

unsigned dirbatch_run(struct dirbatch *b, const struct dirop *op, int dir,
		      unsigned owner, unsigned names, int loser,
		      volatile uint32_t *done)
{
	(void)b, (void)op, (void)dir, (void)owner, (void)names, (void)loser, (void)done;
	return names;
}

void dirbatch_close(struct dirbatch *b)
{
	(void)b;
}

#endif
