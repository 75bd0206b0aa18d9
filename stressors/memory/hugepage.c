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
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/stressor.h"
#include "kit/arena.h"
#include "kit/huge.h"
#include "kit/hugetlb.h"
#include "kit/thp.h"

#define ENOUGH 8      /* attempts of which one must succeed */
#define POOL_PAGES 8   /* of the hugetlb pool for a worker, 2 MiB each */
#define STATE_EVERY 64 /* rounds of all sizes between two looks at smaps */
#define ORDER_MAX 12  /* largest order that has a metric */

enum { M_HUGE, M_RATIO, M_CPU, M_LATENCY, M_ORDER2 };
enum { C_ZERO, C_INTACT, C_STATE, C_COUNTED, C_ERRNO, C_POOL, C_WHOLE };

struct hugepage_opts {
	uint64_t bytes;
};

/* What setup found and made; the memory behind it is each worker's own. */
struct shared {
	size_t pmd;
	size_t size[THP_SIZES_MAX]; /* of mthp */
	unsigned sizes;
	struct arena *arena;
};

static const struct huge_ids ids = {
	.latency = M_LATENCY,
	.pages = { C_ZERO, C_INTACT, C_WHOLE },
	.state = C_STATE,
};

static size_t blocks_of(const struct worker *w, size_t size)
{
	const struct hugepage_opts *o = w->opts;
	uint64_t most = worker_memory(w);
	uint64_t bytes = o->bytes < most ? o->bytes : most;

	return bytes < size ? 1 : bytes / size;
}

static void record(struct worker *w, struct thp_tally *t, size_t tried,
		   size_t huge, uint64_t cpu)
{
	t->tried += tried;
	t->huge += huge;
	worker_gauge(w, M_RATIO, (double)huge / tried);
	if (huge)
		worker_gauge(w, M_CPU, cpu / 1e3 / huge);
	worker_count(w, M_HUGE, huge);
}

static void judge_ratio(struct worker *w, const struct thp_tally *t)
{
	if (!t->huge && t->tried >= ENOUGH)
		worker_broken(w, "none of %llu attempts made a huge page: memory is short or fragmented",
			      (unsigned long long)t->tried);
}

static void run_thp(struct worker *w)
{
	const struct shared *s = w->shared;
	const size_t blocks = blocks_of(w, s->pmd);
	struct thp_tally t = { 0 }, faults = { 0 };
	struct huge h;

	huge_make(&h, w, &ids, w->method->arg, s->pmd, blocks);
	thp_tally_begin(w, s->pmd, &faults);
	while (worker_running(w)) {
		size_t n = worker_batch(w, blocks), whole;

		sys_must(w, huge_begin(&h, n));
		whole = huge_touch(&h, &n);
		faults.tried += n;
		faults.huge += whole;
		huge_check_pages(&h, n);
		record(w, &t, n, huge_check_state(&h, n, whole), h.cpu);
		if (h.kind == HUGE_SHMEM)
			huge_check_hole(&h, n);
		huge_end(&h);
	}
	if (h.kind == HUGE_ANON)
		thp_tally_check(w, s->pmd, &faults, C_COUNTED);
	judge_ratio(w, &t);
	huge_free(&h);
}

/*
 * A mapping that is exactly one page of a size large and aligned to it: no
 * larger page fits, so with all sizes allowed the kernel has to try this one.
 */
static size_t one_folio(struct huge *h, bool look)
{
	const unsigned order = __builtin_ctzl(h->size / h->w->page_size);
	size_t n = 1, whole;

	sys_must(h->w, huge_begin(h, 1));
	whole = huge_touch(h, &n);
	huge_check_pages(h, 1);
	if (look)
		huge_check_state(h, 1, whole);
	if (order >= 2 && order <= ORDER_MAX)
		worker_gauge(h->w, M_ORDER2 + order - 2, whole);
	huge_end(h);
	return whole;
}

