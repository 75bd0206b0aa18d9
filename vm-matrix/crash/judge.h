/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found on a disk after a cut, against what had been promised. */
#ifndef STRAIN_VM_MATRIX_CRASH_JUDGE_H
#define STRAIN_VM_MATRIX_CRASH_JUDGE_H

#include <stdint.h>

#include "reports/json.h"

enum crash_outcome {
	CRASH_KEPT,       /* every promise */
	CRASH_LOST,       /* something promised is not there */
	CRASH_TORN,       /* an atomic unit is of two generations */
	CRASH_DAMAGED,    /* the check of the filesystem complains */
	CRASH_UNMOUNTABLE, /* or the guest that mounted it died */
	CRASH_UNKNOWN,    /* the guest did not tell */
	CRASH_OUTCOMES,
};

/* "kept", "lost", ... */
const char *crash_outcome_name(enum crash_outcome outcome);

/*
 * @found is what the guest told of a disk whose writer ("journal" or "atomic")
 * had promised up to @promised; NULL: nothing. *torn, where it is not NULL, gets
 * how many units of the plain file, which promise nothing of the kind, are torn.
 * *why, to free, one line unless CRASH_KEPT.
 */
enum crash_outcome crash_judge(const char *writer, const json_t *found,
			       uint64_t promised, unsigned *torn, char **why);

#endif
