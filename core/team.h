/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the leader forks: the processes of a side's workers. */
#ifndef STRAIN_CORE_TEAM_H
#define STRAIN_CORE_TEAM_H

#include "core/trial.h"

/* What ps shows: "strain: fault worker 3". */
void team_title(const char *name, const char *what, unsigned index);
/* A task that is gone, or was never there, will not come to any barrier. */
void team_bury(struct trial_area *a, struct slot *slot);
/* Forks all workers of @side; @leader is the pid they must not outlive. False
 * when the machine has no process left: the leader's slot says so. */
bool team_fork_side(struct trial_area *a, unsigned side, int scratch_fd, pid_t leader);
/* The calling process becomes the only worker. */
void team_lone(struct trial_area *a) __attribute__((noreturn));

#endif
