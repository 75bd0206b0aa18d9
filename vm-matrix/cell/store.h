/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where results of cells are: a folder each below the matrix's own, and, under
 * the digest of all that they depend on, in the cache. A cell whose kernel, job,
 * program and machine were run before need not run again.
 *
 * A folder has cell.json, written last, and what there is of report.json,
 * console.log, job.log and guest.txt.
 */
#ifndef STRAIN_VM_MATRIX_CELL_STORE_H
#define STRAIN_VM_MATRIX_CELL_STORE_H

#include "vm-matrix/document/document.h"

/*
 * The cell that is stored in @folder, if its digest is @key and it came to an end
 * that running it again would not change. New reference, or NULL.
 */
json_t *cell_store_find(const char *folder, const char *key);
/* Whatever is there. New reference, or NULL. */
json_t *cell_store_read(const char *folder);
/* Makes the folder. False: *why. */
bool cell_store_put(const char *folder, const json_t *cell, char **why);
/* Takes cell.json away: what is in the folder from now on is of another try. */
void cell_store_clear(const char *folder);

/* To and from @cache/cells/@key. What cannot be copied is not there. */
void cell_cache_put(const char *cache, const char *key, const char *folder);
json_t *cell_cache_get(const char *cache, const char *key, const char *folder);

/* The result @stored as one of the cell @plan. New reference. */
json_t *cell_store_adopt(const struct cell_plan *plan, const json_t *stored, bool from_cache);

#endif
