/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run that never was: five cases, of which one passes in three trials, one
 * fails with a splat of the kernel, one hangs, one is skipped and one is never
 * reached. Every member of the events that a report is made of has a value
 * somewhere, among them the ones that JSON has no form for.
 */
#ifndef STRAIN_TESTS_REPORT_FIXTURE_H
#define STRAIN_TESTS_REPORT_FIXTURE_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "reports/sink_json.h"

enum { F_FAULTS, F_CPU, F_LATENCY, F_SIZE, F_RATIO };
enum { F_ZERO, F_KEPT };

struct fixture_opts {
	uint64_t bytes, pause;
	uint32_t depth;
	bool huge;
	double share;
	int64_t shift;
	const char *layout;
};

/* clang-format off */
static const struct option fixture_options[] = {
	OPTION(struct fixture_opts, bytes, .unit = UNIT_BYTES, .min = 4096, .def = "16M", .help = "size of the mapping"),
	OPTION(struct fixture_opts, pause, .unit = UNIT_DURATION, .def = "0", .help = "rest"),
	OPTION(struct fixture_opts, depth, .def = "3", .help = "levels"),
	OPTION(struct fixture_opts, huge, .help = "ask for huge pages"),
	OPTION(struct fixture_opts, share, .def = "0.5", .help = "part"),
	OPTION(struct fixture_opts, shift, .def = "0", .help = "shift"),
	OPTION(struct fixture_opts, layout, .help = "names"),
	{}
};

static const struct metric fixture_metrics[] = {
	[F_FAULTS] = { "faults", "page faults", "faults/s", METRIC_RATE, BETTER_HIGHER, .primary = true, .version = 1 },
	[F_CPU] = { "cpu", "CPU time a fault", "ns", METRIC_COST, BETTER_LOWER, .primary = true, .version = 1, .of = F_FAULTS },
	[F_LATENCY] = { "latency", "time of a fault", "ns", METRIC_LATENCY, BETTER_LOWER, .version = 2 },
	[F_SIZE] = { "size", "bytes mapped", "bytes", METRIC_GAUGE, BETTER_NEITHER, .version = 1 },
	[F_RATIO] = { "ratio", "shared to private", "ratio", METRIC_RATIO, BETTER_LOWER, .version = 1, .num = "shared", .den = "private" },
	{}
};

static const struct check fixture_checks[] = {
	[F_ZERO] = { "zero-filled", "a fresh page reads zero", .deep = false },
	[F_KEPT] = { "kept", "what was written is read again", .deep = true },
	{}
};

static const struct method fixture_methods[] = {
	{ "anon", .summary = "private anonymous memory", .exact = true },
	{ "shmem", .summary = "shared memory" },
	{}
};
/* clang-format on */

static const struct stressor fixture_stressor = {
	.summary = "page faults",
	.tags = "page-fault thp",
	.options = fixture_options,
	.opts_size = sizeof(struct fixture_opts),
	.methods = fixture_methods,
	.metrics = fixture_metrics,
	.checks = fixture_checks,
};

static const struct entry fixture_entry = { "fixture", "memory", &fixture_stressor };
static const struct fskind fixture_fs = { .name = "xfs", .type = "xfs" };

static struct fixture_opts fixture_values;
static struct hist fixture_hist;
static struct run_case fixture_cases[5];
static struct run_case *fixture_first[] = { &fixture_cases[0] };
static struct trial_plan fixture_trials[5] = { { .cases = fixture_first, .n = 1 } };
static struct plan fixture_plan = { fixture_cases, 5, fixture_trials, 5,
				    .seed = UINT64_MAX - 1 };
static struct run_settings fixture_settings;

static void fixture_case(unsigned index, const char *id, const struct method *method)
{
	fixture_cases[index] = (struct run_case){
		.id = (char *)(uintptr_t)id,
		.entry = &fixture_entry,
		.method = method,
		.opts = &fixture_values,
		.workers = 2,
		.mutation = -1,
		.index = index,
	};
}

static void fixture_make(void)
{
	option_defaults(fixture_options, &fixture_values);
	option_defaults(run_options, &fixture_settings);
	fixture_values.bytes = 1 << 20;
	fixture_values.pause = 1500000000;
	fixture_case(0, "fixture/anon", &fixture_methods[0]);
	fixture_case(1, "fixture/shmem@xfs+threads", &fixture_methods[1]);
	fixture_cases[1].fs = &fixture_fs;
	fixture_cases[1].threads = true;
	fixture_case(2, "fixture/shmem?verify", &fixture_methods[1]);
	fixture_cases[2].verify = true;
	fixture_cases[2].mutation = F_KEPT;
	fixture_cases[2].ops = 1000;
	fixture_case(3, "fixture/skipped", NULL);
	fixture_cases[3].skip = (char *)(uintptr_t)"kernel 6.1 is older than 6.18";
	fixture_cases[3].remedy = (char *)(uintptr_t)"boot a newer kernel";
	fixture_case(4, "fixture/late", NULL);
	memset(&fixture_hist, 0, sizeof(fixture_hist));
	for (unsigned i = 0; i < 1000; i++)
		hist_record(&fixture_hist, 500 + i * 7);
	hist_record(&fixture_hist, 1ULL << 41);
}

