/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several processes share one region, and the question is what each of them
 * pays in page tables. Methods are the two proposed forms of mshare, skips on
 * kernels without it, and what exists today: hugetlb memory whose page-table
 * pages are shared between processes (the only such sharing in mainline), the
 * same laid out so that it cannot be shared, and shared memory in small and in
 * huge pages.
 *
 * A cycle: an owner fills the region and leaves; the sharers attach, touch,
 * write a stamp each, read all stamps; one unmaps; the others read again.
 * A failure means that a process does not see another's write, or loses the
 * memory because somebody else let go of it.
 */
#include "core/stressor.h"

#include <errno.h>
#include <string.h>

#include "kit/collapse.h"
#include "kit/mshare.h"
#include "kit/page_tables.h"
#include "kit/shared_region.h"
#include "kit/thp.h"

#define GIB (1ULL << 30)
#define HUGE_2M (2ULL << 20)
#define PER_GIB 4 /* huge pages touched in each GiB */

enum kind { SHMEM_4K, SHMEM_THP, HUGETLB_PMD, HUGETLB_UNSHARED, MSHAREFS, SYSCALLS };
enum { M_ATTACHES, M_PT_BYTES, M_ATTACH_NS, M_FAULTS };
enum { C_VISIBLE, C_KEPT, C_OWNER, C_SHARED };

struct mshare_opts {
	uint32_t sharers;
	uint64_t bytes;
	uint32_t gib;
	const char *syscalls;
};

static const struct mshare_opts *opts(struct worker *w)
{
	return w->opts;
}

static enum kind kind_of(const struct worker *w)
{
	return (enum kind)w->method->arg;
}

static bool is_hugetlb(enum kind kind)
{
	return kind == HUGETLB_PMD || kind == HUGETLB_UNSHARED;
}

static void create(struct worker *w, struct shared_region *r)
{
	const enum kind kind = kind_of(w);
	/* 1 MiB to 512 MiB, by architecture and size of pages */
	const uint64_t huge = kind == SHMEM_THP ? thp_pmd_size() : HUGE_2M;
	const uint64_t blocks = opts(w)->bytes / huge;

	*r = (struct shared_region){ .chunks = 1, .align = huge,
				     .stride = w->page_size };
	r->length = r->step = (blocks ? blocks : 1) * huge;
	if (kind == SHMEM_THP || is_hugetlb(kind))
		r->stride = huge;
	if (is_hugetlb(kind)) {
		r->chunks = opts(w)->gib;
		r->step = r->align = GIB;
		/* A mapping that does not cover its GiB cannot share its table. */
		r->length = kind == HUGETLB_PMD ? GIB : GIB - HUGE_2M;
	}
	r->owned = kind == MSHAREFS || kind == SYSCALLS;
	r->touches = is_hugetlb(kind) ? PER_GIB : (unsigned)(r->length / r->stride);
	if (kind == MSHAREFS)
		mshare_fs_create(w, r);
	else if (kind == SYSCALLS)
		mshare_calls_create(w, r, opts(w)->syscalls);
	else
		r->fd = sys_memfd(w, "strain-mshare", is_hugetlb(kind) ?
				  MFD_HUGETLB | 21u << MAP_HUGE_SHIFT : 0,
				  (off_t)(r->chunks * r->step));
}

/* The owner's part: fills the region, then is gone before anyone attaches. */
static void owner_fill(struct worker *w, struct shared_region *r, uint64_t cycle)
{
	pid_t pid = worker_fork(w);

	if (!pid) {
		shared_region_attach(w, r);
		shared_region_fill(r);
		*shared_region_stamp(r, 0) = shared_region_stamp_of(cycle, 0);
		if (kind_of(w) == SHMEM_THP && collapse_patiently(r->base, r->length))
			worker_broken(w, "cannot collapse shared memory: %s",
				      strerror(errno));
		worker_exit(w);
	}
	worker_join(w, pid, 0);
}

static void join(struct worker *w, struct shared_region *r, struct meeting *m,
		 unsigned who, uint64_t cycle)
{
	uint64_t from = clock_now();

	shared_region_attach(w, r);
	m->attach_ns[who] = clock_now() - from;
	m->faults[who] = shared_region_touch(r);
	*shared_region_stamp(r, 1 + who) = shared_region_stamp_of(cycle, who);
}

/* Where the worker and its sharers meet: each is so when all have come. The one
 * that attaches first makes tables that the others can share. */
enum step { FORKED, TABLES_BEFORE, ONE_ATTACHED, ALL_ATTACHED, TABLES_AFTER, ALL_READ, ONE_GONE };

