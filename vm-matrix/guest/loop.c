/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm-matrix/guest/parts.h"

enum { PORT, SIGNALS, OUT, ERR, FRAMES, IN, N_FDS };

/* Process 1 inherits every orphan of the machine. */
static void reap(struct guest *g)
{
	struct signalfd_siginfo info[8];
	int status;
	pid_t pid;

	while (read(g->signals, info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (g->job && pid == g->job->pid) {
			g->job->reaped = true;
			g->job->status = status;
		}
}

static void watch(const struct guest *g, struct pollfd p[N_FDS])
{
	const struct job *j = g->job;
	bool full = guest_full(g);

	for (int i = 0; i < N_FDS; i++)
		p[i] = (struct pollfd){ -1, POLLIN, 0 };
	p[PORT].fd = g->port;
	if (g->out.len > g->out_at)
		p[PORT].events |= POLLOUT;
	p[SIGNALS].fd = g->signals;
	if (!j)
		return;
	/* while the host does not take what is there, the job has to wait */
	p[OUT].fd = full ? -1 : j->out;
	p[ERR].fd = full ? -1 : j->err;
	p[FRAMES].fd = full ? -1 : j->frames;
	if (j->orders.len)
		p[IN] = (struct pollfd){ j->in, POLLOUT, 0 };
}

void guest_turn(struct guest *g, int ms)
{
	struct pollfd p[N_FDS];
	struct job *j = g->job;

	watch(g, p);
	if (poll(p, N_FDS, ms) <= 0)
		return;
	if (p[IN].revents)
		job_write_orders(j);
	if (p[OUT].revents)
		job_read_out(g, j);
	if (p[ERR].revents)
		job_read_err(g, j);
	if (p[FRAMES].revents)
		job_read_frames(g, j);
	if (p[SIGNALS].revents)
		reap(g);
	if (p[PORT].revents)
		guest_port_work(g, p[PORT].revents);
}
