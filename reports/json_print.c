/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values as text. jansson's own printing formats each integer, keeps a table of
 * the containers it is in and decodes each letter: a quarter of what a short run
 * executes. The text is the same; numbers with a fraction are left to it.
 */
#include "reports/json.h"

#include <string.h>

/* Digits that tell a time of this century to 10 us. */
#define DIGITS 15
/* Below this depth a value stays in one line. */
#define DEEPEST 3
/* An object of more scalars than this gets a line for each, at the top. */
#define WIDEST 5
/* Text that is held back at most, but for one value. */
#define HELD 65536

struct style {
	const char *comma, *colon;
	int digits; /* of numbers with a fraction */
};

static void add_escape(struct str *s, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
	const char *found = c ? strchr(plain, c) : NULL;

	if (found)
		str_addf(s, "\\%c", letter[found - plain]);
	else
		str_addf(s, "\\u%04X", c);
}

/* Known to be UTF-8; may hold NULs. */
static void add_text(struct str *s, const char *text, size_t n)
{
	size_t from = 0;

	str_add_n(s, "\"", 1);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		str_add_n(s, text + from, i - from);
		add_escape(s, c);
		from = i + 1;
	}
	str_add_n(s, text + from, n - from);
	str_add_n(s, "\"", 1);
}

static void add_integer(struct str *s, json_int_t value)
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char text[24], *at = text + sizeof(text);

	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--at = '-';
	str_add_n(s, at, text + sizeof(text) - at);
}

static void add_real(struct str *s, const json_t *value, int digits)
{
	char text[64];
	size_t n = json_dumpb(value, text, sizeof(text),
			      JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));

	str_add_n(s, text, n < sizeof(text) ? n : 0);
}

static void add_value(struct str *s, const json_t *value,
		      const struct style *style);

static void add_object(struct str *s, const json_t *object,
		       const struct style *style)
{
	const char *between = "{", *key;
	json_t *member;

	json_object_foreach((json_t *)object, key, member) {
		str_add(s, between);
		add_text(s, key, strlen(key));
		str_add(s, style->colon);
		add_value(s, member, style);
		between = style->comma;
	}
	str_add(s, *between == '{' ? "{}" : "}");
}

static void add_array(struct str *s, const json_t *array,
		      const struct style *style)
{
	json_t *member;
	size_t i;

	str_add_n(s, "[", 1);
	json_array_foreach(array, i, member) {
		if (i)
			str_add(s, style->comma);
		add_value(s, member, style);
	}
	str_add_n(s, "]", 1);
}

static void add_value(struct str *s, const json_t *value,
		      const struct style *style)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		add_object(s, value, style);
		break;
	case JSON_ARRAY:
		add_array(s, value, style);
		break;
	case JSON_STRING:
		add_text(s, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		add_integer(s, json_integer_value(value));
		break;
	case JSON_REAL:
		add_real(s, value, style->digits);
		break;
	default:
		str_add(s, json_is_null(value) ? "null" :
			   json_is_true(value) ? "true" : "false");
		break;
	}
}

void js_line(struct str *s, const json_t *value, int digits)
{
	const struct style style = { ",", ":", digits };

	add_value(s, value, &style);
	str_add_n(s, "\n", 1);
}

static bool holds_containers(const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach((json_t *)value, key, member)
		if (json_is_object(member) || json_is_array(member))
			return true;
	json_array_foreach(value, i, member)
		if (json_is_object(member) || json_is_array(member))
			return true;
	return false;
}

static bool spread(const json_t *value, int depth)
{
	if (depth > DEEPEST)
		return false;
	if (depth == 1 && json_object_size(value) > WIDEST)
		return true;
	return holds_containers(value);
}

/* A document on its way to a file. */
struct page {
	struct str s;
	FILE *out;
};

static void flush(struct page *p)
{
	fwrite(p->s.buf, 1, p->s.len, p->out); /* the caller asks for errors */
	p->s.len = 0;
}

static void print(struct page *p, const json_t *value, int depth);

static void new_line(struct page *p, int depth, bool first)
{
	str_add(&p->s, first ? "\n" : ",\n");
	for (int i = 1; i < depth; i++)
		str_add(&p->s, "  ");
	if (p->s.len > HELD)
		flush(p);
}

static void print_object(struct page *p, const json_t *object, int depth)
{
	const char *key;
	json_t *member;
	bool first = true;

	str_add(&p->s, "{");
	json_object_foreach((json_t *)object, key, member) {
		new_line(p, depth, first);
		add_text(&p->s, key, strlen(key));
		str_add(&p->s, ": ");
		print(p, member, depth);
		first = false;
	}
}

static void print_array(struct page *p, const json_t *array, int depth)
{
	json_t *member;
	size_t i;

	str_add(&p->s, "[");
	json_array_foreach(array, i, member) {
		new_line(p, depth, !i);
		print(p, member, depth);
	}
}

static void print(struct page *p, const json_t *value, int depth)
{
	static const struct style style = { ", ", ": ", DIGITS };

	if (!spread(value, depth)) {
		add_value(&p->s, value, &style);
		return;
	}
	if (json_is_object(value))
		print_object(p, value, depth + 1);
	else
		print_array(p, value, depth + 1);
	new_line(p, depth, true);
	str_add(&p->s, json_is_object(value) ? "}" : "]");
}

void js_print_open(const json_t *object, FILE *out)
{
	struct page p = { .s = STR_INIT, .out = out };

	print_object(&p, object, 1);
	flush(&p);
	str_free(&p.s);
}
