/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Huge pages of every kind: made by a fault, joined by MADV_COLLAPSE, taken
 * apart by partial unmapping, and out of the hugetlb pool. Drives
 * mm/huge_memory.c, mm/khugepaged.c, alloc_anon_folio() and shmem's large
 * folios, mm/hugetlb.c, and the compaction that supplies them all.
 *
 * Whether a page is huge is read from smaps or mincore, never concluded from a
 * call that returned 0. Fragmented memory is no failure: the success ratio
 * falls, and a trial without a single huge page is broken. A failed check means
 * lost or leaked content, wrong accounting, or an attempt that the kernel
 * counted neither as a huge page nor as a fallback.
 */
#include "core/stressor.h"
#include "kit/collapse.h"
#include "kit/huge.h"
#include "kit/hugetlb.h"
#include "kit/thp.h"

#define STATE_EVERY 64 /* rounds of all sizes between two looks at smaps */
#define ORDER_MAX 12   /* largest order that has a metric */

enum { M_HUGE, M_RATIO, M_CPU, M_LATENCY, M_ORDER2 };
enum { JOIN, SPLIT };
enum { C_ZERO, C_INTACT, C_STATE, C_COUNTED, C_ERRNO, C_POOL, C_WHOLE };

struct hugepage_opts {
	uint64_t bytes;
};

/* What setup found and made; the memory behind it is each worker's own. */
struct shared {
	size_t size[THP_SIZES_MAX]; /* of mthp */
	unsigned sizes;
	struct arena *arena;
};

static const struct huge_ids ids = {
	M_HUGE, M_RATIO, M_CPU, M_LATENCY, { C_ZERO, C_INTACT, C_WHOLE }, C_STATE,
};
static const struct collapse_ids moves = { M_LATENCY, C_STATE, C_ERRNO, C_ZERO };

static size_t blocks_of(const struct worker *w, size_t size)
{
	const struct hugepage_opts *o = w->opts;
	uint64_t most = worker_memory(w);
	uint64_t bytes = o->bytes < most ? o->bytes : most;

	return bytes < size ? 1 : bytes / size;
}

static void run_thp(struct worker *w)
{
	const size_t pmd = thp_pmd_size(), blocks = blocks_of(w, pmd);
	struct thp_tally t = { 0 };
	struct huge h;

	huge_make(&h, w, &ids, w->method->arg, pmd, blocks);
	thp_tally_begin(w, pmd, &t);
	while (worker_running(w)) {
		huge_round(&h, worker_batch(w, blocks), true);
		thp_tally_add(&t, h.blocks, h.whole);
	}
	if (h.kind == HUGE_ANON)
		thp_tally_check(w, pmd, &t, C_COUNTED);
	huge_free(&h);
}

/*
 * A mapping that is exactly one page of a size large and aligned to it: no
 * larger page fits, so with all sizes allowed the kernel has to try this one.
 */
static void run_mthp(struct worker *w)
{
	const struct shared *s = w->shared;
	struct thp_tally t[THP_SIZES_MAX] = { { 0 } };
	struct huge h;

	huge_make(&h, w, &ids, HUGE_ANON, thp_pmd_size(), 1);
	for (unsigned i = 0; i < s->sizes; i++)
		thp_tally_begin(w, s->size[i], &t[i]);
	for (uint64_t turn = 0; worker_running(w); turn++) {
		unsigned i = turn % s->sizes, order;

		h.size = s->size[i];
		huge_round(&h, 1, turn / s->sizes % STATE_EVERY == 0);
		thp_tally_add(&t[i], 1, h.whole);
		order = __builtin_ctzl(h.size / w->page_size);
		if (order >= 2 && order <= ORDER_MAX)
			worker_gauge(w, M_ORDER2 + order - 2, h.whole);
	}
	for (unsigned i = 0; i < s->sizes; i++)
		thp_tally_check(w, s->size[i], &t[i], C_COUNTED);
	huge_free(&h);
}

static size_t pool_pages(size_t size, unsigned workers)
{
	return size > 1 << 24 ? 1 : 8 * workers;
}

static void run_hugetlb(struct worker *w)
{
	const size_t size = w->method->arg, pages = pool_pages(size, 1);
	struct hugetlb_pool pool;
	struct huge h;

	huge_make(&h, w, &ids, HUGE_POOL, size, pages);
	hugetlb_open(w, &pool, size, pages, C_POOL);
	h.fd = hugetlb_file(w, &pool);
	h.pool = &pool;
	while (worker_running(w))
		if (!huge_round(&h, worker_batch(w, pages), true))
			usleep(1000); /* another worker has them */
	hugetlb_close(&pool);
	huge_free(&h);
}

