/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `strain matrix compare`. */
#ifndef STRAIN_COMMANDS_MATRIX_COMPARE_H
#define STRAIN_COMMANDS_MATRIX_COMPARE_H

#include "reports/text.h"
#include "vm-matrix/pair/timed.h"

/* Several kernels in one table, a row a case: medians of the first, changes of the
 * others. @docs: the comparison of each other side with the first. */
void matrix_compare_table(json_t *const *docs, size_t n, const struct text_style *style,
			  FILE *out);

/* DIR/SIDE/boot-N.json, as each is over, and DIR/comparison-SIDE.json; @dir NULL:
 * nothing. Ends the program when that cannot be. */
void matrix_compare_save_boot(const char *dir, const struct pair_boot *b);
void matrix_compare_save(const char *dir, const struct pair_run *r, json_t *const *docs);
/* A folder's name made of a label; to free. */
char *matrix_compare_name(const char *label);

#endif
