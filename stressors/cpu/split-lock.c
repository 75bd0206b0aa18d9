/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locked additions to a word that crosses a cache line, by turns with the same
 * additions to an aligned word. A split one locks the bus of the whole machine;
 * the kernel may trap it (#AC before, #DB after the instruction) and then warn,
 * slow down or kill, as split_lock_detect= and kernel.split_lock_mitigate say.
 *
 * A lost increment means that the processor or a hypervisor does not keep the
 * lock; an outcome other than the stated policy's means that the detection is
 * set up wrongly. Every tenant of the host feels this: few operations, in short
 * bursts, and never without being asked for.
 */
#include "core/stressor.h"

#if !defined(__x86_64__) && !defined(__i386__)
STRESSOR_UNSUPPORTED(split_lock, "locked operations across a cache-line border",
		     "needs x86");
#else

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE 64

enum { SPLIT, ALIGNED };
enum { M_OPS, M_NS, M_RATIO };
enum { C_COUNT, C_POLICY };

struct split_lock_opts {
	uint64_t limit;
	uint32_t burst;
	uint64_t pause;
};

/* What the kernel says it does with split locks of user space. */
enum policy { POLICY_NONE, POLICY_WARN, POLICY_FATAL, POLICY_RATELIMIT };

struct shared {
	char word[2 * LINE] __attribute__((aligned(LINE)));
	uint64_t added;   /* increments that were executed, over all workers */
	uint32_t trapped; /* SIGBUS was seen */
	enum policy policy;
};

static sigjmp_buf after_trap;

static void on_sigbus(int sig)
{
	siglongjmp(after_trap, sig);
}

static bool cpu_has(const char *flag)
{
	_cleanup_str_ struct str info = STR_INIT;
	char *line, *end;

	if (file_read("/proc/cpuinfo", &info))
		return false;
	line = strstr(info.buf, "\nflags");
	end = line ? strchr(line + 1, '\n') : NULL;
	if (!end)
		return false;
	*end = '\0';
	return word_in(line + 1, flag);
}

/* Documentation/arch/x86/buslock.rst: the default with a capable CPU is warn. */
static enum policy policy_from(bool ac, bool db, const char *cmdline)
{
	const char *word = strstr(cmdline, "split_lock_detect=");

	if (!ac && !db)
		return POLICY_NONE;
	if (!word)
		return POLICY_WARN;
	word += strlen("split_lock_detect=");
	if (!strncmp(word, "off", 3))
		return POLICY_NONE;
	if (!strncmp(word, "fatal", 5))
		return POLICY_FATAL;
	/* Only the bus-lock trap can be rate limited. */
	if (!strncmp(word, "ratelimit", 9) && db)
		return POLICY_RATELIMIT;
	return POLICY_WARN;
}

static bool policy_holds(enum policy policy, bool trapped)
{
	return trapped == (policy == POLICY_FATAL);
}

static bool policy_recorded(bool mutated)
{
	static const struct {
		const char *cmdline;
		bool ac, db, trapped;
	} seen[] = {
		{ "quiet", false, false, false },
		{ "split_lock_detect=fatal", true, false, true },
		{ "split_lock_detect=ratelimit:10", false, true, false },
		{ "root=/dev/sda split_lock_detect=off", true, true, false },
		{ "ro", true, false, false },
	};

	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		if (!policy_holds(policy_from(seen[i].ac, seen[i].db,
					      seen[i].cmdline),
				  seen[i].trapped != mutated))
			return false;
	return true;
}

static void setup(struct worker *w)
{
	struct shared *s = w->shared;
	_cleanup_str_ struct str cmdline = STR_INIT;

	if (file_read("/proc/cmdline", &cmdline))
		worker_broken(w, "cannot read '/proc/cmdline'");
	s->policy = policy_from(cpu_has("split_lock_detect"),
				cpu_has("bus_lock_detect"), cmdline.buf);
}

static void *target(struct worker *w)
{
	struct shared *s = w->shared;

	return s->word + (w->variant == SPLIT ? LINE - 2 : 0);
}

static inline void add_locked(void *word)
{
	__asm__ volatile("lock; addl $1, (%0)" : : "r"(word) : "memory", "cc");
}

/* Returns the increments done; fewer than @n when the kernel sent SIGBUS. */
static uint32_t burst(struct worker *w, uint32_t n)
{
	struct shared *s = w->shared;
	volatile uint32_t done = 0;

	if (sigsetjmp(after_trap, 1)) {
		s->trapped = 1;
		return done;
	}
	for (; done < n; done++)
		add_locked(target(w));
	return done;
}

static void run(struct worker *w)
{
	const struct split_lock_opts *o = w->opts;
	struct timespec pause = { (time_t)(o->pause / 1000000000),
				  (long)(o->pause % 1000000000) };
	struct sigaction trap = { .sa_handler = on_sigbus };
	struct shared *s = w->shared;
	uint64_t done = 0;

	sigaction(SIGBUS, &trap, NULL);
	while (worker_running(w) && done < o->limit) {
		uint32_t n = (uint32_t)worker_batch(w, o->burst), added;
		uint64_t from = clock_now();

		added = burst(w, n);
		worker_gauge(w, M_NS, (double)(clock_now() - from) / n);
		if (worker_mutated(w, C_COUNT))
			added++;
		__atomic_add_fetch(&s->added, added, __ATOMIC_RELAXED);
		worker_count(w, M_OPS, n);
		done += n;
		nanosleep(&pause, NULL);
	}
}

static void teardown(struct worker *w)
{
	struct shared *s = w->shared;
	bool trapped = s->trapped != worker_mutated(w, C_POLICY);
	uint32_t word;

	memcpy(&word, target(w), sizeof(word));
	worker_check(w, C_COUNT, word == (uint32_t)s->added,
		     "%u of %llu locked increments arrived", word,
		     (unsigned long long)s->added);
	if (w->variant == SPLIT)
		worker_check(w, C_POLICY, policy_holds(s->policy, trapped),
			     "policy %d, but SIGBUS %s", s->policy,
			     trapped ? "came" : "did not come");
}

static const struct option options[] = {
	OPTION(struct split_lock_opts, limit, .min = 1, .max = 1000000,
	       .def = "10000", .help = "operations of a worker and variant, at most"),
	OPTION(struct split_lock_opts, burst, .min = 1, .max = 10000, .def = "50",
	       .help = "operations between two pauses"),
	OPTION(struct split_lock_opts, pause, .unit = UNIT_DURATION,
	       .min = 100000, .max = 10000000000, .def = "5ms",
	       .help = "length of a pause"),
	{}
};

static const struct variant variants[] = {
	[SPLIT] = { "split", "the word crosses a cache line" },
	[ALIGNED] = { "aligned", "the word lies within a cache line" },
	{}
};

static const struct metric metrics[] = {
	[M_OPS] = { "ops", "locked operations", "ops/s", METRIC_RATE, BETTER_NEITHER },
	[M_NS] = { "ns", "time of an operation", "ns", METRIC_GAUGE, BETTER_LOWER },
	[M_RATIO] = { "split-to-aligned", "time of a split operation to an aligned one",
		      "ratio", METRIC_RATIO, BETTER_LOWER, .primary = true,
		      .of = M_NS, .num = "split", .den = "aligned" },
	{}
};

static const struct check checks[] = {
	[C_COUNT] = { "no-lost-increment", "every locked addition of every worker arrives" },
	[C_POLICY] = { "policy", "SIGBUS comes exactly when split_lock_detect says fatal",
		       .recorded = policy_recorded },
	{}
};

STRESSOR(split_lock) = {
	.summary = "locked operations across a cache-line border, and aligned ones",
	.details = "Adds to a shared word with the lock prefix, in bursts with pauses: "
		   "in one variant the word crosses a cache line, in the other not. "
		   "Split locks stop the memory of the whole host for a moment, so "
		   "the number of operations is small and no class selects this "
		   "stressor unless it names it.",
	.refs = "Documentation/arch/x86/buslock.rst\n"
		"commit 6650cdd9a8cc (x86/split_lock: Enable split lock detection by kernel)\n"
		"commit b041b525dab9 (x86/split_lock: Make life miserable for split lockers)",
	.tags = "hurts-host latency",
	.options = options,
	.opts_size = sizeof(struct split_lock_opts),
	.shared_size = sizeof(struct shared),
	.variants = variants,
	.metrics = metrics,
	.checks = checks,
	.setup = setup,
	.run = run,
	.teardown = teardown,
};
#endif
