/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many tasks change names at the same time: all in one directory, each in its
 * own, and one task alone, by turns. The VFS holds the lock of the directory
 * for create, link, mkdir, unlink, rmdir and rename, and a filesystem has locks
 * of its own below it; the ratio of the shared to the private rate says how
 * much of the work is serial, whatever the machine.
 *
 * Work goes in rounds: prepare, the timed operations, look, clean up, with all
 * tasks meeting in between. A failure means that a directory does not list what
 * was made in it, that a link count is off, that not exactly one task won an
 * exclusive create, or that a scan missed a name that was there all the time.
 */
#include "core/stressor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kit/dirmodel.h"
#include "kit/dirops.h"

#define TASKS_MAX 4096
#define RACE_NAMES 4
#define STABLE_NAMES 32

/* A round that starts small grows until its timed part takes this long (ns);
 * one that takes four times as long shrinks. So a slow machine, a guest without
 * KVM say, ends in time, and looks as often as a fast one. */
#define NAMES_FIRST 8
#define ROUND_NS 10000000

enum { SHARED, PRIVATE, ONE };
enum { M_OPS, M_RATE, M_LATENCY, M_FAIRNESS, M_SHARED, M_SPEEDUP };
enum { C_RESULT, C_LISTING, C_LOOKUP, C_NLINK, C_WINNER, C_SCAN };

struct parallel_dir_opts {
	uint32_t files;
	uint32_t dirs;
	const char *names;
};

/* What the tasks of one variant tell each other. */
struct shared {
	uint64_t from[TASKS_MAX], to[TASKS_MAX]; /* of the timed part of a round */
	volatile uint32_t done[TASKS_MAX];       /* operations that succeeded */
	volatile uint32_t won[RACE_NAMES];
	volatile uint32_t names; /* of each task in the next round */
};

/* A task's view. */
struct place {
	int dir;             /* where this task works */
	unsigned dirs;       /* how many directories the tasks are spread over */
	unsigned names;      /* of this round */
	bool equal;          /* all tasks use the same names */
};

static const struct parallel_dir_opts *opts(struct worker *w)
{
	return w->opts;
}

static unsigned count_dirs(struct worker *w)
{
	if (w->variant == PRIVATE)
		return w->workers;
	if (w->variant == SHARED && opts(w)->dirs < w->workers)
		return opts(w)->dirs;
	return w->variant == SHARED ? w->workers : 1;
}

static char *dir_name(struct worker *w, unsigned dir, char *buf)
{
	snprintf(buf, DIRMODEL_NAME, "v%u-%u", w->variant, dir);
	return buf;
}

static void setup(struct worker *w)
{
	struct shared *s = w->shared;
	unsigned dirs = count_dirs(w);
	char name[DIRMODEL_NAME], stable[DIRMODEL_NAME];

	if (w->tasks > TASKS_MAX)
		worker_broken(w, "at most %d tasks", TASKS_MAX);
	s->names = opts(w)->files < NAMES_FIRST ? opts(w)->files : NAMES_FIRST;
	for (unsigned i = 0; i < dirs; i++) {
		int dir;

		sys_must(w, mkdirat(w->scratch_fd, dir_name(w, i, name), 0700));
		dir = sys_openat(w, w->scratch_fd, name, O_RDONLY | O_DIRECTORY, 0);
		for (unsigned k = 0; k < STABLE_NAMES; k++)
			close(sys_openat(w, dir, dirmodel_name(stable, 's', 0, k),
					 O_WRONLY | O_CREAT | O_EXCL, 0600));
		close(sys_openat(w, dir, "target", O_WRONLY | O_CREAT | O_EXCL, 0600));
		close(dir);
	}
}

static void open_place(struct worker *w, struct place *p)
{
	char name[DIRMODEL_NAME];

	p->dirs = count_dirs(w);
	p->equal = !strcmp(opts(w)->names, "equal");
	p->dir = sys_openat(w, w->scratch_fd,
			    dir_name(w, w->index % p->dirs, name),
			    O_RDONLY | O_DIRECTORY, 0);
}

/* The task whose names this one uses. */
static unsigned owner(struct worker *w, const struct place *p)
{
	return p->equal ? w->index % p->dirs : w->index;
}