static void sharer(struct worker *w, struct shared_region *r, struct meeting *m,
		   unsigned who, uint64_t cycle)
{
	const unsigned n = opts(w)->sharers;

	meeting_wait(w, m, FORKED);
	meeting_wait(w, m, TABLES_BEFORE);
	if (!who)
		join(w, r, m, who, cycle);
	meeting_wait(w, m, ONE_ATTACHED);
	if (who)
		join(w, r, m, who, cycle);
	meeting_wait(w, m, ALL_ATTACHED);
	meeting_wait(w, m, TABLES_AFTER);
	shared_region_check(w, r, C_VISIBLE, n, cycle);
	meeting_wait(w, m, ALL_READ);
	if (!who)
		munmap(r->base, r->step == GIB ? r->length : r->step);
	meeting_wait(w, m, ONE_GONE);
	if (who)
		shared_region_check(w, r, C_KEPT, n, cycle);
	worker_exit(w);
}

/* One fault attaches a whole shared table of a GiB; of the first there is none. */
static void measure(struct worker *w, const struct shared_region *r,
		    const struct meeting *m)
{
	const uint64_t touches = (uint64_t)r->chunks * r->touches;

	for (unsigned i = 0; i < opts(w)->sharers; i++) {
		uint64_t faults = m->faults[i];

		worker_latency(w, M_ATTACH_NS, m->attach_ns[i]);
		worker_gauge(w, M_FAULTS, (double)faults);
		if (kind_of(w) != HUGETLB_PMD || !i)
			continue;
		if (worker_mutated(w, C_SHARED))
			faults = touches;
		worker_check(w, C_SHARED, faults < (uint64_t)r->chunks * 2,
			     "%llu faults for %u GiB: tables are not shared",
			     (unsigned long long)faults, r->chunks);
	}
}

static void cycle(struct worker *w, struct shared_region *r, struct meeting *m,
		  struct page_tables *tables, uint64_t number)
{
	const unsigned n = opts(w)->sharers;
	pid_t pid[SHARERS_MAX];

	meeting_open(m, n + 1);
	owner_fill(w, r, number);
	for (unsigned i = 0; i < n; i++) {
		pid[i] = worker_fork(w);
		if (!pid[i])
			sharer(w, r, m, i, number);
	}
	meeting_wait(w, m, FORKED);
	page_tables_before(w, tables);
	for (unsigned step = TABLES_BEFORE; step <= ALL_ATTACHED; step++)
		meeting_wait(w, m, step);
	page_tables_after(w, tables, n * w->workers);
	for (unsigned step = TABLES_AFTER; step <= ONE_GONE; step++)
		meeting_wait(w, m, step);
	for (unsigned i = 0; i < n; i++)
		worker_join(w, pid[i], 0);
	measure(w, r, m);
	shared_region_check_owner(w, r, C_OWNER, number);
	worker_count(w, M_ATTACHES, n);
}

static void run(struct worker *w)
{
	struct meeting *m = sys_mmap(w, sizeof(*m), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct page_tables tables = { .n = 0 };
	struct shared_region r;

	create(w, &r);
	for (uint64_t number = 1; worker_running(w); number++)
		cycle(w, &r, m, &tables, number);
	page_tables_gauge(w, &tables, M_PT_BYTES);
}

static void setup_hugetlb(struct worker *w)
{
	uint64_t pages = (uint64_t)opts(w)->gib * PER_GIB * w->workers;
	uint64_t space = opts(w)->gib * GIB;
	int error;

	if (space > SIZE_MAX / 2)
		worker_skip(w, "%u GiB of address space needed, a pointer has %zu bits",
			    opts(w)->gib, 8 * sizeof(void *));
	/* The table that is shared maps 1 GiB; of larger pages it maps more. */
	if (kind_of(w) == HUGETLB_PMD && w->page_size != 4096)
		worker_skip(w, "tables of 1 GiB need pages of 4 KiB, here they are of %zu",
			    (size_t)w->page_size / 1024);
	error = worker_hugepages(w, HUGE_2M, pages);
	if (error)
		worker_skip(w, "cannot reserve %llu huge pages of 2 MiB: %s",
			    (unsigned long long)pages, strerror(-error));
}

static void probe_syscalls(struct worker *w)
{
	mshare_calls_probe(w, opts(w)->syscalls);
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct mshare_opts, sharers, .min = 2, .max = SHARERS_MAX, .def = "8", .help = "processes that attach at the same time"),
	OPTION(struct mshare_opts, bytes, .unit = UNIT_BYTES, .min = 4 << 20, .def = "16M", .help = "size of the region, but of hugetlb memory"),
	OPTION(struct mshare_opts, gib, .min = 1, .max = 1024, .def = "8", .help = "GiB of address space of the hugetlb region"),
	OPTION(struct mshare_opts, syscalls, .arg = "CREATE,MAP,ATTACH", .check = mshare_calls_check, .help = "numbers of the mshare system calls of this kernel"),
	{}
};

