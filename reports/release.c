/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/release.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int sign(long difference)
{
	return difference < 0 ? -1 : difference > 0;
}

/* A number of any length at *@at, which moves behind it; none is 0. */
static int compare_numbers(const char **a, const char **b)
{
	const char *start[2], **at[2] = { a, b };
	size_t n[2];
	int order;

	for (int i = 0; i < 2; i++) {
		while (**at[i] == '0')
			++*at[i];
		start[i] = *at[i];
		while (is_digit(**at[i]))
			++*at[i];
		n[i] = (size_t)(*at[i] - start[i]);
	}
	if (n[0] != n[1])
		return n[0] < n[1] ? -1 : 1;
	order = n[0] ? memcmp(start[0], start[1], n[0]) : 0;
	return sign(order);
}

/* The dotted numbers at the beginning; *@a and *@b move behind them. */
static int compare_dotted(const char **a, const char **b)
{
	bool more[2] = { is_digit(**a), is_digit(**b) };
	int order = 0;

	while (more[0] || more[1]) {
		const char *none[2] = { "", "" };
		int now = compare_numbers(more[0] ? a : &none[0], more[1] ? b : &none[1]);

		order = order ? order : now;
		more[0] = more[0] && **a == '.' && is_digit((*a)[1]);
		more[1] = more[1] && **b == '.' && is_digit((*b)[1]);
		*a += more[0];
		*b += more[1];
	}
	return order;
}

/* "-rc3", "~rc3": the number's text, or NULL. */
static const char *candidate(const char *rest)
{
	bool is = (*rest == '-' || *rest == '~') && !strncmp(rest + 1, "rc", 2) &&
		  is_digit(rest[3]);

	return is ? rest + 3 : NULL;
}

/* What is left: byte by byte, but numbers as numbers; the shorter one first. */
static int compare_rest(const char *a, const char *b)
{
	while (*a || *b) {
		if (is_digit(*a) && is_digit(*b)) {
			int order = compare_numbers(&a, &b);

			if (order)
				return order;
			continue;
		}
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		a++;
		b++;
	}
	return 0;
}

int release_compare(const char *a, const char *b)
{
	const char *whole[2] = { a, b }, *rc[2];
	int order;

	if (is_digit(*a) != is_digit(*b))
		return is_digit(*a) ? -1 : 1;
	order = compare_dotted(&a, &b);
	if (order)
		return order;
	rc[0] = candidate(a);
	rc[1] = candidate(b);
	if (!rc[0] != !rc[1])
		return rc[0] ? -1 : 1;
	if (rc[0]) {
		order = compare_numbers(&rc[0], &rc[1]);
		if (order)
			return order;
		a = rc[0];
		b = rc[1];
	}
	order = compare_rest(a, b);
	return order ? order : sign(strcmp(whole[0], whole[1]));
}
