/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory cgroups (version 2). Each worker has a group of its own with a memory.max
 * of a few MiB and drives try_charge_memcg(), the page counters and their stocks,
 * uncharging in batches, reclaim by a group's limit (mm/vmscan.c), and the OOM
 * killer of a group (mm/memcontrol.c, mm/oom_kill.c).
 *
 * A failed check means that a group used more than it may, that memory was not
 * charged or charged for ever (a leak of the group), that pages were lost or torn
 * in reclaim, that somebody was killed who should not have been, or that the
 * statistics say otherwise.
 */
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/statfs.h>

#include "core/stressor.h"
#include "kit/memcg.h"

#define FREE_PAGES 64 /* given up with one MADV_FREE */

enum { M_ROUNDS, M_PAGES, M_CPU, M_LATENCY };
enum { C_LIMIT, C_CHARGED, C_STAT, C_UNCHARGED, C_REACHED, C_CONTENT, C_GROUP, C_ONLY,
       C_COUNTED };

struct memcg_opts {
	uint64_t bytes;
};

static uint64_t limit_of(const struct worker *w)
{
	const struct memcg_opts *o = w->opts;

	return memcg_limit(w, o->bytes);
}

/* What page @i holds: never 0. */
static uint64_t word_of(const struct worker *w, uint64_t i)
{
	return (i << 16 | w->index << 1) + 1;
}

static char *map(struct worker *w, uint64_t bytes)
{
	char *p = sys_mmap(w, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, bytes, MADV_NOHUGEPAGE); /* a kernel without huge pages refuses */
	return p;
}

/* While the memory is there. */
static void check_used(struct worker *w, struct memcg_round *r)
{
	memcg_look(r);
	if (worker_mutated(w, C_LIMIT))
		r->now.current += r->max;
	worker_check(w, C_LIMIT, memcg_limit_holds(r), "%" PRIu64 " bytes are used, memory.max is %" PRIu64,
		     r->now.current, r->max);
	if (worker_mutated(w, C_STAT))
		r->now.file += r->max;
	worker_check(w, C_STAT, memcg_stat_holds(r), "memory.stat has %" PRIu64 " bytes anon and %" PRIu64 " file, memory.current is %" PRIu64,
		     r->now.anon, r->now.file, r->now.current);
}

/* When it is gone. */
static void check_gone(struct worker *w, struct memcg_round *r)
{
	memcg_look(r);
	if (worker_mutated(w, C_UNCHARGED))
		r->now.current += r->max;
	worker_check(w, C_UNCHARGED, memcg_uncharged_holds(r), "%" PRIu64 " bytes are charged when all is unmapped, %" PRIu64 " were before",
		     r->now.current, r->before.current);
}

static void check_reached(struct worker *w, struct memcg_round *r)
{
	if (worker_mutated(w, C_REACHED))
		r->now.reached = r->before.reached;
	worker_check(w, C_REACHED, memcg_reached_holds(r), "memory.events counts max %" PRIu64 " times more, oom_kill %" PRIu64 " times",
		     r->now.reached - r->before.reached, r->now.killed - r->before.killed);
}

static void check_content(struct worker *w, uint64_t page, uint64_t found, bool may_be_zero)
{
	uint64_t wanted = word_of(w, page);

	if (worker_mutated(w, C_CONTENT))
		found = ~wanted;
	worker_check(w, C_CONTENT, memcg_content_holds(found, wanted, may_be_zero),
		     "page %" PRIu64 " begins with %#" PRIx64 " instead of %#" PRIx64, page, found, wanted);
}

static uint64_t *word_at(const struct worker *w, char *p, uint64_t page)
{
	return (uint64_t *)(void *)(p + page * w->page_size);
}

static void touch(struct worker *w, char *p, uint64_t page)
{
	worker_time_begin(w);
	*word_at(w, p, page) = word_of(w, page);
	worker_time_end(w, M_LATENCY);
}

