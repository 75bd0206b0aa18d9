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
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/stressor.h"
#include "kit/pages.h"
#include "kit/region.h"
#include "kit/smaps.h"

#define BATCH 64 /* faults between two looks at worker_running() */
#define POPULATE_PAGES 512 /* pages a call of madvise */
#define SAMPLES 4 /* pages of a cycle that are looked up in the file */
#define FILE_SEED 0x66696c6520706167

enum { M_FAULTS, M_CPU, M_LATENCY, M_MAPS };
enum { C_ZERO, C_CONTENT, C_COW, C_SURVIVES, C_PRIVATE, C_SHARED, C_COUNTED,
       C_POPULATED, C_WHOLE };
enum kind { ANON, READ_FIRST, FILE_PRIVATE, FILE_SHARED, SHMEM, COW, POPULATE };

struct fault_opts {
	uint64_t bytes;
	const char *order;
};

/* One task's work. */
struct job {
	struct worker *w;
	enum kind kind;
	int content;         /* the check that untouched words belong to */
	struct pages pages;
	size_t done;         /* pages touched in this cycle, along the walk */
	uint64_t wrong;      /* bits in which probes differed meanwhile */
	int fd;              /* -1: anonymous memory */
	off_t offset;
	bool synced;
};

/* What the two sides of a fork share. */
struct rendezvous {
	volatile size_t done;
	volatile bool stop;
};

static void job_make(struct job *j, struct worker *w)
{
	const struct fault_opts *o = w->opts;
	uint64_t most = worker_memory(w);
	uint64_t bytes = o->bytes < most ? o->bytes : most;

	*j = (struct job){ .w = w, .fd = -1, .kind = w->method->arg,
			   .content = C_ZERO };
	pages_make(&j->pages, bytes, w->page_size, o->order);
	if (j->kind == FILE_PRIVATE || j->kind == FILE_SHARED)
		j->content = C_CONTENT;
	if (j->kind == COW)
		j->content = C_COW;
}

static void next_cycle(struct job *j)
{
	static const uint64_t file_seed = FILE_SEED;
	uint64_t seed = rng_next(&j->w->rng);

	if (j->content == C_ZERO)
		pages_renew(&j->pages, &j->w->rng, NULL);
	else
		pages_renew(&j->pages, &j->w->rng,
			    j->content == C_COW ? &seed : &file_seed);
	j->wrong = 0;
	j->done = 0;
}

/* A page a fault, whatever the machine's huge page policy. */
static void map(struct job *j, int flags)
{
	size_t n = j->pages.bytes;

	if (j->fd < 0)
		flags |= MAP_ANONYMOUS;
	j->pages.start = sys_mmap(j->w, n, PROT_READ | PROT_WRITE, flags, j->fd,
				  j->offset);
	/* EINVAL: a kernel without huge pages. */
	if (madvise(j->pages.start, n, MADV_NOHUGEPAGE) && errno != EINVAL)
		worker_broken(j->w, "madvise: %s", strerror(errno));
}

static uint64_t faults_so_far(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_minflt + u.ru_majflt;
}

/*
 * The hot loop: a page a turn, and no call but the fault. Reading word 0 before
 * it is written costs a fault of its own on fresh memory (READ_FIRST), and
 * none on pages that a fork made read-only (COW).
 */
static inline __attribute__((always_inline)) size_t
touch_pages(struct job *j, size_t at, size_t n, enum kind kind)
{
	const struct pages s = j->pages;
	struct worker *w = j->w;
	uint64_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		volatile uint64_t *page = pages_word(&s, at, 0);

		if (kind == READ_FIRST) {
			worker_time_begin(w);
			wrong |= page[0];
			worker_time_end(w, M_LATENCY);
		} else if (kind == COW) {
			wrong |= page[0] ^ pages_first(&s, at);
		}
		worker_time_begin(w);
		page[0] = s.stamp + at;
		worker_time_end(w, M_LATENCY);
		wrong |= page[s.probe] ^ (s.base + at * s.step);
		at = walk_next(&s.walk, at);
	}
	j->wrong |= wrong;
	return at;
}

