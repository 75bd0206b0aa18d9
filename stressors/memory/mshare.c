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
#include <linux/membarrier.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "kit/shared_region.h"

#define GIB (1ULL << 30)
#define HUGE_2M (2ULL << 20)
#define COSTS_MAX 4096 /* cycles */
#define COLLAPSE_TRIES 40
#define PER_GIB 4 /* huge pages touched in each GiB */

/* msharefs, third version of the series (August 2025, 20250820010415). */
struct mshare_create {
	uint64_t region_offset, size, offset;
	uint32_t prot, flags, fd;
};
#define MSHAREFS_CREATE_MAPPING _IOW('x', 0, struct mshare_create)

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

static void lay_out(struct worker *w, struct shared_region *r)
{
	enum kind kind = kind_of(w);

	r->chunks = 1;
	r->length = r->step = opts(w)->bytes / HUGE_2M * HUGE_2M;
	r->stride = kind == SHMEM_THP ? HUGE_2M : w->page_size;
	r->align = HUGE_2M;
	if (kind == HUGETLB_PMD || kind == HUGETLB_UNSHARED) {
		r->chunks = opts(w)->gib;
		r->step = r->align = GIB;
		/* A mapping that does not cover its GiB cannot share its table. */
		r->length = kind == HUGETLB_PMD ? GIB : GIB - HUGE_2M;
		r->stride = HUGE_2M;
	}
	r->touches = r->step == GIB ? PER_GIB : (unsigned)(r->length / r->stride);
}

static uint64_t granule(struct worker *w)
{
	uint64_t size = 0;
	char path[300];

	snprintf(path, sizeof(path), "%s/m/mshare_info", w->scratch);
	if (file_read_u64(path, &size) || !size)
		worker_broken(w, "cannot read '%s'", path);
	return size;
}

static long mshare_call(struct worker *w, unsigned which, long a, long b, long c,
			long d, long e)
{
	long number[3];

	if (!opts(w)->syscalls ||
	    sscanf(opts(w)->syscalls, "%ld,%ld,%ld", &number[0], &number[1],
		   &number[2]) != 3)
		worker_broken(w, "option 'syscalls' is not CREATE,MAP,ATTACH");
	return syscall(number[which], a, b, c, d, e);
}

static void create_mshare(struct worker *w, struct shared_region *r)
{
	struct mshare_create c = { .size = r->length, .prot = PROT_READ | PROT_WRITE,
				   .flags = MAP_ANONYMOUS | MAP_SHARED | MAP_FIXED,
				   .fd = (uint32_t)-1 };
	char path[300];

	if (kind_of(w) == SYSCALLS) {
		r->fd = (int)sys_must(w, mshare_call(w, 0, 0, 0, 0, 0, 0));
		sys_must(w, ftruncate(r->fd, (off_t)r->length));
		sys_must(w, mshare_call(w, 1, r->fd, 0, (long)r->length, c.prot,
					c.flags));
		return;
	}
	snprintf(path, sizeof(path), "%s/m/region-%u", w->scratch, w->index);
	r->fd = sys_open(w, path, O_RDWR | O_CREAT, 0600);
	unlink(path);
	r->align = r->step = granule(w);
	sys_must(w, ftruncate(r->fd, (off_t)r->align));
	sys_must(w, ioctl(r->fd, MSHAREFS_CREATE_MAPPING, &c));
	r->length = r->align; /* attached whole, though only the start is mapped */
}

static void create(struct worker *w, struct shared_region *r)
{
	bool huge = kind_of(w) == HUGETLB_PMD || kind_of(w) == HUGETLB_UNSHARED;

	if (kind_of(w) == MSHAREFS || kind_of(w) == SYSCALLS)
		create_mshare(w, r);
	else
		r->fd = sys_memfd(w, "strain-mshare",
				  huge ? MFD_HUGETLB | 21u << MAP_HUGE_SHIFT : 0,
				  (off_t)(r->chunks * r->step));
}

static void map_by_call(struct worker *w, const struct shared_region *r, void *at)
{
	sys_must(w, mshare_call(w, 2, r->fd, 0, (long)r->length, (long)at, 0));
}

static void attach(struct worker *w, struct shared_region *r)
{
	shared_region_attach(w, r, kind_of(w) == SYSCALLS ? map_by_call : NULL);
}

static bool stamps_recorded(bool mutated)
{
	uint64_t seen[3] = { shared_region_stamp_of(7, 0), shared_region_stamp_of(7, 1),
			     shared_region_stamp_of(mutated ? 6 : 7, 2) };

	return shared_region_wrong(seen, 3, 7) == 3;
}

/* mshare empties the region when its owner is gone: access is SIGSEGV. Shared
 * memory lives as long as anyone has it mapped. */
