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

#include <string.h>

#include "kit/dirmodel.h"
#include "kit/dirtask.h"
#include "kit/library.h"
#include "kit/rounds.h"
#include "kit/slow.h"

#define STABLE_NAMES 32
/* At least, in exact mode: what a round costs beside its operations is in their
 * figure, and with 128 it was 5 % of it. */
#define EXACT_FILES 1024

enum { SHARED, PRIVATE, ONE };
enum { M_OPS, M_RATE, M_LATENCY, M_FAIRNESS, M_CPU, M_SHARED, M_SPEEDUP };
enum { C_RESULT, C_LISTING, C_LOOKUP, C_NLINK, C_WINNER, C_SCAN };

struct parallel_dir_opts {
	uint32_t files;
	uint32_t dirs;
	const char *names;
	uint32_t slow;
};

/* What the tasks of one variant tell each other. */
struct shared {
	struct rounds rounds;
	struct dirtask_shared tasks;
};

static const struct dirtask_ids ids = { M_LATENCY, C_RESULT, C_LISTING, C_LOOKUP,
					C_NLINK, C_WINNER };

static const struct parallel_dir_opts *opts(struct worker *w)
{
	return w->opts;
}

static unsigned count_dirs(struct worker *w)
{
	unsigned n = w->variant == SHARED ? opts(w)->dirs : w->workers;

	return n < w->workers ? n : w->workers;
}

static uint32_t round_size(struct worker *w)
{
	uint32_t files = opts(w)->files;

	return w->exact && files < EXACT_FILES ? EXACT_FILES : files;
}

static void setup(struct worker *w)
{
	struct shared *s = w->shared;
	unsigned dirs = count_dirs(w);
	char name[DIRMODEL_NAME];

	rounds_make(&s->rounds, w, round_size(w));
	for (unsigned i = 0; i < dirs; i++) {
		int dir = dirtask_make_dir(w, i);

		/* no name that is not needed: an empty directory has paths of its own */
		if (w->method->arg == DIROP_LINK)
			sys_must(w, dirop_make_file(dir, "target"));
		for (unsigned k = 0; w->method->roles && k < STABLE_NAMES; k++)
			sys_must(w, dirop_make_file(dir, dirmodel_name(name, 's', 0, k)));
		close(dir);
	}
}

/* Rate and CPU time over all tasks, and how evenly they got on, of the timed part. */
static void measure(struct worker *w, unsigned names)
{
	struct shared *s = w->shared;
	struct rounds_time t = rounds_measure(&s->rounds, w->tasks, opts(w)->files);
	double counted = (double)w->tasks * names * 100 / (100 + opts(w)->slow);

	worker_gauge(w, M_RATE, counted * 1e9 / (double)(t.all + 1));
	worker_gauge(w, M_FAIRNESS, (double)t.fastest / (double)t.slowest);
	worker_gauge(w, M_CPU, (double)t.cpu / counted);
}

/* False when the run is over. */
static bool round_of(struct worker *w, struct dirtask *t, struct slow *slow)
{
	struct shared *s = w->shared;
	bool whole;

	rounds_begin(&s->rounds, w);
	if (!dirtask_prepare(t) || !worker_barrier(w))
		return false;
	rounds_time_begin(&s->rounds, w);
	whole = dirtask_act(t);
	rounds_time_end(&s->rounds, w);
	if (!whole || !worker_barrier(w))
		return false;
	if (!w->task)
		measure(w, t->names);
	dirtask_check(t, w->method->checks & CHECK(C_NLINK));
	if (!worker_barrier(w) || !dirtask_race(t) || !dirtask_clean(t))
		return false;
	worker_count(w, M_OPS, slow_count(slow, t->names));
	return worker_barrier(w);
}

static void run(struct worker *w)
{
	struct shared *s = w->shared;
	struct dirtask t = { .w = w, .ids = &ids, .op = &dirops[w->method->arg],
			     .shared = &s->tasks, .dirs = count_dirs(w),
			     .equal = !strcmp(opts(w)->names, "equal") };
	struct slow slow = { .percent = opts(w)->slow };

	t.dir = dirtask_open_dir(w, w->index % t.dirs);
	if (t.op->batched)
		t.batch = dirbatch_open(w);
	while (worker_running(w)) {
		t.names = (unsigned)worker_batch(w, s->rounds.size);
		if (!round_of(w, &t, &slow))
			break;
	}
	dirbatch_close(t.batch);
	close(t.dir);
}

/* Makes and removes names while the scanner looks at those that stay. */
static void churn(struct worker *w)
{
	int dir = dirtask_open_dir(w, w->index % count_dirs(w));
	struct slow slow = { .percent = opts(w)->slow };
	char name[DIRMODEL_NAME];

	for (unsigned i = 0; worker_running(w); i++) {
		dirmodel_name(name, 'f', w->index, i % opts(w)->files);
		worker_time_begin(w);
		sys_must(w, dirop_make_file(dir, name));
		sys_must(w, unlinkat(dir, name, 0));
		worker_time_end(w, M_LATENCY);
		worker_count(w, M_OPS, slow_count(&slow, 1));
	}
	close(dir);
}

