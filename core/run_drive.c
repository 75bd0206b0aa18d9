/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor's loop within a trial: steps its members, waits, hears signals. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/run_parts.h"

#define PROGRESS_EVERY (200 * NSEC_PER_MSEC)
#define EXACT_LOOK (3600 * NSEC_PER_SEC)
/* How often to look for a leader's end where no descriptor tells of it. */
#define BLIND_WAIT (5 * (long)NSEC_PER_MSEC)

static void interrupt(struct run *run, struct member *m, size_t n)
{
	run->interrupted = true;
	for (size_t i = 0; i < n; i++)
		member_interrupt(&m[i], clock_now());
}

void run_read_signals(struct run *run, struct member *m, size_t n)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof(info)) == sizeof(info))
		interrupt(run, m, n);
}

static void tell_progress(struct run *run, const struct trial_plan *t,
			  const struct member *m, uint64_t started)
{
	double seconds = (double)run->settings->timeout / 1e9;
	size_t left = run->plan->n_trials > run->order ?
			      run->plan->n_trials - run->order : 1;
	uint64_t now = clock_now();
	struct run_progress p = {
		.trial = t,
		.order = run->order,
		.elapsed = (double)(now - started) / 1e9,
		.seconds = seconds,
		.run_elapsed = (double)(now - run->started) / 1e9,
		.ops_rate = m->rate,
	};

	p.run_seconds = p.run_elapsed - p.elapsed + (double)left * seconds;
	TELL(run, progress, &p);
}

/* Waits until something happened or @until. */
static void wait_members(struct run *run, struct member *m, size_t n,
			 uint64_t until)
{
	_cleanup_free_ char *room = xalloc((2 * n + 2) * sizeof(struct pollfd));
	struct pollfd *p = (struct pollfd *)(void *)room, *of;
	uint64_t now = clock_now(), left = until > now ? until - now : 0;
	struct timespec t = { (time_t)(left / NSEC_PER_SEC),
			      (long)(left % NSEC_PER_SEC) };
	nfds_t fds = 0;

	p[fds++] = (struct pollfd){ run->signals, POLLIN, 0 };
	for (size_t i = 0; i < n; i++) {
		if (m[i].state == MEMBER_DONE)
			continue;
		if (m[i].pidfd < 0 && (t.tv_sec || t.tv_nsec > BLIND_WAIT))
			t = (struct timespec){ 0, BLIND_WAIT };
		p[fds++] = (struct pollfd){ m[i].pidfd, POLLIN, 0 };
		p[fds++] = (struct pollfd){ m[i].area->wake, POLLIN, 0 };
	}
	if (run->orders.on && !run->orders.gone)
		p[fds++] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	if (ppoll(p, fds, &t, NULL) < 0 && errno != EINTR)
		bug("cannot poll: %s", strerror(errno));
	run->signalled = p[0].revents != 0;
	of = p + 1;
	for (size_t i = 0; i < n; i++) {
		if (m[i].state == MEMBER_DONE)
			continue;
		m[i].ended |= (*of++).revents != 0;
		m[i].woken |= (*of++).revents != 0;
	}
}

static void take_orders(struct run *run, struct member *m, size_t n)
{
	enum order order;

	if (!run->orders.on || run->interrupted)
		return;
	while ((order = orders_next(&run->orders)) != ORDER_NONE) {
		if (order == ORDER_GONE) {
			interrupt(run, m, n);
			return;
		}
		for (size_t i = 0; i < n; i++)
			member_order(&m[i], order);
	}
}

/* Once all of the trial waits for an order. */
static void tell_held(struct run *run, const struct member *m, size_t n)
{
	unsigned sides = 0, first = 0;

	for (size_t i = 0; i < n; i++) {
		if (m[i].state == MEMBER_DONE)
			continue;
		if (m[i].state != MEMBER_HELD)
			return;
		if (!sides)
			first = m[i].of->index;
		if (m[i].area->n_sides > sides)
			sides = m[i].area->n_sides;
	}
	if (run->orders.on && sides)
		orders_held(&run->orders, sides, first);
}

void run_drive(struct run *run, const struct trial_plan *t, struct member *m, size_t n)
{
	/* in exact mode the machine does the work of the trial and nothing else */
	const uint64_t every = run->settings->exact ? EXACT_LOOK : PROGRESS_EVERY;
	uint64_t started = clock_now(), progress = started + every;

	for (;;) {
		uint64_t now = clock_now(), next = progress;
		bool busy = false, hold = false;

		if (run->signalled)
			run_read_signals(run, m, n);
		take_orders(run, m, n);
		for (size_t i = 0; i < n; i++)
			hold |= m[i].state == MEMBER_SETUP && !m[i].ready;
		for (size_t i = 0; i < n; i++) {
			bool ready = m[i].ready;
			uint64_t due = member_step(&m[i], now, hold);

			if (hold && m[i].ready != ready)
				next = now; /* it may be who the others waited for */

			busy |= m[i].state != MEMBER_DONE;
			if (due < next)
				next = due;
		}
		if (!busy)
			return;
		tell_held(run, m, n);
		if (now >= progress) {
			tell_progress(run, t, &m[0], started);
			kwatch_poll(run->kwatch);
			progress = now + every;
		}
		if (next > now)
			wait_members(run, m, n, next);
	}
}