static void count_round(struct worker *w, uint64_t pages)
{
	worker_count(w, M_PAGES, pages);
	worker_count(w, M_ROUNDS, 1);
}

/* Rounds in a group of the worker's own, which it enters. */
static void run_inside(struct worker *w, const char *name,
		       void (*round)(struct worker *w, const struct memcg *g))
{
	struct memcg g;

	memcg_make(&g, w, name, limit_of(w));
	memcg_enter(&g);
	while (worker_running(w))
		round(w, &g);
}

/* --- charge --------------------------------------------------------------------- */

/* Three quarters of what the group may have: nothing need be reclaimed. */
static void charge_round(struct worker *w, const struct memcg *g)
{
	uint64_t pages = g->max / 4 * 3 / w->page_size;
	char *p = map(w, pages * w->page_size);
	struct memcg_round r;

	memcg_begin(&r, g);
	for (uint64_t i = 0; i < pages; i++)
		touch(w, p, i);
	r.touched = pages * w->page_size;
	check_used(w, &r);
	if (worker_mutated(w, C_CHARGED))
		r.touched += r.max;
	worker_check(w, C_CHARGED, memcg_charged_holds(&r), "%" PRIu64 " bytes were touched, memory.current is %" PRIu64 ", anon %" PRIu64,
		     r.touched, r.now.current, r.now.anon);
	sys_munmap(w, p, pages * w->page_size);
	check_gone(w, &r);
	count_round(w, pages);
}

static void run_charge(struct worker *w)
{
	run_inside(w, "charge", charge_round);
}

/* --- lazyfree ------------------------------------------------------------------- */

/* Twice what the group may have, given up as it is written. */
static void lazyfree_round(struct worker *w, const struct memcg *g)
{
	uint64_t pages = 2 * g->max / w->page_size;
	char *p = map(w, pages * w->page_size);
	struct memcg_round r;

	memcg_begin(&r, g);
	for (uint64_t i = 0; i < pages; i++) {
		touch(w, p, i);
		if (i % FREE_PAGES == FREE_PAGES - 1)
			sys_must(w, madvise(word_at(w, p, i + 1 - FREE_PAGES),
					    FREE_PAGES * w->page_size, MADV_FREE));
	}
	check_used(w, &r);
	check_reached(w, &r);
	for (uint64_t i = 0; i < pages; i++)
		check_content(w, i, *(volatile uint64_t *)word_at(w, p, i), true);
	sys_munmap(w, p, pages * w->page_size);
	check_gone(w, &r);
	count_round(w, pages);
}

static void run_lazyfree(struct worker *w)
{
	run_inside(w, "lazyfree", lazyfree_round);
}

/* --- reclaim --------------------------------------------------------------------- */

static char *file_name(unsigned index, char name[32])
{
	snprintf(name, 32, "file-%u", index);
	return name;
}

/* Each worker's file: twice what its group may have. */
static void setup_reclaim(struct worker *w)
{
	uint64_t bytes = 2 * limit_of(w);
	struct worker as = *w;
	struct statfs fs;
	char name[32];

	memcg_require(w);
	sys_must(w, fstatfs(w->scratch_fd, &fs));
	if (fs.f_type == TMPFS_MAGIC)
		worker_skip(w, "the pages of tmpfs cannot be given back: choose another --fs");
	if (fs.f_bavail * (uint64_t)fs.f_bsize < bytes * w->workers)
		worker_skip(w, "the filesystem has no room for %u files of %" PRIu64 " bytes", w->workers, bytes);
	for (as.index = 0; as.index < w->workers; as.index++) {
		_cleanup_close_ int fd = sys_openat(w, w->scratch_fd, file_name(as.index, name), O_RDWR | O_CREAT, 0600);
		_cleanup_free_ char *page = sys_alloc(w, w->page_size, w->page_size);

		for (uint64_t i = 0; i < bytes / w->page_size; i++) {
			*word_at(w, page, 0) = word_of(&as, i);
			sys_pwrite(w, fd, page, w->page_size, i * w->page_size);
		}
		sys_must(w, fsync(fd));
	}
}

