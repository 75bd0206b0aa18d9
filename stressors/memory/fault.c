/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page faults. Each method drives one way through handle_mm_fault():
 * do_anonymous_page(), the zero page and its replacement, do_cow_fault() and
 * do_shared_fault() on a file, shmem, do_wp_page() after fork, and
 * MADV_POPULATE_WRITE. As processes the workers share nothing; as threads they
 * share mmap_lock, VMA locks, page table locks and TLB shootdowns.
 *
 * A failed check means that memory was handed out with old content, that a
 * write was lost, or that one went where it must not: a leak or corruption in
 * mm/memory.c, mm/shmem.c or the page_mkwrite of a filesystem.
 */
#include "core/stressor.h"
#include "kit/mapped_file.h"
#include "kit/touch.h"

enum { M_FAULTS, M_CPU, M_LATENCY, M_MAPS };
enum { C_ZERO, C_CONTENT, C_COW, C_SURVIVES, C_PRIVATE, C_SHARED, C_COUNTED,
       C_POPULATED, C_WHOLE };

struct fault_opts {
	uint64_t bytes;
	const char *order;
	bool huge;
	uint32_t slow;
};

static const uint64_t file_seed = 0x66696c6520706167;

/* What untouched words are is a check of its own for each kind of memory. */
static const struct touch_ids
	fresh = { M_FAULTS, M_LATENCY, { C_ZERO, C_SURVIVES, C_WHOLE } },
	of_file = { M_FAULTS, M_LATENCY, { C_CONTENT, C_SURVIVES, C_WHOLE } },
	forked = { M_FAULTS, M_LATENCY, { C_COW, C_SURVIVES, C_WHOLE } };

static void make(struct touch *t, struct worker *w, const struct touch_ids *ids,
		 enum touch_how how)
{
	const struct fault_opts *o = w->opts;

	touch_make(t, w, ids, how, o->bytes, o->order);
	t->slow.percent = o->slow;
	t->huge = o->huge;
}

static void run_anon(struct worker *w)
{
	struct touch t;

	make(&t, w, &fresh, w->method->arg);
	while (worker_running(w)) {
		touch_begin(&t, MAP_PRIVATE, -1, 0);
		touch_pages(&t, t.pages.walk.n);
		touch_check_counted(&t, C_COUNTED);
		touch_check(&t);
		touch_end(&t);
	}
}

static void run_populate(struct worker *w)
{
	struct touch t;

	make(&t, w, &fresh, TOUCH_WRITE);
	while (worker_running(w)) {
		touch_begin(&t, MAP_PRIVATE, -1, 0);
		touch_populate(&t, C_POPULATED);
		touch_check(&t);
		touch_end(&t);
	}
}

