/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/msg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"

/* A message is one line, whatever is quoted in it. */
static void plain(char *text, int n)
{
	for (int i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
}

/* One write, so that lines of several processes do not mix. */
static void __attribute__((format(printf, 2, 0)))
line(const char *kind, const char *fmt, va_list ap)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "strain: %s", kind);
	int more = vsnprintf(text + n, sizeof(text) - n - 1, fmt, ap);

	n += more < 0 ? 0 : more;
	if (n > (int)sizeof(text) - 2)
		n = sizeof(text) - 2;
	plain(text, n);
	text[n++] = '\n';
	if (write(STDERR_FILENO, text, n) < 0)
		return; /* nobody left to tell */
}

void error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("", fmt, ap);
	va_end(ap);
}

void warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("warning: ", fmt, ap);
	va_end(ap);
}

void die(enum exit_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("", fmt, ap);
	va_end(ap);
	exit(code);
}

void bug_at(const char *file, int at, const char *fmt, ...)
{
	char where[128];
	va_list ap;

	snprintf(where, sizeof(where), "BUG: %s:%d: ", file, at);
	va_start(ap, fmt);
	line(where, fmt, ap);
	va_end(ap);
	abort();
}

enum exit_code exit_worse(enum exit_code a, enum exit_code b)
{
	static const enum exit_code worst_first[] = {
		EXIT_USAGE,	EXIT_INTERRUPTED, EXIT_FAIL,
		EXIT_HANG,	EXIT_BROKEN,	  EXIT_REGRESSED,
		EXIT_INCONCLUSIVE, EXIT_ALL_SKIPPED,
	};

	for (size_t i = 0; i < ARRAY_SIZE(worst_first); i++)
		if (a == worst_first[i] || b == worst_first[i])
			return worst_first[i];
	return EXIT_PASS;
}
