/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/value.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define TOO_LARGE "is too large"

struct unit {
	const char *name;
	uint64_t factor;
};

/* Longest first where one name begins another. */
static const struct unit duration_units[] = {
	{ "ms", NSEC_PER_MSEC },
	{ "us", NSEC_PER_USEC },
	{ "ns", 1 },
	{ "s", NSEC_PER_SEC },
	{ "m", 60 * NSEC_PER_SEC },
	{ "h", 3600 * NSEC_PER_SEC },
	{ "d", 86400 * NSEC_PER_SEC },
};

/* A decimal number before its unit is known: the digits stay text. */
struct number {
	uint64_t whole;
	const char *fraction; /* first digit after the point */
	size_t digits;        /* of the fraction */
};

/* Returns what is wrong, or NULL with *text after the number. */
static const char *number_parse(const char **text, struct number *n,
				const char *wrong)
{
	const char *p = *text;

	*n = (struct number){ 0 };
	if (!isdigit((unsigned char)*p))
		return wrong;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(n->whole, 10, &n->whole) ||
		    __builtin_add_overflow(n->whole, *p - '0', &n->whole))
			return TOO_LARGE;
	if (*p == '.') {
		n->fraction = ++p;
		while (isdigit((unsigned char)*p))
			p++;
		n->digits = p - n->fraction;
		if (!n->digits)
			return wrong;
	}
	*text = p;
	return NULL;
}

/*
 * n * factor / divisor, rounded down. The fraction is carried from its last
 * digit to its first, so no intermediate is larger than ten factors.
 */
static const char *number_scale(const struct number *n, uint64_t factor,
				uint64_t *value)
{
	uint64_t part = 0;

	for (size_t i = n->digits; i > 0; i--)
		part = ((n->fraction[i - 1] - '0') * factor + part) / 10;
	if (__builtin_mul_overflow(n->whole, factor, value) ||
	    __builtin_add_overflow(*value, part, value))
		return TOO_LARGE;
	return NULL;
}

/* k M G T P as a power of @base, 1 at the end of the text, 0 for anything else. */
static uint64_t prefix_factor(const char *text, unsigned base, const char *tail)
{
	static const char letters[] = "kmgtp";
	const char *at;
	uint64_t factor = 1;

	if (!*text)
		return 1;
	at = strchr(letters, tolower((unsigned char)*text));
	if (!at)
		return 0;
	if (text[1] && strcasecmp(text + 1, "b") && strcasecmp(text + 1, tail))
		return 0;
	if (base == 1000 && text[1])
		return 0;
	for (const char *p = letters; p <= at; p++)
		factor *= base;
	return factor;
}

const char *value_count(const char *text, uint64_t *value)
{
	static const char wrong[] = "is not a number";
	struct number n;
	const char *why;
	uint64_t factor;

	if (text[0] == '0' && tolower((unsigned char)text[1]) == 'x') {
		size_t digits = strspn(text + 2, "0123456789abcdefABCDEF");

		if (!digits || text[2 + digits])
			return wrong;
		if (digits > 16)
			return TOO_LARGE;
		*value = strtoull(text, NULL, 16);
		return NULL;
	}
	why = number_parse(&text, &n, wrong);
	if (why)
		return why;
	factor = prefix_factor(text, 1000, "");
	if (!factor || (factor == 1 && n.digits))
		return wrong;
	return number_scale(&n, factor, value);
}

const char *value_int(const char *text, int64_t *value)
{
	bool negative = *text == '-';
	uint64_t magnitude;
	const char *why;

	if (*text == '-' || *text == '+')
		text++;
	why = value_count(text, &magnitude);
	if (why)
		return why;
	if (magnitude > (uint64_t)INT64_MAX)
		return TOO_LARGE;
	*value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return NULL;
}

static const char *percent_of(const struct number *n, uint64_t whole,
			      uint64_t *value)
{
	const char *why;

	if (!whole)
		return "is a percentage, but there is nothing to take it of";
	/* whole first, in hundredths: exact enough and never over 64 bits */
	why = number_scale(n, whole / 100, value);
	if (!why && n->whole <= 100)
		*value += n->whole * (whole % 100) / 100;
	return why;
}

const char *value_bytes(const char *text, uint64_t whole, uint64_t *value)
{
	static const char wrong[] = "is not a size";
	struct number n;
	uint64_t factor;
	const char *why = number_parse(&text, &n, wrong);

	if (why)
		return why;
	if (!strcmp(text, "%"))
		return percent_of(&n, whole, value);
	if (!strcasecmp(text, "b"))
		text++;
	factor = prefix_factor(text, 1024, "ib");
	if (!factor || (factor == 1 && n.digits))
		return wrong;
	return number_scale(&n, factor, value);
}

static const struct unit *duration_unit(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(duration_units); i++) {
		const struct unit *u = &duration_units[i];
		size_t n = strlen(u->name);

		if (!strncmp(text, u->name, n) && !isalpha((unsigned char)text[n]))
			return u;
	}
	return NULL;
}

