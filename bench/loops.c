/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same loop by hand and under the engine, for the cost of the harness.
 *
 *	loops getppid|fault|switch|nop hand|strain|timed SECONDS
 *
 * prints CPU nanoseconds (user and system) per operation. "timed" is strain with
 * every operation's latency recorded. "nop strain COUNT" runs so many turns, for
 * an instruction count from outside.
 *
 *	loops cost COMMAND...
 *
 * prints CPU seconds and peak resident KiB of a command and its descendants.
 * (A large process cannot measure that: its own peak counts for its children.)
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_LIBBSD
#include <bsd/unistd.h>
#endif

#include "base/clock.h"
#include "base/msg.h"
#include "base/value.h"
#include "core/run.h"

#define PAGE 4096
#define MAPPING (16u << 20)

/* ---- by hand ---- */

static uint64_t usage_ns(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * NSEC_PER_SEC +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * NSEC_PER_USEC;
}

static uint64_t hand_getppid(uint64_t until)
{
	uint64_t n = 0;

	while (n % 1024 || clock_now() < until) {
		syscall(SYS_getppid);
		n++;
	}
	return n;
}

/*
 * What the method anon does, in the order it does it: of each page the first word
 * is written and another read, drawn anew for each mapping; then both are read of
 * every 16th. Time is over in the middle, as it is for a worker: what was touched
 * counts, the pages are not looked at and not unmapped.
 */
static uint64_t hand_fault(uint64_t until)
{
	uint64_t wrong = 0, n = 0;

	for (;;) {
		char *p = mmap(NULL, MAPPING, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		size_t probe = 1 + (size_t)random() % (PAGE / sizeof(wrong) - 1);
		volatile uint64_t *page;

		madvise(p, MAPPING, MADV_NOHUGEPAGE);
		for (size_t at = 0; at < MAPPING; at += PAGE, n++) {
			if (at % (64 * PAGE) == 0 && clock_now() >= until)
				return wrong ? 0 : n;
			page = (uint64_t *)(void *)(p + at);
			page[0] = at + 1;
			wrong |= page[probe];
		}
		for (size_t at = 0; at < MAPPING; at += 16 * PAGE) {
			page = (uint64_t *)(void *)(p + at);
			wrong |= (page[0] ^ (at + 1)) | page[probe];
		}
		munmap(p, MAPPING);
	}
}

static uint64_t hand_switch(uint64_t until)
{
	uint64_t token = 0, n = 0;
	int there[2], back[2];
	pid_t pid;

	if (pipe(there) || pipe(back))
		die(EXIT_BROKEN, "cannot make pipes");
	pid = fork();
	if (!pid) {
		close(there[1]);
		while (read(there[0], &token, 8) == 8 && write(back[1], &token, 8) == 8)
			;
		_exit(0);
	}
	close(there[0]);
	while (n % 64 || clock_now() < until) {
		if (write(there[1], &token, 8) != 8 || read(back[0], &token, 8) != 8)
			die(EXIT_BROKEN, "the pipe broke");
		n += 2;
	}
	close(there[1]);
	waitpid(pid, NULL, 0);
	return n;
}

static double by_hand(const char *what, double seconds)
{
	uint64_t before = usage_ns(RUSAGE_SELF) + usage_ns(RUSAGE_CHILDREN);
	uint64_t until = clock_now() + (uint64_t)(seconds * 1e9), n;

	if (!strcmp(what, "getppid"))
		n = hand_getppid(until);
	else if (!strcmp(what, "fault"))
		n = hand_fault(until);
	else
		n = hand_switch(until);
	if (!n)
		die(EXIT_BROKEN, "the loop by hand went wrong");
	return (double)(usage_ns(RUSAGE_SELF) + usage_ns(RUSAGE_CHILDREN) - before) /
	       (double)n;
}

/* ---- under the engine ---- */

static void run_getppid(struct worker *w)
{
	while (worker_running(w)) {
		worker_time_begin(w);
		syscall(SYS_getppid);
		worker_time_end(w, 1);
		worker_count(w, 0, 1);
	}
}

static const struct metric metrics[] = {
	{ "calls", "calls", "calls/s", METRIC_RATE, BETTER_HIGHER },
	{ "latency", "latency", "ns", METRIC_LATENCY, BETTER_LOWER },
	{}
};

static const struct stressor getppid_stressor = {
	.summary = "a system call that does nothing",
	.metrics = metrics,
	.run = run_getppid,
};

static const struct entry getppid_entry = { "getppid", "bench", &getppid_stressor };

static void keep_cost(void *ctx, const struct trial_result *t)
{
	double *ns = ctx;

	if (t->n && t->cases[0].outcome == OUTCOME_PASS && t->cases[0].n_metrics &&
	    t->cases[0].metric[0].cpu_rate > 0)
		*ns = 1e9 / t->cases[0].metric[0].cpu_rate;
	else if (t->n && t->cases[0].reason)
		error("%s: %s", t->cases[0].of->id, t->cases[0].reason);
}

static double under_strain(const char *what, bool timed, double amount)
{
	const struct entry *e = !strcmp(what, "getppid") ? &getppid_entry :
							   registry_find(what);
	struct selection s = { .entry = e, .workers = 1 };
	struct run_settings settings = { 0 };
	struct plan plan;
	char *why = NULL;
	double ns = 0;
	struct sink sink = { .ctx = &ns, .trial_end = keep_cost };

	option_defaults(run_options, &settings);
	settings.latency = timed ? "all" : "off";
	settings.counters = "none";
	settings.warmup = 0; /* by hand everything counts, from the first mapping on */
	settings.timeout = (uint64_t)(amount * 1e9);
	if (!strcmp(what, "fault"))
		s.methods = "anon";
	if (!strcmp(what, "switch"))
		s.methods = "pipe";
	if (!strcmp(what, "nop")) {
		s.ops = (uint64_t)amount;
		settings.timeout = 600 * NSEC_PER_SEC;
	}
	s.opts = xalloc(e->stressor->opts_size);
	if (e->stressor->options)
		option_defaults(e->stressor->options, s.opts);
	if (plan_make(&s, 1, ORDER_SEQUENTIAL, &settings, &plan, &why))
		die(EXIT_BROKEN, "%s", why);
	if (run_plan(&plan, &settings, &sink, 1, 0, NULL) != EXIT_PASS)
		die(EXIT_BROKEN, "the trial did not pass");
	plan_free(&plan);
	free(s.opts);
	return ns;
}

static int cost(char **command)
{
	int null = open("/dev/null", O_RDWR), status;
	struct rusage u;
	pid_t pid = fork();

	if (!pid) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) < 0 || status)
		die(EXIT_BROKEN, "'%s' failed", command[0]);
	printf("%.6f %ld\n", usage_ns(RUSAGE_CHILDREN) / 1e9, u.ru_maxrss);
	return 0;
}

int main(int argc, char **argv)
{
	double amount;

#ifdef HAVE_LIBBSD
	setproctitle_init(argc, argv, environ); /* the engine names its processes */
#endif
	if (argc > 2 && !strcmp(argv[1], "cost"))
		return cost(argv + 2);
	if (argc != 4 || value_double(argv[3], &amount))
		die(EXIT_USAGE, "usage: loops getppid|fault|switch|nop hand|strain|timed SECONDS");
	printf("%.4f\n", !strcmp(argv[2], "hand") ?
				 by_hand(argv[1], amount) :
				 under_strain(argv[1], !strcmp(argv[2], "timed"), amount));
	return 0;
}
