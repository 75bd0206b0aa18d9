/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What atomic-write measures and what it proves. */
#include "kit/atomic.h"

/* clang-format off */
#define SIZE_GAUGE(n, label) { .id = "writes-" #n, .name = "writes/s of " label, \
	.unit = "writes/s", .version = 1, .kind = METRIC_GAUGE, .better = BETTER_HIGHER }
#define SIZE_RATIO(n, label, gauge) { .id = "ratio-" #n, \
	.name = "atomic:plain of " label, .unit = "ratio", .version = 1, .kind = METRIC_RATIO, \
	.better = BETTER_HIGHER, .of = gauge, .num = "atomic", .den = "plain" }

const struct metric atomic_metrics[] = {
	[ATOMIC_OPS] = { .id = "ops", .name = "writes, refusals, or states", .unit = "ops/s",
			 .version = 1, .kind = METRIC_RATE, .better = BETTER_HIGHER, .primary = true },
	[ATOMIC_LATENCY] = { .id = "latency", .name = "latency of a write", .unit = "ns",
			     .version = 1, .kind = METRIC_LATENCY, .better = BETTER_LOWER },
	[ATOMIC_RATIO] = { .id = "ratio", .name = "writes atomic:plain", .unit = "ratio",
			   .version = 1, .kind = METRIC_RATIO, .better = BETTER_HIGHER, .primary = true,
			   .of = ATOMIC_OPS, .num = "atomic", .den = "plain" },
	[ATOMIC_RATE_4K] = SIZE_GAUGE(4k, "4 KiB"),
	[ATOMIC_RATE_16K] = SIZE_GAUGE(16k, "16 KiB"),
	[ATOMIC_RATE_64K] = SIZE_GAUGE(64k, "64 KiB"),
	[ATOMIC_RATE_256K] = SIZE_GAUGE(256k, "256 KiB"),
	[ATOMIC_RATE_1M] = SIZE_GAUGE(1m, "1 MiB"),
	[ATOMIC_RATIO_4K] = SIZE_RATIO(4k, "4 KiB", ATOMIC_RATE_4K),
	[ATOMIC_RATIO_64K] = SIZE_RATIO(64k, "64 KiB", ATOMIC_RATE_64K),
	[ATOMIC_RATIO_1M] = SIZE_RATIO(1m, "1 MiB", ATOMIC_RATE_1M),
	[ATOMIC_UNIT_MAX] = { .id = "unit-max", .name = "largest atomic unit", .unit = "bytes",
			      .version = 1, .kind = METRIC_GAUGE, .better = BETTER_HIGHER },
	[ATOMIC_UNIT_MAX_OPT] = { .id = "unit-max-opt", .name = "largest unit done fast",
				  .unit = "bytes", .version = 1, .kind = METRIC_GAUGE, .better = BETTER_HIGHER },
	[ATOMIC_TORN_READS] = { .id = "torn-reads", .name = "torn reads per million", .unit = "ppm",
				.version = 1, .kind = METRIC_GAUGE, .better = BETTER_NEITHER },
	[ATOMIC_TORN_CONTROL] = { .id = "torn-control", .name = "plain units torn by a crash",
				  .unit = "%", .version = 1, .kind = METRIC_GAUGE, .better = BETTER_NEITHER },
	{}
};

const struct check atomic_checks[] = {
	[ATOMIC_REFUSED] = { .id = "refused-as-documented",
		.proves = "a bad request gets the documented error" },
	[ATOMIC_UNTOUCHED] = { .id = "refusal-leaves-file",
		.proves = "a refused request leaves the file byte-equal" },
	[ATOMIC_ACCEPTED] = { .id = "advertised-accepted",
		.proves = "a write within the advertised units is accepted",
		.recorded = atomic_recorded_accepted },
	[ATOMIC_LENGTH] = { .id = "whole-length",
		.proves = "an accepted write returns its whole length",
		.recorded = atomic_recorded_length },
	[ATOMIC_READBACK] = { .id = "reads-back",
		.proves = "what was written last is read, and nothing beside it changes",
		.recorded = atomic_recorded_readback },
	[ATOMIC_OWN] = { .id = "own-blocks",
		.proves = "every block read is sound and of this file and place",
		.recorded = atomic_recorded_own },
	[ATOMIC_MOUNTS] = { .id = "mounts-again",
		.proves = "the filesystem mounts after the crash",
		.recorded = atomic_recorded_mounts },
	[ATOMIC_UNTORN] = { .id = "not-torn",
		.proves = "after a crash a unit is all old or all new",
		.recorded = atomic_recorded_untorn },
	[ATOMIC_ACKED] = { .id = "acked-survives",
		.proves = "what was acknowledged as durable before the crash is there",
		.recorded = atomic_recorded_acked },
	[ATOMIC_FSCK] = { .id = "fsck-clean", .deep = true,
		.proves = "the filesystem checker finds nothing after recovery",
		.recorded = atomic_recorded_fsck },
	{}
};
/* clang-format on */