#define FIXTURE_SLICES 5

/* Slices: the first is warm-up, the last disturbed; 100, 110, 120 a slice. */
static const double fixture_start[] = { 0, 0.1, 0.2, 0.3, 0.4 };
static const double fixture_seconds[] = { 0.1, 0.1, 0.1, 0.1, 0.1 };
static const double fixture_cpu[] = { 0.05, 0.05, 0.05, 0.05, 0.02 };
static const double fixture_wait[] = { 0, 0, 0, 0, 0.08 };
static const uint8_t fixture_flags[] = { SLICE_WARMUP, 0, 0, 0, SLICE_DISTURBED };
static const double fixture_ops[] = { 50, 100, 110, 120, 20 };
static const double fixture_none[] = { 0, 0, 0, 0, 0 };
static const double fixture_level[] = { 4e9, 4e9, 4e9, 4e9, 4e9 };

struct fixture_columns {
	const char *name, *source;
	const double *value;
};

static struct slice_table fixture_slices(const char *variant)
{
	static struct fixture_columns columns[] = {
		{ "faults", "metric", fixture_ops },
		{ "pgfault", "vmstat", fixture_ops },
		{ "pgscan", "vmstat", fixture_none },
		{ "MemAvailable", "meminfo", fixture_level },
		{ "cycles", "perf", fixture_level },
	};
	struct slice_table t = {
		.variant = variant,
		.n = FIXTURE_SLICES,
		.start = fixture_start,
		.seconds = fixture_seconds,
		.cpu_seconds = fixture_cpu,
		.wait_seconds = fixture_wait,
		.flags = fixture_flags,
		.n_columns = ARRAY_SIZE(columns),
	};

	t.columns = (void *)columns;
	return t;
}

static const struct counter fixture_counters[] = {
	{ "page-faults", "perf", .value = 2048, .fraction = 1 },
	{ "cycles", "perf", .value = 1e12, .fraction = 0.25 },
	{ "pgfault", "vmstat", .value = 2051, .fraction = 1 },
	{ "pgscan", "vmstat", .value = 0, .fraction = 1 },
	{ "MemAvailable", "meminfo", .gauge = true, .value = 4e9, .fraction = 1 },
};

static const struct counter_miss fixture_missing[] = {
	{ "branch-misses", "no hardware counters on this machine" },
};

static const struct scratch fixture_scratch = {
	.dir = "/tmp/strain-fixture",
	.device = "/dev/loop0",
	.mkfs = "mkfs.xfs -q -m reflink=1",
	.mount = "rw,relatime",
	.type = "xfs",
};

/* A trial of one case; the caller changes what it wants to be different. */
struct fixture_trial {
	struct slice_table slices[2];
	struct metric_result metrics[6];
	struct check_result checks[2];
	struct stuck stuck;
	struct kwatch_line log[2];
	struct kwatch_result kernel;
	double worker_ops[2];
	char *note;
	struct case_result result;
	struct trial_result trial;
};

static void fixture_metric_results(struct fixture_trial *f, double rate)
{
	const struct metric *m = fixture_metrics;

	f->metrics[0] = (struct metric_result){ &m[F_FAULTS], "shared", true, rate, rate * 2, rate * 10, rate / 3, rate / 2, NULL };
	f->metrics[1] = (struct metric_result){ &m[F_FAULTS], "private", true, rate / 2, rate, rate * 5, 1, 2, NULL };
	f->metrics[2] = (struct metric_result){ &m[F_CPU], "shared", true, 1e9 / rate, 0, 0, 0, 0, NULL };
	f->metrics[3] = (struct metric_result){ &m[F_LATENCY], "shared", true, 4000.5, 0, 1001, 500, 1e12, &fixture_hist };
	f->metrics[4] = (struct metric_result){ &m[F_SIZE], "shared", true, NAN, 0, 3, -INFINITY, INFINITY, NULL };
	f->metrics[5] = (struct metric_result){ &m[F_RATIO], NULL, false, 0, 0, 0, 0, 0, NULL };
}