static void run_mthp(struct worker *w)
{
	const struct shared *s = w->shared;
	struct thp_tally tally[THP_SIZES_MAX] = { { 0 } }, all = { 0 };
	uint64_t turn = 0;
	struct huge h;

	huge_make(&h, w, &ids, HUGE_ANON, s->pmd, 1);
	for (unsigned i = 0; i < s->sizes; i++)
		thp_tally_begin(w, s->size[i], &tally[i]);
	for (; worker_running(w); turn++) {
		unsigned i = turn % s->sizes;
		size_t whole;

		h.size = s->size[i];
		whole = one_folio(&h, turn / s->sizes % STATE_EVERY == 0);
		tally[i].tried++;
		tally[i].huge += whole;
		record(w, &all, 1, whole, h.cpu);
	}
	for (unsigned i = 0; i < s->sizes; i++)
		thp_tally_check(w, s->size[i], &tally[i], C_COUNTED);
	judge_ratio(w, &all);
	huge_free(&h);
}

/* Of a hugetlbfs that nobody else uses. */
static bool pool_holds(int64_t pages, int64_t mapped, int64_t free)
{
	return free + mapped == pages;
}

static void judge_pool(struct worker *w, int mount, size_t pages, size_t mapped,
		       const char *when)
{
	int64_t free = hugetlb_free(mount);

	worker_check(w, C_POOL, pool_holds(pages, mapped, free),
		     "%s %zu of %zu pages are mapped and %lld free", when,
		     mapped, pages, (long long)free);
}

static void run_hugetlb(struct worker *w)
{
	const size_t size = w->method->arg;
	const size_t pages = size > 1 << 24 ? 1 : POOL_PAGES;
	struct thp_tally t = { 0 };
	struct huge h;
	int mount, rc;

	huge_make(&h, w, &ids, HUGE_POOL, size, pages);
	mount = hugetlb_open(size, pages);
	if (mount < 0)
		worker_broken(w, "cannot make a hugetlbfs: %s", strerror(-mount));
	h.fd = sys_openat(w, mount, "pages", O_RDWR | O_CREAT, 0600);
	while (worker_running(w)) {
		size_t n = worker_batch(w, pages), touched = n;

		rc = huge_begin(&h, n);
		if (rc == -ENOMEM) {
			usleep(1000); /* another worker has them */
			continue;
		}
		sys_must(w, rc);
		judge_pool(w, mount, pages, n, "when reserved,");
		huge_touch(&h, &touched);
		huge_check_pages(&h, touched);
		judge_pool(w, mount, pages, n, "when touched,");
		record(w, &t, touched, huge_check_state(&h, touched, touched),
		       h.cpu);
		if (!worker_mutated(w, C_POOL))
			huge_end(&h);
		judge_pool(w, mount, pages, 0, "when unmapped,");
	}
	close(mount);
	huge_free(&h);
}

static void advise(struct worker *w, const struct arena *a, int advice)
{
	sys_must(w, madvise(a->region.start, a->region.size, advice));
}

/* Reasons that pass: no page, its memory group is full, a page was busy. */
static bool may_fail_with(int error)
{
	return error == ENOMEM || error == EBUSY || error == EAGAIN;
}

static bool join_block(struct worker *w, const struct arena *a, size_t b)
{
	int rc = madvise(arena_block(a, b), a->size, MADV_COLLAPSE);
	int error = rc ? errno : 0;

	worker_check(w, C_ERRNO, !error || may_fail_with(error),
		     "MADV_COLLAPSE of suitable memory: %s", strerror(error));
	return !error;
}

static void join(struct worker *w)
{
	struct arena *a = ((struct shared *)w->shared)->arena;
	struct thp_tally t = { 0 };

	arena_begin(a);
	while (worker_running(w)) {
		size_t n = worker_batch(w, a->blocks), joined = 0, b = 0;
		uint64_t before, after, seen, cpu;

		arena_cut(w, a);
		before = arena_huge(w, a);
		if (worker_mutated(w, C_ERRNO)) {
			advise(w, a, MADV_NOHUGEPAGE);
			join_block(w, a, 0);
			advise(w, a, MADV_HUGEPAGE);
		}
		cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		do {
			worker_time_begin(w);
			joined += join_block(w, a, b);
			worker_time_end(w, M_LATENCY);
		} while (++b < n && worker_running(w));
		cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
		after = arena_huge(w, a);
		if (worker_mutated(w, C_STATE))
			arena_cut(w, a);
		seen = worker_mutated(w, C_STATE) ? arena_huge(w, a) : after;
		worker_check(w, C_STATE, seen >= joined,
			     "MADV_COLLAPSE says that %zu blocks are huge, smaps %llu",
			     joined, (unsigned long long)seen);
		arena_judge(w, a, C_INTACT);
		record(w, &t, b, after > before ? after - before : 0, cpu);
	}
	judge_ratio(w, &t);
}

