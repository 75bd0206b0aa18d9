/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/touch.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "core/compat.h"
#include "core/sys.h"
#include "core/worker.h"
#include "kit/region.h"
#include "kit/smaps.h"

#define BATCH 64           /* faults between two looks at worker_running() */
#define POPULATE_PAGES 512 /* pages a call of madvise */

void touch_make(struct touch *t, struct worker *w, const struct touch_ids *ids,
		enum touch_how how, uint64_t bytes, const char *order)
{
	uint64_t most = worker_memory(w);

	*t = (struct touch){ .w = w, .ids = ids, .how = how };
	pages_make(&t->pages, bytes < most ? bytes : most, w->page_size, order);
}

void touch_begin(struct touch *t, int flags, int fd, off_t offset)
{
	const size_t n = t->pages.bytes;

	t->pages.start = sys_mmap(t->w, n, PROT_READ | PROT_WRITE,
				  fd < 0 ? flags | MAP_ANONYMOUS : flags, fd,
				  offset);
	/* EINVAL: a kernel without huge pages. */
	if (!t->huge && madvise(t->pages.start, n, MADV_NOHUGEPAGE) &&
	    errno != EINVAL)
		worker_broken(t->w, "madvise: %s", strerror(errno));
	pages_renew(&t->pages, &t->w->rng, t->seed);
	t->done = t->made = t->counted = t->wrong = 0;
}

static uint64_t faults_so_far(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_minflt + u.ru_majflt;
}

/*
 * A sanitizer would look at its shadow of each page, and fault too: once for eight.
 * Only where there is one, since the word alone keeps compilers from inlining.
 */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define NO_SHADOW __attribute__((no_sanitize("address")))
#else
#define NO_SHADOW
#endif

/* The hot loop: a page a turn, and no call but the fault. */
static inline NO_SHADOW __attribute__((always_inline)) size_t
touch_each(struct touch *t, size_t at, size_t n, enum touch_how how)
{
	const unsigned latency = t->ids->latency;
	const struct pages s = t->pages;
	struct worker *w = t->w;
	uint64_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		volatile uint64_t *page = pages_word(&s, at, 0);

		if (how == TOUCH_READ_FIRST) {
			worker_time_begin(w);
			wrong |= page[0];
			worker_time_end(w, latency);
		} else if (how == TOUCH_COMPARE) {
			wrong |= page[0] ^ pages_first(&s, at);
		}
		worker_time_begin(w);
		page[0] = s.stamp + at;
		worker_time_end(w, latency);
		wrong |= page[s.probe] ^ (s.base + at * s.step);
		at = walk_next(&s.walk, at);
	}
	t->wrong |= wrong;
	return at;
}

static NO_SHADOW size_t touch_batch(struct touch *t, size_t at, size_t n)
{
	if (t->how == TOUCH_READ_FIRST)
		return touch_each(t, at, n, TOUCH_READ_FIRST);
	if (t->how == TOUCH_COMPARE)
		return touch_each(t, at, n, TOUCH_COMPARE);
	return touch_each(t, at, n, TOUCH_WRITE);
}

void touch_pages(struct touch *t, size_t limit)
{
	const unsigned each = t->how == TOUCH_READ_FIRST ? 2 : 1;
	uint64_t before = faults_so_far();
	size_t at = 0;

	do {
		size_t left = (limit - t->done) * each;
		size_t n = worker_batch(t->w, left < BATCH ? left : BATCH);

		n = (n + each - 1) / each;
		at = touch_batch(t, at, n);
		t->done += n;
		worker_count(t->w, t->ids->faults, slow_count(&t->slow, n * each));
	} while (t->done < limit && worker_running(t->w));
	t->made = t->done * each;
	t->counted = faults_so_far() - before;
}

void touch_populate(struct touch *t, unsigned check)
{
	struct pages *s = &t->pages;
	struct worker *w = t->w;
	struct smaps m = { 0 };
	size_t absent;

	do {
		size_t left = s->walk.n - t->done;
		size_t n = worker_batch(w, left < POPULATE_PAGES ?
						   left : POPULATE_PAGES);
		char *from = s->start + t->done * s->page;

		if (!worker_mutated(w, check))
			sys_must(w, madvise(from, n * s->page,
					    MADV_POPULATE_WRITE));
		t->done += n;
		worker_count(w, t->ids->faults, slow_count(&t->slow, n));
	} while (t->done < s->walk.n && worker_running(w));
	absent = t->done - region_resident(s->start, t->done * s->page);
	if (absent)
		smaps_read(s->start, s->bytes, &m);
	worker_check(w, check, absent * s->page <= m.swap,
		     "%zu of %zu populated pages are neither mapped nor swapped out",
		     absent, t->done);
	s->walk.stride = 1;
	for (size_t at = 0; at < t->done; at++) {
		*pages_word(s, at, 0) = s->stamp + at;
		t->wrong |= *pages_word(s, at, s->probe);
	}
}

void touch_check(struct touch *t)
{
	pages_check(t->w, &t->pages, t->done, t->wrong, &t->ids->pages);
}

/* Faults that are not ours, at most one for so many of ours. */
#define SHARE_OF_OTHERS 8

void touch_check_counted(struct touch *t, unsigned check)
{
	/* A mutation: as if the kernel had seen none. */
	uint64_t counted = worker_mutated(t->w, check) ? 0 : t->counted;
	uint64_t least = t->huge ? 1 : t->made;

	/*
	 * Before 6.0 a first write to a shared page gives mmap_lock up when the
	 * page is mapped already, and tries again (until d92725256b4f). A
	 * signal that comes in between ends the fault, and nobody counts it;
	 * whoever is late for the stop gets one each 10 ms.
	 */
	if (counted < least && !worker_running(t->w))
		least = (least + 1) / 2;
	worker_check(t->w, check,
		     counted >= least &&
		     counted <= t->made + t->made / SHARE_OF_OTHERS + 64,
		     "%llu faults were made, the kernel counted %llu",
		     (unsigned long long)t->made, (unsigned long long)counted);
}

void touch_end(struct touch *t)
{
	sys_munmap(t->w, t->pages.start, t->pages.bytes);
}
