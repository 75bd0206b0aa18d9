/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How others decide that two sets of measurements differ, written from their
 * descriptions, beside our verdict on one metric. LKP: without its absolute
 * floors for single metrics, and with the 1 % gate of listed ones.
 */
#ifndef STRAIN_BENCH_RULES_H
#define STRAIN_BENCH_RULES_H

#include <stddef.h>

#define RULES 5
#define RULES_MOST 60 /* units a side */
#define RULES_THRESHOLD 0.02

/* Of n rates a side: -1 slower, 1 faster, 0 no change or not known. */
struct rule {
	const char *name;
	int (*apply)(const double *a, const double *b, size_t n);
};

extern const struct rule rules[RULES];

#endif