static struct arena *arena_of(struct worker *w)
{
	return ((struct shared *)w->shared)->arena;
}

/* Joins or splits all blocks while one thread reads and one writes. */
static void move(struct worker *w)
{
	const bool split = w->method->arg == SPLIT;
	struct collapse c = { .w = w, .ids = &moves, .arena = arena_of(w) };
	struct huge_score score = { .ids = &ids };

	collapse_begin(&c, split);
	while (worker_running(w)) {
		size_t n = worker_batch(w, c.arena->blocks);

		if (split)
			collapse_split(&c, n);
		else
			collapse_join(&c, n);
		arena_judge(w, c.arena, C_INTACT);
		huge_score(w, &score, c.tried, c.done, c.cpu);
	}
	huge_score_end(w, &score);
}

static void read_beside(struct worker *w)
{
	arena_read(w, arena_of(w), C_INTACT);
}

static void write_beside(struct worker *w)
{
	arena_write(w, arena_of(w), C_INTACT);
}

static void setup_thp(struct worker *w)
{
	thp_require_allowed(w, thp_require(w), w->method->arg == HUGE_SHMEM);
}

static void setup_mthp(struct worker *w)
{
	struct shared *s = w->shared;

	s->sizes = thp_require_sizes(w, thp_require(w), s->size);
}

static void setup_arena(struct worker *w)
{
	struct shared *s = w->shared;
	size_t pmd = thp_require(w);

	s->arena = arena_make(w, pmd, blocks_of(w, pmd));
}

static void setup_hugetlb(struct worker *w)
{
	hugetlb_require(w, w->method->arg, pool_pages(w->method->arg, w->workers));
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct hugepage_opts, bytes, .unit = UNIT_BYTES, .min = 4096, .max = 1 << 30, .def = "32M",
	       .help = "memory that a worker makes huge in a cycle, at least one huge page"),
	{}
};

#define ORDER(n) [M_ORDER2 + (n) - 2] = { "ratio-order-" #n, "share of folios of 2^" #n " pages that were made", "ratio", METRIC_GAUGE, BETTER_HIGHER, .version = 1 }
static const struct metric metrics[] = {
	[M_HUGE] = { "huge-pages", "huge pages made", "pages/s", METRIC_RATE, BETTER_HIGHER, .primary = true, .version = 1 },
	[M_RATIO] = { "success-ratio", "huge pages made of those tried", "ratio", METRIC_GAUGE, BETTER_HIGHER, .primary = true, .version = 1 },
	[M_CPU] = { "cpu-per-huge-page", "CPU time per huge page", "us", METRIC_GAUGE, BETTER_LOWER, .primary = true, .version = 1 },
	[M_LATENCY] = { "latency", "duration of the fault, join or split", "ns", METRIC_LATENCY, BETTER_LOWER, .version = 1 },
	ORDER(2), ORDER(3), ORDER(4), ORDER(5), ORDER(6), ORDER(7), ORDER(8),
	ORDER(9), ORDER(10), ORDER(11), ORDER(12),
	{}
};

static const struct check checks[] = {
	[C_ZERO] = { "zero-filled", "memory that nobody wrote, or that was unmapped, reads as zero" },
	[C_INTACT] = { "intact", "no page changes while huge pages are made, joined and split around it" },
	[C_STATE] = { "state", "smaps agrees with mincore, with MADV_COLLAPSE and with what was unmapped" },
	[C_COUNTED] = { "counted", "each attempt is a huge page or counted by the kernel as a fallback", .recorded = thp_tally_recorded },
	[C_ERRNO] = { "errno", "MADV_COLLAPSE fails for a documented passing reason only", .recorded = collapse_error_recorded },
	[C_POOL] = { "pool", "free pages of a hugetlbfs fall by what is mapped and return when it is unmapped", .recorded = hugetlb_recorded },
	[C_WHOLE] = { "whole", "no byte of a fresh huge page differs from zero", .deep = true },
	{}
};

#define SIDE_ROLES { "read", read_beside, .thread = true }, { "write", write_beside, .thread = true }, {}
static const struct role join_roles[] = { { "join", move, .thread = true }, SIDE_ROLES };
static const struct role split_roles[] = { { "split", move, .thread = true }, SIDE_ROLES };

