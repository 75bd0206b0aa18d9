/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a document that was read what the code behind relies on? The rules are
 * those of the published schemas, in tables: types, known words, numbers that
 * cannot be negative, lists that are as long as the trials, and limits on how
 * many there may be of what later code goes over again and again. Members that
 * no rule names may be anything.
 */
#ifndef STRAIN_REPORTS_CHECK_H
#define STRAIN_REPORTS_CHECK_H

#include "reports/json.h"

/* Limits: far over what is real, low enough for work that is quadratic. */
#define CHECK_CASES 10000
#define CHECK_METRICS 1000 /* of a case; checks too */
#define CHECK_TRIALS 200000
#define CHECK_LOG 100000   /* lines of the kernel's log */
#define CHECK_SHARES 100   /* percentiles of a metric */
#define CHECK_BUCKETS (1 << 20) /* of a histogram */

/* NULL, or a message to free: "cases[3].metrics[0].values[1] is negative". */
char *check_report(const json_t *doc);
char *check_comparison(const json_t *doc);

#endif
