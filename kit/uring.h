/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rings of io_uring (liburing) for stressors: what has to work ends the task when
 * it does not, and interrupted calls go on. Without liburing there is none of it.
 */
#ifndef STRAIN_KIT_URING_H
#define STRAIN_KIT_URING_H

#ifdef HAVE_LIBURING
#include <liburing.h>

#include "core/worker.h"

/* A stressor's probe: skips where no ring is to be had. */
void uring_probe(struct worker *w);
/* Skips where io_uring is refused. Closed with io_uring_queue_exit(). */
void uring_open(struct worker *w, struct io_uring *ring, unsigned entries);
/* A free entry of the submission queue; the task is broken when there is none. */
struct io_uring_sqe *uring_entry(struct worker *w, struct io_uring *ring);
void uring_submit(struct worker *w, struct io_uring *ring);
/* The result of the next completion; its data in *@data when that is not NULL. */
int uring_wait(struct worker *w, struct io_uring *ring, void **data);
/* Nothing has completed that was not waited for. */
bool uring_is_idle(struct io_uring *ring);
#endif

#endif
