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
#include <sys/statfs.h>

#include "core/stressor.h"
#include "kit/memcg.h"

#define FREE_PAGES 64 /* given up with one MADV_FREE */

struct memcg_opts {
	uint64_t bytes;
};

static uint64_t limit_of(const struct worker *w)
{
	const struct memcg_opts *o = w->opts;

	return memcg_limit(w, o->bytes);
}

static void count_round(struct worker *w, uint64_t pages)
{
	worker_count(w, MEMCG_PAGES, pages);
	worker_count(w, MEMCG_ROUNDS, 1);
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

/* Three quarters of what the group may have: nothing need be reclaimed. */
static void charge_round(struct worker *w, const struct memcg *g)
{
	uint64_t pages = g->max / 4 * 3 / w->page_size;
	char *p = memcg_map(w, pages);
	struct memcg_round r;

	memcg_begin(&r, g);
	for (uint64_t i = 0; i < pages; i++)
		memcg_touch(w, p, i);
	r.touched = pages * w->page_size;
	memcg_check_used(&r);
	memcg_check_charged(&r);
	sys_munmap(w, p, pages * w->page_size);
	memcg_check_gone(&r);
	count_round(w, pages);
}

static void run_charge(struct worker *w)
{
	run_inside(w, "charge", charge_round);
}

/* Twice what the group may have, given up as it is written. */
static void lazyfree_round(struct worker *w, const struct memcg *g)
{
	uint64_t pages = 2 * g->max / w->page_size;
	char *p = memcg_map(w, pages);
	struct memcg_round r;

	memcg_begin(&r, g);
	for (uint64_t i = 0; i < pages; i++) {
		memcg_touch(w, p, i);
		if (i % FREE_PAGES == FREE_PAGES - 1)
			sys_must(w, madvise(memcg_word_at(w, p, i + 1 - FREE_PAGES),
					    FREE_PAGES * w->page_size, MADV_FREE));
	}
	memcg_check_used(&r);
	memcg_check_reached(&r);
	for (uint64_t i = 0; i < pages; i++)
		memcg_check_content(w, i, *memcg_word_at(w, p, i), true);
	sys_munmap(w, p, pages * w->page_size);
	memcg_check_gone(&r);
	count_round(w, pages);
}

static void run_lazyfree(struct worker *w)
{
	run_inside(w, "lazyfree", lazyfree_round);
}

/* Each worker's file: twice what its group may have. */
static void setup_reclaim(struct worker *w)
{
	uint64_t bytes = 2 * limit_of(w);
	struct statfs fs;

	memcg_require(w);
	sys_must(w, fstatfs(w->scratch_fd, &fs));
	if (fs.f_type == TMPFS_MAGIC)
		worker_skip(w, "the pages of tmpfs cannot be given back: choose another --fs");
	if (fs.f_bavail * (uint64_t)fs.f_bsize < bytes * w->workers)
		worker_skip(w, "the filesystem has no room for %u files of %" PRIu64 " bytes", w->workers, bytes);
	for (unsigned i = 0; i < w->workers; i++)
		memcg_file_make(w, i, bytes / w->page_size);
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
		worker_time_end(w, MEMCG_LATENCY);
		memcg_check_content(w, i, *memcg_word_at(w, page, 0), false);
	}
	memcg_check_used(&r);
	memcg_check_reached(&r);
	count_round(w, pages);
}

static void run_reclaim(struct worker *w)
{
	_cleanup_free_ char *page = sys_alloc(w, w->page_size, w->page_size);
	_cleanup_close_ int fd = memcg_file(w, w->index, O_RDONLY);
	struct memcg g;

	memcg_make(&g, w, "reclaim", limit_of(w));
	memcg_enter(&g);
	while (worker_running(w))
		reclaim_round(w, &g, fd, page);
}

/* Two processes in a group that the worker is not in: one goes over, both die. */
static void oom_round(struct worker *w, const struct memcg *g, const struct memcg *base)
{
	struct memcg_round r, others;

	memcg_begin(&r, g);
	memcg_begin(&others, base);
	r.dead = memcg_let_die(w, g);
	memcg_check_gone(&r);
	memcg_check_deaths(&r);
	memcg_check_only(&others);
	count_round(w, g->max / w->page_size);
}

static void run_oom(struct worker *w)
{
	struct memcg g, base;

	memcg_base(&base, w);
	memcg_make(&g, w, "oom", limit_of(w));
	memcg_set(&g, "memory.oom.group", worker_mutated(w, MEMCG_GROUP) ? "0" : "1");
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
	[MEMCG_ROUNDS] = { "rounds", "rounds of charging and giving back", "rounds/s", METRIC_RATE, BETTER_HIGHER, .version = 1 },
	[MEMCG_PAGES] = { "pages", "pages charged", "pages/s", METRIC_RATE, BETTER_HIGHER, .primary = true, .version = 1 },
	[MEMCG_CPU] = { "cpu-per-page", "CPU time per page", "ns", METRIC_COST, BETTER_LOWER, .primary = true, .version = 1, .of = MEMCG_PAGES },
	[MEMCG_LATENCY] = { "latency", "duration of a first touch, a read or a kill", "ns", METRIC_LATENCY, BETTER_LOWER, .version = 1 },
	{}
};

static const struct needs needs = { .kconfig = "CGROUPS MEMCG", .files = "/sys/fs/cgroup/cgroup.controllers", .memory = 32 << 20 };
static const struct uses group = { .cgroup = true };
static const struct uses group_and_files = { .cgroup = true, .fs = "ext4" };

static const struct method methods[] = {
	{ "charge", "first touches of anonymous memory below the limit, then unmapping", .run = run_charge, .setup = memcg_require, .uses = &group,
	  .checks = CHECK(MEMCG_LIMIT) | CHECK(MEMCG_CHARGED) | CHECK(MEMCG_STAT) | CHECK(MEMCG_UNCHARGED) },
	{ "lazyfree", "twice the limit, given up with MADV_FREE while it is written", .run = run_lazyfree, .setup = memcg_require, .uses = &group,
	  .checks = CHECK(MEMCG_LIMIT) | CHECK(MEMCG_STAT) | CHECK(MEMCG_UNCHARGED) | CHECK(MEMCG_REACHED) | CHECK(MEMCG_CONTENT) },
	{ "reclaim", "read a file of twice the limit, again and again", .run = run_reclaim, .setup = setup_reclaim, .uses = &group_and_files,
	  .checks = CHECK(MEMCG_LIMIT) | CHECK(MEMCG_STAT) | CHECK(MEMCG_REACHED) | CHECK(MEMCG_CONTENT) },
	{ "oom", "a process goes over, and its group is killed as one", .run = run_oom, .setup = setup_oom, .uses = &group, .patience = 10,
	  .checks = CHECK(MEMCG_UNCHARGED) | CHECK(MEMCG_GROUP) | CHECK(MEMCG_ONLY) | CHECK(MEMCG_COUNTED) },
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
	.checks = memcg_checks,
};
