/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The empty loop. It drives no kernel path: its rate is the cost of the
 * harness's own loop, its start and its end the fixed cost of a run.
 * A failure means that the harness loses or invents operations.
 */
#include "core/stressor.h"

enum { M_OPS };
enum { C_COUNTED };

static void run(struct worker *w)
{
	uint64_t turns = 0;

	while (worker_running(w)) {
		worker_count(w, M_OPS, 1);
		turns++;
	}
	if (worker_mutated(w, C_COUNTED))
		turns++;
	worker_check(w, C_COUNTED, w->slot->count[M_OPS] == turns,
		     "%llu turns were made, %llu counted",
		     (unsigned long long)turns,
		     (unsigned long long)w->slot->count[M_OPS]);
}

static const struct metric metrics[] = {
	{ "ops", "operations", "ops/s", METRIC_RATE, BETTER_HIGHER, .primary = true },
	{ "cost", "CPU time per operation", "ns", METRIC_COST, BETTER_LOWER, .of = M_OPS },
	{}
};

static const struct check checks[] = {
	[C_COUNTED] = { "counted", "every turn of the loop is counted exactly once" },
	{}
};

STRESSOR(nop) = {
	.summary = "the empty loop, to measure the harness itself",
	.details = "Counts turns of a loop that does nothing. Compare its cost with "
		   "that of another stressor's operation to see how much of the "
		   "latter is the harness.",
	.tags = "harness",
	.metrics = metrics,
	.checks = checks,
	.threads = true,
	.exact = true,
	.exact_ops = 2000000,
	.run = run,
};
