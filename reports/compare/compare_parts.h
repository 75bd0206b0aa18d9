/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of a comparison; see compare.h. */
#ifndef STRAIN_REPORTS_COMPARE_COMPARE_PARTS_H
#define STRAIN_REPORTS_COMPARE_COMPARE_PARTS_H

#include "base/msg.h"
#include "reports/compare/compare.h"
#include "reports/compare/samples.h"
#include "reports/stat/verdict.h"

/* How trials of the two sides followed each other. Ascending: worse. */
enum design { DESIGN_PAIRED, DESIGN_ALTERNATING, DESIGN_MIXED, DESIGN_UNCONTROLLED };

/* A measured trial and the unit it belongs to. */
struct unit_trial {
	size_t trial, unit;
};

#define COMPARE_HELD_BY_LOAD "the CPUs were contended and the trials not paired"

/* What is common to all metrics of a case. */
struct case_view {
	const struct sample_case *of;
	char *refused;        /* why it is not compared, or NULL */
	bool boots;           /* the unit is the boot */
	bool paired;
	enum design design;
	char *sequence;       /* "ABBA", of units in their order */
	struct unit_trial *member[SIDES]; /* by unit; paired: index = pair */
	size_t n_members[SIDES], n_units[SIDES];
	double wait_share[SIDES];
	bool contended, bound; /* by the CPU */
};

/* One row: a statistic of a metric. */
struct series {
	const struct case_view *view;
	const struct sample_metric *metric;
	enum sample_column column;
	const char *statistic, *rate;
	double *x[SIDES]; /* a value for each unit, in their order */
	size_t n[SIDES];
	bool linear;      /* not all values are positive: no logarithms */
	double scale;     /* of linear differences */
	double floor;     /* NaN: none */
	const char *held; /* why a primary metric does not gate here, or NULL */
	struct judged j;
	json_t *counters;
};

struct comparison {
	const struct compare_side *side[SIDES];
	const struct compare_options *o;
	struct verdict_options rule;
	struct samples samples;
	struct case_view *view; /* one for each case */
	struct series *series;
	size_t n_series;
	json_t *refused, *notes, *outcomes, *shapes;
	bool outcome_regressed;
	const json_t *selfcheck; /* of the machine, borrowed; NULL: none */
	char *machine_refuses;
};

/* compare.c: all that was read and made; not @c itself. */
void compare_free(struct comparison *c);
/* compare_case.c: order, units and load of each case. */
void compare_views(struct comparison *c);
/* compare_refuse.c */
void compare_refuse_cases(struct comparison *c);
void compare_view_free(struct case_view *v);
const char *compare_design_name(enum design d);
/* compare_series.c */
void compare_series(struct comparison *c);
/* False, with @why: a pattern of primary metrics fits none. */
bool compare_primaries(struct comparison *c, char **why);
/* Is the row one of the pattern's (compare_options.primary, one of them)? */
bool compare_matches(const struct series *s, const char *pattern);
void compare_judge(struct comparison *c);
/* Natural scale to a ratio - 1. */
double compare_change(const struct series *s, double shift);
/* compare_facts.c */
json_t *compare_environment(const struct comparison *c);
/* Values of a fact on a side in one text; "-": it has none. To free. */
char *compare_fact(const struct comparison *c, int side, const char *name);
/* Does QEMU's translator run that side's code? Are instructions counted? */
bool compare_emulated(const struct comparison *c, int side);
bool compare_exact(const struct comparison *c);
/* Smallest change that counts, without a machine's own floor. */
double compare_threshold(const struct comparison *c);
/* compare_outcome.c */
void compare_outcomes(struct comparison *c);
/* compare_why.c: counters of what changed. */
void compare_explain(struct comparison *c);
/* compare_shape.c: distributions. */
void compare_shapes(struct comparison *c);
/* compare_gate.c */
enum design compare_worst_design(const struct comparison *c);
/* Rows with a verdict; @gating: that count for the exit code. */
size_t compare_count(const struct comparison *c, enum verdict v, bool primary, bool gating);
enum verdict compare_overall(const struct comparison *c, bool gating);
/* NULL, or why verdicts do not make the exit code; to free. */
char *compare_gate_reason(const struct comparison *c);
enum exit_code compare_exit_code(const struct comparison *c, bool gates);
/* compare_floor.c: what the machine's selfcheck says. */
void compare_machine(struct comparison *c);
double compare_row_floor(const struct comparison *c, const struct series *s);
json_t *compare_floor_json(const struct comparison *c);
void compare_floor_notes(const struct comparison *c);
/* compare_document.c */
json_t *compare_document(const struct comparison *c);
json_t *compare_tool(void);
/* The sentence that tells which rates gate; to free. */
char *compare_rate_rule(void);
/* compare_row.c */
json_t *compare_row(const struct comparison *c, const struct series *s);
/* What a row is of: "case" to "better". */
void compare_row_name(json_t *o, const struct series *s);
/* "5.3 %" */
char *compare_percent(double ratio);

#endif
