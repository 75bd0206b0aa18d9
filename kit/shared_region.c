/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/shared_region.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static void map_file(struct worker *w, const struct shared_region *r, void *at,
		     unsigned chunk)
{
	if (mmap(at, r->length, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED | MAP_NORESERVE, r->fd,
		 (off_t)(chunk * r->step)) == MAP_FAILED)
		worker_broken(w, "cannot map chunk %u: %s", chunk, strerror(errno));
}

void shared_region_attach(struct worker *w, struct shared_region *r)
{
	uint64_t room = r->chunks * r->step + r->align;
	char *at = sys_mmap(w, room, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	at += (r->align - (uintptr_t)at % r->align) % r->align;
	for (unsigned i = 0; i < r->chunks; i++) {
		if (r->map)
			r->map(w, r, at + i * r->step);
		else
			map_file(w, r, at + i * r->step, i);
	}
	r->base = at;
}

void shared_region_fill(const struct shared_region *r)
{
	for (unsigned i = 0; i < r->chunks; i++)
		for (unsigned k = 0; k < r->touches; k++)
			r->base[i * r->step + k * r->stride + 8] = 1;
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

/* The first of @n stamps that is not the cycle's, or @n. */
static unsigned first_wrong(const uint64_t *seen, unsigned n, uint64_t cycle)
{
	for (unsigned i = 0; i < n; i++)
		if (seen[i] != shared_region_stamp_of(cycle, i))
			return i;
	return n;
}

bool shared_region_recorded(bool mutated)
{
	uint64_t seen[3] = { shared_region_stamp_of(7, 0), shared_region_stamp_of(7, 1),
			     shared_region_stamp_of(mutated ? 6 : 7, 2) };

	return first_wrong(seen, 3, 7) == 3;
}

void shared_region_check(struct worker *w, const struct shared_region *r,
			 unsigned check, unsigned n, uint64_t cycle)
{
	uint64_t seen[SHARERS_MAX];
	unsigned wrong;

	for (unsigned i = 0; i < n; i++)
		seen[i] = *shared_region_stamp(r, 1 + i);
	if (worker_mutated(w, check))
		seen[n - 1]--;
	wrong = first_wrong(seen, n, cycle);
	worker_check(w, check, wrong == n,
		     "process %u's stamp of cycle %llu reads %#llx", wrong,
		     (unsigned long long)cycle,
		     (unsigned long long)seen[wrong % n]);
}

static bool owner_holds(bool owned, bool intact, int signal)
{
	return owned ? signal == SIGSEGV : intact && !signal;
}

bool shared_region_owner_recorded(bool mutated)
{
	return owner_holds(true, false, mutated ? 0 : SIGSEGV) &&
	       owner_holds(false, !mutated, 0);
}

void shared_region_check_owner(struct worker *w, struct shared_region *r,
			       unsigned check, uint64_t cycle)
{
	pid_t pid = worker_fork(w);
	int status, signal;

	if (!pid) {
		bool intact;

		shared_region_attach(w, r);
		intact = *shared_region_stamp(r, 0) == shared_region_stamp_of(cycle, 0) &&
			 !worker_mutated(w, check);
		worker_check(w, check, owner_holds(r->owned, intact, 0),
			     "after its owner's end the region is %s",
			     intact ? "still there" : "not as it was");
		worker_exit(w);
	}
	status = worker_join(w, pid, r->owned ? SIGSEGV : 0);
	signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (signal)
		worker_check(w, check, owner_holds(r->owned, false, signal),
			     "access after the owner's end: signal %d", signal);
}

void meeting_open(struct meeting *m, unsigned parties)
{
	memset(m, 0, sizeof(*m));
	m->parties = parties;
}

void meeting_wait(struct worker *w, struct meeting *m, unsigned step)
{
	struct timespec pause = { 0, 20000 };

	__atomic_add_fetch(&m->arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&m->arrived, __ATOMIC_SEQ_CST) < m->parties * (step + 1)) {
		worker_watch_helpers(w);
		nanosleep(&pause, NULL);
	}
}
