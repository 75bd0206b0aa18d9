/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/option.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/msg.h"
#include "base/value.h"
#include "core/machine.h"

/* Values of OPTION_TEXT; they live as long as the program. */
static struct words kept_texts;

static const char *keep_text(const char *text)
{
	for (size_t i = 0; i < kept_texts.n; i++)
		if (!strcmp(kept_texts.word[i], text))
			return kept_texts.word[i];
	words_add(&kept_texts, text);
	return kept_texts.word[kept_texts.n - 1];
}

/* "25%" has to mean the same all through a run, so the memory is asked once. */
static uint64_t memory_whole(void)
{
	static uint64_t whole;

	if (!whole)
		whole = machine_memory();
	return whole;
}

static void *field(const struct option *row, void *values)
{
	return (char *)values + row->offset;
}

static const void *field_const(const struct option *row, const void *values)
{
	return (const char *)values + row->offset;
}

static char *wrong(const char *text, const char *why)
{
	return xasprintf("value '%s' %s", text, why);
}

/* @value as the user would type it. */
static char *number_text(const struct option *row, char *buf, uint64_t value)
{
	switch (row->unit) {
	case UNIT_BYTES:
		return value_format_bytes(buf, value);
	case UNIT_DURATION:
		return value_format_duration(buf, value);
	case UNIT_PERCENT:
		snprintf(buf, VALUE_TEXT, "%" PRIu64 "%%", value);
		return buf;
	case UNIT_NONE:
		break;
	}
	if (row->type == OPTION_I64)
		snprintf(buf, VALUE_TEXT, "%" PRId64, (int64_t)value);
	else
		snprintf(buf, VALUE_TEXT, "%" PRIu64, value);
	return buf;
}

/* Of a percentage of memory, what it comes to here: " (3950M)". */
static void amount_text(const struct option *row, const char *text,
			uint64_t value, char *buf, size_t size)
{
	char bytes[VALUE_TEXT];

	buf[0] = '\0';
	if (row->unit == UNIT_BYTES && strchr(text, '%'))
		snprintf(buf, size, " (%s)",
			 value_format_bytes(bytes, value >> 20 ? value >> 20 << 20 : value));
}

static char *out_of_range(const struct option *row, const char *text, uint64_t value)
{
	char min[VALUE_TEXT], max[VALUE_TEXT], is[VALUE_TEXT + 4];
	uint64_t top = row->max;

	number_text(row, min, row->min);
	amount_text(row, text, value, is, sizeof(is));
	if (!top && row->type == OPTION_U32)
		top = UINT32_MAX;
	if (!top)
		return xasprintf("value '%s'%s is less than %s", text, is, min);
	return xasprintf("value '%s'%s is outside of the range %s to %s", text,
			 is, min, number_text(row, max, top));
}

static const char *unsigned_parse(const struct option *row, const char *text,
				  uint64_t *value)
{
	switch (row->unit) {
	case UNIT_BYTES:
		return value_bytes(text, memory_whole(), value);
	case UNIT_DURATION:
		return value_duration(text, value);
	case UNIT_PERCENT: {
		_cleanup_free_ char *bare = xstrdup(text);
		size_t n = strlen(bare);

		if (n && bare[n - 1] == '%')
			bare[n - 1] = '\0';
		return value_count(bare, value) ? "is not a percentage" : NULL;
	}
	case UNIT_NONE:
		break;
	}
	return value_count(text, value);
}

static char *set_unsigned(const struct option *row, void *at, const char *text)
{
	uint64_t top = row->max, v;
	const char *why = unsigned_parse(row, text, &v);

	if (why)
		return wrong(text, why);
	if (!top)
		top = row->type == OPTION_U32 ? UINT32_MAX : UINT64_MAX;
	if (v < row->min || v > top)
		return out_of_range(row, text, v);
	if (row->type == OPTION_U32)
		*(uint32_t *)at = v;
	else
		*(uint64_t *)at = v;
	return NULL;
}

static char *set_signed(const struct option *row, void *at, const char *text)
{
	int64_t v;
	const char *why = value_int(text, &v);

	if (why)
		return wrong(text, why);
	if ((row->min || row->max) && v < (int64_t)row->min)
		return out_of_range(row, text, 0);
	if (row->max && v > (int64_t)row->max)
		return out_of_range(row, text, 0);
	*(int64_t *)at = v;
	return NULL;
}

static char *set_double(const struct option *row, void *at, const char *text)
{
	_cleanup_free_ char *bare = xstrdup(text);
	size_t n = strlen(bare);
	const char *why;
	double v;

	if (row->unit == UNIT_PERCENT && n && bare[n - 1] == '%')
		bare[n - 1] = '\0';
	why = value_double(bare, &v);
	if (why)
		return wrong(text, why);
	if (v < (double)row->min || (row->max && v > (double)row->max))
		return out_of_range(row, text, 0);
	*(double *)at = v;
	return NULL;
}

static char *set_bool(void *at, const char *text)
{
	int v = 1;
	const char *why = text ? value_bool(text, &v) : NULL;

	if (why)
		return wrong(text, why);
	*(bool *)at = v;
	return NULL;
}

