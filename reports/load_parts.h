/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What load.c and load_lines.c share. */
#ifndef STRAIN_REPORTS_LOAD_PARTS_H
#define STRAIN_REPORTS_LOAD_PARTS_H

#include "reports/load.h"
#include "reports/parse.h"

struct load {
	enum report_part part;
	bool over;     /* a limit was passed */
	size_t memory; /* that its values may still need, roughly */
	size_t line;   /* of the file, at which the text to parse begins */
};

struct load load_begin(enum report_part part);

/* Members of a trial that REPORT_METRICS does without. */
#define LOAD_TRIAL_DETAILS                                                       \
	"counters gauges fractions missing worker_ops stuck notes failed_checks " \
	"clock overrun user_seconds system_seconds max_rss minor_faults "         \
	"major_faults voluntary_switches involuntary_switches"
#define LOAD_KERNEL_DETAILS "taint counters unwatched oom_pids dropped"

/* As parse_json(); @why begins with the line. */
json_t *load_value(struct load *l, const struct parse_skip *skip, char *text,
		   size_t n, char **why);

/* A run's lines; @first of @n bytes has been read already, or is NULL. */
json_t *load_lines(struct load *l, FILE *in, char *first, size_t n, bool sealed,
		   char **why);

/* Does a line of a run begin so? */
bool load_is_line(const char *text, size_t n);

#endif
