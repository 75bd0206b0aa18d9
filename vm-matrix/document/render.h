/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms of a matrix document: one a file, pure, hostile texts welcome. */
#ifndef STRAIN_VM_MATRIX_DOCUMENT_RENDER_H
#define STRAIN_VM_MATRIX_DOCUMENT_RENDER_H

#include <stdio.h>

#include "reports/text.h"
#include "vm-matrix/document/document.h"

/* Tables for people. */
void matrix_text(const json_t *doc, const struct text_style *style, FILE *out);
/* One page without other files but the reports and consoles that it links to. */
void matrix_html(const json_t *doc, FILE *out);
/* As the renderers of that name in reports/render, a suite or subtest a cell. */
void matrix_junit(const json_t *doc, FILE *out);
void matrix_ktap(const json_t *doc, FILE *out);

#endif