const char *value_duration(const char *text, uint64_t *ns)
{
	static const char wrong[] = "is not a duration";
	bool first = true;
	uint64_t sum = 0;

	do {
		const struct unit *u;
		struct number n;
		uint64_t part;
		const char *why = number_parse(&text, &n, wrong);

		if (why)
			return why;
		if (first && !*text)
			return number_scale(&n, NSEC_PER_SEC, ns);
		u = duration_unit(text);
		if (!u)
			return wrong;
		text += strlen(u->name);
		why = number_scale(&n, u->factor, &part);
		if (why || __builtin_add_overflow(sum, part, &sum))
			return TOO_LARGE;
		first = false;
	} while (*text);
	*ns = sum;
	return NULL;
}

const char *value_double(const char *text, double *value)
{
	static const char wrong[] = "is not a number";
	locale_t c = newlocale(LC_ALL_MASK, "C", NULL);
	char *end;

	/* strtod() also takes blanks, hexadecimal, "inf" and "nan" */
	if (!*text || text[strspn(text, "+-.0123456789eE")]) {
		freelocale(c);
		return wrong;
	}
	*value = strtod_l(text, &end, c);
	freelocale(c);
	if (*end || end == text)
		return wrong;
	return isfinite(*value) ? NULL : TOO_LARGE;
}

const char *value_bool(const char *text, int *value)
{
	static const char *const words[][2] = {
		{ "no", "yes" }, { "false", "true" }, { "off", "on" }, { "0", "1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (int v = 0; v < 2; v++)
			if (!strcasecmp(text, words[i][v])) {
				*value = v;
				return NULL;
			}
	return "is neither yes nor no";
}

char *value_format_bytes(char *buf, uint64_t value)
{
	static const char prefixes[] = "KMGTP";
	int i = -1;

	while (value && value % 1024 == 0 && prefixes[i + 1]) {
		value /= 1024;
		i++;
	}
	snprintf(buf, VALUE_TEXT, "%llu%.*s", (unsigned long long)value, i >= 0,
		 prefixes + (i < 0 ? 0 : i));
	return buf;
}

/* "1.5ms": @ns in @unit with as many decimals as it takes. */
static void format_decimal(char *buf, size_t size, uint64_t ns, uint64_t unit,
			   const char *name)
{
	char fraction[16] = "";
	uint64_t rest = ns % unit;
	int n = 0;

	for (uint64_t part = unit / 10; rest; part /= 10) {
		fraction[n++] = '0' + rest / part;
		rest %= part;
	}
	snprintf(buf, size, "%llu%s%s%s", (unsigned long long)(ns / unit),
		 n ? "." : "", fraction, name);
}

char *value_format_duration(char *buf, uint64_t ns)
{
	static const struct unit parts[] = {
		{ "d", 86400 * NSEC_PER_SEC },
		{ "h", 3600 * NSEC_PER_SEC },
		{ "m", 60 * NSEC_PER_SEC },
	};
	static const struct unit small[] = {
		{ "s", NSEC_PER_SEC }, { "ms", NSEC_PER_MSEC },
		{ "us", NSEC_PER_USEC }, { "ns", 1 },
	};
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (ns >= parts[i].factor) {
			at += snprintf(buf + at, VALUE_TEXT - at, "%llu%s",
				       (unsigned long long)(ns / parts[i].factor),
				       parts[i].name);
			ns %= parts[i].factor;
		}
	if (at && !ns)
		return buf;
	for (size_t i = 0; i < ARRAY_SIZE(small); i++)
		if (ns >= small[i].factor || !ns) {
			format_decimal(buf + at, VALUE_TEXT - at, ns,
				       small[i].factor, small[i].name);
			break;
		}
	return buf;
}

char *value_format_short(char *buf, double value)
{
	static const char *const prefixes[] = { "p", "n", "u", "m", "",
						"k", "M", "G", "T", "P" };
	static const unsigned places[] = { 1, 10, 100 };
	char rounded[32], *e;
	int exponent, step;

	if (!isfinite(value) || value == 0) {
		snprintf(buf, VALUE_TEXT, "%g", value == 0 ? 0.0 : value);
		return buf;
	}
	if (value > -1000 && value < 1000 && value == (int)value) {
		snprintf(buf, VALUE_TEXT, "%.0f", value);
		return buf;
	}
	/* round first: 999.6 is 1.00k, not 1000 */
	snprintf(rounded, sizeof(rounded), "%.2e", value);
	e = strchr(rounded, 'e');
	exponent = e ? atoi(e + 1) : 0;
	step = (exponent + 12) / 3;
	if (!e || exponent < -12 || step >= (int)ARRAY_SIZE(prefixes)) {
		snprintf(buf, VALUE_TEXT, "%s", rounded);
		return buf;
	}
	/* the mantissa's own digits, with the point where the prefix wants it */
	*e = '\0';
	snprintf(buf, VALUE_TEXT, "%.*f%s", 2 - (exponent + 12) % 3,
		 strtod(rounded, NULL) * places[(exponent + 12) % 3],
		 prefixes[step]);
	return buf;
}
