/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two tasks in strict alternation: each switches until the other wakes it. Drives
 * schedule(), try_to_wake_up() and the blocking and waking code of pipes,
 * eventfd, futexes and unix sockets, and, where the tasks sit on two CPUs, idle
 * entry and the wake-up interrupt.
 *
 * A failed check means that a message was lost, repeated or overtaken. A lost
 * wake-up shows as a rate that falls to zero, and with --switch-ops as a hang.
 */
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "core/stressor.h"
#include "kit/pingpong.h"
#include "kit/slow.h"

enum { PING, PONG };
enum { M_SWITCHES, M_CPU, M_TIME, M_SWITCHED };
enum { C_SEQUENCE, C_CONSERVED };

struct switch_opts {
	bool same_cpu;
	uint32_t slow;
};

struct pair {
	struct pingpong channel;
	/* What each side has sent and received when it leaves the loop. */
	struct { uint64_t sent, received; bool left; } side[2];
};

struct shared {
	struct pair *pair; /* one a worker, mapped in setup, inherited by all */
};

static struct pair *pair_of(const struct worker *w)
{
	const struct shared *s = w->shared;

	return &s->pair[w->index];
}

static void setup(struct worker *w)
{
	struct shared *s = w->shared;
	struct rlimit files;

	/* Four descriptors a pair: a thousand pairs pass the usual limit. */
	sys_must(w, getrlimit(RLIMIT_NOFILE, &files));
	files.rlim_cur = files.rlim_max;
	sys_must(w, setrlimit(RLIMIT_NOFILE, &files));
	s->pair = sys_mmap(w, w->workers * sizeof(*s->pair),
			   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			   -1, 0);
	for (unsigned i = 0; i < w->workers; i++) {
		int rc = pingpong_open(&s->pair[i].channel, w->method->arg,
				       w->threads);

		if (rc)
			worker_skip(w, "cannot open the channels of pair %u of %u: %s (ulimit -n)",
				    i + 1, w->workers, strerror(-rc));
	}
}

/* Both tasks of a pair on the same CPU of those allowed. */
static void pin(struct worker *w)
{
	cpu_set_t allowed, one;
	int n;

	CPU_ZERO(&one);
	sys_must(w, sched_getaffinity(0, sizeof(allowed), &allowed));
	n = w->index % CPU_COUNT(&allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && !n--)
			CPU_SET(cpu, &one);
	sys_must(w, sched_setaffinity(0, sizeof(one), &one));
}

static uint64_t switches_so_far(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nvcsw + u.ru_nivcsw;
}

/* False when the run is over. */
static bool receive(struct worker *w, struct pingpong *c, unsigned side,
		    uint64_t *token)
{
	int rc = pingpong_receive(c, side, token);

	while (rc == -EINTR && worker_running(w))
		rc = pingpong_receive(c, side, token);
	if (rc && rc != -EINTR)
		worker_broken(w, "receiving: %s", strerror(-rc));
	return !rc;
}

static void send(struct worker *w, struct pingpong *c, unsigned side,
		 uint64_t token)
{
	int rc = pingpong_send(c, side, token);

	if (__builtin_expect(rc != 0, 0))
		worker_broken(w, "sending: %s", strerror(-rc));
}

#define CHECK_TURN(w, token, turn)                                             \
	worker_check(w, C_SEQUENCE, (token) == (turn),                         \
		     "message %llu came when %llu was due",                    \
		     (unsigned long long)(token), (unsigned long long)(turn))

static void leave(struct worker *w, unsigned side, uint64_t sent,
		  uint64_t received, uint64_t switches)
{
	struct pair *p = pair_of(w);

	p->side[side].sent = sent;
	p->side[side].received = received;
	p->side[side].left = true;
	if (received)
		worker_gauge(w, M_SWITCHED,
			     (double)(switches_so_far() - switches) /
				     (double)received);
}

static void ping(struct worker *w)
{
	const struct switch_opts *o = w->opts;
	struct pingpong *c = &pair_of(w)->channel;
	uint64_t sent = 0, received = 0, token, switches;
	struct slow slow = { .percent = o->slow };

	if (o->same_cpu)
		pin(w);
	switches = switches_so_far();
	while (worker_running(w)) {
		worker_time_begin(w);
		send(w, c, PING, ++sent + worker_mutated(w, C_SEQUENCE));
		if (!receive(w, c, PING, &token))
			break;
		worker_time_end(w, M_TIME);
		received++;
		CHECK_TURN(w, token, sent);
		worker_count(w, M_SWITCHES, slow_count(&slow, 2));
	}
	leave(w, PING, sent - worker_mutated(w, C_CONSERVED), received, switches);
}