static size_t touch_batch(struct job *j, size_t at, size_t n)
{
	if (j->kind == READ_FIRST)
		return touch_pages(j, at, n, READ_FIRST);
	if (j->kind == COW)
		return touch_pages(j, at, n, COW);
	return touch_pages(j, at, n, ANON);
}

/*
 * No touch may pass without a fault. A few more are made by the bookkeeping,
 * and an eighth more by the shadow memory of an address sanitizer.
 */
static void judge_count(struct job *j, uint64_t made, uint64_t counted)
{
	/* A file's page may have come with its neighbours in a large folio. */
	if (j->kind != FILE_SHARED)
		worker_check(j->w, C_COUNTED,
			     counted >= made && counted <= made + made / 8 + 64,
			     "%llu faults were made, the kernel counted %llu",
			     (unsigned long long)made,
			     (unsigned long long)counted);
}

/* Touches up to @limit pages, fewer when the run ends; .done says how many. */
static void touch(struct job *j, size_t limit)
{
	const unsigned each = j->kind == READ_FIRST ? 2 : 1;
	uint64_t before;
	size_t at = 0;

	before = faults_so_far();
	do {
		size_t left = (limit - j->done) * each;
		size_t n = worker_batch(j->w, left < BATCH ? left : BATCH);

		n = (n + each - 1) / each;
		at = touch_batch(j, at, n);
		j->done += n;
		worker_count(j->w, M_FAULTS, n * each);
	} while (j->done < limit && worker_running(j->w));
	if (worker_mutated(j->w, C_COUNTED))
		before = faults_so_far(); /* as if the kernel had seen none */
	judge_count(j, j->done * each, faults_so_far() - before);
}

/* Reads touched pages again: what was written, and what was there before. */
static void judge(struct job *j)
{
	const struct pages_checks c = { j->content, C_SURVIVES, C_WHOLE };

	pages_check(j->w, &j->pages, j->done, j->wrong, &c);
}

/* Word 0 of page @at as read(2) and another mapping see it, if they agree. */
static bool in_file(struct job *j, size_t at, uint64_t expected)
{
	off_t offset = j->offset + (off_t)(at * j->pages.page);
	uint64_t value, *p;
	bool same;

	sys_pread(j->w, j->fd, &value, sizeof(value), offset);
	p = sys_mmap(j->w, j->pages.page, PROT_READ, MAP_SHARED, j->fd, offset);
	same = *p == expected && value == expected;
	sys_munmap(j->w, p, j->pages.page);
	return same;
}

/* Writes reached the file, or must not have. */
static void judge_file(struct job *j)
{
	struct pages *s = &j->pages;
	struct worker *w = j->w;

	for (unsigned i = 0; i < SAMPLES; i++) {
		size_t n = i ? rng_below(&w->rng, j->done) : 0;
		size_t at = walk_at(&s->walk, n);

		if (j->kind == FILE_PRIVATE)
			worker_check(w, C_PRIVATE,
				     in_file(j, at, pages_first(s, at)),
				     "the write to page %zu of a private mapping is in the file",
				     at);
		else
			worker_check(w, C_SHARED, in_file(j, at, s->stamp + at),
				     "the write to page %zu of a shared mapping is not in the file",
				     at);
	}
	/* Writing back in every cycle would measure the disk. */
	if (j->kind == FILE_PRIVATE || (j->synced && !w->verify))
		return;
	sys_must(w, msync(s->start, s->page, MS_SYNC));
	j->synced = true;
	worker_check(w, C_SHARED, in_file(j, 0, s->stamp),
		     "after msync page 0 of the file is not what was written");
}

/* MADV_POPULATE_WRITE instead of touching; what is populated is present. */
static void populate(struct job *j)
{
	struct pages *s = &j->pages;
	struct worker *w = j->w;
	struct smaps m = { 0 };
	size_t absent;

	do {
		size_t left = s->walk.n - j->done;
		size_t n = worker_batch(w, left < POPULATE_PAGES ?
						   left : POPULATE_PAGES);
		char *from = s->start + j->done * s->page;

		if (!worker_mutated(w, C_POPULATED))
			sys_must(w, madvise(from, n * s->page,
					    MADV_POPULATE_WRITE));
		j->done += n;
		worker_count(w, M_FAULTS, n);
	} while (j->done < s->walk.n && worker_running(w));
	absent = j->done - region_resident(s->start, j->done * s->page);
	if (absent)
		smaps_read(s->start, s->bytes, &m);
	worker_check(w, C_POPULATED, absent * s->page <= m.swap,
		     "%zu of %zu populated pages are neither mapped nor swapped out",
		     absent, j->done);
	s->walk.stride = 1;
	for (size_t at = 0; at < j->done; at++) {
		*pages_word(s, at, 0) = s->stamp + at;
		j->wrong |= *pages_word(s, at, s->probe);
	}
}