static const struct metric metrics[] = {
	[M_ATTACHES] = { "attaches", "processes attached", "attaches/s", METRIC_RATE, BETTER_HIGHER },
	[M_PT_BYTES] = { "page-table-bytes", "page tables per extra process", "bytes", METRIC_GAUGE, BETTER_LOWER, .primary = true },
	[M_ATTACH_NS] = { "attach-latency", "time to map the region", "ns", METRIC_LATENCY, BETTER_LOWER, .primary = true },
	[M_FAULTS] = { "faults", "minor faults per process", "faults", METRIC_GAUGE, BETTER_LOWER, .primary = true },
	{}
};

static const struct check checks[] = {
	[C_VISIBLE] = { "visible", "every process sees the write of every other", .recorded = shared_region_recorded },
	[C_KEPT] = { "kept", "after one process unmaps, the others still read all writes", .recorded = shared_region_recorded },
	[C_OWNER] = { "owner-death", "the region lives or ends with its owner as documented", .recorded = shared_region_owner_recorded },
	[C_SHARED] = { "table-shared", "one fault per GiB attaches a table that others filled" },
	{}
};

#define POOL .writable = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
static const struct needs need_shared = { .kconfig = "HUGETLB_PAGE ARCH_WANT_HUGE_PMD_SHARE", .arch = "x86_64 aarch64 riscv64", POOL };
static const struct needs need_hugetlb = { .kconfig = "HUGETLB_PAGE", POOL };
static const struct needs need_msharefs = { .filesystems = "msharefs", .caps = "sys_admin" };
static const struct needs need_collapse = { .kernel = "6.1", .kernel_note = "MADV_COLLAPSE", .kconfig = "TRANSPARENT_HUGEPAGE" };
static const struct uses use_settings = { .settings = true };
static const struct uses use_mount = { .settings = true, .scratch = true };

#define CYCLE .patience = 10 /* seconds that a cycle of many sharers may take */
#define SHARING .checks = CHECK(C_VISIBLE) | CHECK(C_KEPT) | CHECK(C_OWNER)
#define HUGETLB .uses = &use_settings, .setup = setup_hugetlb
static const struct method methods[] = {
	{ "msharefs", "the filesystem form: ioctl(MSHAREFS_CREATE_MAPPING)", .arg = MSHAREFS, CYCLE, SHARING,
	  .needs = &need_msharefs, .uses = &use_mount, .setup = mshare_fs_mount },
	{ "syscall", "the system call form: mshare_create, map, attach", .arg = SYSCALLS, CYCLE, SHARING, .probe = probe_syscalls },
	{ "hugetlb-pmd", "hugetlb memory with shared page-table pages", .arg = HUGETLB_PMD, CYCLE, .needs = &need_shared, HUGETLB },
	{ "hugetlb-unshared", "hugetlb memory laid out so that none can be shared", .arg = HUGETLB_UNSHARED, CYCLE, SHARING, .needs = &need_hugetlb, HUGETLB },
	{ "shmem-4k", "shared memory in small pages", .arg = SHMEM_4K, CYCLE, SHARING },
	{ "shmem-thp", "shared memory collapsed to huge pages", .arg = SHMEM_THP, CYCLE, SHARING, .needs = &need_collapse, .probe = collapse_probe_shmem },
	{}
};
/* clang-format on */

STRESSOR(mshare) = {
	.summary = "processes that share a region, and what its page tables cost",
	.details = "A process fills a region and ends; others map it, write a stamp "
		   "each and read all of them, and one unmaps it before the rest. "
		   "The kernel shares page tables between them or makes each its "
		   "own, and takes them down while others use them. "
		   "Page tables per extra process come from nr_page_table_pages of "
		   "/proc/vmstat after a refresh, which needs root and a machine "
		   "where little else forks; VmPTE charges a shared table to every "
		   "process and cannot show sharing. The system call form passes "
		   "(fd, offset, size, prot, flags) to map and (fd, offset, size, "
		   "address, flags) to attach, as shown at LSFMM+BPF in May 2026.",
	.refs = "https://lwn.net/Articles/1072333/\n"
		"https://lore.kernel.org/r/20250820010415.699353-1-anthony.yznaga@oracle.com\n"
		"mm/hugetlb.c: huge_pmd_share()",
	.tags = "pagetable hugetlb",
	.options = options,
	.opts_size = sizeof(struct mshare_opts),
	.methods = methods,
	.metrics = metrics,
	.checks = checks,
	.run = run,
};
