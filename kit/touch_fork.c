/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/worker.h"
#include "kit/touch.h"

static void child_side(const struct touch *t, struct touch_pair *pair,
		       size_t limit, unsigned check)
{
	const struct pages *s = &t->pages;
	const uint64_t stamp = s->stamp ^ 1ULL << 63;
	uint64_t wrong = 0;
	size_t done = 0;

	for (; done < limit && !pair->stop; done++) {
		size_t at = walk_at(&s->walk, done);

		wrong |= *pages_word(s, at, 0) ^ pages_first(s, at);
		*pages_word(s, at, 0) = stamp + at;
	}
	for (size_t i = 0; i < done; i++) {
		size_t at = walk_at(&s->walk, i);

		wrong |= *pages_word(s, at, 0) ^ (stamp + at);
		wrong |= *pages_word(s, at, s->probe) ^ (s->base + at * s->step);
	}
	pair->done = done;
	worker_check(t->w, check, !wrong,
		     "the child saw bits %#llx that it did not write",
		     (unsigned long long)wrong);
}

/* Word 0 of all that the last round touched is what it was before it. */
static void renew(struct touch *t)
{
	for (size_t i = 0; i < t->done; i++) {
		size_t at = walk_at(&t->pages.walk, i);

		*pages_word(&t->pages, at, 0) = pages_first(&t->pages, at);
	}
	t->pages.stamp = rng_next(&t->w->rng);
	t->done = t->wrong = 0;
}

void touch_fork(struct touch *t, struct touch_pair *pair, unsigned check)
{
	struct worker *w = t->w;
	size_t n = worker_batch(w, 2 * t->pages.walk.n);
	pid_t pid;

	renew(t);
	*pair = (struct touch_pair){ 0 };
	pid = worker_fork(w);
	if (!pid) {
		child_side(t, pair, n > 1 ? n / 2 : 1, check);
		worker_exit(w);
	}
	touch_pages(t, (n + 1) / 2);
	pair->stop = t->done < (n + 1) / 2;
	worker_join(w, pid, 0);
	worker_count(w, t->ids->faults, slow_count(&t->slow, pair->done));
}
