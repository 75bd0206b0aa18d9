/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/shared_region.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static void map_file(struct worker *w, const struct shared_region *r, void *at,
		     unsigned chunk)
{
	if (mmap(at, r->length, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED | MAP_NORESERVE, r->fd,
		 (off_t)(chunk * r->step)) == MAP_FAILED)
		worker_broken(w, "cannot map chunk %u: %s", chunk, strerror(errno));
}

void shared_region_attach(struct worker *w, struct shared_region *r,
			  void (*map)(struct worker *w, const struct shared_region *r,
				      void *at))
{
	uint64_t room = r->chunks * r->step + r->align;
	char *at = sys_mmap(w, room, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	at += (r->align - (uintptr_t)at % r->align) % r->align;
	for (unsigned i = 0; i < r->chunks; i++) {
		if (map)
			map(w, r, at + i * r->step);
		else
			map_file(w, r, at + i * r->step, i);
	}
	r->base = at;
}

static uint64_t minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_minflt;
}

/* A sanitizer's shadow of pages so far apart would fault as often as they do. */
__attribute__((no_sanitize("address"))) uint64_t shared_region_touch(const struct shared_region *r)
{
	uint64_t before = minor_faults();

	for (unsigned i = 0; i < r->chunks; i++)
		for (unsigned k = 0; k < r->touches; k++)
			(void)*(volatile char *)(r->base + i * r->step +
						 k * r->stride);
	return minor_faults() - before;
}

volatile uint64_t *shared_region_stamp(const struct shared_region *r, unsigned who)
{
	return (volatile uint64_t *)(void *)(r->base + 64 * who);
}

uint64_t shared_region_stamp_of(uint64_t cycle, unsigned who)
{
	return cycle << 16 | (who + 1);
}

unsigned shared_region_wrong(const uint64_t *seen, unsigned n, uint64_t cycle)
{
	for (unsigned i = 0; i < n; i++)
		if (seen[i] != shared_region_stamp_of(cycle, i))
			return i;
	return n;
}

void meeting_wait(struct worker *w, struct meeting *m, unsigned n, unsigned round)
{
	struct timespec pause = { 0, 20000 };

	__atomic_add_fetch(&m->arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&m->arrived, __ATOMIC_SEQ_CST) < n * round) {
		worker_watch_helpers(w);
		nanosleep(&pause, NULL);
	}
}
