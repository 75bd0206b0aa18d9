/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which build of each kernel of a plan the cache has; nothing is fetched. */
#ifndef STRAIN_COMMANDS_MATRIX_BUILT_H
#define STRAIN_COMMANDS_MATRIX_BUILT_H

#include "vm-matrix/plan/plan.h"

struct kernel;
struct matrix_built;

/* @dir: of the cache, NULL for the usual one; need not be there. */
struct matrix_built *matrix_built_open(const char *dir);
void matrix_built_close(struct matrix_built *m);
/* NULL: the archive was not asked for it yet, or it is no kernel of the archive.
 * Lives as long as @m. */
const struct kernel *matrix_built(struct matrix_built *m, const struct cell_plan *cell);

#endif
