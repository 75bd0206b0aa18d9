/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/huge.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/sys.h"
#include "core/worker.h"
#include "kit/smaps.h"
#include "kit/thp.h"

#define ENOUGH 8 /* attempts of which one must succeed */

void huge_score(struct worker *w, struct huge_score *s, size_t tried, size_t huge,
		uint64_t cpu)
{
	s->tried += tried;
	s->huge += huge;
	worker_gauge(w, s->ids->ratio, (double)huge / tried);
	if (huge)
		worker_gauge(w, s->ids->cpu, cpu / 1e3 / huge);
	worker_count(w, s->ids->made, huge);
}

void huge_score_end(struct worker *w, const struct huge_score *s)
{
	if (!s->huge && s->tried >= ENOUGH)
		worker_broken(w, "none of %llu attempts made a huge page: memory is short or fragmented",
			      (unsigned long long)s->tried);
}

void huge_make(struct huge *h, struct worker *w, const struct huge_ids *ids,
	       enum huge_kind kind, size_t size, size_t blocks)
{
	*h = (struct huge){ .w = w, .ids = ids, .kind = kind, .size = size,
			    .fd = -1, .score = { .ids = ids } };
	sys_must(w, -!!region_reserve(&h->region, blocks * size, size));
	if (kind == HUGE_SHMEM)
		h->fd = sys_memfd(w, "strain-huge", MFD_CLOEXEC, 0);
}

void huge_free(struct huge *h)
{
	huge_score_end(h->w, &h->score);
	if (h->fd >= 0)
		close(h->fd);
	region_release(&h->region);
}

static int begin(struct huge *h, size_t blocks)
{
	const size_t bytes = blocks * h->size;
	int rc;

	pages_make(&h->pages, bytes, h->w->page_size, "forward");
	pages_renew(&h->pages, &h->w->rng, NULL);
	h->pages.start = h->region.start;
	h->blocks = blocks;
	h->wrong = h->cpu = h->whole = 0;
	if (h->kind == HUGE_SHMEM) {
		sys_ftruncate(h->w, h->fd, 0);
		sys_ftruncate(h->w, h->fd, bytes);
	}
	rc = region_map(&h->region, bytes,
			h->kind == HUGE_SHMEM ? MAP_SHARED : MAP_PRIVATE, h->fd);
	if (!rc && h->kind != HUGE_POOL)
		sys_must(h->w, madvise(h->region.start, bytes, MADV_HUGEPAGE));
	return rc;
}

static void touch(struct huge *h)
{
	const size_t each = h->size / h->pages.page;
	struct worker *w = h->w;
	size_t b = 0;

	do {
		volatile uint64_t *first = pages_word(&h->pages, b * each, 0);
		uint64_t before = clock_ns(CLOCK_THREAD_CPUTIME_ID);

		worker_time_begin(w);
		*first = h->pages.stamp + b * each;
		worker_time_end(w, h->ids->latency);
		h->cpu += clock_ns(CLOCK_THREAD_CPUTIME_ID) - before;
		h->whole += h->kind == HUGE_POOL ||
			    region_resident((const void *)(uintptr_t)first,
					    h->size) == each;
	} while (++b < h->blocks && worker_running(w));
	h->blocks = b;
}

static void check_pages(struct huge *h)
{
	const size_t n = h->blocks * (h->size / h->pages.page);
	struct pages *s = &h->pages;

	for (size_t at = 0; at < n; at++) {
		*pages_word(s, at, 0) = s->stamp + at;
		h->wrong |= *pages_word(s, at, s->probe);
	}
	pages_check(h->w, s, n, h->wrong, &h->ids->pages);
}

static uint64_t huge_bytes(const struct huge *h, const struct smaps *s)
{
	switch (h->kind) {
	case HUGE_POOL:
		return s->hugetlb;
	case HUGE_SHMEM:
		return s->shmem_pmd;
	case HUGE_ANON:
		break;
	}
	return h->size == thp_pmd_size() ? s->anon_huge : s->rss;
}

/* How many blocks smaps calls huge. */
static size_t check_state(struct huge *h)
{
	const size_t whole = h->whole, blocks = h->blocks;
	struct worker *w = h->w;
	struct smaps s;
	uint64_t huge;
	int rc;

	if (worker_mutated(w, h->ids->state))
		sys_must(w, madvise(h->region.start, blocks * h->size,
				    MADV_DONTNEED));
	rc = smaps_read(h->region.start, h->size * blocks, &s);
	if (rc)
		worker_broken(w, "cannot read smaps: %s", strerror(-rc));
	huge = huge_bytes(h, &s);
	/* Memory pressure may have swapped some of it out meanwhile. */
	worker_check(w, h->ids->state,
		     huge + s.swap >= whole * h->size &&
			     huge <= blocks * h->size,
		     "%zu of %zu blocks were mapped whole by one fault, smaps has %llu",
		     whole, blocks, (unsigned long long)(huge / h->size));
	/* A mutation has corrupted what was made, not that it was made; and small
	 * folios beside each other are as resident as a large one. */
	if (worker_mutated(w, h->ids->state) ||
	    (h->kind == HUGE_ANON && h->size != thp_pmd_size()))
		return whole;
	return huge / h->size;
}

static void check_hole(struct huge *h)
{
	const size_t page = h->pages.page, each = h->size / page;
	size_t at = rng_below(&h->w->rng, h->blocks * each - 1);
	volatile uint64_t *mapped = pages_word(&h->pages, at, 0);
	off_t offset = (off_t)at * page;
	struct worker *w = h->w;
	uint64_t hole, next;

	sys_must(w, fallocate(h->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      offset, page));
	sys_pread(w, h->fd, &hole, sizeof(hole), offset);
	sys_pread(w, h->fd, &next, sizeof(next), offset + page);
	worker_check(w, h->ids->pages.before, !hole && !*mapped,
		     "page %zu is a hole and not zero", at);
	worker_check(w, h->ids->pages.stamp,
		     next == h->pages.stamp + at + 1 &&
			     mapped[h->pages.words] == next,
		     "page %zu beside a hole lost what was written", at + 1);
}

bool huge_round(struct huge *h, size_t blocks, bool look)
{
	struct worker *w = h->w;
	int rc = begin(h, blocks);

	if (rc == -ENOMEM && h->pool)
		return false;
	sys_must(w, rc);
	if (h->pool)
		hugetlb_check(w, h->pool, blocks, "when reserved,");
	touch(h);
	check_pages(h);
	if (h->pool)
		hugetlb_check(w, h->pool, blocks, "when touched,");
	huge_score(w, &h->score, h->blocks, look ? check_state(h) : h->whole, h->cpu);
	if (h->kind == HUGE_SHMEM)
		check_hole(h);
	if (!h->pool || !worker_mutated(w, h->pool->check))
		sys_must(w, region_clear(&h->region));
	if (h->pool)
		hugetlb_check(w, h->pool, 0, "when unmapped,");
	return true;
}