static void open_file(struct job *j)
{
	struct worker *w = j->w;

	if (j->kind == SHMEM)
		j->fd = sys_memfd(w, "strain-fault", MFD_CLOEXEC, j->pages.bytes);
	if (j->content == C_CONTENT)
		j->fd = sys_openat(w, w->scratch_fd, "pages", O_RDWR, 0);
	if (j->kind == FILE_SHARED)
		j->offset = (off_t)w->index * j->pages.bytes;
}

static void run(struct worker *w)
{
	struct job j;
	bool shared;

	job_make(&j, w);
	open_file(&j);
	shared = j.kind == FILE_SHARED || j.kind == SHMEM;
	if ((shared && worker_mutated(w, C_SHARED)) ||
	    (j.kind == FILE_PRIVATE && worker_mutated(w, C_PRIVATE)))
		shared = !shared;
	while (worker_running(w)) {
		map(&j, shared ? MAP_SHARED : MAP_PRIVATE);
		next_cycle(&j);
		if (j.kind == POPULATE)
			populate(&j);
		else
			touch(&j, j.pages.walk.n);
		judge(&j);
		if (j.fd >= 0)
			judge_file(&j);
		sys_munmap(w, j.pages.start, j.pages.bytes);
		if (j.kind == SHMEM) {
			sys_ftruncate(w, j.fd, 0);
			sys_ftruncate(w, j.fd, j.pages.bytes);
		}
	}
	if (j.fd >= 0)
		close(j.fd);
}

/* The child sees the pages of the time of the fork, then its own writes. */
static void child_side(struct job *j, struct rendezvous *r, size_t limit)
{
	const struct pages *s = &j->pages;
	const uint64_t stamp = s->stamp ^ 1ULL << 63;
	uint64_t wrong = 0;

	for (; j->done < limit && !r->stop; j->done++) {
		size_t at = walk_at(&s->walk, j->done);

		wrong |= *pages_word(s, at, 0) ^ pages_first(s, at);
		*pages_word(s, at, 0) = stamp + at;
	}
	for (size_t i = 0; i < j->done; i++) {
		size_t at = walk_at(&s->walk, i);

		wrong |= *pages_word(s, at, 0) ^ (stamp + at);
		wrong |= *pages_word(s, at, s->probe) ^ (s->base + at * s->step);
	}
	r->done = j->done;
	worker_check(j->w, C_COW, !wrong,
		     "the child saw bits %#llx that it did not write",
		     (unsigned long long)wrong);
}

/* One fork, and both sides write at the same time. */
static void fork_round(struct job *j, struct rendezvous *r)
{
	struct worker *w = j->w;
	size_t n = worker_batch(w, 2 * j->pages.walk.n);
	pid_t pid;

	j->pages.stamp = rng_next(&w->rng);
	j->wrong = 0;
	j->done = 0;
	*r = (struct rendezvous){ 0 };
	pid = worker_fork(w);
	if (!pid) {
		child_side(j, r, n > 1 ? n / 2 : 1);
		worker_exit(w);
	}
	touch(j, (n + 1) / 2);
	r->stop = j->done < (n + 1) / 2;
	worker_join(w, pid, 0);
	worker_count(w, M_FAULTS, r->done);
	judge(j);
	for (size_t i = 0; i < j->done; i++) {
		size_t at = walk_at(&j->pages.walk, i);

		*pages_word(&j->pages, at, 0) = pages_first(&j->pages, at);
	}
}

