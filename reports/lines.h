/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a report that is being written: what the engine tells, as JSON
 * values. Pure but for the facts about machine and build that the first line
 * holds. schema/strain-report-1-lines.schema.json describes them.
 */
#ifndef STRAIN_REPORTS_LINES_H
#define STRAIN_REPORTS_LINES_H

#include "core/event.h"
#include "reports/json.h"

/* Digits of reals: times of this century to 10 us; slices need no more than 8. */
#define LINE_DIGITS 15
#define LINE_DIGITS_BULK 8
#define REPORT_SCHEMA "strain-report/1"
/* What a line of bulk data starts with, so that it can be told unparsed. */
#define BULK_START "{\"line\":\"bulk\","

json_t *line_run(const struct run_begin *e, const char *boot_id);
json_t *line_case(const struct run_case *c);
/* With the label of its run, NULL: it has none. */
json_t *line_labelled_case(const struct run_case *c, const char *label);
json_t *line_skip(const struct run_case *c);
json_t *line_note(const char *text);
json_t *line_trial(const struct trial_result *e, const char *boot_id);
/* NULL: the case left no bulk data. */
json_t *line_bulk(const struct trial_result *e, const struct case_result *c);
json_t *line_end(const struct run_end *e);

#endif