static void fixture_trial(struct fixture_trial *f, unsigned order, unsigned number,
			  unsigned index, double rate)
{
	*f = (struct fixture_trial){ 0 };
	f->slices[0] = fixture_slices("shared");
	f->slices[1] = fixture_slices("private");
	fixture_metric_results(f, rate);
	f->checks[0] = (struct check_result){ &fixture_checks[F_ZERO], 100, 0, NULL };
	f->checks[1] = (struct check_result){ &fixture_checks[F_KEPT], 0, 0, NULL };
	f->worker_ops[0] = rate * 4;
	f->worker_ops[1] = rate * 6;
	f->note = (char *)(uintptr_t)"12 pages stayed \xff cached";
	f->kernel.watched = true;
	f->kernel.taint_before = f->kernel.taint_after = 512;
	f->result = (struct case_result){
		.of = &fixture_cases[index], .outcome = OUTCOME_PASS,
		.wall_seconds = 10.0001, .overrun = 0.0001, .cpu_seconds = 19.5,
		.wait_seconds = 0.25, .user_seconds = 3, .system_seconds = 16.5,
		.max_rss = 1 << 20, .minor_faults = 2048, .voluntary_switches = 7,
		.metric = f->metrics, .n_metrics = ARRAY_SIZE(f->metrics),
		.check = f->checks, .n_checks = ARRAY_SIZE(f->checks),
		.slices = f->slices, .n_slices = 2,
		.counter = fixture_counters, .n_counters = ARRAY_SIZE(fixture_counters),
		.missing = fixture_missing, .n_missing = 1,
		.notes = &f->note, .n_notes = 1,
		.worker_ops = f->worker_ops, .n_workers = 2,
	};
	f->trial = (struct trial_result){
		.order = order, .number = number,
		.started_ns = 1000000000ULL * (100 + order * 10),
		.started = 1795264690.25 + order * 10,
		.cases = &f->result, .n = 1, .kernel = &f->kernel,
		.steal_seconds = 0.01,
	};
}

static void fixture_fails(struct fixture_trial *f)
{
	f->result.outcome = OUTCOME_FAIL;
	f->result.reason = "check 'kept': byte 17 is 3, not 4";
	f->result.shared_blame = true;
	f->result.known_issue = "reported upstream";
	f->result.scratch = &fixture_scratch;
	f->checks[1] = (struct check_result){ &fixture_checks[F_KEPT], 50, 2,
					      "byte 17 is 3, not 4" };
	f->log[0] = (struct kwatch_line){ 123456789, (char *)(uintptr_t)"WARNING: CPU: 1 PID: 2 at mm/memory.c:5", "warn" };
	f->log[1] = (struct kwatch_line){ 123456790, (char *)(uintptr_t)"Call Trace:\t\x01", NULL };
	f->kernel.line = f->log;
	f->kernel.n = 2;
	f->kernel.splats = 1;
	f->kernel.dropped = 3;
	f->kernel.counter[0].name = "warn_count";
	f->kernel.counter[0].after = 1;
	f->kernel.oom_pids[0] = 4711;
	f->kernel.oom_n = 1;
}

static void fixture_hangs(struct fixture_trial *f)
{
	f->result.outcome = OUTCOME_HANG;
	f->result.reason = "worker 0 did not stop";
	f->stuck = (struct stuck){ 4242, "D (disk sleep)", "folio_wait_bit",
				   "[<0>] folio_wait_bit+0x1", "17 0x3", 9, true };
	f->result.stuck = &f->stuck;
	f->result.n_stuck = 1;
	f->kernel.watched = false;
	f->kernel.unwatched = "/dev/kmsg: Operation not permitted";
	f->result.n_slices = 0;
	f->result.n_metrics = 2;
}

static void fixture_begin(const struct sink *sink)
{
	static char *argv[] = { (char *)(uintptr_t)"strain", (char *)(uintptr_t)"run",
				(char *)(uintptr_t)"--fixture", (char *)(uintptr_t)"\xc3\x28" };
	struct run_begin begin = { 4, argv, &fixture_plan, &fixture_settings, 1795264680.125 };

	fixture_make();
	sink->run_begin(sink->ctx, &begin);
	sink->case_skip(sink->ctx, &fixture_cases[3]);
}

static void fixture_end(const struct sink *sink)
{
	struct run_end end = { .seconds = 61.5, .interrupted = false, .code = EXIT_FAIL };

	sink->run_end(sink->ctx, &end);
}

static void fixture_run(const struct sink *sink)
{
	struct fixture_trial f;

	fixture_begin(sink);
	for (unsigned i = 0; i < 3; i++) {
		fixture_trial(&f, i, i, 0, 1e6 * (1 + i));
		sink->trial_end(sink->ctx, &f.trial);
	}
	fixture_trial(&f, 3, 0, 1, 5e5);
	fixture_fails(&f);
	sink->trial_end(sink->ctx, &f.trial);
	sink->note(sink->ctx, "a \"note\" with \x80 in it");
	fixture_trial(&f, 4, 0, 2, 1.5);
	fixture_hangs(&f);
	sink->trial_end(sink->ctx, &f.trial);
	fixture_end(sink);
}

#endif