static void run_cow(struct worker *w)
{
	uint64_t seed = rng_next(&w->rng);
	struct touch_pair *pair = sys_mmap(w, sizeof(*pair), PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct touch t;

	make(&t, w, &forked, TOUCH_COMPARE);
	t.seed = &seed;
	touch_begin(&t, worker_mutated(w, C_COW) ? MAP_SHARED : MAP_PRIVATE, -1, 0);
	pages_fill(&t.pages, w->verify);
	while (worker_running(w)) {
		touch_fork(&t, pair, C_COW);
		touch_check_counted(&t, C_COUNTED);
		touch_check(&t);
	}
	touch_end(&t);
	sys_munmap(w, pair, sizeof(*pair));
}

/* One cycle on a file. @each: every touch has to be a fault. */
static void cycle(struct touch *t, struct mapped_file *f, bool each)
{
	mapped_file_begin(f, t);
	touch_pages(t, t->pages.walk.n);
	if (each)
		touch_check_counted(t, C_COUNTED);
	touch_check(t);
	mapped_file_check(f, t);
	touch_end(t);
}

/* Private: all workers map the same pages. Shared: each has its own. */
static void run_file(struct worker *w)
{
	const bool shared = w->method->arg == MAP_SHARED;
	struct mapped_file f = { .shared = shared,
				 .check = shared ? C_SHARED : C_PRIVATE };
	struct touch t;

	make(&t, w, &of_file, TOUCH_WRITE);
	t.seed = &file_seed;
	f.fd = sys_openat(w, w->scratch_fd, "pages", O_RDWR, 0);
	f.offset = shared ? (off_t)(w->index * t.pages.bytes) : 0;
	/* A shared page may come with its neighbours in a large folio. */
	while (worker_running(w))
		cycle(&t, &f, !shared);
	close(f.fd);
}

static void run_shmem(struct worker *w)
{
	struct mapped_file f = { .shared = true, .check = C_SHARED };
	struct touch t;

	make(&t, w, &fresh, TOUCH_WRITE);
	f.fd = sys_memfd(w, "strain-fault", MFD_CLOEXEC, t.pages.bytes);
	while (worker_running(w)) {
		cycle(&t, &f, true);
		sys_ftruncate(w, f.fd, 0);
		sys_ftruncate(w, f.fd, t.pages.bytes);
	}
	close(f.fd);
}

/* The other role of mmap-lock-mix: takes mmap_lock for writing all the time. */
static void run_maps(struct worker *w)
{
	while (worker_running(w)) {
		size_t pages = 1 + rng_below(&w->rng, 64);
		size_t size = pages * w->page_size;
		char *p = sys_mmap(w, size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *last = p + size - w->page_size;

		last[1] = 1;
		worker_check(w, C_ZERO, !last[0], "a fresh page begins with %d",
			     last[0]);
		sys_munmap(w, p, size);
		worker_count(w, M_MAPS, 1);
	}
}

static void setup_file(struct worker *w)
{
	struct touch t;

	make(&t, w, &of_file, TOUCH_WRITE);
	mapped_file_make(w, "pages", &t.pages, file_seed,
			 w->method->arg == MAP_SHARED ? w->workers : 1);
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct fault_opts, bytes, .unit = UNIT_BYTES, .min = 4096, .max = 1 << 30,
	       .def = "16M", .help = "memory that a worker maps and touches in a cycle, rounded up to pages"),
	OPTION(struct fault_opts, order, .choices = WALK_ORDERS, .def = "forward",
	       .help = "order in which pages are touched"),
	OPTION(struct fault_opts, huge, .help = "leave huge pages to the settings of the machine, instead of having none"),
	OPTION(struct fault_opts, slow, .unit = UNIT_PERCENT, .max = SLOW_MOST, .hidden = true,
	       .help = "faults beside every 100 that are not counted"),
	{}
};

static const struct metric metrics[] = {
	[M_FAULTS] = { "faults", "page faults", "faults/s", METRIC_RATE, BETTER_HIGHER, .primary = true, .version = 1 },
	[M_CPU] = { "cpu-per-fault", "CPU time per fault, mapping included", "ns", METRIC_COST, BETTER_LOWER, .primary = true, .version = 1, .of = M_FAULTS },
	[M_LATENCY] = { "latency", "duration of a touch that faults", "ns", METRIC_LATENCY, BETTER_LOWER, .version = 1 },
	[M_MAPS] = { "maps", "mmap and munmap beside the faults", "pairs/s", METRIC_RATE, BETTER_HIGHER, .version = 1 },
	{}
};

static const struct check checks[] = {
	[C_ZERO] = { "zero-filled", "a page that nobody wrote reads as zero" },
	[C_CONTENT] = { "content", "a mapped page of a file shows the file's bytes" },
	[C_COW] = { "cow", "parent and child never see each other's writes after a fork" },
	[C_SURVIVES] = { "survives", "what was written to a page is read back from it" },
	[C_PRIVATE] = { "private", "a write to a private mapping never reaches the file" },
	[C_SHARED] = { "shared", "a write to a shared mapping is seen by read(2) and by other mappings, after msync too" },
	[C_COUNTED] = { "counted", "the kernel counts a fault for every page touched, and no others" },
	[C_POPULATED] = { "populated", "after MADV_POPULATE_WRITE every page is present" },
	[C_WHOLE] = { "whole", "no byte of a page differs from what was there or was written", .deep = true },
	{}
};

static const struct role lock_roles[] = {
	{ "fault", run_anon, .thread = true }, { "map", run_maps, .thread = true }, {}
};

#define MAIN_METRICS (METRIC(M_FAULTS) | METRIC(M_CPU) | METRIC(M_LATENCY))
#define FRESH (CHECK(C_ZERO) | CHECK(C_SURVIVES) | CHECK(C_WHOLE))
#define OF_FILE (CHECK(C_CONTENT) | CHECK(C_SURVIVES) | CHECK(C_WHOLE))
static const struct uses file_uses = { .scratch = true };
static const struct needs populate_needs = { .kernel = "5.14", .kernel_note = "MADV_POPULATE_WRITE" };

static const struct method methods[] = {
	{ "anon", "first write to anonymous memory", .run = run_anon, .arg = TOUCH_WRITE, .exact = true,
	  .checks = FRESH | CHECK(C_COUNTED), .metrics = MAIN_METRICS },
	{ "zero-then-write", "first read, then first write, of anonymous memory", .run = run_anon, .arg = TOUCH_READ_FIRST, .exact = true,
	  .checks = FRESH | CHECK(C_COUNTED), .metrics = MAIN_METRICS },
	{ "file-private", "write to a private mapping of a file in the page cache", .run = run_file, .setup = setup_file, .uses = &file_uses, .arg = MAP_PRIVATE,
	  .checks = OF_FILE | CHECK(C_PRIVATE) | CHECK(C_COUNTED), .metrics = MAIN_METRICS },
	{ "file-shared", "write to a shared mapping of a file", .run = run_file, .setup = setup_file, .uses = &file_uses, .arg = MAP_SHARED,
	  .checks = OF_FILE | CHECK(C_SHARED), .metrics = MAIN_METRICS },
	{ "shmem", "first write to a shared mapping of a memfd", .run = run_shmem, .exact = true,
	  .checks = FRESH | CHECK(C_SHARED) | CHECK(C_COUNTED), .metrics = MAIN_METRICS },
	{ "cow-fork", "parent and child both write what they had before the fork", .run = run_cow, .exact = true,
	  .checks = CHECK(C_COW) | CHECK(C_SURVIVES) | CHECK(C_COUNTED) | CHECK(C_WHOLE), .metrics = MAIN_METRICS },
	{ "populate", "MADV_POPULATE_WRITE instead of touching", .run = run_populate, .needs = &populate_needs, .exact = true,
	  .checks = FRESH | CHECK(C_POPULATED), .metrics = METRIC(M_FAULTS) | METRIC(M_CPU) },
	{ "mmap-lock-mix", "anon beside a thread that maps and unmaps", .roles = lock_roles,
	  .checks = FRESH | CHECK(C_COUNTED) },
	{}
};
/* clang-format on */

STRESSOR(fault) = {
	.summary = "page faults of eight kinds, each page checked",
	.details =
		"Maps memory, touches every page once and unmaps it, again and "
		"again. Huge pages are turned off for the mapping, so a page "
		"touched is a fault, which the kernel's own count confirms in "
		"every cycle. Fresh pages must read zero or show the file, "
		"written ones must keep what was written, and a write must "
		"reach the file of a shared mapping and no other. With "
		"--fault-huge the machine's settings give huge pages or do not, "
		"and what is counted and timed is first touches, of which a "
		"huge page saves all but one the fault. Latency is "
		"that of the touch alone; zero-then-write counts and times the "
		"read and the write; cow-fork counts the faults of parent and "
		"child, times the parent's, and its CPU time has the fork in "
		"it; populate counts pages, 512 of them a call. Compare "
		"--fault-threads with the form of processes to see what "
		"sharing an address space costs, and mmap-lock-mix with anon "
		"to see what a writer of mmap_lock does to faults.",
	.refs = "https://docs.kernel.org/mm/process_addrs.html\n"
		"https://man7.org/linux/man-pages/man2/madvise.2.html\n"
		"CVE-2016-5195 (write to a private mapping reached the file)\n"
		"CVE-2020-29374 (child saw the parent's writes after fork)\n"
		"CVE-2023-3269 (VMA lock and stack expansion)",
	.tags = "latency",
	.options = options,
	.opts_size = sizeof(struct fault_opts),
	.methods = methods,
	.metrics = metrics,
	.checks = checks,
	.threads = true,
	.exact_ops = 16384, /* four cycles: lists of free pages differ between them */
};
