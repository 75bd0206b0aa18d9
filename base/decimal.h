/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers as a few decimal digits, without printf() and strtod(): those make the
 * text of a long report slow, and in a machine that was just emulated from its
 * first instruction they are a tenth of all that a short run does.
 */
#ifndef STRAIN_BASE_DECIMAL_H
#define STRAIN_BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define DECIMAL_DIGITS 15 /* that a double keeps, whatever they are */

/* digits / 10^places, at most DECIMAL_DIGITS of them. */
struct decimal {
	bool negative;
	uint64_t digits;
	unsigned places;
};

/* The nearest one with @digits digits. False for 0, what is not finite, what is not
 * between 10^-4 and 10^digits, so that nobody would write all its digits, and for
 * more than DECIMAL_DIGITS. */
bool decimal_round(double value, unsigned digits, struct decimal *d);
/* What strtod() makes of its text. */
double decimal_value(const struct decimal *d);
/* Always with a point: "-12.5", "3.0". */
void decimal_print(struct str *s, const struct decimal *d);
/* Of an integer. */
void decimal_print_integer(struct str *s, int64_t value);

#endif
