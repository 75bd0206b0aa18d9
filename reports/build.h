/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the lines of a run to the report's document, without its bulk data. The
 * same for sealing, for reading what a killed run left and for the table at
 * the end of a run. Pure: values in, value out; the lines may be hostile.
 */
#ifndef STRAIN_REPORTS_BUILD_H
#define STRAIN_REPORTS_BUILD_H

#include "reports/json.h"

struct build;

struct build *build_new(void);
/* Takes a line into account. NULL, or a message to free that says what is
 * wrong with it; what @b has is then of no use. */
char *build_line(struct build *b, const json_t *line);
/* Has the line that starts a report been seen? */
bool build_started(const struct build *b);
/* The finished document; frees @b. */
json_t *build_finish(struct build *b, bool sealed, bool truncated);
void build_free(struct build *b);

/* Outcomes of a case in several trials: the first of these is the case's. NULL
 * ends. */
extern const char *const build_outcomes[];
/* May @result be added to the case @to, or would that grow without bounds? */
bool build_fits(const json_t *to, const json_t *result);
/* Adds to the case @to what the trial's @line has in its member @result. */
void build_add_trial(json_t *to, const json_t *line, const json_t *result);

#endif
