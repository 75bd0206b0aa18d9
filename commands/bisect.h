/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of `strain bisect`: a step runs on the kernel that is booted, is
 * compared with the base (and with the bad end), and is remembered in a state
 * file, so that the next boot knows what was proved.
 */
#ifndef STRAIN_COMMANDS_BISECT_H
#define STRAIN_COMMANDS_BISECT_H

#include "reports/json.h"
#include "reports/stat/stat.h"

#define BISECT_OUTCOME "outcome" /* the metric that is no number */

enum bisect_end { BISECT_GOOD, BISECT_BAD, BISECT_UNKNOWN };

/* What one step, or one look in it, found. */
struct bisect_result {
	enum bisect_end end;
	bool unchanged;   /* not only no worse: equal within the threshold */
	bool hopeless;    /* more trials would not help */
	double change, low, high, p; /* NaN where there is none */
	size_t n[2];
	char *name;       /* "fault/anon faults/s", NULL */
	char *text;       /* why */
};

struct bisect_kernel {
	char *release, *version; /* "" where unknown */
};

struct bisect {
	const char *base, *bad, *metric; /* bad may be NULL */
	double threshold, fdr;
	size_t trials;            /* at most, a step */
	bool force;               /* as of strain compare */
	struct words run;         /* words of the run's command, but for ours */
	struct bisect_kernel kernel_base, kernel_bad;
	double distance;          /* of the ends, as a logarithm or part; NaN */
	struct words reports;     /* of this step: paths of .report */
	int *report;              /* files in memory */
};

/* --- bisect_judge.c ---------------------------------------------------------- */

/* NULL, or why the two ends are none; to free. Fills in b->distance. */
char *bisect_check_ends(struct bisect *b);
/* Compares this step's reports with the ends, at the error @alpha. */
void bisect_judge(const struct bisect *b, double alpha, struct bisect_result *r);
void bisect_result_free(struct bisect_result *r);

/* --- bisect_run.c ------------------------------------------------------------ */

/* The command that made the base, when no other was given. NULL, or why not. */
char *bisect_command(struct bisect *b);
/* Runs @trials more here; adds their report to b->reports. NULL, or why not. */
char *bisect_run(struct bisect *b, size_t trials);
/* Takes away what bisect_run() has left. */
void bisect_run_close(struct bisect *b);
/* Kernel of a report. NULL, or why it cannot be read. */
char *bisect_kernel(const char *path, struct bisect_kernel *k);

/* --- bisect_state.c ---------------------------------------------------------- */

/* The state at @path, an empty one where there is none; NULL with @why. */
json_t *bisect_state_read(const char *path, const struct bisect *b, char **why);
/* NULL, or why not. */
char *bisect_state_write(const char *path, const json_t *state);
/* Did a step of it measure what the base had? */
bool bisect_state_proved(const json_t *state);
void bisect_state_add(json_t *state, const struct bisect_kernel *k, const char *commit,
		      const struct bisect_result *r);
/* "good  6.18.0 0123456789: fault/anon faults/s +0.1% (-0.3..+0.4), p 0.7, ..." */
void bisect_step_print(const json_t *step, FILE *out);

#endif
