/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the methods of the stressor atomic-write share: its tables' rows, and
 * how a file's limits for RWF_ATOMIC are found out.
 */
#ifndef STRAIN_KIT_ATOMIC_H
#define STRAIN_KIT_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/stressor.h"
#include "kit/rwflags.h"
#include "kit/stamp.h"

enum atomic_metric {
	ATOMIC_OPS,
	ATOMIC_LATENCY,
	ATOMIC_RATIO,
	ATOMIC_RATE_4K, /* gauges, in steps of four */
	ATOMIC_RATE_16K,
	ATOMIC_RATE_64K,
	ATOMIC_RATE_256K,
	ATOMIC_RATE_1M,
	ATOMIC_RATIO_4K,
	ATOMIC_RATIO_64K,
	ATOMIC_RATIO_1M,
	ATOMIC_UNIT_MAX,
	ATOMIC_UNIT_MAX_OPT,
	ATOMIC_TORN_READS,
	ATOMIC_TORN_CONTROL,
};

enum atomic_check {
	ATOMIC_REFUSED,
	ATOMIC_UNTOUCHED,
	ATOMIC_ACCEPTED,
	ATOMIC_LENGTH,
	ATOMIC_READBACK,
	ATOMIC_OWN,
	ATOMIC_MOUNTS,
	ATOMIC_UNTORN,
	ATOMIC_ACKED,
	ATOMIC_FSCK,
};

/* Their rows. */
extern const struct metric atomic_metrics[];
extern const struct check atomic_checks[];

enum atomic_variant { ATOMIC_ATOMIC, ATOMIC_PLAIN };

struct atomic_opts {
	uint64_t bytes;    /* of each worker's file */
	uint64_t size_min, size_max; /* of a write; 0: as advertised */
	uint32_t depth;
	const char *device;
	bool device_destroy;
};

#define ATOMIC_SIZES 8 /* parts of a file; no write is larger than one */

struct atomic_limits {
	uint32_t min, max, segments, opt;
	bool effective;  /* writes with RWF_ATOMIC are not just turned away */
	char why[160];   /* when they are: the reason */
};

/*
 * What @fd (O_DIRECT, at least two units long) advertises, and whether the flag
 * is let through: the smallest unit is read and written back. An error other
 * than EOPNOTSUPP is not for here, but for ATOMIC_ACCEPTED. @home names the
 * file's device for the reason.
 */
void atomic_probe(int fd, const char *home, struct atomic_limits *l);

/* .shared_size of the stressor. */
struct atomic_shared {
	struct atomic_limits limits;
	char device[32];                /* crash methods: what is crashed */
	volatile uint64_t states, torn; /* crash-log: judged; with a torn control */
	struct shutdown *crash;         /* crash-shutdown */
};

/* Where one task writes. */
struct atomic_place {
	int fd;         /* O_DIRECT */
	int buffered;   /* the same file without, or -1 */
	off_t base;     /* first byte that is ours */
	uint64_t bytes; /* how many are */
	uint64_t id;    /* the file's number in stamps */
};

/*
 * Setup: finds the limits, skips unless atomic writes have an effect and stamps
 * the files of all workers; refuses a device that is not given up or in use.
 */
void atomic_setup(struct worker *w);
/* The same for files that are only refused requests; these need no support. */
void atomic_setup_refusals(struct worker *w);
/* Size of such a file. */
uint64_t atomic_refusal_bytes(const struct worker *w);
/* The file of this worker, opened. */
void atomic_open(struct worker *w, struct atomic_place *p);
void atomic_close(struct atomic_place *p);

/*
 * Judges one answer to a write of @size that the file's limits allow. True when
 * it was accepted.
 */
bool atomic_judge_answer(struct worker *w, long result, uint32_t size,
			 const char *what);
/* Is what was read exactly @generation? Evaluates ATOMIC_OWN and _READBACK. */
void atomic_judge_read(struct worker *w, void *buf, uint32_t size,
		       uint64_t id, uint64_t offset, uint64_t generation,
		       const char *what);

/* The methods that need more than a loop of writes. */
void atomic_refusals(struct worker *w);
void atomic_mappings(struct worker *w);
void atomic_hot_writer(struct worker *w);
void atomic_hot_reader(struct worker *w);
void atomic_crash_log_setup(struct worker *w);
void atomic_crash_log(struct worker *w);
void atomic_shutdown_setup(struct worker *w);
void atomic_shutdown(struct worker *w);

/* .recorded of the checks: their verdict on an observation kept in memory. */
bool atomic_recorded_accepted(bool mutated);
bool atomic_recorded_length(bool mutated);
bool atomic_recorded_readback(bool mutated);
bool atomic_recorded_own(bool mutated);
bool atomic_recorded_mounts(bool mutated);
bool atomic_recorded_fsck(bool mutated);
bool atomic_recorded_untorn(bool mutated);
bool atomic_recorded_acked(bool mutated);

#endif