/* Does this task prepare and clean up the names it uses? */
static bool is_owner(struct worker *w, const struct place *p)
{
	return owner(w, p) == w->index;
}

static const struct dirop *op_of(struct worker *w)
{
	return &dirops[w->method->arg];
}

static void prepare(struct worker *w, const struct place *p, const struct dirop *op)
{
	char name[DIRMODEL_NAME];

	for (unsigned i = 0; op->prepare && is_owner(w, p) && i < p->names; i++)
		sys_must(w, op->prepare(p->dir, dirmodel_name(name, 'f', w->index, i)));
}

static void clean_up(struct worker *w, const struct place *p, const struct dirop *op)
{
	char name[DIRMODEL_NAME];

	for (unsigned i = 0; op->clean && is_owner(w, p) && i < p->names; i++)
		sys_must(w, op->clean(p->dir,
				      dirmodel_name(name, op->after, w->index, i)));
}

/* The timed part; returns how many operations succeeded. */
static unsigned act(struct worker *w, const struct place *p, const struct dirop *op)
{
	struct shared *s = w->shared;
	unsigned done = 0, wrong = 0;
	char name[DIRMODEL_NAME];
	int unexpected = 0;

	s->from[w->task] = clock_now();
	for (unsigned i = 0; i < p->names; i++) {
		int error;

		dirmodel_name(name, 'f', owner(w, p), i);
		worker_time_begin(w);
		error = op->act(p->dir, name) ? errno : 0;
		worker_time_end(w, M_LATENCY);
		done += !error;
		if (error && (!p->equal || error != op->loser)) {
			unexpected = error;
			wrong++;
		}
	}
	s->to[w->task] = clock_now();
	if (worker_mutated(w, C_RESULT)) {
		unexpected = EIO;
		wrong = 1;
	}
	worker_check(w, C_RESULT, !wrong, "%u of %u operations failed: %s", wrong,
		     p->names, strerror(unexpected));
	return done;
}

static void act_batch(struct worker *w, const struct place *p,
		      const struct dirop *op, struct dirbatch *batch)
{
	struct shared *s = w->shared;
	unsigned wrong;

	s->from[w->task] = clock_now();
	wrong = dirbatch_run(batch, op, p->dir, owner(w, p), p->names,
			     p->equal ? op->loser : 0, &s->done[w->task]);
	s->to[w->task] = clock_now();
	worker_latency(w, M_LATENCY,
		       (s->to[w->task] - s->from[w->task]) / p->names);
	wrong += worker_mutated(w, C_RESULT);
	worker_check(w, C_RESULT, !wrong, "%u of %u operations failed", wrong,
		     p->names);
}

/* All tasks at once create the same few names: one has to win each. */
static bool race(struct worker *w)
{
	struct shared *s = w->shared;
	char name[DIRMODEL_NAME], path[3 * DIRMODEL_NAME];

	for (unsigned i = 0; i < RACE_NAMES; i++) {
		int fd;

		snprintf(path, sizeof(path), "v%u-0/%s", w->variant,
			 dirmodel_name(name, 'r', 0, i));
		fd = openat(w->scratch_fd, path,
			    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0) {
			close(fd);
			__atomic_add_fetch(&s->won[i], 1, __ATOMIC_RELAXED);
		}
	}
	if (!worker_barrier(w))
		return false;
	for (unsigned i = 0; !w->task && i < RACE_NAMES; i++) {
		s->won[i] += worker_mutated(w, C_WINNER);
		worker_check(w, C_WINNER, s->won[i] == 1,
			     "%u tasks won the exclusive create of one name", s->won[i]);
		s->won[i] = 0;
		snprintf(path, sizeof(path), "v%u-0/%s", w->variant,
			 dirmodel_name(name, 'r', 0, i));
		sys_must(w, unlinkat(w->scratch_fd, path, 0));
	}
	return true;
}

