/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the person at the terminal, and the exit codes of the program.
 *
 * One line on stderr each: "strain: what failed 'subject': errno text", lower
 * case, no full stop. Nothing here is for results: those go to a report.
 */
#ifndef STRAIN_BASE_MSG_H
#define STRAIN_BASE_MSG_H

#include <stdbool.h>

/* The exit codes of strain(1); docs/architecture.md says which one wins. */
enum exit_code {
	EXIT_PASS = 0,
	EXIT_FAIL = 1,         /* a check failed or the kernel complained */
	EXIT_USAGE = 2,
	EXIT_REGRESSED = 3,
	EXIT_ALL_SKIPPED = 4,
	EXIT_BROKEN = 5,       /* environment, or a defect of ours */
	EXIT_HANG = 124,
	EXIT_INCONCLUSIVE = 125,
	EXIT_INTERRUPTED = 130,
};

/* Of two codes the one that a run with both must exit with. */
enum exit_code exit_worse(enum exit_code a, enum exit_code b);

/* All add the newline. die() leaves with @code. bug() is a defect of ours. */
void error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void die(enum exit_code code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void bug_at(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
#define bug(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)

#endif
