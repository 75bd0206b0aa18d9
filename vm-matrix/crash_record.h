/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the crash test writes and finds again: records of a journal, and units
 * that are overwritten as a whole. Both know what they must hold, so whoever
 * reads one can tell whether it is whole, torn, old or of another run. Numbers
 * are little endian.
 */
#ifndef STRAIN_VM_MATRIX_CRASH_RECORD_H
#define STRAIN_VM_MATRIX_CRASH_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define CRASH_FILE_RECORDS 32 /* records of the journal in each of its files */
#define CRASH_RECORD_MAX 8192 /* bytes, with the header */

#define CRASH_UNITS 24          /* units in a file */
#define CRASH_UNIT (32U * 1024) /* bytes of one: several blocks of any filesystem */
#define CRASH_SECTOR 512U       /* each of a unit has a stamp of its own */

/* Adds record @number of @run; its size follows from both. */
void crash_record_add(struct str *s, uint64_t run, uint64_t number);
/*
 * How many records of @run, @first and those that follow it, does @data begin
 * with? Counts to the first that is not whole. *beyond gets how many whole ones
 * come after that, of at most @most in all.
 */
uint64_t crash_records(const void *data, size_t n, uint64_t run, uint64_t first,
		       uint64_t most, uint64_t *beyond);

/* Unit @unit of generation @generation, CRASH_UNIT bytes. */
void crash_unit_fill(void *data, uint64_t run, uint32_t unit, uint64_t generation);
enum crash_unit_state { CRASH_UNIT_WHOLE, CRASH_UNIT_TORN, CRASH_UNIT_BAD };
/*
 * WHOLE: all of one generation, in *low. TORN: sectors of several, of which the
 * lowest and highest. BAD: a sector that is of none.
 */
enum crash_unit_state crash_unit_read(const void *data, uint64_t run, uint32_t unit,
				      uint64_t *low, uint64_t *high);

/*
 * Generation g > 0 is written to unit g modulo their number; what unit @unit has
 * to hold when those up to @generation were written. 0: nothing but zeroes yet,
 * or what it was made with.
 */
uint64_t crash_unit_due(uint32_t unit, uint64_t generation);

#endif
