/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pass of the crash test: a writer that promises what it has synced, on one
 * filesystem, cut short many times in one way; then guests in which the images
 * of the cuts are disks, many at once, tell what is there. In the same pass
 * control cuts that do not keep promises must be found out.
 *
 *	kill    a machine is killed in the middle of what the writer does: what it
 *	        had handed to its disk is there, what only its memory had is not.
 *	        Each cut is a kill of its own, at a moment of its own, of a machine
 *	        that goes on from where the first one was saved: all is set up, and
 *	        the writer waits. Control: promises without fsync.
 *	cache   a disk that loses its volatile cache: the log of what one writer
 *	        wrote is replayed to a random place, without some of what came
 *	        after the last flush. Control: a disk that lies about flushes.
 */
#ifndef STRAIN_VM_MATRIX_CRASH_PASS_H
#define STRAIN_VM_MATRIX_CRASH_PASS_H

#include "vm-matrix/crash/judge.h"
#include "vm-matrix/cell/ready.h"

#define CRASH_DISKS 16 /* images that one guest looks at */

struct crash_plan {
	const char *filesystem; /* "ext4" or "xfs" */
	const char *writer;     /* "journal" or "atomic" */
	const char *mode;       /* "kill" or "cache" */
	enum vm_disk_kind disk; /* of the writer */
	unsigned cuts, controls;
	uint64_t records;       /* promises of a writer, at most */
	uint64_t seed;
	const char *dir;        /* for images, which go when they were looked at */
	bool keep;              /* images of cuts that were no good stay there */
	/* May be NULL: what it does now; should it stop? */
	void (*progress)(void *ctx, const char *text);
	bool (*stop)(void *ctx);
	void *ctx;
};

/* One cut. Strings and JSON are owned. */
struct crash_cut {
	bool control;
	char serial[16];
	uint64_t promised;
	size_t kept, durable;  /* entries of the log; cache only */
	uint64_t seed;
	json_t *found;
	bool looked;           /* a guest has begun to look at it */
	bool fatal;            /* and died of it */
	enum crash_outcome outcome;
	unsigned torn;         /* units of the plain file */
	char *why;
};

struct crash_pass {
	struct crash_cut *cut;
	size_t n;
	uint64_t promises;     /* of all writers */
	size_t entries;        /* of the log */
	unsigned boots, restores, kills; /* of machines */
	double seconds, cpu_seconds;
	char *skipped;         /* why it cannot be done here; or NULL */
};

/*
 * 0: it was done, or cannot be here (.skipped); what came out is in @out. Else
 * -errno and *why. @ready is of a guest with disks of NVMe, virtio and SCSI and
 * the filesystem. Free @out in any case.
 */
int crash_pass_run(const struct crash_plan *plan, const struct cell_ready *ready,
		   struct crash_pass *out, char **why);
void crash_pass_free(struct crash_pass *p);

/* Cuts, controls or not, with that outcome. */
unsigned crash_pass_count(const struct crash_pass *p, bool control,
			  enum crash_outcome outcome);
/* Of one kind of cuts, those that are not CRASH_KEPT. */
unsigned crash_pass_bad(const struct crash_pass *p, bool control);
/* Controls that were found out: what is not known of is not. */
unsigned crash_pass_found(const struct crash_pass *p);
/* Was every control? Else that the promises were kept proves nothing. */
bool crash_pass_proves(const struct crash_pass *p);

/* What crash.json says of a pass. */
json_t *crash_pass_json(const struct crash_plan *plan, const struct crash_pass *p);

#endif
