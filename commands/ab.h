/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of `strain ab`, which `strain selfcheck` uses too: two settings of
 * this machine by turns. For each pair two children, `strain run --turns`, set
 * up side by side and run in short windows by order of this process
 * (core/orders.h); their lines become one report.
 */
#ifndef STRAIN_COMMANDS_AB_H
#define STRAIN_COMMANDS_AB_H

#include <sys/types.h>

#include "base/rng.h"
#include "reports/compare/compare.h"
#include "reports/stat/stat.h"
#include "reports/writer.h"

#define AB_SIDES 2

/* What one side of the comparison has that the other has not. */
struct ab_side {
	const char *label;    /* "a" */
	char *text;           /* its settings in one line; "none" */
	const char *binary;   /* NULL: this program */
	struct words prefix;  /* a command that starts the program */
	bool by_path;         /* what the prefix enters sees no /proc of ours */
	struct words env;     /* NAME=VALUE, or NAME: taken away */
	struct words options; /* of the run */
	struct ab_value {
		char *path, *value;
	} *value;
	size_t n_values;
};

/* Takes a setting as it was typed. NULL, or a message to free. */
char *ab_side_add(struct ab_side *s, const char *setting);
void ab_side_free(struct ab_side *s);
/* NULL, or a message: something cannot be done here. Changes nothing. */
char *ab_side_check(const struct ab_side *s);

/* The files that differ, with the value of each side. */
struct ab_values {
	struct undo *undo;    /* NULL: there are none */
	struct ab_row {
		char *path, *value[AB_SIDES];
	} *row;
	size_t n;
	int now;              /* whose values are set; -1: unknown */
	uint64_t cost;        /* ns that setting all of them takes, undisturbed */
};

/* Sets each value once, through the undo log. NULL, or a message to free;
 * then all is as it was. */
char *ab_values_open(struct ab_values *v, const struct ab_side *sides);
/* NULL, or a message to free. */
char *ab_values_set(struct ab_values *v, int side);
/* As found; returns how many could not be undone. */
unsigned ab_values_close(struct ab_values *v);

enum ab_state {
	AB_ENDED,   /* no process */
	AB_BUSY,    /* sets up, clears away, between two trials */
	AB_HELD,    /* waits for an order */
	AB_RUNNING, /* has its turn */
};

struct ab_child {
	enum ab_state state;
	pid_t pid;
	int fd, pidfd;
	struct str text;      /* read, and no whole line yet */
	json_t *lines;        /* of its report */
	unsigned trial;       /* that it is in */
	unsigned variants;    /* that want a turn in a round */
	unsigned first;       /* the trial's first case, in the child's plan */
	int status;           /* of wait(2) */
};

/* argv of @side's run; @seed of its choices. To free with words_free(). */
struct words ab_child_command(const struct ab_side *side, const struct words *run,
			      uint64_t seed);
/* Becomes @side's @command. */
void ab_child_execute(const struct ab_side *side, const struct words *command)
	__attribute__((noreturn));
/* False with errno. */
bool ab_child_start(struct ab_child *c, const struct ab_side *side,
		    const struct words *command, const sigset_t *mask);
/* Takes in what it said; sees its end. */
void ab_child_read(struct ab_child *c);
void ab_child_order(struct ab_child *c, const char *order);
/* Makes it end; waits until @until, then kills. */
void ab_child_end(struct ab_child *c, uint64_t until);
void ab_child_free(struct ab_child *c);

/* What `strain run --dry-run --json` says of @run; NULL: the side cannot run, for
 * the reason in *@why. Finds out how a prefix reaches this program. */
json_t *ab_plan(struct ab_side *side, const struct words *run, char **why);
/* A case of it that changes settings of the machine itself, or NULL. */
const char *ab_plan_setter(const json_t *plan);

/* One report of the lines of many children. */
struct ab_merge {
	struct report_writer *w;
	json_t *head;         /* members for the first line: "command", ... */
	const struct ab_side *sides;
	bool begun;
	unsigned n_cases, order;
	json_t *cases[AB_SIDES]; /* "case" lines of its plan, by position */
	unsigned place[AB_SIDES]; /* of its first case in the report */
	json_t *notes;        /* texts that were told */
	json_t *skips;        /* lines that were told */
};

/* The case of side 0 that case @position of side 1 is compared with, or -1. */
int ab_merge_match(const struct ab_merge *m, unsigned position);
/* Takes the cases from the lines of a child. */
void ab_merge_plan(struct ab_merge *m, int side, const json_t *lines);
/* Both sides' lines of a whole pair. */
void ab_merge_pair(struct ab_merge *m, unsigned pair, json_t *const *lines);
void ab_merge_free(struct ab_merge *m);

struct ab_options {
	uint64_t window, pair_time; /* ns */
	bool by_trials;       /* whole trials alternate, not windows */
	bool automatic;       /* they do where a setting is slow to set */
	bool quiet;           /* show no progress */
	uint64_t seed;        /* 0: draw one */
};

struct ab_judge {
	double threshold, fdr;
	const char *primary;
	struct compare_floor floor;
	bool allow_uncontrolled;
	size_t least;         /* pairs before the first look */
	struct stat_looks looks;
	unsigned next;        /* look that comes */
};

struct ab {
	struct ab_options o;
	struct ab_side side[AB_SIDES];
	struct words run;     /* options of the run */
	struct ab_values values;
	struct ab_child child[AB_SIDES];
	struct ab_merge merge;
	struct ab_judge judge;
	struct rng rng;
	int signals;          /* signalfd */
	sigset_t mask;        /* before */
	bool interrupted;
	char *why;            /* it cannot go on */
	int nice;             /* priority of all but the monitors */
	unsigned pairs;       /* done */
	unsigned left;        /* settings that could not be undone */
	uint64_t started;
	int argc;             /* as typed, for the report */
	char **argv;
};

/* Options of a run that the command has itself end the program. */
void ab_check_run(const struct words *run, const char *command);
/*
 * Checks both sides and makes everything ready for pairs; @path of the report,
 * NULL: in memory. Ends the program where something is wrong: nothing has
 * started yet.
 */
void ab_begin(struct ab *ab, const char *path);
/* One line on a terminal; @most 0 wipes it. */
void ab_progress(const struct ab *ab, unsigned most);
/* After the last pair: settings as found. How it went, which it tells. */
enum exit_code ab_end(struct ab *ab);
/* The report as a document that ends with @code. False with @why. */
bool ab_seal(struct ab *ab, enum exit_code code, char **why);
void ab_free(struct ab *ab);

/* Runs one pair and adds it to the report. False: interrupted, or ab->why. */
bool ab_pair(struct ab *ab);

/* After the first pair: plans the looks, for at most @pairs. */
void ab_judge_plan(struct ab *ab, size_t pairs);
/* Is it time for a look but the last, and all decided? */
bool ab_judge_decided(struct ab *ab);
/* The comparison of all pairs; of the report at @path with all that explains
 * it, else in brief. NULL with @why. */
json_t *ab_judge_end(const struct ab *ab, const char *path, char **why);

#endif
