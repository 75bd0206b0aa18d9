/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own complaints during a trial: kernel records of /dev/kmsg
 * (WARN, BUG, oops, lockdep, KASAN, KCSAN, UBSAN, KFENCE, kmemleak, bad page
 * state, hung task, RCU stall, soft lockup), the taint word and the counters
 * in /sys/kernel. OOM kills are told apart.
 */
#ifndef STRAIN_CORE_KWATCH_H
#define STRAIN_CORE_KWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kwatch;

struct kwatch_line {
	uint64_t usec; /* the record's time stamp */
	char *text;
	const char *kind; /* "warn", "bug", "oops", "lockdep", ...; NULL: context */
};

struct kwatch_result {
	bool watched;          /* false: /dev/kmsg unreadable; .unwatched says why */
	const char *unwatched;
	struct kwatch_line *line;
	size_t n;
	unsigned splats;       /* complaints that fail a case; a counter or taint that
				* rose without a line in the log makes one, too */
	unsigned dropped;      /* lines over the limit (64 a splat, 512 a trial) or lost by the ring */
	uint64_t taint_before, taint_after;
	struct { const char *name; uint64_t before, after; } counter[8]; /* warn_count, ...; name NULL ends */
	pid_t oom_pids[16];    /* that the OOM killer killed meanwhile */
	size_t oom_n;
};

/*
 * Starts at the end of the log; kept open over trials. Never NULL. The
 * environment's STRAIN_KMSG names another file than /dev/kmsg: the control that
 * shows a complaint failing a run without a kernel that has to complain.
 */
struct kwatch *kwatch_open(void);
/* The same for records in the format of /dev/kmsg from a file or fifo; tests. */
struct kwatch *kwatch_open_at(const char *path);
/* Before a trial: skip what is there, note taint and counters, clear WARN_ONCE. */
void kwatch_begin(struct kwatch *k);
/*
 * Complaints of a filesystem or block device that any program can make (loop,
 * dm, nbd, ...) fail nothing when @owns says that the trial has no part in the
 * device: their kind is "foreign". NULL: all are ours.
 */
void kwatch_set_owner(struct kwatch *k,
		      bool (*owns)(void *ctx, const char *device), void *ctx);
/* During a long one: takes what is there before the ring overwrites it. */
void kwatch_poll(struct kwatch *k);
/* After it: waits shortly for late records. Result owned by @k until the next begin. */
const struct kwatch_result *kwatch_end(struct kwatch *k);
void kwatch_close(struct kwatch *k);

/* Pure: the kind of complaint in a line of the kernel log, NULL if none; tests. */
const char *kwatch_classify(const char *text);
/* Pure: the device that a line of a filesystem or of the block layer speaks of,
 * if it is of a kind that programs make; @name of 32 bytes. */
bool kwatch_made_device(const char *text, char name[32]);
/* False for kinds told that fail nothing: "io", "hardware", "oom", "foreign". */
bool kwatch_kind_fails(const char *kind);
/* Pure: bits of the taint word that came in between and mean a failure. */
uint64_t kwatch_taint_failures(uint64_t before, uint64_t after);
/*
 * NULL: the kernel did not complain. Else a reason to free: its first line, or
 * the counter of /sys/kernel or the taint that rose without one.
 */
char *kwatch_complaint(const struct kwatch_result *r);

#endif
