/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/decimal.h"

#include <math.h>

#define LEAST 1e-4
#define TEXT 24 /* of 64 bits */

static const double power[] = {
	1e0, 1e1,  1e2,	 1e3,  1e4,  1e5,  1e6,	 1e7,  1e8,  1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
};

bool decimal_round(double value, unsigned digits, struct decimal *d)
{
	double size = fabs(value), limit;

	if (digits > DECIMAL_DIGITS)
		return false;
	limit = power[digits];
	if (!(size >= LEAST && size < limit))
		return false;
	*d = (struct decimal){ .negative = value < 0,
			       .places = ARRAY_SIZE(power) - 1 };
	while (size * power[d->places] >= limit)
		d->places--;
	d->digits = (uint64_t)rint(size * power[d->places]);
	while (d->places && d->digits % 10 == 0) {
		d->digits /= 10;
		d->places--;
	}
	return true;
}

/* Both parts are exact, so their quotient is the double nearest to the decimal. */
double decimal_value(const struct decimal *d)
{
	double size = (double)d->digits / power[d->places];

	return d->negative ? -size : size;
}

/* Before @end, at least @least digits: where they begin. */
static char *print_digits(char *end, uint64_t value, unsigned least)
{
	unsigned n = 0;

	while (value || n < least) {
		*--end = (char)('0' + value % 10);
		value /= 10;
		n++;
	}
	return end;
}

void decimal_print(struct str *s, const struct decimal *d)
{
	char text[2 * TEXT], *end = text + sizeof(text), *at;
	uint64_t unit = (uint64_t)power[d->places];

	at = print_digits(end, d->digits % unit, d->places ? d->places : 1);
	*--at = '.';
	at = print_digits(at, d->digits / unit, 1);
	if (d->negative)
		*--at = '-';
	str_add_n(s, at, end - at);
}

void decimal_print_integer(struct str *s, int64_t value)
{
	char text[TEXT], *end = text + sizeof(text), *at;
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;

	at = print_digits(end, size, 1);
	if (value < 0)
		*--at = '-';
	str_add_n(s, at, end - at);
}