/* Unmaps one small page of a block, by two ways in turn, and puts it back. */
static void split_block(struct worker *w, struct arena *a, size_t b)
{
	const size_t each = a->size / a->pages.page;
	size_t at = b * each + 2 * rng_below(&w->rng, each / 2) + 1;
	volatile uint64_t *first = pages_word(&a->pages, at, 0);

	worker_time_begin(w);
	arena_take(w, a, at, b & 1);
	worker_time_end(w, M_LATENCY);
	/* The same flags before its first fault: the mappings become one again,
	 * without which the block could never be joined. */
	if (b & 1)
		sys_must(w, madvise((void *)(uintptr_t)first, a->pages.page,
				    MADV_NOHUGEPAGE));
	if (worker_mutated(w, C_ZERO))
		*first = 1;
	worker_check(w, C_ZERO, !*first && !first[a->pages.probe],
		     "page %zu was unmapped and is not zero", at);
	arena_put_back(a, at);
}

/*
 * In memory that khugepaged must leave alone. MADV_HUGEPAGE wakes it up, so no
 * more than this block may be open to it.
 */
static void join_alone(struct worker *w, const struct arena *a, size_t b)
{
	sys_must(w, madvise(arena_block(a, b), a->size, MADV_HUGEPAGE));
	join_block(w, a, b);
	sys_must(w, madvise(arena_block(a, b), a->size, MADV_NOHUGEPAGE));
}

static void split(struct worker *w)
{
	struct arena *a = ((struct shared *)w->shared)->arena;
	struct thp_tally t = { 0 };

	arena_begin(a);
	advise(w, a, MADV_NOHUGEPAGE);
	arena_cut(w, a);
	while (worker_running(w)) {
		size_t limit = worker_batch(w, a->blocks), n = 0;
		uint64_t before, after, seen, cpu;

		do
			join_alone(w, a, n);
		while (++n < limit && worker_running(w));
		if (worker_mutated(w, C_ERRNO))
			join_block(w, a, 0);
		before = arena_huge(w, a);
		cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		for (size_t b = 0; b < n; b++)
			split_block(w, a, b);
		cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
		after = arena_huge(w, a);
		if (worker_mutated(w, C_STATE))
			join_alone(w, a, 0);
		seen = worker_mutated(w, C_STATE) ? arena_huge(w, a) : after;
		worker_check(w, C_STATE, !seen,
			     "all of %zu huge blocks were split, smaps still has %llu",
			     n, (unsigned long long)seen);
		arena_judge(w, a, C_INTACT);
		record(w, &t, n, before > after ? before - after : 0, cpu);
	}
	judge_ratio(w, &t);
}

static void read_beside(struct worker *w)
{
	arena_read(w, ((struct shared *)w->shared)->arena, C_INTACT);
}

static void write_beside(struct worker *w)
{
	arena_write(w, ((struct shared *)w->shared)->arena, C_INTACT);
}

static void setup_thp(struct worker *w)
{
	struct shared *s = w->shared;
	int rc;

	s->pmd = thp_require(w);
	rc = thp_allow(w, s->pmd, w->method->arg == HUGE_SHMEM);
	if (rc)
		worker_skip(w, "huge pages are not allowed in " THP_DIR ", and it cannot be changed: %s",
			    strerror(-rc));
}

static void setup_mthp(struct worker *w)
{
	struct shared *s = w->shared;
	size_t all[THP_SIZES_MAX];
	unsigned n = thp_anon_sizes(all);
	int rc = 0;

	s->pmd = thp_require(w);
	for (unsigned i = 0; i < n; i++) {
		int one = thp_allow(w, all[i], false);

		if (!one)
			s->size[s->sizes++] = all[i];
		else
			rc = one;
	}
	if (!s->sizes || s->size[0] == s->pmd)
		worker_skip(w, "no size below %zu kB is allowed in " THP_DIR ", and it cannot be changed: %s",
			    s->pmd / 1024, strerror(-rc));
	if (rc)
		worker_note(w, "%u of %u sizes of huge pages are allowed", s->sizes, n);
}

