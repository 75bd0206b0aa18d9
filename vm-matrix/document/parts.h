/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the document share. */
#ifndef STRAIN_VM_MATRIX_DOCUMENT_PARTS_H
#define STRAIN_VM_MATRIX_DOCUMENT_PARTS_H

#include "vm-matrix/document/document.h"

#define MATRIX_DID_NOT_RUN "did not run"

/* Outcomes, the worst first. */
extern const enum matrix_outcome matrix_gravity[MATRIX_OUTCOMES];

/* What the document keeps of a report, strain-report/1. */
json_t *matrix_summary(const json_t *report);

/* NULL, or a message to free. */
char *matrix_check(const json_t *doc);

#endif