static void pong(struct worker *w)
{
	const struct switch_opts *o = w->opts;
	struct pingpong *c = &pair_of(w)->channel;
	uint64_t turn = 0, token, switches;

	if (o->same_cpu)
		pin(w);
	switches = switches_so_far();
	while (worker_running(w) && receive(w, c, PONG, &token)) {
		turn++;
		CHECK_TURN(w, token, turn);
		send(w, c, PONG, turn);
	}
	leave(w, PONG, turn, turn, switches);
}

/* What was sent and not received is still there, and nothing else is. */
static void teardown(struct worker *w)
{
	const struct shared *s = w->shared;

	for (unsigned i = 0; s->pair && i < w->workers; i++) {
		struct pair *p = &s->pair[i];

		/* A task that was killed or gave up has told nothing. */
		bool both = p->side[PING].left && p->side[PONG].left;

		for (unsigned side = 0; both && side < 2; side++) {
			uint64_t sent = p->side[!side].sent, token;
			uint64_t received = p->side[side].received;
			int waiting = pingpong_try(&p->channel, side, &token);

			worker_check(w, C_CONSERVED,
				     sent - received == (uint64_t)waiting,
				     "of %llu messages %llu were received and %d are waiting",
				     (unsigned long long)sent,
				     (unsigned long long)received, waiting);
		}
		pingpong_close(&p->channel);
	}
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct switch_opts, same_cpu, .help = "keep both tasks of a pair on one CPU, so that each message is a context switch"),
	OPTION(struct switch_opts, slow, .unit = UNIT_PERCENT, .max = SLOW_MOST, .hidden = true, .help = "switches beside every 100 that are not counted"),
	{}
};

static const struct metric metrics[] = {
	[M_SWITCHES] = { "switches", "switches from one task to the other", "switches/s", METRIC_RATE, BETTER_HIGHER, .primary = true, .version = 1 },
	[M_CPU] = { "cpu-per-switch", "CPU time of both tasks per switch", "ns", METRIC_COST, BETTER_LOWER, .primary = true, .version = 1, .of = M_SWITCHES },
	[M_TIME] = { "switch-time", "half of a round trip", "ns", METRIC_LATENCY, BETTER_LOWER, .version = 1, .scale = 0.5 },
	[M_SWITCHED] = { "switched", "context switches per message", "ratio", METRIC_GAUGE, BETTER_NEITHER, .version = 1 },
	{}
};

static const struct check checks[] = {
	[C_SEQUENCE] = { "sequence", "messages arrive once each and in the order in which they were sent" },
	[C_CONSERVED] = { "conserved", "at the end exactly the messages not yet received are waiting" },
	{}
};

static const struct role roles[] = {
	[PING] = { "ping", ping },
	[PONG] = { "pong", pong },
	{}
};

static const struct method methods[] = {
	{ "pipe", "two pipes", .arg = PINGPONG_PIPE },
	{ "eventfd", "two eventfd counters", .arg = PINGPONG_EVENTFD },
	{ "futex", "two words of shared memory, FUTEX_WAIT and FUTEX_WAKE", .arg = PINGPONG_FUTEX },
	{ "socket", "a pair of unix stream sockets", .arg = PINGPONG_SOCKET, .exact_ops = 49152 },
	{}
};
/* clang-format on */

STRESSOR(switch) = {
	.summary = "two tasks wake each other in strict alternation",
	.details =
		"A worker is a pair of tasks that pass a numbered message to "
		"and fro; each switches until the other wakes it. One round trip "
		"counts two switches, and half of its duration is the time of "
		"a switch. CPU time is that of both tasks. With --switch-threads "
		"the two share an address space. Where the scheduler puts them "
		"on two CPUs, the time is that of waking an idle CPU; "
		"--switch-same-cpu makes every message a context switch. The "
		"metric 'switched' is 1 when each message led to a context switch.",
	.refs = "https://docs.kernel.org/scheduler/completion.html\n"
		"https://man7.org/linux/man-pages/man2/futex.2.html\n"
		"commit 0ddad21d3e99 (pipe: use exclusive waits when reading or writing)",
	.tags = "latency",
	.options = options,
	.opts_size = sizeof(struct switch_opts),
	.shared_size = sizeof(struct shared),
	.methods = methods,
	.metrics = metrics,
	.checks = checks,
	.roles = roles,
	.threads = true,
	.exact = true,
	.exact_ops = 16384,
	.setup = setup,
	.teardown = teardown,
};
