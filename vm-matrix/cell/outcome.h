/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of a cell, from what was seen of its guest in the order it came.
 * Pure: the caller says what time it is and how long QEMU had to wait for a CPU
 * of the host, so that a busy host makes no hang.
 */
#ifndef STRAIN_VM_MATRIX_CELL_OUTCOME_H
#define STRAIN_VM_MATRIX_CELL_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/msg.h"
#include "base/str.h"
#include "vm-matrix/document/document.h"

/* Nanoseconds, of time in which QEMU ran or had no reason to. */
struct cell_limits {
	uint64_t boot;   /* until the guest asks for a job */
	uint64_t beat;   /* between two signs of life; 0: none are sent */
	uint64_t job;
	unsigned longer; /* by how much the kernel's checkers stretched them */
};

/* Why the caller has to end the guest now. */
enum cell_stop { CELL_GO_ON, CELL_STOP_BOOT, CELL_STOP_BEAT, CELL_STOP_JOB };

/* All zero at the start, then .limits; free with cell_watch_free(). */
struct cell_watch {
	struct cell_limits limits;
	bool report;         /* the job is one that makes a report */
	/* what was seen */
	bool hello, working, ended, begun, complete;
	int status, signal;  /* of the job, once it has ended */
	bool out_of_memory;
	bool panicked;       /* as QEMU saw it */
	char *panic, *oops, *complaint; /* lines of the console */
	char *nonsense;      /* what was wrong with the frames */
	char *down;          /* "guest-reset": how the guest ended; NULL: it did not */
	enum cell_stop stop;
	bool interrupted;
	bool gone, by_us;    /* QEMU has ended; we killed it */
	int exit_status;     /* of QEMU, as waitpid() says */
	char *said;          /* the last line that QEMU printed, or NULL */
	/* time */
	uint64_t since, waited; /* of the last sign of life */
	uint64_t job_since, job_waited;
};

/* The guest was started, or goes on after a pause. */
void cell_watch_start(struct cell_watch *w, uint64_t now, uint64_t waited);
void cell_watch_hello(struct cell_watch *w);
void cell_watch_job(struct cell_watch *w, uint64_t now, uint64_t waited);
/* Any frame. */
void cell_watch_alive(struct cell_watch *w, uint64_t now, uint64_t waited);
void cell_watch_end(struct cell_watch *w, int status, int signal, bool out_of_memory);
/* An event of QEMU; @reason is data.reason of SHUTDOWN, or NULL. */
void cell_watch_event(struct cell_watch *w, const char *name, const char *reason);
/* To be asked from time to time. @waited: how long QEMU wanted a CPU of the host
 * and got none, since its start. */
enum cell_stop cell_watch_tick(struct cell_watch *w, uint64_t now, uint64_t waited);
/* When it is all over. @reason: one line to free, NULL for a pass. */
enum matrix_outcome cell_watch_judge(const struct cell_watch *w, char **reason);
void cell_watch_free(struct cell_watch *w);

/* The limits, in multiples of the usual, that a kernel with these checkers
 * needs: @config is the text of its .config. At least 1. */
unsigned cell_limits_longer(const char *config);

#endif
