/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stored selfcheck of a machine (reports/compare/selfcheck.h) as the noise floor of
 * comparisons. It lies in the user's state directory under the machine's
 * fingerprint, and is read when a comparison first asks for that machine.
 */
#ifndef STRAIN_REPORTS_COMPARE_FLOOR_H
#define STRAIN_REPORTS_COMPARE_FLOOR_H

#include "reports/compare/compare.h"

/* One that is older, or of another kernel, is used with a note. */
#define FLOOR_DAYS 30

struct floor {
	char *fingerprint; /* that was asked for last */
	json_t *doc;       /* of it; NULL: there is none */
};

/* For compare_options.floor; @f, all zero, has to outlive the comparisons. */
struct compare_floor floor_use(struct floor *f);
void floor_free(struct floor *f);

/*
 * ${XDG_STATE_HOME:-$HOME/.local/state}/strain/selfcheck/FINGERPRINT.json, to
 * free. NULL: no directory can be had, or that is no fingerprint.
 */
char *floor_path(const char *fingerprint);
/* Of this machine, to free; NULL: it has no /etc/machine-id. */
char *floor_fingerprint(void);
/* Stores a document (mode 0600, its directories 0700). False with @why. */
bool floor_store(const json_t *doc, char **why);
/* NULL: there is none (@why NULL), or it cannot be used (@why, to free). */
json_t *floor_load(const char *fingerprint, char **why);

/* Floor of a row by a document: of the same metric, else the largest of that
 * kind in the stressors of the same folder; NaN: none. */
double floor_of(const json_t *doc, const struct compare_row *row);

#endif