/* The first task of a directory compares its listing with the model. */
static void check_listing(struct worker *w, const struct place *p,
			  const struct dirop *op)
{
	struct dirmodel m = { .letter = op->after, .first = w->index,
			      .stride = p->dirs, .count = p->names,
			      .end = p->equal ? w->index + 1 : w->workers };
	struct dirmodel gone = { .letter = op->after == 'f' ? 'g' : 'f', .stride = 1 };
	char what[120] = "";
	bool same;

	if (w->index >= p->dirs)
		return;
	if (!m.letter) { /* all names are gone */
		m = (struct dirmodel){ .letter = 'f', .stride = 1 };
	}
	same = dirmodel_listed(w, p->dir, &m, worker_mutated(w, C_LISTING), what,
			       sizeof(what)) &&
	       dirmodel_listed(w, p->dir, &gone, false, what, sizeof(what));
	worker_check(w, C_LISTING, same, "%s", what);
}

static void check_lookup(struct worker *w, const struct place *p,
			 const struct dirop *op)
{
	char name[DIRMODEL_NAME], old[DIRMODEL_NAME];
	bool there = op->after != 0, moved = op->after == 'g';
	unsigned i = (unsigned)rng_below(&w->rng, p->names);
	struct stat st = { 0 };
	bool found;

	dirmodel_name(name, there ? op->after : 'f', owner(w, p), i);
	dirmodel_name(old, 'f', owner(w, p), i);
	found = !fstatat(p->dir, name, &st, AT_SYMLINK_NOFOLLOW);
	if (worker_mutated(w, C_LOOKUP))
		found = !found;
	worker_check(w, C_LOOKUP,
		     found == there && (!found || (st.st_mode & S_IFMT) == op->type) &&
			     (!moved || faccessat(p->dir, old, F_OK, 0)),
		     "looking up '%s' %s, mode %o", name,
		     found ? "finds it" : "fails", st.st_mode);
}

/* Subdirectories, or hard links of the target, that the model says there are. */
static void check_nlink(struct worker *w, const struct place *p,
			const struct dirop *op)
{
	struct shared *s = w->shared;
	const char *name = op->type == S_IFDIR ? "." : "target";
	unsigned long links = 0;
	struct stat st;

	if (w->index >= p->dirs)
		return;
	for (unsigned i = w->index; op->after && i < w->workers; i += p->dirs)
		links += s->done[i];
	links += op->type == S_IFDIR ? 2 : 1;
	sys_must(w, fstatat(p->dir, name, &st, 0));
	/* btrfs and overlayfs count 1 for every directory: "not known". */
	if (op->type == S_IFDIR && st.st_nlink == 1)
		links = 1;
	links += worker_mutated(w, C_NLINK);
	worker_check(w, C_NLINK, st.st_nlink == links,
		     "'%s' has %lu links instead of %lu", name,
		     (unsigned long)st.st_nlink, links);
}

/* Names for the next round, after one of which the timed part took @ns. */
static uint32_t names_after(struct worker *w, uint32_t names, uint64_t ns)
{
	if (ns < ROUND_NS && names < opts(w)->files)
		return 2 * names < opts(w)->files ? 2 * names : opts(w)->files;
	return ns > 4 * ROUND_NS && names > 1 ? names / 2 : names;
}

/* Rate over all tasks, and how evenly they got on, of the timed part. */
static void measure(struct worker *w, const struct place *p)
{
	struct shared *s = w->shared;
	uint64_t from = UINT64_MAX, to = 0, fastest = UINT64_MAX, slowest = 1;

	for (unsigned i = 0; i < w->tasks; i++) {
		uint64_t ns = s->to[i] - s->from[i];

		from = s->from[i] < from ? s->from[i] : from;
		to = s->to[i] > to ? s->to[i] : to;
		fastest = ns < fastest ? ns : fastest;
		slowest = ns > slowest ? ns : slowest;
	}
	worker_gauge(w, M_RATE, (double)w->tasks * p->names * 1e9 / (double)(to - from + 1));
	worker_gauge(w, M_FAIRNESS, (double)fastest / (double)slowest);
	s->names = names_after(w, s->names, to - from);
}

static bool round_of(struct worker *w, struct place *p, const struct dirop *op,
		     struct dirbatch *batch)
{
	struct shared *s = w->shared;
	uint32_t mask = w->method->checks;

