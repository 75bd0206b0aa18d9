/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of a trend's text; see trend.h. */
#ifndef STRAIN_REPORTS_COMPARE_TREND_PRINT_H
#define STRAIN_REPORTS_COMPARE_TREND_PRINT_H

#include "reports/compare/compare_print.h"
#include "reports/compare/trend.h"

/* What a version is called. */
const char *trend_label(const json_t *doc, double version);
/* trend_plot.c: metrics that gate, or the others, each with a plot. */
void trend_print_metrics(struct compare_print *p, bool primary);

#endif
