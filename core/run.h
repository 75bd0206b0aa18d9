/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carries out a plan: the monitor's loop over trials. */
#ifndef STRAIN_CORE_RUN_H
#define STRAIN_CORE_RUN_H

#include "core/event.h"

/*
 * Runs @plan; tells @sinks. Returns the exit code that the outcomes ask for.
 * SIGINT and SIGTERM end it within 2 s: undone, told, EXIT_INTERRUPTED.
 */
enum exit_code run_plan(const struct plan *plan, const struct run_settings *settings,
			const struct sink *sinks, size_t n_sinks, int argc, char **argv);

/*
 * Carries out the setup alone of each case of @plan whose uses say that it
 * decides (core/uses.h), on its filesystem, and undoes it. What is skipped gets
 * its reason as .skip.
 */
void run_setups(struct plan *plan, const struct run_settings *settings);

/* Runs the probe of a stressor or method in a timed child. NULL: effective (or
 * no probe); else the reason, to free. */
char *run_probe(const struct entry *e, const struct method *m);

#endif
