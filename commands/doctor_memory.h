/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What strain doctor says of NUMA nodes and tiers of memory. */
#ifndef STRAIN_COMMANDS_DOCTOR_MEMORY_H
#define STRAIN_COMMANDS_DOCTOR_MEMORY_H

#include "reports/json.h"

char *doctor_memory_title(void); /* "1G in 2 nodes, 2 tiers", to free */
void doctor_memory_rows(struct str *out);
json_t *doctor_memory_json(void);

#endif
