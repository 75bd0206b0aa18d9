/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a run, for the files of the monitor (core/run*.c) alone. */
#ifndef STRAIN_CORE_RUN_PARTS_H
#define STRAIN_CORE_RUN_PARTS_H

#include "core/leftover.h"
#include "core/member.h"
#include "core/run.h"

struct run {
	const struct plan *plan;
	const struct run_settings *settings;
	const struct sink *sinks;
	size_t n_sinks;
	struct undo *undo;       /* NULL: nothing in the plan changes the machine */
	struct kwatch *kwatch;
	const struct trial_plan *trial; /* that is watched */
	size_t trial_mark;       /* where its records begin in the undo log */
	struct words loops;      /* devices that it made; known once it ended */
	char today[KNOWN_DATE];
	int signals;             /* signalfd of INT, TERM and HUP */
	bool signalled;          /* there is something to read from it */
	bool interrupted, stop;
	unsigned order;          /* of the next trial */
	unsigned left_behind;
	struct orders orders;    /* with settings->turns */
	struct leftover others;  /* children that no trial made */
	uint64_t started;
	enum outcome *worst;     /* of each case */
	bool *seen;
};

/* Calls the function @f of every sink that has one. */
#define TELL(run, f, ...)                                                      \
	for (size_t tell_ = 0; tell_ < (run)->n_sinks; tell_++)                \
		if ((run)->sinks[tell_].f)                                     \
			(run)->sinks[tell_].f((run)->sinks[tell_].ctx, __VA_ARGS__)

/* core/run_drive.c: what came on the signalfd; the @n members of the trial that
 * runs are interrupted. */
void run_read_signals(struct run *run, struct member *m, size_t n);
/* Steps the members of a trial until all of them are done. */
void run_drive(struct run *run, const struct trial_plan *t, struct member *m, size_t n);

/* core/run_device.c: before the trial's devices are undone, notes their names. */
void run_note_loops(struct run *run);
/* Has the trial a part in the block device of this name? @ctx is the run. */
bool run_owns_device(void *ctx, const char *device);

/* core/run_outcome.c: makes a failure expected, or a pass unexpected, when a
 * known issue says so; @text is to free after @r. */
void run_apply_known(struct run *run, struct case_result *r, char **text);
/* Of several trials the worst speaks for the case. */
void run_remember(struct run *run, const struct case_result *r);
/* Counts outcomes into @end; the exit code that they ask for. */
enum exit_code run_sum_up(struct run *run, struct run_end *end);

#endif
