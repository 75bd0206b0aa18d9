/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between a report and another, or a run that is about to start:
 * facts about machine and kernel, the tool, settings, and the work of the
 * cases. Measured values and outcomes are not looked at. Pure.
 */
#ifndef STRAIN_REPORTS_COMPARE_DIFFER_H
#define STRAIN_REPORTS_COMPARE_DIFFER_H

#include "reports/json.h"

/*
 * A list of objects {"name", "then", "now"}; the values are as they were in
 * the documents, null where a side has none. What may change the results most
 * comes first. @now may lack "cases"; then they are not compared.
 */
json_t *differ_reports(const json_t *then, const json_t *now);

#endif
