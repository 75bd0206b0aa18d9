/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pairs of equal sides (A/A) say of a machine: how much each metric
 * spreads, the smallest change that means something (the noise floor), and
 * whether more tests than chance explains find a difference where there is
 * none. One document (strain-selfcheck/1,
 * schema/strain-selfcheck-1.schema.json). Pure: no clock, no file.
 */
#ifndef STRAIN_REPORTS_COMPARE_SELFCHECK_H
#define STRAIN_REPORTS_COMPARE_SELFCHECK_H

#include "reports/json.h"

#define SELFCHECK_SCHEMA "strain-selfcheck/1"
#define SELFCHECK_PAIRS 20     /* fewer say too little */
#define SELFCHECK_VALUES 15    /* of these a metric needs: a trial may be lost */
#define SELFCHECK_LEVEL 0.05   /* p up to which a test is a false alarm */
#define SELFCHECK_REFUSE 0.01  /* chance that a good machine is refused */
/* Consecutive pairs that are tested by themselves too: what drifts slowly, or
 * hits one side for a while, shows in a part and may not in the whole. */
#define SELFCHECK_BLOCK 8

/* A metric: log ratio (or scaled difference) of each pair, in their order. */
struct selfcheck_series {
	const double *d;
	size_t n;
};

struct selfcheck_alarms {
	unsigned tests, count; /* of them that found a difference */
	unsigned binomial;     /* most that chance explains, were tests independent */
	unsigned splits;       /* most in all but 1 % of random splits: pairs change
				* sides, of all metrics together, which keeps what
				* metrics have in common */
	unsigned limit;        /* the larger one; more: the machine is refused */
};

void selfcheck_count(const struct selfcheck_series *s, size_t n, uint64_t seed,
		     struct selfcheck_alarms *a);

/*
 * The document, from a comparison of two equal sides by pairs. @head has
 * members that are not of it: "fingerprint", "kernel", "started", "seconds",
 * "command", "seed", "pairing", "pairs". NULL with @why: nothing was measured.
 */
json_t *selfcheck_document(const json_t *comparison, const json_t *head,
			   uint64_t seed, char **why);
/* NULL, or what is wrong with a document that was read; to free. */
char *selfcheck_check(const json_t *doc);

/* Folder of the stressor that a case is of, which tells its part of the kernel;
 * NULL: this program has none of that name. */
const char *selfcheck_folder(const char *case_id);

struct text_style;

/* The document as a table. */
void selfcheck_text(const json_t *doc, const struct text_style *style, FILE *out);
/* "2026-11-21", UTC, of a document's start; @buf of 16 bytes. */
const char *selfcheck_day(const json_t *doc, char *buf);

#endif
