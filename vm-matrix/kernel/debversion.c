/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions of packages, in the order that deb-version(7) describes. */
#include <ctype.h>
#include <string.h>

#include "vm-matrix/kernel/parts.h"

/* '~' is before the end, the end before letters, letters before the rest. */
static int weight(int c)
{
	if (c == '~')
		return -1;
	if (!c || isdigit(c))
		return 0;
	return isalpha(c) ? c : c + 256;
}

/* Runs of what is not a digit and of digits, in turn. */
static int part_compare(const char *a, size_t na, const char *b, size_t nb)
{
	const char *ea = a + na, *eb = b + nb;

#define AT(p, end) ((p) < (end) ? (unsigned char)*(p) : 0)
	while (a < ea || b < eb) {
		int first = 0;

		while ((AT(a, ea) && !isdigit(AT(a, ea))) ||
		       (AT(b, eb) && !isdigit(AT(b, eb)))) {
			int d = weight(AT(a, ea)) - weight(AT(b, eb));

			if (d)
				return d;
			a += a < ea;
			b += b < eb;
		}
		while (AT(a, ea) == '0')
			a++;
		while (AT(b, eb) == '0')
			b++;
		while (isdigit(AT(a, ea)) && isdigit(AT(b, eb))) {
			if (!first)
				first = AT(a, ea) - AT(b, eb);
			a++;
			b++;
		}
		if (isdigit(AT(a, ea)))
			return 1;
		if (isdigit(AT(b, eb)))
			return -1;
		if (first)
			return first;
	}
#undef AT
	return 0;
}

int deb_version_compare(const char *a, const char *b)
{
	const char *ca = strchr(a, ':'), *cb = strchr(b, ':');
	const char *ra, *rb;
	int d = part_compare(ca ? a : "", ca ? (size_t)(ca - a) : 0,
			     cb ? b : "", cb ? (size_t)(cb - b) : 0);

	if (d)
		return d;
	a = ca ? ca + 1 : a;
	b = cb ? cb + 1 : b;
	ra = strrchr(a, '-');
	rb = strrchr(b, '-');
	d = part_compare(a, ra ? (size_t)(ra - a) : strlen(a),
			 b, rb ? (size_t)(rb - b) : strlen(b));
	if (d)
		return d;
	return part_compare(ra ? ra + 1 : "", ra ? strlen(ra + 1) : 0,
			    rb ? rb + 1 : "", rb ? strlen(rb + 1) : 0);
}
