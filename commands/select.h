/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From words to stressors: reads a command line whose options are those of the
 * run, those that select, those of every stressor and those of the command,
 * and the class and job files it names. What a file says is weaker than the
 * command line, in whatever order they stand.
 */
#ifndef STRAIN_COMMANDS_SELECT_H
#define STRAIN_COMMANDS_SELECT_H

#include "commands/args.h"
#include "commands/stressor_rows.h"
#include "core/plan.h"

struct select_args {
	const char *all, *sequential, *permute, *workers;
	const char *class, *class_path, *select, *with, *exclude, *job;
	uint64_t ops;
};

extern const struct option select_options[];

struct select {
	struct run_settings settings;
	struct select_args args;
	/* the result */
	struct selection *selected;
	size_t n;
	enum plan_order order;
	/* The files that were read: two words each, its path for one who reads the
	 * same command line on another machine, and its text. */
	struct words files;
	/* private */
	struct args parsed;
	struct stressor_rows *rows;
	struct args_table *tables;
};

/*
 * Reads @argv; @own are the command's own rows with their @values. Ends the
 * program with EXIT_USAGE when something is wrong.
 */
void select_read(struct select *s, int argc, char **argv,
		 const struct option *own, void *values);
void select_free(struct select *s);

/* Which of .tables is what; then two for each stressor: core rows, own rows. */
enum {
	SELECT_TABLE_SETTINGS,
	SELECT_TABLE_SELECT,
	SELECT_TABLE_OWN,
	SELECT_TABLE_STRESSORS,
};

/* Part of select_read(): sets all values, or ends the program. */
void select_apply(struct select *s);
/* The number of workers in @text. NULL, or a fragment "is not ...". */
const char *select_workers(const char *text, struct selection *s);

#endif