static void reclaim_round(struct worker *w, const struct memcg *g, int fd, char *page)
{
	uint64_t pages = 2 * g->max / w->page_size;
	struct memcg_round r;

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* whoever it is charged to */
	memcg_begin(&r, g);
	for (uint64_t i = 0; i < pages; i++) {
		worker_time_begin(w);
		sys_pread(w, fd, page, w->page_size, i * w->page_size);
		worker_time_end(w, M_LATENCY);
		check_content(w, i, *word_at(w, page, 0), false);
	}
	check_used(w, &r);
	check_reached(w, &r);
	count_round(w, pages);
}

static void run_reclaim(struct worker *w)
{
	_cleanup_free_ char *page = sys_alloc(w, w->page_size, w->page_size);
	struct memcg g;
	char name[32];
	int fd = sys_openat(w, w->scratch_fd, file_name(w->index, name), O_RDONLY, 0);

	memcg_make(&g, w, "reclaim", limit_of(w));
	memcg_enter(&g);
	while (worker_running(w))
		reclaim_round(w, &g, fd, page);
	close(fd);
}

/* --- oom ------------------------------------------------------------------------- */

static void oom_round(struct worker *w, const struct memcg *g, const struct memcg *base)
{
	struct memcg_round r, others;

	memcg_begin(&r, g);
	memcg_begin(&others, base);
	r.dead = memcg_let_die(w, g, M_LATENCY);
	check_gone(w, &r);
	worker_check(w, C_GROUP, memcg_group_holds(&r), "%u of 2 processes of the group were killed", r.dead);
	if (worker_mutated(w, C_COUNTED))
		r.now.killed = r.before.killed + 1;
	worker_check(w, C_COUNTED, memcg_counted_holds(&r), "%u processes were killed, oom_kill counts %" PRIu64,
		     r.dead, r.now.killed - r.before.killed);
	memcg_look(&others);
	if (worker_mutated(w, C_ONLY))
		others.now.killed++;
	worker_check(w, C_ONLY, memcg_only_holds(&others), "%" PRIu64 " processes beside the group were killed",
		     others.now.killed - others.before.killed);
	count_round(w, g->max / w->page_size);
}

static void run_oom(struct worker *w)
{
	struct memcg g, base;

	memcg_base(&base, w);
	memcg_make(&g, w, "oom", limit_of(w));
	memcg_set(&g, "memory.oom.group", worker_mutated(w, C_GROUP) ? "0" : "1");
	while (worker_running(w))
		oom_round(w, &g, &base);
}

static void setup_oom(struct worker *w)
{
	char panic[8];

	if (!file_read_line("/proc/sys/vm/panic_on_oom", panic, sizeof(panic)) && *panic == '2')
		worker_skip(w, "the kernel is told to panic (vm.panic_on_oom is 2)");
	memcg_require(w);
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct memcg_opts, bytes, .unit = UNIT_BYTES, .min = 1 << 20, .max = 1 << 30, .def = "8M",
	       .help = "memory.max of a worker's group; more where many CPUs hold charges in stock"),
	{}
};

static const struct metric metrics[] = {
	[M_ROUNDS] = { "rounds", "rounds of charging and giving back", "rounds/s", METRIC_RATE, BETTER_HIGHER, .version = 1 },
	[M_PAGES] = { "pages", "pages charged", "pages/s", METRIC_RATE, BETTER_HIGHER, .primary = true, .version = 1 },
	[M_CPU] = { "cpu-per-page", "CPU time per page", "ns", METRIC_COST, BETTER_LOWER, .primary = true, .version = 1, .of = M_PAGES },
	[M_LATENCY] = { "latency", "duration of a first touch, a read or a kill", "ns", METRIC_LATENCY, BETTER_LOWER, .version = 1 },
	{}
};

