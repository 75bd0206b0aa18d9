/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to reports/compare/samples*.c: what is in a report that is added. */
#ifndef STRAIN_REPORTS_COMPARE_SAMPLES_PARTS_H
#define STRAIN_REPORTS_COMPARE_SAMPLES_PARTS_H

#include "reports/compare/samples.h"

/*
 * Adds case @o of the report that was added last to that side. @guess: the case
 * it probably is, as reports of one job have theirs in one order.
 */
void samples_add_case(struct samples *s, int side, const json_t *o, size_t guess);
/* What the case owns. */
void samples_free_case(struct sample_case *c);

/* Facts of a report, and of the filesystem that a case ran on. */
void samples_add_facts(struct samples *s, int side, const json_t *doc);
void samples_add_fs(struct samples *s, int side, const json_t *case_of);

#endif
