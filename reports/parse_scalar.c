/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings and numbers. */
#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/msg.h"
#include "reports/parse_parts.h"

/* --- strings ----------------------------------------------------------------- */

/* Stands for itself in a string and is one byte: 0x20 to 0x7f but " and \. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Four hexadecimal digits at @s, or -1. */
static long hex4(const char *s)
{
	long value = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];

		if (c >= '0' && c <= '9')
			value = value * 16 + c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + (c | 0x20) - 'a' + 10;
		else
			return -1;
	}
	return value;
}

static char *put_utf8(char *to, unsigned long c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* \uXXXX at .at, or two of them. Behind what it became, or NULL. */
static char *unicode_escape(struct parse *p, char *to)
{
	long c = hex4(p->at + 2), low;

	if (c <= 0) {
		parse_fail(p, c ? "this is not four digits" : "U+0000 is not a character here");
		return NULL;
	}
	if (c >= 0xd800 && c < 0xe000) {
		low = p->at[6] == '\\' && p->at[7] == 'u' ? hex4(p->at + 8) : -1;
		if (c >= 0xdc00 || low < 0xdc00 || low >= 0xe000) {
			parse_fail(p, "this is half a character");
			return NULL;
		}
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		p->at += 6;
	}
	p->at += 6;
	return put_utf8(to, (unsigned long)c);
}

static char *escape(struct parse *p, char *to)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *name = p->at[1] ? strchr(names, p->at[1]) : NULL;

	if (p->at[1] == 'u')
		return unicode_escape(p, to);
	if (!name) {
		parse_fail(p, "this is not an escape");
		return NULL;
	}
	*to++ = values[name - names];
	p->at += 2;
	return to;
}

/* What is neither plain nor the end. Behind what it became, or NULL. */
static char *other_character(struct parse *p, char *to)
{
	size_t n;

	if (*p->at == '\\')
		return escape(p, to);
	n = (unsigned char)*p->at < 0x80 ? 0 : js_utf8(p->at);
	if (!n) {
		parse_fail(p, (unsigned char)*p->at < 0x20 ?
				      "a control character in a text" :
				      "this is not UTF-8");
		return NULL;
	}
	memmove(to, p->at, n);
	p->at += n;
	return to + n;
}

char *parse_string(struct parse *p, size_t *n)
{
	char *from = ++p->at, *to;

	while (is_plain((unsigned char)*p->at))
		p->at++;
	to = p->at;
	while (to && *p->at != '"') {
		if (is_plain((unsigned char)*p->at))
			*to++ = *p->at++;
		else
			to = other_character(p, to);
	}
	if (!to)
		return NULL;
	*to = '\0';
	*n = to - from;
	p->at++;
	return from;
}

/* --- numbers ----------------------------------------------------------------- */

/* A number as it is written. */
struct digits {
	bool negative, real, fits; /* .mantissa has all digits */
	uint64_t mantissa;
	long exponent;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void add_digits(struct parse *p, struct digits *d, int exponent)
{
	for (; is_digit(*p->at); p->at++) {
		if (d->mantissa > (UINT64_MAX - 9) / 10)
			d->fits = false;
		else
			d->mantissa = d->mantissa * 10 + (uint64_t)(*p->at - '0');
		d->exponent += exponent;
	}
}

static bool scan_exponent(struct parse *p, struct digits *d)
{
	bool negative;
	long value = 0;

	p->at++;
	negative = *p->at == '-';
	p->at += *p->at == '-' || *p->at == '+';
	if (!is_digit(*p->at))
		return false;
	for (; is_digit(*p->at); p->at++)
		if (value < 100000)
			value = value * 10 + *p->at - '0';
	d->exponent += negative ? -value : value;
	return true;
}

/* -?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)? */
static bool scan_number(struct parse *p, struct digits *d)
{
	d->negative = *p->at == '-';
	p->at += d->negative;
	if (!is_digit(*p->at))
		return false;
	if (*p->at == '0')
		p->at++;
	else
		add_digits(p, d, 0);
	if (is_digit(*p->at))
		return false;
	if (*p->at == '.') {
		d->real = true;
		p->at++;
		if (!is_digit(*p->at))
			return false;
		add_digits(p, d, -1);
	}
	if (*p->at != 'e' && *p->at != 'E')
		return true;
	d->real = true;
	return scan_exponent(p, d);
}

/*
 * What a double has exactly, times or by a power of ten that one has exactly,
 * is rounded once and so is right (W. D. Clinger, How to read floating point
 * numbers accurately, PLDI 1990); where doubles are calculated as such.
 */
static bool is_easy(const struct digits *d)
{
	return FLT_EVAL_METHOD == 0 && d->fits && d->mantissa <= 1ULL << 53 &&
	       d->exponent >= -22 && d->exponent <= 22;
}

static double easy(const struct digits *d)
{
	static const double power[] = {
		1e0,  1e1,  1e2,  1e3,	1e4,  1e5,  1e6,  1e7,
		1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
		1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	};
	double value = (double)d->mantissa;

	value = d->exponent < 0 ? value / power[-d->exponent] :
				  value * power[d->exponent];
	return d->negative ? -value : value;
}

/* strtod() of the C locale. */
static double hard(const char *text)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0), before;
	double value;

	if (!c)
		die(EXIT_BROKEN, "no memory for a report");
	before = uselocale(c);
	value = strtod(text, NULL);
	uselocale(before);
	freelocale(c);
	return value;
}

json_t *parse_number(struct parse *p)
{
	struct digits d = { .fits = true };
	char *from = p->at;
	json_t *value;
	double real;

	if (!scan_number(p, &d)) {
		p->at = from;
		return parse_fail(p, "this is not a value");
	}
	if (d.real) {
		real = is_easy(&d) ? easy(&d) : hard(from);
		if (isfinite(real)) {
			value = json_real(real);
			if (!value)
				die(EXIT_BROKEN, "no memory for a report");
			return value;
		}
	} else if (d.fits && d.mantissa <= (uint64_t)INT64_MAX + d.negative) {
		value = json_integer(d.negative ? -1 - (json_int_t)(d.mantissa - 1) :
						  (json_int_t)d.mantissa);
		if (!value)
			die(EXIT_BROKEN, "no memory for a report");
		return value;
	}
	p->at = from;
	return parse_fail(p, "this number is out of range");
}