	prepare(w, p, op);
	if (!worker_barrier(w))
		return false;
	s->done[w->task] = 0;
	if (batch)
		act_batch(w, p, op, batch);
	else
		s->done[w->task] = act(w, p, op);
	if (!worker_barrier(w))
		return false;
	if (!w->task)
		measure(w, p);
	check_listing(w, p, op);
	check_lookup(w, p, op);
	if (mask & CHECK(C_NLINK))
		check_nlink(w, p, op);
	if (!worker_barrier(w) || !race(w))
		return false;
	clean_up(w, p, op);
	worker_count(w, M_OPS, p->names);
	return worker_barrier(w);
}

static void run(struct worker *w)
{
	const struct dirop *op = op_of(w);
	struct shared *s = w->shared;
	struct dirbatch *batch = NULL;
	struct place p;

	open_place(w, &p);
	if (op->batched)
		batch = dirbatch_open(w);
	while (worker_running(w)) {
		p.names = (unsigned)worker_batch(w, s->names);
		if (!round_of(w, &p, op, batch))
			break;
	}
	dirbatch_close(batch);
	close(p.dir);
}

/* Makes and removes names while the scanner looks at those that stay. */
static void churn(struct worker *w)
{
	char name[DIRMODEL_NAME];
	unsigned i = 0;
	struct place p;

	open_place(w, &p);
	while (worker_running(w)) {
		dirmodel_name(name, 'f', w->index, i++ % opts(w)->files);
		worker_time_begin(w);
		close(sys_openat(w, p.dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600));
		sys_must(w, unlinkat(p.dir, name, 0));
		worker_time_end(w, M_LATENCY);
		worker_count(w, M_OPS, 1);
	}
	close(p.dir);
}

static void scan(struct worker *w)
{
	struct dirmodel m = { .letter = 's', .stride = 1, .end = 1,
			      .count = STABLE_NAMES };
	char name[DIRMODEL_NAME], what[120] = "";
	struct place p;

	open_place(w, &p);
	do {
		unsigned i = (unsigned)rng_below(&w->rng, STABLE_NAMES);
		uint64_t from = clock_now();
		bool found;

		dirmodel_name(name, 's', 0, i);
		found = !faccessat(p.dir, name, F_OK, 0);
		if (worker_mutated(w, C_LOOKUP))
			found = false;
		worker_check(w, C_LOOKUP, found, "'%s' was not found", name);
		worker_check(w, C_SCAN,
			     dirmodel_listed(w, p.dir, &m, worker_mutated(w, C_SCAN),
					     what, sizeof(what)), "%s", what);
		worker_gauge(w, M_RATE, 1e9 / (double)(clock_now() - from + 1));
	} while (worker_running(w));
	close(p.dir);
}

static const struct role churn_and_scan[] = {
	{ "churn", churn, .count = 1 },
	{ "scan", scan, .count = 1 },
	{}
};

static const struct variant variants[] = {
	[SHARED] = { "shared", "all workers in one directory" },
	[PRIVATE] = { "private", "each worker in a directory of its own" },
	[ONE] = { "one", "one worker alone", .workers = 1 },
	{}
};

static const struct option options[] = {
	OPTION(struct parallel_dir_opts, files, .min = 1, .max = 1000000, .def = "128",
	       .help = "most names of each worker in a round"),
	OPTION(struct parallel_dir_opts, dirs, .min = 1, .max = TASKS_MAX, .def = "1",
	       .help = "directories that the shared variant is spread over"),
	OPTION(struct parallel_dir_opts, names, .choices = "disjoint equal",
	       .def = "disjoint", .help = "do workers use the same names"),
	{}
};

#define COMMON (CHECK(C_RESULT) | CHECK(C_LISTING) | CHECK(C_LOOKUP) | CHECK(C_WINNER))
#define SCANNING (METRIC(M_OPS) | METRIC(M_RATE) | METRIC(M_LATENCY) | \
		  METRIC(M_SHARED) | METRIC(M_SPEEDUP))
#ifdef HAVE_LIBURING
#define URING NULL
#else
#define URING "needs liburing: install liburing-dev and configure again"
#endif

static const struct needs need_uring = {
	.kernel = "5.15", .kernel_note = "directory operations in io_uring",
	.kconfig = "IO_URING",
};

