/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/schedule.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "base/value.h"

#define CPUS 1024 /* as cpu_set_t */
#define TURN_MS 200
#define GRACE NSEC_PER_SEC

/* A process that runs. */
struct child {
	size_t item;
	pid_t pid;
	int said;           /* its phases */
	uint64_t start;
	unsigned cpu[CPUS]; /* indexes of struct hall */
	unsigned n_cpus;
};

struct hall {
	struct schedule *s;
	unsigned cpu[CPUS]; /* that we may use */
	bool taken[CPUS];
	unsigned n_cpus, n_free;
	struct child *child;
	size_t n;
	size_t next;        /* item to start */
	uint64_t asked;     /* to end; 0: not yet */
};

static unsigned find_cpus(unsigned *cpu, unsigned max)
{
	unsigned n = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (unsigned i = 0; i < CPUS && n < max; i++)
		if (CPU_ISSET(i, &set))
			cpu[n++] = i;
	return n;
}

unsigned schedule_cpus(void)
{
	unsigned cpu[CPUS];

	return find_cpus(cpu, CPUS);
}

double schedule_left(const struct schedule *s)
{
	double done = 0, work = 0, cpus = s->jobs ? s->jobs : schedule_cpus();
	unsigned n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->item[i].state == ITEM_DONE) {
			done += s->item[i].seconds;
			n++;
		}
	if (!n)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		const struct schedule_item *it = &s->item[i];
		double left = done / n - (it->state == ITEM_RUNS ? it->seconds : 0);
		double wide = it->cpus < cpus ? it->cpus : cpus;

		if (it->state != ITEM_DONE && left > 0)
			work += left * wide;
	}
	return work / cpus;
}

static unsigned wants(const struct hall *h, size_t item)
{
	unsigned cpus = h->s->item[item].cpus;

	return cpus < 1 ? 1 : cpus < h->n_cpus ? cpus : h->n_cpus;
}

static void take_cpus(struct hall *h, struct child *c)
{
	c->n_cpus = 0;
	for (unsigned i = 0; i < h->n_cpus && c->n_cpus < wants(h, c->item); i++)
		if (!h->taken[i]) {
			h->taken[i] = true;
			c->cpu[c->n_cpus++] = i;
		}
	h->n_free -= c->n_cpus;
}

static void give_back(struct hall *h, const struct child *c)
{
	for (unsigned i = 0; i < c->n_cpus; i++)
		h->taken[c->cpu[i]] = false;
	h->n_free += c->n_cpus;
}

static void be_child(const struct hall *h, const struct child *c, pid_t parent, int say)
{
	cpu_set_t set;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	/* the terminal's signal goes to all; only the parent's word counts */
	signal(SIGINT, SIG_IGN);
	CPU_ZERO(&set);
	for (unsigned i = 0; i < c->n_cpus; i++)
		CPU_SET(h->cpu[c->cpu[i]], &set);
	sched_setaffinity(0, sizeof(set), &set);
	_exit(h->s->run(h->s->ctx, c->item, say));
}

static bool start(struct hall *h)
{
	struct schedule_item *item = &h->s->item[h->next];
	pid_t parent = getpid();
	struct child *c;
	int say[2];

	if (pipe2(say, O_CLOEXEC) < 0)
		return false;
	h->child = xrealloc(h->child, (h->n + 1) * sizeof(*h->child));
	c = &h->child[h->n];
	*c = (struct child){ .item = h->next, .said = say[0], .start = clock_now() };
	take_cpus(h, c);
	c->pid = fork();
	if (!c->pid)
		be_child(h, c, parent, say[1]);
	close(say[1]);
	if (c->pid < 0) {
		give_back(h, c);
		close(say[0]);
		return false;
	}
	fcntl(say[0], F_SETFL, O_NONBLOCK);
	item->state = ITEM_RUNS;
	h->n++;
	h->next++;
	return true;
}

/* The last whole line of what it says. */
static void listen_to(struct hall *h, const struct child *c)
{
	struct schedule_item *item = &h->s->item[c->item];
	char text[1024], *end, *line;
	ssize_t n = read(c->said, text, sizeof(text) - 1);

	if (n <= 0)
		return;
	text[n] = '\0';
	end = strrchr(text, '\n');
	if (!end)
		return;
	*end = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	memset(item->phase, 0, sizeof(item->phase));
	memcpy(item->phase, line, strnlen(line, sizeof(item->phase) - 1));
}

static void bury(struct hall *h, size_t at, int status)
{
	struct child c = h->child[at];
	struct schedule_item *item = &h->s->item[c.item];

	item->seconds = (double)(clock_now() - c.start) / 1e9;
	item->state = ITEM_DONE;
	give_back(h, &c);
	close(c.said);
	memmove(&h->child[at], &h->child[at + 1], (h->n - at - 1) * sizeof(c));
	h->n--;
	h->s->ended(h->s->ctx, c.item, status);
}

static void reap(struct hall *h)
{
	int status;

	for (size_t i = h->n; i-- > 0;)
		if (waitpid(h->child[i].pid, &status, WNOHANG) == h->child[i].pid)
			bury(h, i, status);
}

static void ask_to_end(struct hall *h)
{
	uint64_t now = clock_now();

	if (!h->asked)
		for (size_t i = 0; i < h->n; i++)
			kill(h->child[i].pid, SIGTERM);
	else if (now - h->asked > GRACE)
		for (size_t i = 0; i < h->n; i++)
			kill(h->child[i].pid, SIGKILL);
	if (!h->asked)
		h->asked = now;
}

/* Waits for words, ends (of the pipes) and time. */
static void wait_turn(struct hall *h)
{
	struct pollfd *fds = xalloc((h->n + 1) * sizeof(*fds));

	for (size_t i = 0; i < h->n; i++)
		fds[i] = (struct pollfd){ .fd = h->child[i].said, .events = POLLIN };
	if (poll(fds, h->n, TURN_MS) > 0)
		for (size_t i = 0; i < h->n; i++) {
			if (fds[i].revents & POLLIN)
				listen_to(h, &h->child[i]);
			else if (fds[i].revents & POLLHUP)
				usleep(1000); /* it ends right now */
		}
	free(fds);
	for (size_t i = 0; i < h->n; i++)
		h->s->item[h->child[i].item].seconds =
			(double)(clock_now() - h->child[i].start) / 1e9;
}

void schedule_run(struct schedule *s)
{
	struct hall h = { .s = s };

	h.n_cpus = find_cpus(h.cpu, s->jobs ? s->jobs : CPUS);
	h.n_free = h.n_cpus;
	while (h.n || (h.next < s->n && !h.asked)) {
		while (!h.asked && h.next < s->n && h.n_free >= wants(&h, h.next))
			if (!start(&h))
				break;
		wait_turn(&h);
		reap(&h);
		if (h.asked || s->turn(s->ctx, s))
			ask_to_end(&h);
	}
	free(h.child);
}
