/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers with units as people write them: 64M, 25%, 1m30s, 4.
 *
 * Parsers take the whole text or nothing. They return NULL, or a static
 * sentence fragment that says what is wrong ("is not a size", "is too large")
 * for the message "option '--x': value 'y' FRAGMENT".
 */
#ifndef STRAIN_BASE_VALUE_H
#define STRAIN_BASE_VALUE_H

#include <stdint.h>

#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_USEC 1000ULL

/* 12, 0x10, 3k: powers of 1000 (k M G T). */
const char *value_count(const char *text, uint64_t *value);
/* Signed count, for "negative = online CPUs". */
const char *value_int(const char *text, int64_t *value);
/* 4096, 64K, 64KiB, 1.5G: powers of 1024; with "%": of @whole, which 0 refuses. */
const char *value_bytes(const char *text, uint64_t whole, uint64_t *value);
/* 10, 10s, 1m30s, 1.5h, 100ms, 20us, 5ns, 2d: nanoseconds; a bare number is seconds. */
const char *value_duration(const char *text, uint64_t *ns);
/* 12.5: finite, decimal point whatever the locale. */
const char *value_double(const char *text, double *value);
/* yes no true false on off 1 0 */
const char *value_bool(const char *text, int *value);

/* Shortest exact form: 64M, 1m30s, 100ms. @buf holds VALUE_TEXT bytes. */
#define VALUE_TEXT 40
char *value_format_bytes(char *buf, uint64_t value);
char *value_format_duration(char *buf, uint64_t ns);
/* Three significant digits with a prefix for people: 1.23M, 45.6k, 789, 12.3m. */
char *value_format_short(char *buf, double value);

#endif