static bool owner_holds(bool mshare, bool intact, int signal)
{
	return mshare ? signal == SIGSEGV : intact && !signal;
}

static bool owner_recorded(bool mutated)
{
	return owner_holds(true, false, mutated ? 0 : SIGSEGV) &&
	       owner_holds(false, !mutated, 0);
}

static void check_stamps(struct worker *w, const struct shared_region *r, int check,
			 unsigned n, uint64_t cycle)
{
	uint64_t seen[SHARERS_MAX];
	unsigned wrong;

	for (unsigned i = 0; i < n; i++)
		seen[i] = *shared_region_stamp(r, 1 + i);
	if (worker_mutated(w, check))
		seen[n - 1]--;
	wrong = shared_region_wrong(seen, n, cycle);
	worker_check(w, check, wrong == n,
		     "process %u's stamp of cycle %llu reads %#llx", wrong,
		     (unsigned long long)cycle,
		     (unsigned long long)seen[wrong % n]);
}

static void join_region(struct worker *w, struct shared_region *r, struct meeting *m,
			unsigned who, uint64_t cycle)
{
	uint64_t from = clock_now();

	attach(w, r);
	m->attach_ns[who] = clock_now() - from;
	m->faults[who] = shared_region_touch(r);
	*shared_region_stamp(r, 1 + who) = shared_region_stamp_of(cycle, who);
}

static void sharer(struct worker *w, struct shared_region *r, struct meeting *m,
		   unsigned who, uint64_t cycle)
{
	unsigned n = opts(w)->sharers, round = 1;

	meeting_wait(w, m, n + 1, round++); /* all forked: the base of page tables */
	meeting_wait(w, m, n + 1, round++);
	if (!who)
		join_region(w, r, m, who, cycle);
	meeting_wait(w, m, n + 1, round++); /* one has tables that others can share */
	if (who)
		join_region(w, r, m, who, cycle);
	meeting_wait(w, m, n + 1, round++); /* all attached and stamped */
	meeting_wait(w, m, n + 1, round++);
	check_stamps(w, r, C_VISIBLE, n, cycle);
	meeting_wait(w, m, n + 1, round++); /* all have read: one lets go */
	if (!who)
		munmap(r->base, r->step == GIB ? r->length : r->step);
	meeting_wait(w, m, n + 1, round++);
	if (who)
		check_stamps(w, r, C_KEPT, n, cycle);
	worker_exit(w);
}

/*
 * Page tables of the whole machine, exact for the moment; 0 when not root.
 * Those of processes that ended are freed after an RCU grace period, which
 * membarrier(MEMBARRIER_CMD_GLOBAL) waits for.
 */
static double page_tables(struct worker *w)
{
	_cleanup_str_ struct str text = STR_INIT;
	const char *at;

	for (int i = 0; i < 2; i++)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	if (file_write("/proc/sys/vm/stat_refresh", "1") ||
	    file_read("/proc/vmstat", &text))
		return 0;
	at = strstr(text.buf, "nr_page_table_pages ");
	return at ? strtod(at + strlen("nr_page_table_pages "), NULL) *
			    (double)w->page_size : 0;
}

/* All workers are at the same point of their cycles; 0 when one has left. */
static double page_tables_together(struct worker *w)
{
	double bytes;

	if (!worker_barrier(w))
		return 0;
	bytes = page_tables(w);
	return worker_barrier(w) ? bytes : 0;
}

/* Pages that another CPU has not put on its lists yet make it fail for a moment. */
static int collapse(char *start, size_t length)
{
	struct timespec pause = { 0, 10000000 };

	for (int i = 0; i < COLLAPSE_TRIES; i++) {
		if (!madvise(start, length, MADV_COLLAPSE))
			return 0;
		if (errno == ENOMEM)
			break;
		nanosleep(&pause, NULL);
	}
	return -1;
}

/* The owner's part: fills the region, then is gone before anyone attaches. */
static void owner_fill(struct worker *w, struct shared_region *r, uint64_t cycle)
{
	pid_t pid = worker_fork(w);

	if (!pid) {
		attach(w, r);
		for (unsigned i = 0; i < r->chunks; i++)
			for (unsigned k = 0; k < r->touches; k++)
				r->base[i * r->step + k * r->stride + 8] = 1;
		*shared_region_stamp(r, 0) = shared_region_stamp_of(cycle, 0);
		if (kind_of(w) == SHMEM_THP &&
		    collapse(r->base, r->length))
			worker_broken(w, "cannot collapse shared memory: %s",
				      strerror(errno));
		worker_exit(w);
	}
	worker_join(w, pid, 0);
}