static const struct uses settings = { .settings = true };
static const struct needs thp_needs = { .files = THP_DIR "/enabled" };
static const struct needs mthp_needs = { .kernel = "6.10", .kernel_note = "counters of each size", .files = THP_DIR "/hugepages-*kB/enabled" };
static const struct needs join_needs = { .kernel = "6.1", .kernel_note = "MADV_COLLAPSE", .files = THP_DIR "/enabled" };
#define POOL(kb) "/sys/kernel/mm/hugepages/hugepages-" kb "kB/nr_hugepages"
static const struct needs pool_2m_needs = { .caps = "sys_admin", .writable = POOL("2048"), .memory = 64 << 20 };
static const struct needs pool_1g_needs = { .caps = "sys_admin", .writable = POOL("1048576"), .memory = 3ULL << 30 };

#define MAIN_METRICS (METRIC(M_HUGE) | METRIC(M_RATIO) | METRIC(M_CPU) | METRIC(M_LATENCY))
#define FRESH (CHECK(C_ZERO) | CHECK(C_INTACT) | CHECK(C_STATE) | CHECK(C_WHOLE))
#define MOVING (CHECK(C_INTACT) | CHECK(C_STATE) | CHECK(C_ERRNO))
static const struct method methods[] = {
	{ "thp-fault", "write faults in memory with MADV_HUGEPAGE", .run = run_thp, .setup = setup_thp, .arg = HUGE_ANON, .exact = true,
	  .needs = &thp_needs, .uses = &settings, .checks = FRESH | CHECK(C_COUNTED), .metrics = MAIN_METRICS },
	{ "mthp", "write faults for each size of folio that the kernel offers, in turn", .run = run_mthp, .setup = setup_mthp, .arg = HUGE_ANON, .exact = true, .exact_ops = 48,
	  .needs = &mthp_needs, .uses = &settings, .checks = FRESH | CHECK(C_COUNTED), .metrics = 0x7fff & ~METRIC(M_LATENCY) },
	{ "collapse", "MADV_COLLAPSE while one thread reads and one writes", .roles = join_roles, .setup = setup_arena, .arg = JOIN,
	  .needs = &join_needs, .checks = MOVING, .metrics = MAIN_METRICS },
	{ "split", "unmap one small page of a huge one, while one thread reads and one writes", .roles = split_roles, .setup = setup_arena, .arg = SPLIT,
	  .needs = &join_needs, .checks = MOVING | CHECK(C_ZERO), .metrics = MAIN_METRICS },
	{ "shmem", "write faults in a memfd, then holes punched in it", .run = run_thp, .setup = setup_thp, .arg = HUGE_SHMEM, .exact = true, .exact_ops = 256,
	  .needs = &thp_needs, .uses = &settings, .checks = FRESH, .metrics = MAIN_METRICS },
	{ "hugetlb-2M", "reserve, fault and free pages of the 2 MiB pool", .run = run_hugetlb, .setup = setup_hugetlb, .arg = 2 << 20,
	  .needs = &pool_2m_needs, .uses = &settings, .checks = FRESH | CHECK(C_POOL), .metrics = MAIN_METRICS },
	{ "hugetlb-1G", "the same with one page of 1 GiB, which workers take in turn", .run = run_hugetlb, .setup = setup_hugetlb, .arg = 1 << 30,
	  .needs = &pool_1g_needs, .uses = &settings, .checks = FRESH | CHECK(C_POOL), .metrics = MAIN_METRICS, .patience = 30 },
	{}
};
/* clang-format on */

STRESSOR(hugepage) = {
	.summary = "make, join and split huge pages, each judged by smaps",
	.details =
		"Makes huge pages and reads from smaps (PMD-sized ones) or mincore (smaller folios: "
		"what one fault mapped) whether they are huge. success-ratio is their share of the "
		"attempts; it falls when memory is fragmented, which is no failure, but a trial "
		"without a single huge page in 8 attempts is broken. An attempt that the kernel "
		"counts neither as made nor as a fallback fails. cpu-per-huge-page is the time of "
		"the fault, of MADV_COLLAPSE or of the partial unmapping alone, without checks and "
		"without the threads beside it; for mthp it is the mean over the sizes, which take "
		"turns, and ratio-order-N tells them apart. Settings and the pools of hugetlb are "
		"changed when they stand in the way, and put back; collapse and split need no "
		"setting and no privilege.",
	.refs = "https://docs.kernel.org/admin-guide/mm/transhuge.html\n"
		"https://docs.kernel.org/admin-guide/mm/hugetlbpage.html\n"
		"commit 7d8faaf15545 (mm/madvise: introduce MADV_COLLAPSE)\n"
		"commit 19eaf44954df (mm: thp: support allocation of anonymous multi-size THP)",
	.tags = "thp hugetlb",
	.options = options,
	.opts_size = sizeof(struct hugepage_opts),
	.shared_size = sizeof(struct shared),
	.methods = methods,
	.metrics = metrics,
	.checks = checks,
	.exact_ops = 64,
};
