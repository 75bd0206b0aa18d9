/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to core/plan*.c. */
#ifndef STRAIN_CORE_PLAN_PARTS_H
#define STRAIN_CORE_PLAN_PARTS_H

#include "core/plan.h"

/*
 * Adds the trials of the cases that @p has, which were made of the @n @selected:
 * of all that are not skipped, settings.trials times.
 */
void plan_trials(struct plan *p, const struct selection *selected, size_t n,
		 enum plan_order order, const struct run_settings *s);

#endif
