/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes one document of the lines of a run. It is laid out so that two reports
 * compare well line by line and so that "bulk", the last member, starts a line
 * of its own: a reader of the summary stops there. Lines of bulk data are
 * copied, not parsed; memory is needed for the summary only.
 */
#ifndef STRAIN_REPORTS_SEAL_H
#define STRAIN_REPORTS_SEAL_H

#include <stdio.h>

#include "reports/json.h"

/* @doc is what report_read_lines() made of @in. 0, or -errno with @why. */
int seal_lines(const json_t *doc, FILE *in, FILE *out, char **why);
/* The same of @lines in memory, added to @out. */
void seal_text(const json_t *doc, const char *lines, struct str *out);

#endif
