/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What html.c and html_grid.c share. */
#ifndef STRAIN_VM_MATRIX_DOCUMENT_HTML_PARTS_H
#define STRAIN_VM_MATRIX_DOCUMENT_HTML_PARTS_H

#include "vm-matrix/document/render.h"
#include "vm-matrix/document/view.h"

/* Tables with cells as columns: outcomes of cases, medians of metrics. */
void html_outcomes(const struct view *v, FILE *out);
void html_medians(const struct view *v, FILE *out);

#endif