static const struct check checks[] = {
	[C_LIMIT] = { "limit", "memory.current does not exceed memory.max", .recorded = memcg_limit_recorded },
	[C_CHARGED] = { "charged", "memory that was touched is in memory.current and in memory.stat", .recorded = memcg_charged_recorded },
	[C_STAT] = { "stat", "what memory.stat has of anon and file is not more than memory.current", .recorded = memcg_stat_recorded },
	[C_UNCHARGED] = { "uncharged", "memory that is gone is charged no more", .recorded = memcg_uncharged_recorded },
	[C_REACHED] = { "reached", "at the limit memory.events counts max, and kills nobody while pages can be given back", .recorded = memcg_reached_recorded },
	[C_CONTENT] = { "content", "a page that was reclaimed reads as the file has it, one given up as written or as zero", .recorded = memcg_content_recorded },
	[C_GROUP] = { "group", "with memory.oom.group all of the group are killed", .recorded = memcg_group_recorded },
	[C_ONLY] = { "only", "nobody beside the group is killed", .recorded = memcg_only_recorded },
	[C_COUNTED] = { "counted", "oom_kill counts each process that was killed", .recorded = memcg_counted_recorded },
	{}
};

static const struct needs needs = { .kconfig = "MEMCG", .files = "/sys/fs/cgroup/cgroup.controllers", .memory = 32 << 20 };
static const struct uses group = { .cgroup = true };
static const struct uses group_and_files = { .cgroup = true, .fs = "ext4" };

static const struct method methods[] = {
	{ "charge", "first touches of anonymous memory below the limit, then unmapping", .run = run_charge, .setup = memcg_require, .uses = &group,
	  .checks = CHECK(C_LIMIT) | CHECK(C_CHARGED) | CHECK(C_STAT) | CHECK(C_UNCHARGED) },
	{ "lazyfree", "twice the limit, given up with MADV_FREE while it is written", .run = run_lazyfree, .setup = memcg_require, .uses = &group,
	  .checks = CHECK(C_LIMIT) | CHECK(C_STAT) | CHECK(C_UNCHARGED) | CHECK(C_REACHED) | CHECK(C_CONTENT) },
	{ "reclaim", "read a file of twice the limit, again and again", .run = run_reclaim, .setup = setup_reclaim, .uses = &group_and_files,
	  .checks = CHECK(C_LIMIT) | CHECK(C_STAT) | CHECK(C_REACHED) | CHECK(C_CONTENT) },
	{ "oom", "a process goes over, and its group is killed as one", .run = run_oom, .setup = setup_oom, .uses = &group, .patience = 10,
	  .checks = CHECK(C_UNCHARGED) | CHECK(C_GROUP) | CHECK(C_ONLY) | CHECK(C_COUNTED) },
	{}
};
/* clang-format on */

STRESSOR(memcg) = {
	.summary = "charge, reclaim and kill by a memory cgroup of each worker's own",
	.details =
		"Each worker has a cgroup of version 2 with a small memory.max. charge touches three "
		"quarters of it and unmaps them; lazyfree and reclaim use twice as much as it may "
		"have, which the kernel has to take back; oom lets one of two processes of a group go "
		"over. memory.current, memory.stat and memory.events are compared with what was done, "
		"as far as the stocks of charges that CPUs hold allow. Needs the memory controller "
		"of version 2, as root or handed down to the user.",
	.refs = "https://docs.kernel.org/admin-guide/cgroup-v2.html#memory\n"
		"commit 3d8b38eb81ca (mm, oom: introduce memory.oom.group)\n"
		"commit 802a3a92ad7a (mm: reclaim MADV_FREE pages)",
	.tags = "root loop",
	.needs = &needs,
	.options = options,
	.opts_size = sizeof(struct memcg_opts),
	.methods = methods,
	.metrics = metrics,
	.checks = checks,
};
