/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reports need beside jansson: values that can always be written
 * (no NaN, no infinity, no text that is not UTF-8), and a layout of documents
 * that compares well line by line. jansson itself keeps the order of members
 * and writes a decimal point whatever the locale.
 *
 * Memory that cannot be had ends the program, as in base/str.h.
 */
#ifndef STRAIN_REPORTS_JSON_H
#define STRAIN_REPORTS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/str.h"

/* Length of the valid UTF-8 sequence at @text (RFC 3629), 0 if there is none. */
size_t js_utf8(const char *text);
/* null for NULL; bytes that are not UTF-8 become U+FFFD. */
json_t *js_text(const char *text);
/* null when not finite; a whole number below 2^53 is written as an integer. */
json_t *js_number(double value);
/* Seconds, to the nanosecond: sums of doubles end in noise. */
json_t *js_seconds(double value);
/* Values over INT64_MAX are cut to it. */
json_t *js_count(uint64_t value);

/* These take over the reference to @value. */
void js_set(json_t *object, const char *key, json_t *value);
void js_add(json_t *array, json_t *value);
/* Leaves the member out when there is no text / when it is false. */
void js_set_text(json_t *object, const char *key, const char *text);
void js_set_true(json_t *object, const char *key, bool value);
/* Member @key of @from, if there is one, into @to as well. */
void js_copy(json_t *to, const json_t *from, const char *key);

/* Borrowed; NULL when missing or of another type. */
const char *js_get_text(const json_t *object, const char *key);
/* @missing when there is none. */
double js_get_number(const json_t *object, const char *key, double missing);
bool js_get_true(const json_t *object, const char *key);

/* Adds @value in one line without spaces, reals with @digits, and a newline. */
void js_line(struct str *s, const json_t *value, int digits);
/* The same with a space after commas and colons, and no newline. */
void js_value(struct str *s, const json_t *value, int digits);
/* Adds valid UTF-8 as JSON has it, between quotes. */
void js_quoted(struct str *s, const char *text);
/*
 * Writes the object's members, one of the top level a line and the ones below
 * as deep as they hold lists of objects; without the closing brace, so that
 * the caller may add members.
 */
void js_print_open(const json_t *object, FILE *out);
/* The same, added to @s. */
void js_add_open(struct str *s, const json_t *object);
/* The same, whole. */
void js_print(const json_t *object, FILE *out);

static inline void js_decrefp(json_t **value)
{
	json_decref(*value);
}

#define _cleanup_json_ __attribute__((cleanup(js_decrefp)))

#endif