static char *no_such_choice(const struct option *row, const char *text)
{
	_cleanup_words_ struct words choices = { 0 };
	struct nearest near = { .wanted = text };

	words_split(&choices, row->choices, " ");
	for (size_t i = 0; i < choices.n; i++)
		nearest_offer(&near, choices.word[i]);
	if (near.best)
		return xasprintf("value '%s' is unknown, did you mean '%s'?",
				 text, near.best);
	return xasprintf("value '%s' is none of: %s", text, row->choices);
}

static char *check_choices(const struct option *row, const char *text)
{
	_cleanup_words_ struct words given = { 0 };

	if (!row->choices || (!*text && row->optional_arg))
		return NULL;
	if (row->many)
		words_split(&given, text, ",");
	else
		words_add(&given, text);
	for (size_t i = 0; i < given.n; i++)
		if (!*given.word[i] || !word_in(row->choices, given.word[i]))
			return no_such_choice(row, given.word[i]);
	return given.n ? NULL : no_such_choice(row, text);
}

static char *set_text(const struct option *row, void *at, const char *text)
{
	const char **value = at;
	char *why = check_choices(row, text);

	if (!why && row->check)
		why = row->check(text);
	if (why)
		return why;
	if (row->many && *value && **value) {
		_cleanup_free_ char *joined = xasprintf("%s,%s", *value, text);

		*value = keep_text(joined);
	} else {
		*value = keep_text(text);
	}
	return NULL;
}

char *option_set(const struct option *row, void *values, const char *text)
{
	void *at = field(row, values);

	if (!text && row->type != OPTION_BOOL) {
		if (!row->optional_arg)
			return xasprintf("needs a value");
		text = "";
	}
	switch (row->type) {
	case OPTION_BOOL:
		return set_bool(at, text);
	case OPTION_U32:
	case OPTION_U64:
		return set_unsigned(row, at, text);
	case OPTION_I64:
		return set_signed(row, at, text);
	case OPTION_DOUBLE:
		return set_double(row, at, text);
	case OPTION_TEXT:
		return set_text(row, at, text);
	}
	bug("option '%s' has type %d", row->name, row->type);
}

static void set_nothing(const struct option *row, void *values)
{
	void *at = field(row, values);

	switch (row->type) {
	case OPTION_BOOL:
		*(bool *)at = false;
		break;
	case OPTION_U32:
		*(uint32_t *)at = 0;
		break;
	case OPTION_U64:
	case OPTION_I64:
		*(uint64_t *)at = 0;
		break;
	case OPTION_DOUBLE:
		*(double *)at = 0;
		break;
	case OPTION_TEXT:
		*(const char **)at = NULL;
		break;
	}
}

static void set_default(const struct option *row, void *values)
{
	_cleanup_free_ char *why = NULL;

	set_nothing(row, values);
	if (row->def)
		why = option_set(row, values, row->def);
	if (why)
		bug("default of option '%s': %s", row->name, why);
}

void option_defaults(const struct option *table, void *values)
{
	for (const struct option *row = table; row && row->name; row++)
		set_default(row, values);
}

const char *option_name(const struct option *row, char *buf)
{
	size_t i = 0;

	for (; row->name[i] && i < OPTION_NAME - 1; i++)
		buf[i] = row->name[i] == '_' ? '-' : row->name[i];
	buf[i] = '\0';
	return buf;
}

const struct option *option_find(const struct option *table, const char *name)
{
	char buf[OPTION_NAME];

	for (const struct option *row = table; row && row->name; row++)
		if (!strcmp(option_name(row, buf), name) ||
		    (row->alias && !strcmp(row->alias, name)))
			return row;
	return NULL;
}

static char *double_text(double v)
{
	char buf[VALUE_TEXT];
	double back;

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, sizeof(buf), "%.*g", digits, v);
		if (!value_double(buf, &back) && back == v)
			break;
	}
	return xstrdup(buf);
}

char *option_text(const struct option *row, const void *values)
{
	const void *at = field_const(row, values);
	char buf[VALUE_TEXT];

	switch (row->type) {
	case OPTION_BOOL:
		return xstrdup(*(const bool *)at ? "yes" : "no");
	case OPTION_U32:
		return xstrdup(number_text(row, buf, *(const uint32_t *)at));
	case OPTION_U64:
	case OPTION_I64:
		return xstrdup(number_text(row, buf, *(const uint64_t *)at));
	case OPTION_DOUBLE:
		return double_text(*(const double *)at);
	case OPTION_TEXT: {
		const char *text = *(const char *const *)at;

		return xstrdup(text ? text : "");
	}
	}
	bug("option '%s' has type %d", row->name, row->type);
}

bool option_is_default(const struct option *row, const void *values)
{
	struct option alone = *row;
	uint64_t value = 0;
	_cleanup_free_ char *is = option_text(row, values);
	_cleanup_free_ char *would = NULL;

	_Static_assert(sizeof(value) >= sizeof(double) &&
		       sizeof(value) >= sizeof(char *), "one slot holds any type");
	alone.offset = 0;
	set_default(&alone, &value);
	would = option_text(&alone, &value);
	return !strcmp(is, would);
}
