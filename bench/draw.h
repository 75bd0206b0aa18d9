/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Simulated measurements, from one generator: the same seed, the same numbers.
 * A unit's value is a logarithm with normal noise; "disturbed": one unit in ten
 * is slower by the size of a normal value with four times the spread.
 */
#ifndef STRAIN_BENCH_DRAW_H
#define STRAIN_BENCH_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void draw_seed(uint64_t seed);
size_t draw_below(size_t n);
/* Normal, of mean 0 and spread 1. */
double draw_gauss(void);
/* @n units whose logarithms spread by @cv; @effect: the share that they are slower. */
void draw_units(double *x, size_t n, double cv, bool disturbed, double effect);

#endif