static void scan(struct worker *w)
{
	const struct dirmodel stable = { .letter = 's', .stride = 1, .end = 1,
					 .count = STABLE_NAMES };
	int dir = dirtask_open_dir(w, w->index % count_dirs(w));
	char name[DIRMODEL_NAME], what[120] = "";

	do {
		uint64_t from = clock_now();
		bool found, once;

		dirmodel_name(name, 's', 0, rng_below(&w->rng, STABLE_NAMES));
		found = !faccessat(dir, name, F_OK, 0);
		if (worker_mutated(w, C_LOOKUP))
			found = false;
		worker_check(w, C_LOOKUP, found, "'%s' was not found", name);
		once = dirmodel_listed(w, dir, &stable, worker_mutated(w, C_SCAN),
				       what, sizeof(what));
		worker_check(w, C_SCAN, once, "%s", what);
		worker_gauge(w, M_RATE, 1e9 / (double)(clock_now() - from + 1));
	} while (worker_running(w));
	close(dir);
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct parallel_dir_opts, files, .min = 1, .max = 1000000, .def = "128", .help = "most names of each worker in a round"),
	OPTION(struct parallel_dir_opts, dirs, .min = 1, .max = DIRTASK_TASKS, .def = "1", .help = "directories that the shared variant is spread over"),
	OPTION(struct parallel_dir_opts, names, .choices = "disjoint equal", .def = "disjoint", .help = "whether workers use the same names or each its own"),
	OPTION(struct parallel_dir_opts, slow, .unit = UNIT_PERCENT, .max = SLOW_MOST, .hidden = true, .help = "operations beside every 100 that are not counted"),
	{}
};

static const struct metric metrics[] = {
	[M_OPS] = { "ops", "operations", "ops/s", METRIC_RATE, BETTER_NEITHER },
	[M_RATE] = { "rate", "operations in the timed part", "ops/s", METRIC_GAUGE, BETTER_HIGHER },
	[M_LATENCY] = { "latency", "time of one operation", "ns", METRIC_LATENCY, BETTER_LOWER },
	[M_FAIRNESS] = { "fairness", "fastest to slowest worker's time", "ratio", METRIC_GAUGE, BETTER_HIGHER },
	[M_CPU] = { "cpu-per-operation", "CPU time of an operation", "ns", METRIC_GAUGE, BETTER_LOWER, .primary = true },
	[M_SHARED] = { "shared-to-private", "R(N): shared to private rate", "ratio", METRIC_RATIO, BETTER_HIGHER, .primary = true,
		       .of = M_RATE, .num = "shared", .den = "private" },
	[M_SPEEDUP] = { "speed-up", "S(N): shared rate to that of one worker", "ratio", METRIC_RATIO, BETTER_HIGHER, .primary = true,
			.of = M_RATE, .num = "shared", .den = "one", .flag_below = 1 },
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

static const struct variant variants[] = {
	[SHARED] = { "shared", "all workers in one directory" },
	[PRIVATE] = { "private", "each worker in a directory of its own" },
	[ONE] = { "one", "one worker alone", .workers = 1 },
	{}
};

static const struct role churn_and_scan[] = {
	{ "churn", churn, .count = 1 }, { "scan", scan, .count = 1 }, {}
};

#define COMMON (CHECK(C_RESULT) | CHECK(C_LISTING) | CHECK(C_LOOKUP) | CHECK(C_WINNER))
#define COUNTED (COMMON | CHECK(C_NLINK))
#define SCANNING (METRIC(M_OPS) | METRIC(M_RATE) | METRIC(M_LATENCY) | METRIC(M_SHARED) | METRIC(M_SPEEDUP))
static const struct uses uses = { .scratch = true, .fs = "scratch tmpfs ext4 xfs btrfs" };
static const struct needs uring = { .kernel = "5.15", .kernel_note = "directory operations in io_uring", .kconfig = "IO_URING" };
#define URING .needs = &uring, .unsupported = LIBRARY_URING

static const struct method methods[] = {
	{ "create", "open with O_CREAT and O_EXCL", .checks = COMMON, .arg = DIROP_CREATE, .exact = true },
	{ "mkdir", "make directories", .checks = COUNTED, .arg = DIROP_MKDIR, .exact = true },
	{ "unlink", "remove files", .checks = COMMON, .arg = DIROP_UNLINK, .exact = true },
	{ "rmdir", "remove directories", .checks = COUNTED, .arg = DIROP_RMDIR, .exact = true },
	{ "rename", "rename within the directory", .checks = COMMON, .arg = DIROP_RENAME, .exact = true },
	{ "link", "hard links to one file", .checks = COUNTED, .arg = DIROP_LINK, .exact = true },
	{ "symlink", "symbolic links", .checks = COMMON, .arg = DIROP_SYMLINK, .exact = true },
	{ "open-existing", "open with O_CREAT what exists", .checks = COMMON, .arg = DIROP_OPEN, .exact = true },
	{ "create-unlink", "make a file and remove it, name by name", .checks = COMMON, .arg = DIROP_CREATE_UNLINK, .exact = true },
	{ "lookup-while-creating", "scan and look up while names come and go",
	  .roles = churn_and_scan, .checks = CHECK(C_LOOKUP) | CHECK(C_SCAN), .metrics = SCANNING },
	{ "uring-mkdir", "make directories through io_uring", .checks = COUNTED, .arg = DIROP_URING_MKDIR, URING },
	{ "uring-unlink", "remove files through io_uring", .checks = COMMON, .arg = DIROP_URING_UNLINK, URING },
	{ "uring-rename", "rename through io_uring", .checks = COMMON, .arg = DIROP_URING_RENAME, URING },
	{}
};
/* clang-format on */

STRESSOR(parallel_dir) = {
	.summary = "many tasks change names in one directory and in their own",
	.details = "Workers create, remove, rename and look up names at the same "
		   "time: path lookup, the dentry cache, the lock of the directory "
		   "and the filesystem's own index and journal. After each round "
		   "the directory must be what the model says. "
		   "Three variants by turns: all workers in one directory (or in "
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
	.exact_ops = 4096,
	.setup = setup,
	.run = run,
};
