/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `strain run` before anything runs. */
#ifndef STRAIN_COMMANDS_RUN_PLAN_H
#define STRAIN_COMMANDS_RUN_PLAN_H

#include "base/msg.h"
#include "commands/select.h"

/*
 * What no row of a table can check: that something is selected, and names of
 * filesystems, checks and perf events. Ends the program with EXIT_USAGE.
 */
void run_exact(struct select *s);
void run_check_settings(struct select *s);
/* --fs-device and options of stressors that name a device: of this machine, while
 * matrices name those of guests. */
void run_check_devices(const struct select *s);
/* --dry-run: the trials as text or JSON. */
enum exit_code run_print_plan(const struct plan *plan,
			      const struct run_settings *settings, bool json);

#endif
