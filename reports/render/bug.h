/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a kernel bug report. They write lines as they are: what begins
 * with a blank is a table, a log or a command and stays so; other lines are
 * sentences, which render_bug.c wraps after everything was redacted.
 */
#ifndef STRAIN_REPORTS_RENDER_BUG_H
#define STRAIN_REPORTS_RENDER_BUG_H

#include "reports/render/redact.h"
#include "reports/render/render.h"

struct bug {
	const struct render_input *in;
	const json_t *comparison; /* NULL: about runs that failed */
	const json_t *base, *new; /* a report of each side, or NULL */
	const json_t *row;     /* the metric that regressed most, or NULL */
	const json_t *outcome; /* the outcome that regressed, or NULL */
	const json_t *of;      /* the case, of the new side; or NULL */
	struct redact *redact; /* NULL: leave all names */
	struct str text;
};

/* Appends text; foreign text goes through bug_text(). */
void bug_add(struct bug *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Without line breaks and other control characters. */
void bug_text(struct bug *b, const char *text);
/* "\nTITLE\n-----\n" */
void bug_title(struct bug *b, const char *title);

/* Fills in what the report is about. False with @why: there is nothing to
 * report. */
bool bug_choose(struct bug *b, char **why);
/* Without end of line. */
void bug_subject(struct bug *b);
/* What happened, with numbers. */
void bug_change(struct bug *b);
void bug_failures(struct bug *b);
void bug_log(struct bug *b, const json_t *report);
/* Versions, machine, configuration. */
void bug_where(struct bug *b);
/* Commands, and what trackers read. */
void bug_again(struct bug *b);

#endif
