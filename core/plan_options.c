/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of a run as option rows: the only place that names them. */
#include "core/plan.h"

#include "base/value.h"

/* Ten years: sums of a few of them and a clock stay far from 2^64 ns. */
#define TIME_MAX (3650 * 86400 * NSEC_PER_SEC)

#define ROW(field, ...) OPTION(struct run_settings, field, __VA_ARGS__)

const struct option run_options[] = {
	ROW(timeout, .letter = 't', .unit = UNIT_DURATION, .min = NSEC_PER_MSEC,
	    .max = TIME_MAX, .def = "10s", .help = "length of a trial, warm-up included"),
	ROW(trials, .min = 1, .max = 1000000, .def = "1",
	    .help = "trials of each case"),
	ROW(interleave, .help = "trial 1 of all cases, then trial 2, ..."),
	ROW(slice, .unit = UNIT_DURATION, .min = NSEC_PER_MSEC,
	    .max = 3600 * NSEC_PER_SEC, .def = "100ms",
	    .help = "how often counters are read"),
	ROW(warmup, .unit = UNIT_DURATION, .max = TIME_MAX, .def = "100ms",
	    .help = "start of a trial that is not judged, a fifth of it at most"),
	ROW(grace, .unit = UNIT_DURATION, .min = NSEC_PER_MSEC, .def = "2s",
	    .max = TIME_MAX, .help = "time to stop in before a worker is killed as hung"),
	ROW(setup_time, .unit = UNIT_DURATION, .min = NSEC_PER_MSEC, .max = TIME_MAX,
	    .def = "1m",
	    .help = "time to set up a trial in, and a third of it to clear away, before that is a hang"),
	ROW(verify, .help = "evaluate deep checks too, in trials of their own"),
	ROW(exact, .help = "count instructions of fixed work, where the clock is QEMU's -icount: one worker, one case at a time"),
	ROW(latency, .choices = "all sampled off", .def = "sampled",
	    .help = "which operations are timed"),
	ROW(cpus, .alias = "taskset", .arg = "LIST",
	    .help = "pin tasks to these CPUs in turn, as 0-3,8; only they count as usable"),
	ROW(seed, .help = "seed of every random choice; 0 draws one"),
	OPTION_AS("perf", struct run_settings, perf_events, .optional_arg = true,
	    .arg = "EVENTS",
	    .help = "count perf events of the workers: a usual set, or these by name or subsys:tracepoint"),
	ROW(counters, .arg = "LIST", .def = "vmstat,psi",
	    .help = "system counters to read: sources, all or none"),
	ROW(temp_path, .arg = "DIR", .def = "/tmp",
	    .help = "where scratch files and images are made"),
	ROW(fs, .arg = "LIST",
	    .help = "filesystems to run on instead of the stressor's own list"),
	ROW(fs_device, .arg = "PATH",
	    .help = "make filesystems on this block device instead of on images in --temp-path"),
	ROW(fs_device_destroy, .help = "what is on that device may be lost"),
	ROW(fail_fast, .alias = "abort",
	    .help = "end the run at the first case that does not pass"),
	ROW(until_fail, .help = "repeat the run until a case does not pass"),
	ROW(strict_skip, .help = "exit 4 when anything was skipped"),
	ROW(known_issues, .arg = "FILE",
	    .help = "failures to expect: case, kernel range, expiry, link, reason"),
	ROW(label, .arg = "NAME",
	    .help = "a name for the cases of this run, to tell it from others in a comparison"),
	ROW(turns, .hidden = true,
	    .help = "let trials run and pause by order: orders come on standard input, answers and the report go to standard output"),
	ROW(nice, .hidden = true,
	    .help = "with --turns: priority of all but the monitor, which keeps the one it was started with"),
	ROW(mutate, .arg = "STRESSOR:CHECK",
	    .help = "corrupt what this check observes, to see it fail"),
	ROW(dry_run, .letter = 'n', .help = "print what would run, and run nothing"),
	{}
};