static const struct method methods[] = {
	{ "create", "open with O_CREAT and O_EXCL", .checks = COMMON, .arg = DIROP_CREATE },
	{ "mkdir", "make directories", .checks = COMMON | CHECK(C_NLINK), .arg = DIROP_MKDIR },
	{ "unlink", "remove files", .checks = COMMON, .arg = DIROP_UNLINK },
	{ "rmdir", "remove directories", .checks = COMMON | CHECK(C_NLINK), .arg = DIROP_RMDIR },
	{ "rename", "rename within the directory", .checks = COMMON, .arg = DIROP_RENAME },
	{ "link", "hard links to one file", .checks = COMMON | CHECK(C_NLINK), .arg = DIROP_LINK },
	{ "symlink", "symbolic links", .checks = COMMON, .arg = DIROP_SYMLINK },
	{ "open-existing", "open with O_CREAT what exists", .checks = COMMON, .arg = DIROP_OPEN },
	{ "lookup-while-creating", "scan and look up while names come and go",
	  .roles = churn_and_scan, .checks = CHECK(C_LOOKUP) | CHECK(C_SCAN),
	  .metrics = SCANNING },
	{ "uring-mkdir", "make directories through io_uring", .needs = &need_uring,
	  .checks = COMMON | CHECK(C_NLINK), .arg = DIROP_URING_MKDIR, .unsupported = URING },
	{ "uring-unlink", "remove files through io_uring", .needs = &need_uring,
	  .checks = COMMON, .arg = DIROP_URING_UNLINK, .unsupported = URING },
	{ "uring-rename", "rename through io_uring", .needs = &need_uring,
	  .checks = COMMON, .arg = DIROP_URING_RENAME, .unsupported = URING },
	{}
};

static const struct metric metrics[] = {
	[M_OPS] = { "ops", "operations", "ops/s", METRIC_RATE, BETTER_NEITHER },
	[M_RATE] = { "rate", "operations in the timed part", "ops/s", METRIC_GAUGE,
		     BETTER_HIGHER, .primary = true },
	[M_LATENCY] = { "latency", "time of one operation", "ns", METRIC_LATENCY,
			BETTER_LOWER, .primary = true },
	[M_FAIRNESS] = { "fairness", "fastest to slowest worker's time", "ratio",
			 METRIC_GAUGE, BETTER_HIGHER },
	[M_SHARED] = { "shared-to-private", "R(N): shared to private rate", "ratio",
		       METRIC_RATIO, BETTER_HIGHER, .primary = true, .of = M_RATE,
		       .num = "shared", .den = "private" },
	[M_SPEEDUP] = { "speed-up", "S(N): shared rate to that of one worker", "ratio",
			METRIC_RATIO, BETTER_HIGHER, .primary = true, .of = M_RATE,
			.num = "shared", .den = "one", .flag_below = 1 },
	{}
};

static const struct check checks[] = {
	[C_RESULT] = { "result", "every operation succeeds, or loses with the documented error" },
	[C_LISTING] = { "listing", "after a round the directory lists exactly what the model has" },
	[C_LOOKUP] = { "lookup", "looking up a name agrees with the model, type included" },
	[C_NLINK] = { "link-count", "link counts equal the model" },
	[C_WINNER] = { "one-winner", "exactly one task wins an exclusive create" },
	[C_SCAN] = { "scan-once", "a name alive throughout a scan is seen exactly once by it" },
	{}
};

static const struct uses uses = { .scratch = true, .fs = "scratch tmpfs ext4 xfs btrfs" };

STRESSOR(parallel_dir) = {
	.summary = "many tasks change names in one directory and in their own",
	.details = "Three variants by turns: all workers in one directory (or in "
		   "--parallel-dir-dirs of them), each in its own, and one alone. "
		   "R(N) near 0.5 with two workers means that the directory is "
		   "serial; S(N) below 1 that adding workers makes it slower.",
	.refs = "Documentation/filesystems/directory-locking.rst\n"
		"https://lwn.net/Articles/899374/ (parallel directory operations)",
	.tags = "directory loop",
	.uses = &uses,
	.options = options,
	.opts_size = sizeof(struct parallel_dir_opts),
	.shared_size = sizeof(struct shared),
	.methods = methods,
	.variants = variants,
	.metrics = metrics,
	.checks = checks,
	.threads = true,
	.setup = setup,
	.run = run,
};
