/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the jobs of the crash test share. Members of a job:
 *
 *	crash-write   "filesystem", "writer" ("journal" or "atomic"), "run" (number
 *	              that marks the data), "records" (at most so many), on the disk
 *	              of serial "writer". A promise is 'a' and its number in 64 bits
 *	              in a data frame; with "turns" each is answered by a line. With
 *	              "waits" it says 'r' when all is set up, and waits for a line:
 *	              "sync", or "lie" for promises without fsync, which must be
 *	              found out.
 *	crash-verify  "filesystem", "writer", "run"; of each disk with a serial that
 *	              begins with "cut" it tells that it looks, 'l' and the serial,
 *	              and what is there, 'v' and JSON
 */
#ifndef STRAIN_VM_MATRIX_GUEST_CRASH_H
#define STRAIN_VM_MATRIX_GUEST_CRASH_H

#include "vm-matrix/guest/parts.h"

#define CRASH_MOUNT "/mnt"

struct crash_job {
	const char *filesystem, *writer;
	uint64_t run, records;
	bool sync, turns, waits;
};

void crash_job_read(struct crash_job *c, const json_t *job);
/* Calls @each with the device file and the serial of every disk. */
void crash_disks(void (*each)(void *ctx, const char *device, const char *serial),
		 void *ctx);
/* 0 or -errno. */
int crash_mount(const char *device, const char *filesystem);
/* A data frame: a letter and what follows it. */
void crash_tell(char letter, const void *data, size_t n);
/* All is set up; if it is to wait, the host saves the machine here, or says whether
 * promises are to be kept. False: the host is gone. */
bool crash_ready(struct crash_job *c);
/* Promises @number; with turns it waits until the host has written that down.
 * False: the host is gone. */
bool crash_promise(const struct crash_job *c, uint64_t number);

/* Write until the host is gone or all is done; exit status. */
int crash_write_journal(struct crash_job *c);
int crash_write_units(struct crash_job *c);
/* What is there, into @out. */
void crash_read_journal(const struct crash_job *c, json_t *out);
void crash_read_units(const struct crash_job *c, json_t *out);

/* Kinds of jobs. */
int crash_write_run(const struct guest *g, const json_t *job);
int crash_verify_run(const struct guest *g, const json_t *job);
int fault_run(const struct guest *g, const json_t *job);

#endif
