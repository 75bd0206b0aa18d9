/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two sides of a comparison as they were typed: files, directories, or two
 * labels in the same reports. Bad input ends the program with EXIT_USAGE.
 */
#ifndef STRAIN_COMMANDS_COMPARE_SIDES_H
#define STRAIN_COMMANDS_COMPARE_SIDES_H

#include "reports/compare/compare.h"

struct compare_sides {
	struct compare_side side[2];
	struct words path[2];
	struct words labels;
	struct compare_source *source[2];
	bool setting; /* they are labels of strain ab: options differ on purpose */
};

struct args;

/* A file, "-", or all files of a directory that end in ".json". */
void compare_sides_add(struct words *paths, const char *path);

/* Reads argv[1..] with "--against" between the words of the sides; returns how
 * many are the base side's. */
size_t compare_sides_parse(struct args *a, int argc, char **argv, bool *against);
/* @labels: "A,B" or NULL. */
void compare_sides_open(struct compare_sides *s, char *const *words, size_t n_base,
			size_t n, bool against, const char *labels);
void compare_sides_close(struct compare_sides *s);
/* Nothing in the document could be compared: one line says why, @none where no
 * case was refused. */
void compare_say_empty(const json_t *doc, const char *none);

#endif