static void check_owner(struct worker *w, struct shared_region *r, uint64_t cycle)
{
	bool mshare = kind_of(w) == MSHAREFS || kind_of(w) == SYSCALLS;
	pid_t pid = worker_fork(w);
	int status, signal;

	if (!pid) {
		bool intact;

		attach(w, r);
		intact = *shared_region_stamp(r, 0) == shared_region_stamp_of(cycle, 0);
		if (worker_mutated(w, C_OWNER))
			intact = false;
		worker_check(w, C_OWNER, owner_holds(mshare, intact, 0),
			     "after its owner's end the region is %s",
			     intact ? "still there" : "not as it was");
		worker_exit(w);
	}
	status = worker_join(w, pid, mshare ? SIGSEGV : 0);
	signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (signal)
		worker_check(w, C_OWNER, owner_holds(mshare, false, signal),
			     "access after the owner's end: signal %d", signal);
}

/* The machine's other processes come and go between two readings: the median
 * over the cycles is what the sharers cost. */
struct costs {
	double bytes[COSTS_MAX];
	unsigned n;
	bool counted; /* the kernel let us read */
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(struct worker *w, const struct shared_region *r,
		    const struct meeting *m, struct costs *costs, double bytes)
{
	unsigned n = opts(w)->sharers;

	if (costs->n < COSTS_MAX && costs->counted)
		costs->bytes[costs->n++] = bytes / n / w->workers;
	for (unsigned i = 0; i < n; i++) {
		uint64_t faults = m->faults[i];

		worker_latency(w, M_ATTACH_NS, m->attach_ns[i]);
		worker_gauge(w, M_FAULTS, (double)faults);
		if (kind_of(w) != HUGETLB_PMD || !i)
			continue; /* the first has nothing to share yet */
		/* One fault attaches a whole shared table of a GiB. */
		if (worker_mutated(w, C_SHARED))
			faults = (uint64_t)r->chunks * r->touches;
		worker_check(w, C_SHARED, faults < (uint64_t)r->chunks * 2,
			     "%llu faults for %u GiB: tables are not shared",
			     (unsigned long long)faults, r->chunks);
	}
}

static void cycle(struct worker *w, struct shared_region *r, struct meeting *m,
		  struct costs *costs, uint64_t number)
{
	unsigned n = opts(w)->sharers, round = 1;
	double before, after;
	pid_t pid[SHARERS_MAX];

