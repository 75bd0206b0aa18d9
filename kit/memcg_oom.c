/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group that goes over its limit. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sys.h"
#include "core/worker.h"
#include "kit/memcg.h"

/* Goes over, once the other is in the group. */
static void hog(struct worker *w, const struct memcg *g, int ready)
{
	uint64_t pages = 2 * g->max / w->page_size;
	char *p, letter;

	memcg_enter(g);
	sys_must(w, read(ready, &letter, 1));
	p = sys_mmap(w, pages * w->page_size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (uint64_t i = 0; i < pages; i++)
		p[i * w->page_size] = 1;
	worker_exit(w); /* it was not killed: the check says so */
}

/* Until nobody holds the other end of @end. */
static void bystander(struct worker *w, const struct memcg *g, int ready, const int end[2])
{
	char letter;

	close(end[1]);
	memcg_enter(g);
	sys_must(w, write(ready, "", 1));
	while (read(end[0], &letter, 1) < 0 && errno == EINTR)
		;
	worker_exit(w);
}

static unsigned killed(struct worker *w, pid_t pid)
{
	return WIFSIGNALED(worker_join(w, pid, SIGKILL));
}

unsigned memcg_let_die(struct worker *w, const struct memcg *g)
{
	int ready[2], end[2];
	pid_t pid[MEMCG_DEATHS];
	unsigned dead;

	sys_pipe(w, ready, O_CLOEXEC);
	sys_pipe(w, end, O_CLOEXEC);
	pid[0] = worker_fork(w);
	if (!pid[0])
		bystander(w, g, ready[1], end);
	pid[1] = worker_fork(w);
	if (!pid[1])
		hog(w, g, ready[0]);
	worker_time_begin(w);
	dead = killed(w, pid[1]);
	worker_time_end(w, MEMCG_LATENCY);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(end[i]); /* comes too late if the group was killed as one */
	}
	return dead + killed(w, pid[0]);
}
