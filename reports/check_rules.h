/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The language of the tables in check_report.c and check_comparison.c. */
#ifndef STRAIN_REPORTS_CHECK_RULES_H
#define STRAIN_REPORTS_CHECK_RULES_H

#include "reports/check.h"

enum rule_kind {
	RULE_TEXT,
	RULE_WORD,    /* one of .words */
	RULE_TRUTH,
	RULE_COUNT,   /* whole, 0 to 2^53 */
	RULE_WHOLE,   /* whole, of either sign */
	RULE_AMOUNT,  /* a number that is not negative */
	RULE_NUMBER,
	RULE_SCALAR,  /* text, number or truth */
	RULE_PAIR,    /* two whole numbers */
	RULE_BUCKET,  /* index and count */
	RULE_OBJECT,  /* with .rules */
};

/* How many of the kind there are. */
enum rule_form {
	ONE,
	LIST,        /* at most .limit, unless that is 0 */
	LIST_TRIALS, /* one for every trial of the case */
	LIST_SLICES, /* one for every slice of the table */
	MAP,         /* an object whose member names are data */
	MAP_TRIALS,  /* of lists, one for every trial */
	MAP_MAP,     /* of such objects */
};

struct rule {
	const char *key; /* NULL ends a table */
	enum rule_form form;
	enum rule_kind kind;
	bool required;   /* else it may be missing or null */
	const char *words;
	const struct rule *rules;
	size_t limit;
};

/* NULL, or what is wrong. */
char *check_rules(const json_t *doc, const struct rule *rules);

#endif