static void setup_arena(struct worker *w)
{
	struct shared *s = w->shared;

	s->pmd = thp_require(w);
	s->arena = arena_make(w, s->pmd, blocks_of(w, s->pmd));
}

static void setup_hugetlb(struct worker *w)
{
	const size_t size = w->method->arg;
	size_t pages = size > 1 << 24 ? 1 : POOL_PAGES * w->workers;
	int rc = worker_hugepages(w, size, pages);

	if (!rc)
		rc = hugetlb_touch(size, pages);
	if (rc)
		worker_skip(w, "cannot have %zu huge pages of %zu kB: %s", pages,
			    size / 1024, strerror(-rc));
}

/* As seen on Linux 6.18, and as they would be if the kernel were wrong. */
static bool recorded_counted(bool mutated)
{
	const struct thp_tally t = { .tried = 16, .huge = 14, .made = 15,
				     .missed = mutated ? 1 : 2 };

	return thp_tally_holds(&t);
}

static bool recorded_errno(bool mutated)
{
	return may_fail_with(mutated ? EINVAL : EAGAIN);
}

static bool recorded_pool(bool mutated)
{
	return pool_holds(8, 3, mutated ? 6 : 5);
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct hugepage_opts, bytes, .unit = UNIT_BYTES, .min = 4096, .max = 1 << 30,
	       .def = "32M", .help = "memory that a worker makes huge in a cycle, at least one huge page"),
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
	[C_COUNTED] = { "counted", "each attempt is a huge page or counted by the kernel as a fallback", .recorded = recorded_counted },
	[C_ERRNO] = { "errno", "MADV_COLLAPSE fails for a documented passing reason only", .recorded = recorded_errno },
	[C_POOL] = { "pool", "free pages of a hugetlbfs fall by what is mapped and return when it is unmapped", .recorded = recorded_pool },
	[C_WHOLE] = { "whole", "no byte of a fresh huge page differs from zero", .deep = true },
	{}
};

#define SIDE_ROLES { "read", read_beside, .thread = true }, { "write", write_beside, .thread = true }, {}
static const struct role join_roles[] = { { "join", join, .thread = true }, SIDE_ROLES };
static const struct role split_roles[] = { { "split", split, .thread = true }, SIDE_ROLES };

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
	{ "mthp", "write faults for each size of folio that the kernel offers, in turn", .run = run_mthp, .setup = setup_mthp, .arg = HUGE_ANON, .exact = true,
	  .needs = &mthp_needs, .uses = &settings, .checks = FRESH | CHECK(C_COUNTED), .metrics = 0x7fff & ~METRIC(M_LATENCY) },
	{ "collapse", "MADV_COLLAPSE while one thread reads and one writes", .roles = join_roles, .setup = setup_arena,
	  .needs = &join_needs, .checks = MOVING, .metrics = MAIN_METRICS },
	{ "split", "unmap one small page of a huge one, while one thread reads and one writes", .roles = split_roles, .setup = setup_arena,
	  .needs = &join_needs, .checks = MOVING | CHECK(C_ZERO), .metrics = MAIN_METRICS },
	{ "shmem", "write faults in a memfd, then holes punched in it", .run = run_thp, .setup = setup_thp, .arg = HUGE_SHMEM, .exact = true,
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
		"Makes huge pages and reads from smaps (PMD-sized ones) or "
		"mincore (smaller folios: what one fault mapped) whether they "
		"are huge. success-ratio is their share of the attempts; it "
		"falls when memory is fragmented, which is no failure, but a "
		"trial without a single huge page in 8 attempts is broken. An "
		"attempt that the kernel counts neither as made nor as a "
		"fallback fails. cpu-per-huge-page is the time of the fault, "
		"of MADV_COLLAPSE or of the partial unmapping alone, without "
		"checks and without the threads beside it; for mthp it is the "
		"mean over the sizes, which take turns, and ratio-order-N "
		"tells them apart. Settings and the pools of hugetlb are "
		"changed when they stand in the way, and put back; collapse "
		"and split need no setting and no privilege.",
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
};