	memset(m, 0, sizeof(*m));
	owner_fill(w, r, number);
	for (unsigned i = 0; i < n; i++) {
		pid[i] = worker_fork(w);
		if (!pid[i])
			sharer(w, r, m, i, number);
	}
	meeting_wait(w, m, n + 1, round++);
	before = page_tables_together(w);
	for (; round <= 4; round++)
		meeting_wait(w, m, n + 1, round);
	after = page_tables_together(w);
	costs->counted = before > 0 && after > 0;
	for (; round <= 7; round++)
		meeting_wait(w, m, n + 1, round);
	for (unsigned i = 0; i < n; i++)
		worker_join(w, pid[i], 0);
	measure(w, r, m, costs, after - before);
	check_owner(w, r, number);
	worker_count(w, M_ATTACHES, n);
}

static void run(struct worker *w)
{
	struct shared_region r = { 0 };
	struct meeting *m = sys_mmap(w, sizeof(*m), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct costs costs = { .n = 0 };
	uint64_t number = 1;

	lay_out(w, &r);
	create(w, &r);
	while (worker_running(w))
		cycle(w, &r, m, &costs, number++);
	qsort(costs.bytes, costs.n, sizeof(*costs.bytes), by_value);
	if (costs.n)
		worker_gauge(w, M_PT_BYTES, costs.bytes[costs.n / 2]);
}

static void setup_hugetlb(struct worker *w)
{
	uint64_t pages = (uint64_t)opts(w)->gib * PER_GIB * w->workers;
	int error = worker_hugepages(w, HUGE_2M, pages);

	if (error)
		worker_skip(w, "cannot reserve %llu huge pages of 2 MiB: %s",
			    (unsigned long long)pages, strerror(-error));
}

static void setup_msharefs(struct worker *w)
{
	char dir[300];
	int error;

	snprintf(dir, sizeof(dir), "%s/m", w->scratch);
	sys_must(w, mkdir(dir, 0700));
	error = worker_mount(w, "mshare", dir, "msharefs", 0, NULL);
	if (error)
		worker_skip(w, "cannot mount msharefs: %s", strerror(-error));
}

/* Never guessed: a wrong number would be some other system call. */
static void probe_syscalls(struct worker *w)
{
	_cleanup_str_ struct str symbols = STR_INIT;

	if (!opts(w)->syscalls)
		worker_skip(w, "no system call numbers of mshare in the build's "
			       "headers; give them with --mshare-syscalls");
	if (file_read("/proc/kallsyms", &symbols) ||
	    !strstr(symbols.buf, "sys_mshare_create"))
		worker_skip(w, "this kernel has no mshare_create");
}

static void probe_collapse(struct worker *w)
{
	int fd = sys_memfd(w, "strain-probe", 0, HUGE_2M);
	struct shared_region r = { .fd = fd, .chunks = 1, .length = HUGE_2M,
			    .step = HUGE_2M, .align = HUGE_2M };

	shared_region_attach(w, &r, NULL);
	memset(r.base, 1, HUGE_2M);
	if (collapse(r.base, HUGE_2M) && errno == EINVAL)
		worker_skip(w, "MADV_COLLAPSE does not collapse shared memory");
	close(fd);
}

static const struct needs need_hugetlb = {
	.kconfig = "HUGETLB_PAGE ARCH_WANT_HUGE_PMD_SHARE",
	.writable = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages",
};
static const struct needs need_msharefs = {
	.filesystems = "msharefs", .caps = "sys_admin",
};
static const struct needs need_collapse = {
	.kernel = "6.1", .kernel_note = "MADV_COLLAPSE",
	.kconfig = "TRANSPARENT_HUGEPAGE",
};
static const struct uses use_settings = { .settings = true };
static const struct uses use_mount = { .settings = true, .scratch = true };

#define SHARING (CHECK(C_VISIBLE) | CHECK(C_KEPT) | CHECK(C_OWNER))

#define CYCLE 10 /* seconds that a cycle of many sharers may take */

static const struct method methods[] = {
	{ "msharefs", "the file system form: ioctl(MSHAREFS_CREATE_MAPPING)",
	  .needs = &need_msharefs, .uses = &use_mount, .setup = setup_msharefs,
	  .checks = SHARING, .patience = CYCLE, .arg = MSHAREFS },
	{ "syscall", "the system call form: mshare_create, map, attach",
	  .probe = probe_syscalls, .checks = SHARING, .patience = CYCLE,
	  .arg = SYSCALLS },
	{ "hugetlb-pmd", "hugetlb memory with shared page-table pages",
	  .needs = &need_hugetlb, .uses = &use_settings, .setup = setup_hugetlb,
	  .patience = CYCLE, .arg = HUGETLB_PMD },
	{ "hugetlb-unshared", "hugetlb memory laid out so that none can be shared",
	  .needs = &need_hugetlb, .uses = &use_settings, .setup = setup_hugetlb,
	  .checks = SHARING, .patience = CYCLE, .arg = HUGETLB_UNSHARED },
	{ "shmem-4k", "shared memory in small pages", .checks = SHARING,
	  .patience = CYCLE, .arg = SHMEM_4K },
	{ "shmem-thp", "shared memory collapsed to huge pages",
	  .needs = &need_collapse, .probe = probe_collapse, .checks = SHARING,
	  .patience = CYCLE, .arg = SHMEM_THP },
	{}
};

static const struct option options[] = {
	OPTION(struct mshare_opts, sharers, .min = 2, .max = SHARERS_MAX, .def = "8",
	       .help = "processes that attach at the same time"),
	OPTION(struct mshare_opts, bytes, .unit = UNIT_BYTES, .min = 4 << 20,
	       .def = "16M", .help = "size of the region, but of hugetlb memory"),
	OPTION(struct mshare_opts, gib, .min = 1, .max = 1024, .def = "8",
	       .help = "GiB of address space of the hugetlb region"),
	OPTION(struct mshare_opts, syscalls, .arg = "CREATE,MAP,ATTACH",
	       .help = "numbers of the mshare system calls of this kernel"),
	{}
};

static const struct metric metrics[] = {
	[M_ATTACHES] = { "attaches", "processes attached", "attaches/s", METRIC_RATE,
			 BETTER_HIGHER },
	[M_PT_BYTES] = { "page-table-bytes", "page tables per extra process", "bytes",
			 METRIC_GAUGE, BETTER_LOWER, .primary = true },
	[M_ATTACH_NS] = { "attach-latency", "time to map the region", "ns",
			  METRIC_LATENCY, BETTER_LOWER, .primary = true },
	[M_FAULTS] = { "faults", "minor faults per process", "faults", METRIC_GAUGE,
		       BETTER_LOWER, .primary = true },
	{}
};

static const struct check checks[] = {
	[C_VISIBLE] = { "visible", "every process sees the write of every other",
			.recorded = stamps_recorded },
	[C_KEPT] = { "kept", "after one process unmaps, the others still read all writes",
		     .recorded = stamps_recorded },
	[C_OWNER] = { "owner-death", "the region lives or ends with its owner as documented",
		      .recorded = owner_recorded },
	[C_SHARED] = { "table-shared", "one fault per GiB attaches a table that others filled" },
	{}
};

STRESSOR(mshare) = {
	.summary = "processes that share a region, and what its page tables cost",
	.details = "Page tables per extra process come from nr_page_table_pages of "
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
