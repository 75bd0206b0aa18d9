/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/plan/read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/value.h"
#include "vm-matrix/plan/plan.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define NAME_LETTERS LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

const char *read_place(char *buf, const char *place, const char *key, size_t index)
{
	snprintf(buf, READ_PLACE, "%s%s%s[%zu]", place, *place ? "." : "", key, index);
	return buf;
}

const char *read_name(const char *name)
{
	if (!*name)
		return "is empty";
	if (strlen(name) > PLAN_NAME)
		return "is longer than 48 letters";
	if (!strspn(name, NAME_LETTERS))
		return "does not begin with a letter or digit";
	if (name[strspn(name, NAME_LETTERS ".+-")])
		return "has other letters than a-z, A-Z, 0-9, '.', '+' and '-'";
	return NULL;
}

static char *wrong(const char *place, const char *key, const char *what)
{
	return xasprintf("%s%s%s %s", place, *place ? "." : "", key, what);
}

static char *unknown(const char *place, const struct field *fields, const char *key)
{
	struct nearest near = { .wanted = key };

	for (; fields->key; fields++)
		nearest_offer(&near, fields->key);
	return xasprintf("%s%sunknown member '%.60s'%s%s%s", place, *place ? ": " : "",
			 key, near.best ? ", did you mean '" : "",
			 near.best ? near.best : "", near.best ? "'?" : "");
}

static const char *text_fault(const struct field *f, const char *text)
{
	if (!text)
		return "is not a text";
	if (f->kind == FIELD_NAME)
		return read_name(text);
	if (!*text && f->required)
		return "is empty";
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			return "has a control character";
	return NULL;
}

static char *read_text(const struct field *f, const char *place, const json_t *value,
		       const char **into)
{
	const char *text = json_string_value(value);
	const char *fault = text_fault(f, text);

	if (fault)
		return wrong(place, f->key, fault);
	if (f->kind == FIELD_WORD && (strchr(text, ' ') || !word_in(f->words, text)))
		return xasprintf("%s%s%s: '%.60s' is none of %s", place,
				 *place ? "." : "", f->key, text, f->words);
	*into = text;
	return NULL;
}

/* Bytes, nanoseconds or a count, as text with a unit or as a number. */
static const char *number_of(const struct field *f, const json_t *value, uint64_t *n)
{
	double number = json_number_value(value);
	const char *text = json_string_value(value);

	if (text && f->kind == FIELD_SIZE)
		return value_bytes(text, 0, n);
	if (text && f->kind == FIELD_SPAN)
		return value_duration(text, n);
	if (!json_is_number(value))
		return f->kind == FIELD_COUNT ? "is not a number" :
		       f->kind == FIELD_SIZE  ? "is not a size" : "is not a time";
	if (number < 0)
		return "is negative";
	if (f->kind == FIELD_SPAN)
		number *= NSEC_PER_SEC;
	if (number != trunc(number) && f->kind != FIELD_SPAN)
		return "is not a whole number";
	if (number > 9e18)
		return "is too large";
	*n = (uint64_t)number;
	return NULL;
}

static char *bound(const struct field *f, uint64_t n, char *buf)
{
	if (f->kind == FIELD_SIZE)
		return value_format_bytes(buf, n);
	if (f->kind == FIELD_SPAN)
		return value_format_duration(buf, n);
	snprintf(buf, VALUE_TEXT, "%llu", (unsigned long long)n);
	return buf;
}

static char *read_number(const struct field *f, const char *place, const json_t *value,
			 void *into)
{
	uint64_t n = 0;
	const char *fault = number_of(f, value, &n);
	char min[VALUE_TEXT], max[VALUE_TEXT];

	if (fault)
		return wrong(place, f->key, fault);
	if (n < f->min || (f->max && n > f->max))
		return xasprintf("%s%s%s is not between %s and %s", place,
				 *place ? "." : "", f->key, bound(f, f->min, min),
				 bound(f, f->max, max));
	if (f->kind == FIELD_COUNT)
		*(unsigned *)into = (unsigned)n;
	else
		*(uint64_t *)into = n;
	return NULL;
}

static char *read_texts(const struct field *f, const char *place, const json_t *value,
			struct words *into)
{
	json_t *item;
	size_t i;

	if (!json_is_array(value))
		return wrong(place, f->key, "is not a list of texts");
	if (json_array_size(value) < f->min)
		return wrong(place, f->key, "is empty");
	if (json_array_size(value) > f->max)
		return xasprintf("%s%s%s has more than %llu members", place,
				 *place ? "." : "", f->key, (unsigned long long)f->max);
	json_array_foreach(value, i, item) {
		struct field one = { .kind = FIELD_TEXT, .required = true };
		const char *fault = text_fault(&one, json_string_value(item));

		if (fault)
			return xasprintf("%s%s%s[%zu] %s", place, *place ? "." : "",
					 f->key, i, fault);
		words_add(into, json_string_value(item));
	}
	return NULL;
}

static char *read_field(const struct field *f, const char *place, const json_t *value,
			void *into)
{
	switch (f->kind) {
	case FIELD_NAME:
	case FIELD_TEXT:
	case FIELD_WORD:
		return read_text(f, place, value, into);
	case FIELD_COUNT:
	case FIELD_SIZE:
	case FIELD_SPAN:
		return read_number(f, place, value, into);
	case FIELD_TRUTH:
		if (!json_is_boolean(value))
			return wrong(place, f->key, "is neither true nor false");
		*(bool *)into = json_is_true(value);
		return NULL;
	case FIELD_TEXTS:
		return read_texts(f, place, value, into);
	case FIELD_OTHER:
	default:
		*(const json_t **)into = value;
		return NULL;
	}
}

char *read_object(const json_t *o, const char *place, const struct field *fields,
		  void *into)
{
	const char *key;
	json_t *value;
	char *fault = NULL;

	if (!json_is_object(o))
		return xasprintf("%s is not an object", *place ? place : "it");
	json_object_foreach((json_t *)o, key, value) {
		const struct field *f = fields;

		while (f->key && strcmp(f->key, key))
			f++;
		if (!f->key)
			return unknown(place, fields, key);
		fault = read_field(f, place, value, (char *)into + f->offset);
		if (fault)
			return fault;
	}
	for (; fields->key; fields++)
		if (fields->required && !json_object_get(o, fields->key))
			return wrong(place, fields->key, "is missing");
	return NULL;
}