static void run_cow(struct worker *w)
{
	struct rendezvous *r = sys_mmap(w, sizeof(*r), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct job j;

	job_make(&j, w);
	map(&j, worker_mutated(w, C_COW) ? MAP_SHARED : MAP_PRIVATE);
	next_cycle(&j);
	pages_fill(&j.pages, w->verify);
	while (worker_running(w))
		fork_round(&j, r);
	sys_munmap(w, j.pages.start, j.pages.bytes);
	sys_munmap(w, r, sizeof(*r));
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

/* Private: all workers map the same pages. Shared: each has its own. */
static void setup_file(struct worker *w)
{
	_cleanup_free_ char *page = sys_alloc(w, w->page_size, w->page_size);
	int fd = sys_openat(w, w->scratch_fd, "pages", O_RDWR | O_CREAT | O_EXCL,
			    0600);
	struct job j;
	size_t n;

	job_make(&j, w);
	n = j.pages.walk.n * (j.kind == FILE_SHARED ? w->workers : 1);
	for (size_t i = 0; i < n; i++) {
		pattern_fill(page, w->page_size, FILE_SEED,
			     i % j.pages.walk.n * j.pages.words);
		sys_pwrite(w, fd, page, w->page_size, (off_t)i * w->page_size);
	}
	close(fd);
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct fault_opts, bytes, .unit = UNIT_BYTES, .min = 4096, .max = 1 << 30,
	       .def = "16M", .help = "memory that a worker maps and touches in a cycle, rounded up to pages"),
	OPTION(struct fault_opts, order, .choices = WALK_ORDERS, .def = "forward",
	       .help = "order in which pages are touched"),
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
	{ "fault", run, .thread = true },
	{ "map", run_maps, .thread = true },
	{}
};

#define MAIN_METRICS (METRIC(M_FAULTS) | METRIC(M_CPU) | METRIC(M_LATENCY))
#define FRESH (CHECK(C_ZERO) | CHECK(C_SURVIVES) | CHECK(C_WHOLE))
#define OF_FILE (CHECK(C_CONTENT) | CHECK(C_SURVIVES) | CHECK(C_WHOLE))
static const struct uses file_uses = { .scratch = true };
static const struct needs populate_needs = { .kernel = "5.14", .kernel_note = "MADV_POPULATE_WRITE" };

static const struct method methods[] = {
	{ "anon", "first write to anonymous memory", .arg = ANON, .exact = true,
	  .checks = FRESH | CHECK(C_COUNTED), .metrics = MAIN_METRICS },
	{ "zero-then-write", "first read, then first write, of anonymous memory", .arg = READ_FIRST, .exact = true,
	  .checks = FRESH | CHECK(C_COUNTED), .metrics = MAIN_METRICS },
	{ "file-private", "write to a private mapping of a file in the page cache", .arg = FILE_PRIVATE, .setup = setup_file, .uses = &file_uses,
	  .checks = OF_FILE | CHECK(C_PRIVATE) | CHECK(C_COUNTED), .metrics = MAIN_METRICS },
	{ "file-shared", "write to a shared mapping of a file", .arg = FILE_SHARED, .setup = setup_file, .uses = &file_uses,
	  .checks = OF_FILE | CHECK(C_SHARED), .metrics = MAIN_METRICS },
	{ "shmem", "first write to a shared mapping of a memfd", .arg = SHMEM, .exact = true,
	  .checks = FRESH | CHECK(C_SHARED) | CHECK(C_COUNTED), .metrics = MAIN_METRICS },
	{ "cow-fork", "parent and child both write what they had before the fork", .run = run_cow, .arg = COW, .exact = true,
	  .checks = CHECK(C_COW) | CHECK(C_SURVIVES) | CHECK(C_COUNTED) | CHECK(C_WHOLE), .metrics = MAIN_METRICS },
	{ "populate", "MADV_POPULATE_WRITE instead of touching", .arg = POPULATE, .needs = &populate_needs, .exact = true,
	  .checks = FRESH | CHECK(C_POPULATED), .metrics = METRIC(M_FAULTS) | METRIC(M_CPU) },
	{ "mmap-lock-mix", "anon beside a thread that maps and unmaps", .arg = ANON, .roles = lock_roles,
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
		"reach the file of a shared mapping and no other. Latency is "
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
	.run = run,
};
